// SPDX-License-Identifier: MIT
/* lab-cflags: -lz */
/* lab-timeout: 240 */
/*
 * Compression on the device against zlib in the process: whole, in pieces of
 * any size, with any room, damaged, and with states that nobody has made.
 */
#include <zlib.h>

#include "vaccel_raw.h"

#define NAME "vaccel-0"
#define SIZE 300000
#define ROOM (SIZE + SIZE / 1024 + 128)

static const int window_bits[] = { -15, 15, 31 };

static struct raw_queue q;
static struct vaccel_cqe cqe;
static uint8_t *plain, *packed, *back, *state;

static void begin(void)
{
	KTAP_REQUIRE(raw_open(&q, NAME) == 0);
	plain = malloc(SIZE);
	packed = malloc(2 * SIZE);
	back = malloc(SIZE + 64);
	state = raw_anonymous(VACCEL_STREAM_SIZE);
	raw_text(plain, SIZE, 1234);
}

static void end(void)
{
	munmap(state, VACCEL_STREAM_SIZE);
	free(plain);
	free(packed);
	free(back);
	raw_close(&q);
}

static uint32_t param(int format, int level, int flush)
{
	return format << VACCEL_COMP_FORMAT_SHIFT |
	       level << VACCEL_COMP_LEVEL_SHIFT |
	       flush << VACCEL_COMP_FLUSH_SHIFT;
}

static int run(int op, uint32_t how, const void *src, uint32_t src_len,
	       void *dst, uint32_t dst_len, void *ctx)
{
	struct vaccel_desc desc = raw_desc(op, src, src_len, dst, dst_len);

	desc.param = how;
	desc.ctx = (uintptr_t)ctx;
	return raw_run(&q, &desc, &cqe);
}

static uint32_t reference_check(int format, const uint8_t *data, size_t len)
{
	return format == VACCEL_FORMAT_ZLIB ? adler32(1, data, len) :
					      crc32(0, data, len);
}

static uint32_t zlib_pack(int format, int level, int strategy,
			  const uint8_t *data, uint32_t len)
{
	z_stream zs = { .next_in = (uint8_t *)data, .avail_in = len };

	deflateInit2(&zs, level, Z_DEFLATED, window_bits[format], 8, strategy);
	zs.next_out = packed;
	zs.avail_out = 2 * SIZE;
	if (deflate(&zs, Z_FINISH) != Z_STREAM_END)
		zs.total_out = 0;
	deflateEnd(&zs);
	return zs.total_out;
}

/* What zlib makes of it: the bytes, or -1. */
static long zlib_unpack(int format, const uint8_t *data, uint32_t len,
			uint32_t *used)
{
	z_stream zs = { .next_in = (uint8_t *)data, .avail_in = len };
	int ret;

	inflateInit2(&zs, window_bits[format]);
	zs.next_out = back;
	zs.avail_out = SIZE + 64;
	ret = inflate(&zs, Z_FINISH);
	inflateEnd(&zs);
	if (used)
		*used = zs.total_in;
	return ret == Z_STREAM_END ? (long)zs.total_out : -1;
}

static void test_compress(void)
{
	static const uint32_t lens[] = { 0, 1, 100, 8192, 70000, SIZE };
	static const int levels[] = { 0, 3, 6, VACCEL_LEVEL_STORE, 9 };
	unsigned int i, j;
	int format;

	begin();
	for (format = 0; format < 3; format++)
		for (j = 0; j < 5; j++)
			for (i = 0; i < 6; i++) {
				uint32_t used;

				KTAP_EQ(run(VACCEL_OP_COMPRESS,
					    param(format, levels[j],
						  VACCEL_FLUSH_FINISH),
					    plain, lens[i], packed, ROOM, NULL),
					VACCEL_ST_OK);
				KTAP_EQ(cqe.consumed, lens[i]);
				KTAP_EXPECT(cqe.flags & VACCEL_CQE_END);
				KTAP_EQ(cqe.result,
					reference_check(format, plain,
							lens[i]));
				KTAP_EQ(zlib_unpack(format, packed,
						    cqe.produced, &used),
					lens[i]);
				KTAP_EQ(used, cqe.produced);
				KTAP_EQ(memcmp(plain, back, lens[i]), 0);
			}
	KTAP_EXPECT(cqe.produced < SIZE * 3 / 4);
	end();
}

