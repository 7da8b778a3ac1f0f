// SPDX-License-Identifier: MIT
/* Data of wd bench. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bench_data.h"
#include "input.h"
#include "message.h"

#define WORDS 2048
#define WORD_MAX 12

/* xorshift64*: the same numbers on every machine. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

/*
 * Fills @data with words, the first of the list more often than the last, so
 * that it compresses about as well as prose does.
 */
static void make_text(unsigned char *data, size_t len)
{
	static char words[WORDS][WORD_MAX];
	uint64_t state = 0x9e3779b97f4a7c15ull, r;
	size_t at = 0, i, n;

	for (i = 0; i < WORDS; i++) {
		r = next_random(&state);
		words[i][0] = (char)(2 + r % (WORD_MAX - 3));
		for (n = 1; n <= (size_t)words[i][0]; n++)
			words[i][n] = (char)('a' + next_random(&state) % 26);
	}
	while (at < len) {
		r = next_random(&state);
		i = (r >> 20) % ((r & 0xffff) * WORDS / 0x10000 + 1);
		n = (size_t)words[i][0];
		if (n > len - at)
			n = len - at;
		memcpy(data + at, words[i] + 1, n);
		at += n;
		if (at < len)
			data[at++] = r >> 60 ? ' ' : '\n';
	}
}

/* Memory for @count pieces of @len bytes; NULL if that is too much. */
static unsigned char *allocate(size_t count, size_t len)
{
	size_t total;
	void *memory;

	if (__builtin_mul_overflow(count, len, &total) ||
	    posix_memalign(&memory, 4096, total ? total : 1))
		return NULL;
	return memory;
}

static int open_file(struct bench_data *data, const char *file)
{
	struct input in;

	if (input_open(&in, file))
		return -EIO;
	if (!input_is_mapped(&in)) {
		message_error("%s: --file takes a regular file that is not "
			      "empty",
			      file);
		input_close(&in);
		return -EINVAL;
	}
	/* take the mapping over */
	data->plain = in.map;
	data->plain_len = in.map_len;
	data->mapped = true;
	in.map = NULL;
	input_close(&in);
	/* page faults are not what is measured */
	(void)madvise(data->plain, data->plain_len, MADV_POPULATE_READ);
	return 0;
}

static int make_plain(struct bench_data *data, size_t size, size_t count)
{
	data->plain = allocate(count, size);
	if (!data->plain)
		return -ENOMEM;
	data->plain_len = count * size;
	make_text(data->plain, data->plain_len);
	return 0;
}

static int cut(struct bench_data *data, size_t size)
{
	size_t i;

	if (size > data->plain_len)
		size = data->plain_len;
	data->count = size ? data->plain_len / size : 1;
	data->slices = calloc(data->count, sizeof(data->slices[0]));
	if (!data->slices)
		return -ENOMEM;
	for (i = 0; i < data->count; i++) {
		data->slices[i].plain = data->plain + i * size;
		data->slices[i].plain_len = size;
	}
	return 0;
}

static int make_twins(struct bench_data *data)
{
	size_t i;

	data->twin = allocate(1, data->plain_len);
	if (!data->twin)
		return -ENOMEM;
	memcpy(data->twin, data->plain, data->plain_len);
	for (i = 0; i < data->count; i++)
		data->slices[i].twin =
			data->twin + (data->slices[i].plain - data->plain);
	return 0;
}

static int pack_slices(struct bench_data *data, struct wd_comp *comp,
		       size_t room)
{
	struct bench_slice *slice;
	ssize_t n;
	size_t i;

	for (i = 0; i < data->count; i++) {
		slice = &data->slices[i];
		slice->packed = data->packed + i * room;
		n = wd_compress(comp, data->packed + i * room, room,
				slice->plain, slice->plain_len);
		if (n < 0)
			return (int)n;
		slice->packed_len = (size_t)n;
	}
	return 0;
}

/* The device "sw" makes what others have to decompress as well. */
static int make_packed(struct bench_data *data, int level)
{
	size_t room = wd_compress_bound(WD_DEFLATE, data->slices[0].plain_len);
	struct wd_comp_params params = {
		.format = WD_DEFLATE,
		.level = level,
		.device = "sw",
		.workers = WD_WORKERS_NONE,
	};
	struct wd_comp *comp;
	int ret;

	data->packed = allocate(data->count, room);
	if (!data->packed)
		return -ENOMEM;
	ret = wd_comp_open(&comp, &params);
	if (ret)
		return ret;
	ret = pack_slices(data, comp, room);
	wd_comp_close(comp);
	return ret;
}

int bench_data_open(struct bench_data *data, const struct bench_op *op,
		    const char *file, size_t size, size_t count, int level)
{
	int ret;

	memset(data, 0, sizeof(*data));
	if (file) {
		ret = open_file(data, file);
		if (ret)
			return ret;
	} else {
		ret = make_plain(data, size, count);
	}
	if (!ret)
		ret = cut(data, size);
	if (!ret && op->needs_twin)
		ret = make_twins(data);
	if (!ret && op->needs_packed)
		ret = make_packed(data, level);
	if (ret)
		message_error("cannot make the data to work on: %s",
			      strerror(-ret));
	return ret;
}

void bench_data_close(struct bench_data *data)
{
	if (data->mapped)
		munmap(data->plain, data->plain_len);
	else
		free(data->plain);
	free(data->twin);
	free(data->packed);
	free(data->slices);
}
