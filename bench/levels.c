// SPDX-License-Identifier: MIT
/*
 * Where the codecs cross: ISA-L, libdeflate and zlib at each of their levels,
 * called directly on the blocks of a file in one thread. Sizes are printed as
 * parts of the input, speeds as ratios to ISA-L at level 1, which is measured in
 * the same rounds.
 *
 *	bench-levels FILE [BLOCK [ROUNDS]]
 */
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

struct codec;

/* Compresses a block into raw deflate: bytes produced, 0 on an error. */
typedef size_t codec_fn(const struct codec *codec, const void *src, size_t len,
			void *dst, size_t room);

struct codec {
	const char *name;
	int level;
	codec_fn *run;
	void *state;
	double best; /* seconds for all blocks, of all rounds */
	size_t size; /* of all blocks */
};

static size_t run_isal(const struct codec *codec, const void *src, size_t len,
		       void *dst, size_t room)
{
	static struct isal_zstream stream;

	isal_deflate_stateless_init(&stream);
	stream.level = (uint32_t)codec->level;
	stream.level_buf = codec->state;
	stream.level_buf_size = ISAL_DEF_LVL3_DEFAULT;
	stream.end_of_stream = 1;
	stream.next_in = (uint8_t *)src;
	stream.avail_in = (uint32_t)len;
	stream.next_out = dst;
	stream.avail_out = (uint32_t)room;
	if (isal_deflate_stateless(&stream) != COMP_OK)
		return 0;
	return room - stream.avail_out;
}

static size_t run_libdeflate(const struct codec *codec, const void *src,
			     size_t len, void *dst, size_t room)
{
	return libdeflate_deflate_compress(codec->state, src, len, dst, room);
}

static size_t run_zlib(const struct codec *codec, const void *src, size_t len,
		       void *dst, size_t room)
{
	z_stream *z = codec->state;

	if (deflateReset(z) != Z_OK)
		return 0;
	z->next_in = (uint8_t *)src;
	z->avail_in = (uInt)len;
	z->next_out = dst;
	z->avail_out = (uInt)room;
	return deflate(z, Z_FINISH) == Z_STREAM_END ? room - z->avail_out : 0;
}

static void *zlib_state(int level)
{
	z_stream *z = calloc(1, sizeof(*z));

	if (z && deflateInit2(z, level, Z_DEFLATED, -15, 8,
			      Z_DEFAULT_STRATEGY) == Z_OK)
		return z;
	free(z);
	return NULL;
}

#define CODECS_MAX 32
static struct codec codecs[CODECS_MAX];
static size_t codec_count;

static void add(const char *name, int level, codec_fn *run, void *state)
{
	if (!state) {
		fprintf(stderr, "%s level %d: no memory\n", name, level);
		exit(1);
	}
	codecs[codec_count++] = (struct codec){ .name = name,
						.level = level,
						.run = run,
						.state = state,
						.best = 1e9 };
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static void measure(struct codec *codec, const char *data, size_t len,
		    size_t block, void *dst, size_t room)
{
	double begin = now();
	double seconds;

	codec->size = 0;
	for (size_t at = 0; at < len; at += block) {
		size_t n = codec->run(codec, data + at,
				      len - at < block ? len - at : block, dst,
				      room);

		if (!n) {
			fprintf(stderr, "%s level %d failed\n", codec->name,
				codec->level);
			exit(1);
		}
		codec->size += n;
	}
	seconds = now() - begin;
	if (seconds < codec->best)
		codec->best = seconds;
}

static const char *map(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	void *data;

	if (fd < 0 || fstat(fd, &st) || st.st_size == 0) {
		fprintf(stderr, "%s: cannot be read, or is empty\n", path);
		exit(1);
	}
	*len = (size_t)st.st_size;
	data = mmap(NULL, *len, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (data == MAP_FAILED) {
		perror(path);
		exit(1);
	}
	close(fd);
	return data;
}

int main(int argc, char **argv)
{
	size_t block = argc > 2 ? strtoul(argv[2], NULL, 0) : 65536;
	int rounds = argc > 3 ? atoi(argv[3]) : 3;
	size_t room = block + block / 8 + 1024;
	const char *data;
	size_t len;
	void *dst;

	if (argc < 2 || !block || block > 1 << 30 || rounds < 1) {
		fprintf(stderr, "usage: bench-levels FILE [BLOCK [ROUNDS]]\n");
		return 2;
	}
	dst = malloc(room);
	if (!dst) {
		perror("bench-levels");
		return 1;
	}
	data = map(argv[1], &len);
	for (int i = 1; i <= 3; i++)
		add("isa-l", i, run_isal, malloc(ISAL_DEF_LVL3_DEFAULT));
	for (int i = 1; i <= 12; i++)
		add("libdeflate", i, run_libdeflate,
		    libdeflate_alloc_compressor(i));
	for (int i = 1; i <= 9; i++)
		add("zlib", i, run_zlib, zlib_state(i));

	for (int round = 0; round < rounds; round++)
		for (size_t i = 0; i < codec_count; i++)
			measure(&codecs[i], data, len, block, dst, room);

	printf("%zu bytes in blocks of %zu, best of %d rounds\n", len, block,
	       rounds);
	printf("%-12s%5s%8s%8s\n", "codec", "level", "size", "speed");
	for (size_t i = 0; i < codec_count; i++)
		printf("%-12s%5d%8.3f%8.3f\n", codecs[i].name, codecs[i].level,
		       (double)codecs[i].size / (double)len,
		       codecs[0].best / codecs[i].best);
	free(dst);
	return 0;
}