static void test_decompress(void)
{
	static const int strategies[] = { Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY,
					  Z_RLE, Z_FIXED };
	int format, level;
	unsigned int i;
	uint32_t len;

	begin();
	for (format = 0; format < 3; format++)
		for (level = 0; level <= 9; level += 3)
			for (i = 0; i < 4; i++) {
				len = zlib_pack(format, level, strategies[i],
						plain, SIZE);
				packed[len] = 0x55;
				KTAP_EQ(run(VACCEL_OP_DECOMPRESS, format,
					    packed, len + 1, back, SIZE, NULL),
					VACCEL_ST_OK);
				KTAP_EQ(cqe.consumed, len);
				KTAP_EQ(cqe.produced, SIZE);
				KTAP_EXPECT(cqe.flags & VACCEL_CQE_END);
				KTAP_EQ(cqe.result,
					reference_check(format, plain, SIZE));
				KTAP_EQ(memcmp(plain, back, SIZE), 0);
				memset(back, 0, SIZE);
			}
	end();
}

static void test_limits(void)
{
	int format;
	uint32_t len;

	begin();
	for (format = 0; format < 3; format++) {
		KTAP_EQ(run(VACCEL_OP_COMPRESS,
			    param(format, 1, VACCEL_FLUSH_FINISH), plain, SIZE,
			    packed, 1000, NULL),
			VACCEL_ST_NOSPACE);
		len = zlib_pack(format, 6, 0, plain, SIZE);
		KTAP_EQ(run(VACCEL_OP_DECOMPRESS, format, packed, len, back,
			    SIZE - 1, NULL),
			VACCEL_ST_NOSPACE);
		KTAP_EQ(cqe.produced, SIZE - 1);
		KTAP_EQ(memcmp(plain, back, SIZE - 1), 0);
		KTAP_EQ(run(VACCEL_OP_DECOMPRESS, format, packed, len - 1, back,
			    SIZE, NULL),
			VACCEL_ST_TRUNCATED);
		KTAP_EQ(run(VACCEL_OP_DECOMPRESS, format, packed, len / 2, back,
			    SIZE, NULL),
			VACCEL_ST_TRUNCATED);
		KTAP_EQ(memcmp(plain, back, cqe.produced), 0);
		KTAP_EQ(run(VACCEL_OP_COMPRESS,
			    param(format, 1, VACCEL_FLUSH_SYNC), plain, SIZE,
			    packed, ROOM, NULL),
			VACCEL_ST_INVALID);
		KTAP_EQ(run(VACCEL_OP_DECOMPRESS, param(format, 1, 0), packed,
			    len, back, SIZE, NULL),
			VACCEL_ST_INVALID);
		KTAP_EQ(run(VACCEL_OP_DECOMPRESS, format, packed, len, back,
			    SIZE, state + 8),
			VACCEL_ST_INVALID);
	}
	KTAP_EQ(run(VACCEL_OP_DECOMPRESS, 3, packed, 10, back, SIZE, NULL),
		VACCEL_ST_INVALID);
	end();
}

/* A header with everything that gzip knows. */
static void test_gzip_header(void)
{
	static const uint8_t head[] = "\x1f\x8b\x08\x1e\1\2\3\4\0\3"
				      "\5\0extra"
				      "name\0comment";
	uint8_t *whole = malloc(SIZE);
	uint32_t len, i, size, sum;

	begin();
	len = zlib_pack(VACCEL_FORMAT_GZIP, 6, 0, plain, 1000) - 10;
	memcpy(whole, head, sizeof(head));
	size = sizeof(head);
	sum = crc32(0, whole, size);
	whole[size++] = sum & 0xff;
	whole[size++] = sum >> 8 & 0xff;
	memcpy(whole + size, packed + 10, len);
	/* A header whose check value is wrong. */
	whole[sizeof(head)] ^= 1;
	KTAP_EQ(run(VACCEL_OP_DECOMPRESS, VACCEL_FORMAT_GZIP, whole, size + len,
		    back, SIZE, NULL),
		VACCEL_ST_DATA);
	whole[sizeof(head)] ^= 1;
	size += len;
	KTAP_EQ(run(VACCEL_OP_DECOMPRESS, VACCEL_FORMAT_GZIP, whole, size, back,
		    SIZE, NULL),
		VACCEL_ST_OK);
	KTAP_EQ(memcmp(plain, back, 1000), 0);
	/* Byte by byte. */
	memset(state, 0, 512);
	memset(back, 0, 1000);
	len = 0;
	for (i = 0; i < size; i++) {
		KTAP_REQUIRE(run(VACCEL_OP_DECOMPRESS, VACCEL_FORMAT_GZIP,
				 whole + i, 1, back + len, SIZE - len,
				 state) == VACCEL_ST_OK);
		len += cqe.produced;
		KTAP_EQ(cqe.consumed, 1);
	}
	KTAP_EXPECT(cqe.flags & VACCEL_CQE_END);
	KTAP_EQ(len, 1000);
	KTAP_EQ(memcmp(plain, back, 1000), 0);
	free(whole);
	end();
}

