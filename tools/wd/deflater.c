// SPDX-License-Identifier: MIT
/*
 * Compression in blocks.
 *
 * The blocks form a ring: .tail counts those that were handed to the session,
 * .head those that were written, and block number n uses slot n modulo the
 * ring's length. A block that comes back is marked in on_done(), which then
 * writes whatever is complete at the head and hands on what follows, so that
 * everything happens inside wd_comp_wait() while the workers go on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "container.h"
#include "deflater.h"
#include "message.h"
#include "session.h"

/*
 * Small blocks spread better over workers, large ones compress better: 128 KiB
 * costs one to two per cent of size. From level 3 on the codec is so slow that
 * even large blocks are plenty.
 */
#define BLOCK_LEN_FAST (512u << 10)
#define BLOCK_LEN_STRONG (2u << 20)
#define STRONG_LEVEL 3

/*
 * A worker whose block is slow, or that has lost its CPU, holds up the writing;
 * the others go on for so long. Beyond that: one to begin with, one to write.
 */
#define BLOCKS_EACH 2
#define BLOCKS_EXTRA 2

struct block {
	struct deflater *deflater;
	unsigned char *out; /* room for header, data and trailer */
	unsigned char *in; /* what was read of an input that is not mapped */
	const void *src;
	size_t len;
	size_t header_len;
	bool last;
	/* the answer */
	bool done;
	int status;
	uint32_t checksum;
	size_t produced;
};

struct deflater {
	const struct codec_options *opt;
	/* a small input is not worth starting workers for */
	struct wd_comp *alone, *shared;
	size_t block_len, room;
	unsigned int count;
	struct block *blocks;

	/* the job at hand */
	struct job *job;
	struct wd_comp *comp;
	uint64_t head, tail;
	bool waiting; /* the block at the tail is made and not handed over */
	bool ended; /* the last block was handed over */
	int error; /* the first one: nothing more is handed over */
	uint32_t checksum; /* of what was written */
	/* the block that was read ahead, to know whether another one follows */
	ssize_t ahead_len;
	unsigned char *ahead;
};

static void destroy_blocks(struct deflater *d)
{
	unsigned int i;

	for (i = 0; d->blocks && i < d->count; i++) {
		free(d->blocks[i].out);
		free(d->blocks[i].in);
	}
	free(d->blocks);
	free(d->ahead);
}

int deflater_create(struct deflater **deflater, const struct codec_options *opt)
{
	struct deflater *d = calloc(1, sizeof(*d));
	unsigned int i;

	if (!d)
		return -ENOMEM;
	d->opt = opt;
	d->block_len = opt->level >= STRONG_LEVEL ? BLOCK_LEN_STRONG :
						    BLOCK_LEN_FAST;
	d->room = wd_compress_bound(opt->format, d->block_len) +
		  CONTAINER_HEADER_MAX + CONTAINER_TRAILER_MAX;
	d->count = BLOCKS_EACH * session_workers(opt) + BLOCKS_EXTRA;
	d->blocks = calloc(d->count, sizeof(d->blocks[0]));
	if (!d->blocks) {
		free(d);
		return -ENOMEM;
	}
	for (i = 0; i < d->count; i++)
		d->blocks[i].deflater = d;
	*deflater = d;
	return 0;
}

void deflater_destroy(struct deflater *d)
{
	if (!d)
		return;
	wd_comp_close(d->alone);
	wd_comp_close(d->shared);
	destroy_blocks(d);
	free(d);
}

/* The next piece of a mapped input. */
static void cut_mapped(struct deflater *d, struct block *block)
{
	struct input *in = &d->job->in;

	block->src = in->data;
	block->len = in->len < d->block_len ? in->len : d->block_len;
	block->last = block->len == in->len;
	input_take(in, block->len);
}

static int need_buffer(struct deflater *d, unsigned char **buffer)
{
	if (!*buffer)
		*buffer = malloc(d->block_len);
	return *buffer ? 0 : -ENOMEM;
}

/*
 * The next piece of an input that is read: the one that was read ahead, after
 * reading the one behind it.
 */
static int cut_read(struct deflater *d, struct block *block)
{
	struct input *in = &d->job->in;
	unsigned char *swap;

	if (need_buffer(d, &block->in) || need_buffer(d, &d->ahead))
		return -ENOMEM;
	if (d->ahead_len < 0) {
		d->ahead_len = input_read(in, d->ahead, d->block_len);
		if (d->ahead_len < 0)
			return (int)d->ahead_len;
	}
	swap = block->in;
	block->in = d->ahead;
	block->src = block->in;
	block->len = (size_t)d->ahead_len;
	d->ahead = swap;
	d->ahead_len = 0;
	if (block->len == d->block_len)
		d->ahead_len = input_read(in, d->ahead, d->block_len);
	if (d->ahead_len < 0)
		return (int)d->ahead_len;
	block->last = !d->ahead_len;
	return 0;
}

