// SPDX-License-Identifier: MIT
/*
 * A session: compresses the standard input (of up to 64 MiB) into the gzip
 * format on the standard output, block by block, all blocks in flight together.
 * Each block becomes a member; together they are one valid file.
 *
 *	./session < FILE > FILE.gz
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <warpdrive/warpdrive.h>

#define LIMIT ((size_t)64 << 20)
#define BLOCK ((size_t)1 << 20)

struct block {
	char *out;
	size_t len;
	int status;
};

static void finished(struct wd_comp *comp, const struct wd_request *req)
{
	struct block *block = req->user;

	(void)comp;
	block->status = req->status;
	block->len = req->produced;
}

static int start(struct wd_comp *comp, struct block *block, const char *in,
		 size_t len)
{
	size_t cap = wd_compress_bound(WD_GZIP, len);
	int err;

	block->out = malloc(cap);
	if (!block->out)
		return -ENOMEM;
	do {
		err = wd_compress_async(comp, block->out, cap, in, len,
					finished, block);
		if (err == -EAGAIN) /* as much in flight as there may be */
			wd_comp_poll(comp, 0);
	} while (err == -EAGAIN);
	return err;
}

static int compress_all(struct wd_comp *comp, const char *in, size_t len)
{
	struct block blocks[LIMIT / BLOCK] = { 0 };
	size_t n = 0;
	int err, waited;

	do {
		size_t offset = n * BLOCK;

		err = start(comp, &blocks[n++], in + offset,
			    len - offset < BLOCK ? len - offset : BLOCK);
	} while (!err && n * BLOCK < len);

	/* Whatever was started uses the buffers until this returns. */
	waited = wd_comp_wait(comp, 0);
	if (!err)
		err = waited;

	for (size_t i = 0; i < n; i++) {
		if (!err)
			err = blocks[i].status;
		if (!err)
			fwrite(blocks[i].out, 1, blocks[i].len, stdout);
		free(blocks[i].out);
	}
	return err;
}

int main(void)
{
	struct wd_comp_params params = {
		.format = WD_GZIP,
		.level = 6,
		.workers = WD_WORKERS_ALL,
	};
	struct wd_comp_stats stats;
	struct wd_comp *comp;
	char *in = malloc(LIMIT);
	int err;

	if (!in)
		return 1;
	err = wd_comp_open(&comp, &params);
	if (!err) {
		err = compress_all(comp, in, fread(in, 1, LIMIT, stdin));
		wd_comp_get_stats(comp, &stats);
		fprintf(stderr, "%llu operations, %llu bytes to %llu on %s\n",
			(unsigned long long)stats.operations,
			(unsigned long long)stats.bytes_in,
			(unsigned long long)stats.bytes_out,
			wd_comp_device(comp));
		wd_comp_close(comp);
	}
	free(in);
	if (err)
		fprintf(stderr, "session: %s\n", strerror(-err));
	return err ? 1 : 0;
}