/* Pieces of any size into rooms of any size, with all the flushes. */
static uint32_t stream_compress(int format, uint32_t size, uint64_t seed,
				uint32_t most)
{
	uint32_t in = 0, out = 0;
	unsigned int idle = 0;
	int flush = 0, more = 0, want = 0;
	int level = 1 + seed % VACCEL_LEVEL_STORE;

	memset(state, 0, 512);
	for (;;) {
		uint32_t room = 1 + raw_random(&seed) % most;

		if (room > 2 * SIZE - out)
			room = 2 * SIZE - out;
		if (!more) {
			want = raw_random(&seed) % (2 * most);
			if (want > (int)(size - in))
				want = size - in;
			flush = raw_random(&seed) % 4 ? VACCEL_FLUSH_NONE :
							raw_random(&seed) % 3;
			if (in + want == size)
				flush = VACCEL_FLUSH_FINISH;
		}
		if (run(VACCEL_OP_COMPRESS, param(format, level, flush),
			plain + in, want, packed + out, room,
			state) != VACCEL_ST_OK)
			return 0;
		in += cqe.consumed;
		want -= cqe.consumed;
		out += cqe.produced;
		more = cqe.flags & VACCEL_CQE_MORE;
		if (cqe.flags & VACCEL_CQE_END)
			return out;
		/* What is asked for again ends some day. */
		idle = cqe.consumed || cqe.produced ? 0 : idle + 1;
		if (out == 2 * SIZE || idle > 20 || (!more && want))
			return 0;
	}
}

static void test_stream_compress(void)
{
	static const uint32_t most[] = { 20, 500, 9000, 100000, 400000 };
	const uint32_t sizes[] = { ktap_times(3000), ktap_times(50000), SIZE,
				   SIZE, SIZE };
	uint32_t size, len, j;
	uint64_t seed = 6;
	unsigned int i;
	int format;

	begin();
	for (i = 0; i < 10; i++)
		for (format = 0; format < 3; format++) {
			/* The second time, what cannot be compressed. */
			for (j = 0; i >= 5 && j < SIZE; j++)
				plain[j] = raw_random(&seed);
			size = sizes[i % 5];
			len = stream_compress(format, size, i + 77,
					      most[i % 5]);

			KTAP_EXPECT(len > 0);
			KTAP_EQ(zlib_unpack(format, packed, len, NULL), size);
			KTAP_EQ(memcmp(plain, back, size), 0);
			KTAP_EQ(cqe.result,
				reference_check(format, plain, size));
			KTAP_EQ(run(VACCEL_OP_COMPRESS, param(format, 1, 3),
				    plain, 0, packed, 100, state),
				VACCEL_ST_STATE);
		}
	end();
}

/* Each flush hands out what it promises. */
static void test_flush(void)
{
	z_stream zs = { 0 };
	uint32_t in = 0, piece = 5000;

	begin();
	inflateInit2(&zs, 31);
	zs.next_out = back;
	zs.avail_out = SIZE;
	while (in < SIZE) {
		int flush = in % 2 ? VACCEL_FLUSH_SYNC : VACCEL_FLUSH_FULL;

		KTAP_REQUIRE(run(VACCEL_OP_COMPRESS, param(2, 6, flush),
				 plain + in, piece, packed, ROOM,
				 state) == VACCEL_ST_OK);
		KTAP_EQ(cqe.consumed, piece);
		KTAP_EQ(cqe.flags & VACCEL_CQE_MORE, 0);
		in += piece;
		zs.next_in = packed;
		zs.avail_in = cqe.produced;
		inflate(&zs, Z_SYNC_FLUSH);
		KTAP_EQ(zs.total_out, in);
	}
	KTAP_EQ(memcmp(plain, back, SIZE), 0);
	inflateEnd(&zs);
	end();
}