static void on_done(struct wd_comp *comp, const struct wd_request *req);

static int hand_over(struct deflater *d, struct block *block)
{
	struct wd_request req = {
		.op = WD_COMPRESS,
		.flush = block->last ? WD_FLUSH_FINISH : WD_FLUSH_FULL,
		.flags = WD_REQUEST_FRAGMENT,
		.src = block->src,
		.src_len = block->len,
		.dst = block->out + block->header_len,
		.dst_len = d->room - block->header_len - CONTAINER_TRAILER_MAX,
		.user = block,
	};

	return wd_comp_submit(d->comp, &req, on_done);
}

/* Makes the next block; the ring has room for it. */
static int cut_block(struct deflater *d, struct block *block)
{
	int ret = 0;

	if (!block->out)
		block->out = malloc(d->room);
	if (!block->out)
		return -ENOMEM;
	block->done = false;
	block->header_len = 0;
	if (input_is_mapped(&d->job->in))
		cut_mapped(d, block);
	else
		ret = cut_read(d, block);
	if (!ret && !d->tail)
		block->header_len = container_header(d->opt->format,
						     d->opt->level, block->out);
	return ret;
}

/*
 * Makes the next block and hands it over. When the session takes no more for
 * now, -EAGAIN, the block waits for the next call.
 */
static int begin_block(struct deflater *d)
{
	struct block *block = &d->blocks[d->tail % d->count];
	int ret = 0;

	if (!d->waiting)
		ret = cut_block(d, block);
	if (ret)
		return ret;
	ret = hand_over(d, block);
	d->waiting = ret == -EAGAIN;
	if (ret)
		return ret;
	d->tail++;
	d->ended = block->last;
	return 0;
}

static void begin_blocks(struct deflater *d)
{
	int ret = 0;

	while (!ret && !d->error && !d->ended && d->tail - d->head < d->count)
		ret = begin_block(d);
	/* what is in flight makes room when it comes back */
	if (ret == -EAGAIN && d->head < d->tail)
		return;
	if (ret)
		d->error = ret;
}

static int write_block(struct deflater *d, struct block *block)
{
	size_t len = block->header_len + block->produced;

	if (block->status)
		return block->status;
	d->checksum = d->head ?
			      wd_checksum_combine(d->opt->format, d->checksum,
						  block->checksum, block->len) :
			      block->checksum;
	d->job->bytes_in += block->len;
	if (block->last)
		len += container_trailer(d->opt->format, d->checksum,
					 d->job->bytes_in, block->out + len);
	progress_update(&d->job->progress, d->job->bytes_in);
	return output_write(&d->job->out, block->out, len);
}

static void write_blocks(struct deflater *d)
{
	struct block *block;

	while (!d->error && d->head < d->tail) {
		block = &d->blocks[d->head % d->count];
		if (!block->done)
			break;
		d->error = write_block(d, block);
		d->head++;
	}
}

static void on_done(struct wd_comp *comp, const struct wd_request *req)
{
	struct block *block = req->user;
	struct deflater *d = block->deflater;

	(void)comp;
	block->status = req->status;
	block->checksum = req->checksum;
	block->produced = req->produced;
	block->done = true;
	write_blocks(d);
	begin_blocks(d);
}

/* The session that suits the input, opened when it is first needed. */
static int choose_session(struct deflater *d, const struct input *in)
{
	bool small = input_is_mapped(in) ? in->len <= d->block_len :
					   S_ISREG(in->st.st_mode);
	struct wd_comp **comp = small ? &d->alone : &d->shared;
	int ret = 0;

	if (!*comp)
		ret = session_open(comp, d->opt, d->opt->format,
				   small ? WD_WORKERS_NONE : d->opt->workers,
				   2 * d->count);
	d->comp = *comp;
	return ret;
}

static int run_blocks(struct deflater *d)
{
	int ret = 0;

	begin_blocks(d);
	while (!ret && d->head < d->tail && !d->error) {
		ret = wd_comp_wait(d->comp, 0);
		begin_blocks(d);
	}
	/* after an error: what is in flight still uses the buffers */
	if (d->error)
		wd_comp_wait(d->comp, 0);
	return d->error ? d->error : ret;
}

int deflater_run(struct deflater *d, struct job *job)
{
	struct session_counts before;
	int ret;

	d->job = job;
	ret = choose_session(d, &job->in);
	if (ret)
		return ret;
	d->head = 0;
	d->tail = 0;
	d->waiting = false;
	d->ended = false;
	d->error = 0;
	d->ahead_len = -1;
	message_forget();
	job->device = wd_comp_device(d->comp);
	before = session_count(d->comp);
	ret = run_blocks(d);
	job->counts = session_count_since(d->comp, &before);
	if (ret && !message_last()[0]) {
		message_error("%s: cannot compress it on %s: %s", job->in.name,
			      job->device, strerror(-ret));
	}
	return ret;
}
