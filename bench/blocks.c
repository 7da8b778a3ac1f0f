// SPDX-License-Identifier: MIT
/*
 * Blocks of a file through a queue, beside calling the codec itself in the same
 * process on the same blocks: what the way there and back costs, and what a
 * second worker brings.
 *
 *	bench-blocks FILE [BLOCK [ROUNDS]]
 */
#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <stdio.h>
#include <stdlib.h>

#include <warpdrive/warpdrive.h>

#include "input.h"
#include "rounds.h"

#define DEPTH 8
#define LEVEL 1
/*
 * So much of the file in one sample: little, so that most are over before their
 * time slice is, but with workers enough to keep them all busy.
 */
#define SAMPLE_ALONE (256u << 10)
#define SAMPLE_WORKERS (4u << 20)

struct work {
	const unsigned char *data;
	size_t len;
	size_t block;
	size_t room;
	unsigned char *out[DEPTH];
	unsigned char *level_buf;
	struct wd_queue queues[3]; /* with so many workers */
};

struct object {
	struct work *work;
	struct wd_queue *queue;
	size_t at; /* where the next sample begins */
	size_t produced; /* by the last sample */
};

/* The next block of a sample, going round the file. */
static const unsigned char *next(struct object *o, size_t *len)
{
	const struct work *w = o->work;
	const unsigned char *block;

	if (o->at >= w->len)
		o->at = 0;
	block = w->data + o->at;
	*len = w->len - o->at < w->block ? w->len - o->at : w->block;
	o->at += w->block;
	return block;
}

/* Whoever comes first would have to wait for the data, the next one not. */
static void warm(const struct object *o, unsigned int count)
{
	const volatile unsigned char *data = o->work->data;
	size_t at = o->at < o->work->len ? o->at : 0;
	size_t end = at + count * o->work->block;

	for (; at < end && at < o->work->len; at += 64)
		(void)data[at];
}

static double run_direct(const struct round_case *c)
{
	static struct isal_zstream stream;
	struct object *o = c->object;
	struct work *w = o->work;
	size_t bytes = 0;
	uint64_t begin;

	warm(o, c->count);
	o->produced = 0;
	begin = rounds_ns();
	for (unsigned int i = 0; i < c->count; i++) {
		size_t len;
		const unsigned char *src = next(o, &len);

		isal_deflate_stateless_init(&stream);
		stream.level = LEVEL;
		stream.level_buf = w->level_buf;
		stream.level_buf_size = ISAL_DEF_LVL1_DEFAULT;
		stream.end_of_stream = 1;
		stream.next_in = (uint8_t *)src;
		stream.avail_in = (uint32_t)len;
		stream.next_out = w->out[i % DEPTH];
		stream.avail_out = (uint32_t)w->room;
		if (isal_deflate_stateless(&stream) != COMP_OK)
			return -1;
		o->produced += w->room - stream.avail_out;
		bytes += len;
	}
	return (double)(rounds_ns() - begin) / (double)bytes;
}

static int receive(struct object *o, struct wd_request **back)
{
	void *req;

	if (wd_recv_sync(o->queue, &req))
		return -1;
	*back = req;
	o->produced += (*back)->produced;
	return (*back)->status;
}

static double run_queue(const struct round_case *c)
{
	struct wd_request reqs[DEPTH];
	struct object *o = c->object;
	struct work *w = o->work;
	unsigned int depth = o->queue->got.workers ? DEPTH : 1;
	size_t bytes = 0;
	uint64_t begin;

	warm(o, c->count);
	o->produced = 0;
	begin = rounds_ns();
	for (unsigned int i = 0; i < c->count; i++) {
		struct wd_request *req = &reqs[i % DEPTH];
		unsigned char *dst = w->out[i % DEPTH];
		size_t len;
		const unsigned char *src = next(o, &len);

		if (i >= depth) {
			if (receive(o, &req))
				return -1;
			dst = req->dst;
		}
		*req = (struct wd_request){ .op = WD_COMPRESS,
					    .level = LEVEL,
					    .src = src,
					    .src_len = len,
					    .dst = dst,
					    .dst_len = w->room };
		if (wd_send(o->queue, req))
			return -1;
		bytes += len;
	}
	for (unsigned int i = 0; i < depth && i < c->count; i++) {
		struct wd_request *req;

		if (receive(o, &req))
			return -1;
	}
	return (double)(rounds_ns() - begin) / (double)bytes;
}

static void request_queue(struct wd_queue *q, int workers)
{
	int ret;

	*q = (struct wd_queue){ .algorithm = "deflate",
				.device = "sw",
				.depth = DEPTH,
				.workers = workers,
				.flags = WD_QUEUE_SINGLE_THREAD };
	ret = wd_request_queue(q);
	if (ret)
		rounds_die("no queue", ret);
}

static void prepare(struct work *w, size_t block)
{
	w->block = block;
	w->room = wd_compress_bound(WD_DEFLATE, block);
	w->level_buf = malloc(ISAL_DEF_LVL1_DEFAULT);
	for (unsigned int i = 0; i < DEPTH; i++) {
		w->out[i] = calloc(1, w->room);
		if (!w->out[i] || !w->level_buf)
			rounds_die("no memory", ENOMEM);
	}
	request_queue(&w->queues[0], WD_WORKERS_NONE);
	request_queue(&w->queues[1], 1);
	request_queue(&w->queues[2], 2);
}

static void release(struct work *w)
{
	for (unsigned int i = 0; i < 3; i++)
		wd_release_queue(&w->queues[i]);
	for (unsigned int i = 0; i < DEPTH; i++)
		free(w->out[i]);
	free(w->level_buf);
}

int main(int argc, char **argv)
{
	size_t block = argc > 2 ? strtoul(argv[2], NULL, 0) : 65536;
	unsigned int rounds =
		argc > 3 ? (unsigned int)strtoul(argv[3], NULL, 0) : 51;
	static struct work work;
	struct object objects[4];
	struct round_case cases[4] = {
		{ .name = "direct", .run = run_direct },
		{ .name = "inline", .run = run_queue },
		{ .name = "workers 1", .run = run_queue },
		{ .name = "workers 2", .run = run_queue },
	};
	int ret;

	if (argc < 2 || block < 1024 || block > 1 << 30 || !rounds ||
	    rounds > 100000)
		rounds_die("usage: bench-blocks FILE [BLOCK [ROUNDS]]", EINVAL);
	work.data = input_map(argv[1], &work.len);
	prepare(&work, block);
	for (unsigned int i = 0; i < 4; i++) {
		size_t sample = i < 2 ? SAMPLE_ALONE : SAMPLE_WORKERS;

		objects[i] = (struct object){ .work = &work };
		objects[i].queue = i ? &work.queues[i - 1] : NULL;
		cases[i].object = &objects[i];
		cases[i].count = (unsigned int)((sample + block - 1) / block);
	}
	ret = rounds_run(cases, 4, rounds, "ns/byte");
	/* ISA-L is not exact: now and then a block is longer by some bytes. */
	for (unsigned int i = 0; i < 4 && !ret; i += 2)
		if (labs((long)objects[i].produced -
			 (long)objects[i + 1].produced) > 1024)
			rounds_die("the outputs differ in length", EIO);
	release(&work);
	if (ret)
		rounds_die("measuring failed", ret);
	return 0;
}
