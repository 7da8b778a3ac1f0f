// SPDX-License-Identifier: MIT
/*
 * The least time in which a file can be compressed by two threads: the codec
 * alone and the check value, from memory to memory, with nothing written.
 *
 *	bench-limit FILE isal|libdeflate LEVEL BLOCK [ROUNDS]
 */
#include <errno.h>
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <libdeflate.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "place.h"
#include "rounds.h"

#define THREADS 2

struct work {
	const unsigned char *data;
	size_t len;
	size_t block;
	bool isal;
	int level;
	_Atomic size_t next;
	_Atomic size_t produced;
};

struct worker {
	struct work *work;
	int which;
	pthread_t thread;
	struct isal_zstream *stream;
	unsigned char *level_buf;
	struct libdeflate_compressor *compressor;
	unsigned char *out;
	size_t room;
	uint32_t crc;
};

static size_t compress_isal(struct worker *w, const unsigned char *src,
			    size_t len)
{
	isal_deflate_stateless_init(w->stream);
	w->stream->level = (uint32_t)w->work->level;
	w->stream->level_buf = w->level_buf;
	w->stream->level_buf_size = ISAL_DEF_LVL3_DEFAULT;
	w->stream->flush = FULL_FLUSH;
	w->stream->next_in = (uint8_t *)src;
	w->stream->avail_in = (uint32_t)len;
	w->stream->next_out = w->out;
	w->stream->avail_out = (uint32_t)w->room;
	if (isal_deflate_stateless(w->stream) != COMP_OK)
		return 0;
	return w->room - w->stream->avail_out;
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	struct work *work = w->work;

	place_self(w->which);
	for (;;) {
		size_t at = atomic_fetch_add(&work->next, work->block);
		size_t len = work->block;
		size_t n;

		if (at >= work->len)
			return NULL;
		if (len > work->len - at)
			len = work->len - at;
		w->crc ^= crc32_gzip_refl(0, work->data + at, len);
		n = work->isal ?
			    compress_isal(w, work->data + at, len) :
			    libdeflate_deflate_compress(w->compressor,
							work->data + at, len,
							w->out, w->room);
		if (!n)
			rounds_die("a block failed", EIO);
		atomic_fetch_add(&work->produced, n);
	}
}

static void worker_prepare(struct worker *w, struct work *work, int which)
{
	w->work = work;
	w->which = which;
	w->room = work->block + work->block / 8 + 1024;
	w->out = malloc(w->room);
	w->stream = malloc(sizeof(*w->stream));
	w->level_buf = malloc(ISAL_DEF_LVL3_DEFAULT);
	w->compressor = libdeflate_alloc_compressor(work->level);
	if (!w->out || !w->stream || !w->level_buf || !w->compressor)
		rounds_die("no memory", ENOMEM);
	memset(w->out, 0, w->room); /* page faults are not the codec's */
}

/* Seconds for the whole file. */
static double run(const struct round_case *c)
{
	struct worker *workers = c->object;
	struct work *work = workers->work;
	uint64_t begin = rounds_ns();

	atomic_store(&work->next, 0);
	atomic_store(&work->produced, 0);
	for (int i = 0; i < THREADS; i++) {
		int ret = pthread_create(&workers[i].thread, NULL, worker_main,
					 &workers[i]);

		if (ret)
			rounds_die("no thread", ret);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	return (double)(rounds_ns() - begin) * 1e-9;
}

static double size_of(const struct round_case *c)
{
	struct worker *workers = c->object;

	return (double)atomic_load(&workers->work->produced);
}

int main(int argc, char **argv)
{
	static struct worker workers[THREADS];
	static struct work work;
	struct round_case cases[] = {
		{ "seconds", run, workers, 1, 1, NULL },
		{ "bytes", size_of, workers, 1, 1, NULL },
	};
	unsigned int rounds = 1;

	if (argc < 5)
		rounds_die("usage: bench-limit FILE isal|libdeflate LEVEL "
			   "BLOCK [ROUNDS]",
			   EINVAL);
	work.isal = !strcmp(argv[2], "isal");
	work.level = atoi(argv[3]);
	work.block = strtoul(argv[4], NULL, 0);
	if (argc > 5)
		rounds = (unsigned int)strtoul(argv[5], NULL, 0);
	if (work.level < 1 || work.level > (work.isal ? 3 : 12) ||
	    work.block < 1024 || work.block > 1 << 30 || !rounds)
		rounds_die("bench-limit", EINVAL);
	work.data = input_map(argv[1], &work.len);
	for (int i = 0; i < THREADS; i++)
		worker_prepare(&workers[i], &work, i);
	return rounds_run(cases, 2, rounds, "") ? 1 : 0;
}