/* The state is the process's: copied, the copy is a stream of its own. */
static void test_copied_state(void)
{
	uint8_t *twin = raw_anonymous(VACCEL_STREAM_SIZE);
	struct raw_queue second, first;
	uint32_t half;

	begin();
	KTAP_REQUIRE(raw_open(&second, NAME) == 0);
	KTAP_EQ(run(VACCEL_OP_COMPRESS, param(1, 6, VACCEL_FLUSH_SYNC), plain,
		    100000, packed, ROOM, state),
		VACCEL_ST_OK);
	half = cqe.produced;
	memcpy(twin, state, VACCEL_STREAM_SIZE);
	KTAP_EQ(run(VACCEL_OP_COMPRESS, param(1, 6, VACCEL_FLUSH_FINISH),
		    plain + 100000, 100000, packed + half, ROOM, state),
		VACCEL_ST_OK);
	KTAP_EQ(zlib_unpack(1, packed, half + cqe.produced, NULL), 200000);
	KTAP_EQ(memcmp(plain, back, 200000), 0);
	/* On another queue. */
	first = q;
	q = second;
	KTAP_EQ(run(VACCEL_OP_COMPRESS, param(1, 9, VACCEL_FLUSH_FINISH), plain,
		    50000, packed + half, ROOM, twin),
		VACCEL_ST_OK);
	KTAP_EQ(zlib_unpack(1, packed, half + cqe.produced, NULL), 150000);
	KTAP_EQ(memcmp(plain, back + 100000, 50000), 0);
	raw_close(&q);
	q = first;
	munmap(twin, VACCEL_STREAM_SIZE);
	end();
}

static uint32_t stream_decompress(int format, uint32_t len, uint64_t seed,
				  uint32_t most)
{
	uint32_t in = 0, out = 0;
	unsigned int idle = 0;

	memset(state, 0, 512);
	memset(back, 0, SIZE);
	for (;;) {
		uint32_t want = raw_random(&seed) % most;
		uint32_t room = raw_random(&seed) % (2 * most);

		if (want > len - in)
			want = len - in;
		if (room > SIZE - out)
			room = SIZE - out;
		if (run(VACCEL_OP_DECOMPRESS, format, packed + in, want,
			back + out, room, state) != VACCEL_ST_OK)
			return 0;
		in += cqe.consumed;
		out += cqe.produced;
		if (cqe.flags & VACCEL_CQE_END)
			return in == len ? out : 0;
		if (!(cqe.flags & VACCEL_CQE_MORE) && cqe.consumed != want)
			return 0;
		idle = cqe.consumed || cqe.produced ? 0 : idle + 1;
		if (idle > 50)
			return 0;
	}
}

static void test_stream_decompress(void)
{
	static const uint32_t most[] = { 3, 50, 5000, 100000 };
	int format, level;
	unsigned int i;

	begin();
	for (format = 0; format < 3; format++)
		for (level = 0; level <= 9; level += 3)
			for (i = 0; i < 4; i++) {
				uint32_t size =
					most[i] < 10   ? ktap_times(800) :
					most[i] < 5000 ? ktap_times(10000) :
							 SIZE;
				uint32_t len = zlib_pack(
					format, level, level == 3 ? Z_FIXED : 0,
					plain, size);

				KTAP_EQ(stream_decompress(format, len, i + 5,
							  most[i]),
					size);
				KTAP_EQ(memcmp(plain, back, size), 0);
				KTAP_EQ(cqe.result,
					reference_check(format, plain, size));
			}
	end();
}

/* Every bit of a stream, turned: the same verdict as zlib's. */
static void test_bit_flips(void)
{
	unsigned int i, wrong = 0, accepted = 0;
	uint32_t len;

	begin();
	len = zlib_pack(VACCEL_FORMAT_ZLIB, 6, 0, plain, ktap_times(700));
	for (i = 0; i < 8 * len; i++) {
		long verdict;
		int status;

		packed[i / 8] ^= 1 << i % 8;
		verdict = zlib_unpack(VACCEL_FORMAT_ZLIB, packed, len, NULL);
		status = run(VACCEL_OP_DECOMPRESS, VACCEL_FORMAT_ZLIB, packed,
			     len, back, SIZE, NULL);
		wrong += (verdict >= 0) != (status == VACCEL_ST_OK);
		wrong += status != VACCEL_ST_OK && status != VACCEL_ST_DATA &&
			 status != VACCEL_ST_TRUNCATED;
		accepted += verdict >= 0;
		packed[i / 8] ^= 1 << i % 8;
	}
	KTAP_EQ(wrong, 0);
	ktap_note("%u flips, %u of them harmless", i, accepted);
	end();
}

/* Noise, as input and as a state: any answer will do, no harm. */
static void test_noise(void)
{
	uint64_t seed = 20;
	unsigned int i, j, odd = 0;
	struct vaccel_stream *s;

	begin();
	s = (struct vaccel_stream *)state;
	for (i = 0; i < (unsigned int)ktap_times(300); i++) {
		for (j = 0; j < 2000; j++)
			packed[j] = raw_random(&seed);
		run(VACCEL_OP_DECOMPRESS, VACCEL_FORMAT_RAW, packed, 2000, back,
		    SIZE, NULL);
		odd += cqe.status == VACCEL_ST_IO;
	}
	for (i = 0; i < (unsigned int)ktap_times(1500); i++) {
		for (j = 0; j < 512; j++)
			state[j] = raw_random(&seed);
		s->magic = VACCEL_STREAM_MAGIC;
		s->version = 1;
		s->kind = VACCEL_OP_COMPRESS + i % 2;
		s->format = i % 3;
		s->mode = raw_random(&seed) % VACCEL_SM_NR;
		s->window_bits = 9 + i % 7;
		s->window_len %= VACCEL_STREAM_WINDOW_MAX + 1;
		s->held_len %= VACCEL_STREAM_HELD_MAX + 1;
		s->pending_len %= VACCEL_STREAM_PENDING_MAX + 1;
		s->left %= i % 4 ? 259 : 0x20000;
		s->dist %= 0x8000;
		s->nbits %= 64;
		s->bits &= (1ull << s->nbits) - 1;
		s->nlen %= 289;
		s->ndist %= 33;
		s->ncode %= 20;
		s->have %= 321;
		memset(s->clens, 0, sizeof(s->clens));
		s->clens[0] = s->clens[8] = 1;
		for (j = 0; j < 320; j++)
			s->lens[j] = i % 5 ? 8 + (j > 255) : state[j] % 17;
		run(s->kind, i % 3 | (i % 2 ? 0 : 3 << 8), packed, 2000, back,
		    SIZE, state);
		odd += cqe.status == VACCEL_ST_IO;
	}
	KTAP_EQ(odd, 0);
	end();
}

/* A fault in the middle leaves the stream where it was. */
static void test_stream_fault(void)
{
	uint8_t *gap = raw_anonymous(4 * 4096);
	uint32_t half;

	begin();
	munmap(gap + 8192, 4096);
	KTAP_EQ(run(VACCEL_OP_COMPRESS, param(2, 6, VACCEL_FLUSH_SYNC), plain,
		    100000, packed, ROOM, state),
		VACCEL_ST_OK);
	half = cqe.produced;
	KTAP_EQ(run(VACCEL_OP_COMPRESS, param(2, 6, VACCEL_FLUSH_FINISH),
		    plain + 100000, 100000, gap, 4 * 4096, state),
		VACCEL_ST_FAULT);
	KTAP_EQ(cqe.result, (uintptr_t)gap + 8192);
	KTAP_EQ(run(VACCEL_OP_COMPRESS, param(2, 6, VACCEL_FLUSH_FINISH),
		    plain + 100000, 100000, packed + half, ROOM, state),
		VACCEL_ST_OK);
	KTAP_EQ(zlib_unpack(2, packed, half + cqe.produced, NULL), 200000);
	KTAP_EQ(memcmp(plain, back, 200000), 0);
	KTAP_EQ(run(VACCEL_OP_COMPRESS, param(2, 6, VACCEL_FLUSH_FINISH), plain,
		    100, packed, ROOM, (void *)0x10000),
		VACCEL_ST_FAULT);
	munmap(gap, 4 * 4096);
	end();
}

static const struct ktap_test tests[] = {
	{ "compress, formats and levels", test_compress },
	{ "decompress, formats, levels and strategies", test_decompress },
	{ "too little room or input", test_limits },
	{ "a full gzip header", test_gzip_header },
	{ "compress in pieces", test_stream_compress },
	{ "flushes", test_flush },
	{ "a copied state, on another queue", test_copied_state },
	{ "decompress in pieces", test_stream_decompress },
	{ "every bit turned", test_bit_flips },
	{ "noise", test_noise },
	{ "a fault leaves a stream as it was", test_stream_fault },
};

int main(void)
{
	return KTAP_RUN(tests);
}
