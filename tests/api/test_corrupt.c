/* SPDX-License-Identifier: MIT */
/*
 * Input that nobody wrote: the device and zlib must agree whether it is valid,
 * and on what it means if it is.
 */
#include "fixture.h"
#include "suites.h"

#include <stdio.h>

enum { ROOM = 20000 };

/* Prints the start of what the device and zlib do not agree on. */
static void show(const unsigned char *data, size_t size)
{
	size_t i;

	for (i = 0; i < size && i < 64; i++)
		printf("%02x%s", data[i], i % 16 == 15 ? "\n" : " ");
	putchar('\n');
}

/* Decompresses with both and holds one against the other. */
static void differ(struct wd_queue *q, enum wd_format format,
		   const unsigned char *data, size_t size, const char *what)
{
	static unsigned char expected[ROOM];
	struct guarded in = guarded_copy(data, size, GUARDED_END);
	struct guarded out = guarded_get(ROOM, GUARDED_END);
	struct wd_request r = {
		.op = WD_DECOMPRESS,
		.format = (uint8_t)format,
		.src = in.data,
		.src_len = size,
		.dst = out.data,
		.dst_len = ROOM,
	};
	struct reference_result reference =
		reference_inflate(format, data, size, expected, ROOM);

	guarded_protect(&in);
	fixture_run(q, &r);
	assert_in_range(r.consumed, 0, size);
	assert_in_range(r.produced, 0, ROOM);
	if (!reference_agrees(r.status, &reference, size)) {
		show(data, size);
		fail_msg("%s, %s, %zu bytes: status %d, but zlib's is %d", what,
			 reference_format_name(format), size, r.status,
			 reference.status);
	}
	if (r.status == 0 && reference.status == 0) {
		assert_int_equal(r.consumed, reference.consumed);
		assert_int_equal(r.produced, reference.produced);
		if (r.produced)
			assert_memory_equal(out.data, expected, r.produced);
	}
	guarded_put(&in);
	guarded_put(&out);
}

static void test_random_bytes(void **state)
{
	struct sample_random random = { 42 };
	unsigned char data[600];
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (i = 0; i < 30000; i++) {
		size_t n = sample_below(&random, i % 50 ? 60 : sizeof(data));

		sample_fill(data, n, SAMPLE_RANDOM, i);
		differ(&q, WD_DEFLATE, data, n, "random bytes");
		if (i % 10)
			continue;
		/* Behind a header that is right. */
		if (n >= 10) {
			memcpy(data, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
			differ(&q, WD_GZIP, data, n, "random gzip");
			memcpy(data, "\x78\x9c", 2);
			differ(&q, WD_ZLIB, data, n, "random zlib");
		}
	}
	wd_release_queue(&q);
}

/* Short inputs, all of them. */
static void test_all_two_byte_inputs(void **state)
{
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (i = 0; i < 65536; i += 1 + i % 3) {
		unsigned char data[2] = { (unsigned char)i,
					  (unsigned char)(i >> 8) };

		for_each_format(format)
		{
			differ(&q, format, data, 2, "two bytes");
			if (i < 256)
				differ(&q, format, data, 1, "one byte");
		}
	}
	wd_release_queue(&q);
}

static void flip_bits(struct wd_queue *q, enum wd_format format,
		      const struct reference_params *kind, size_t size,
		      uint64_t seed)
{
	struct reference_params params = *kind;
	struct sample_random random = { seed + 1 };
	unsigned char *plain = sample_new(size, SAMPLE_TEXT, seed), *packed;
	unsigned int i, flips;
	char what[64];
	size_t n;

	params.format = format;
	n = reference_deflate(&params, plain, size, &packed);
	for (i = 0; i < 200; i++) {
		unsigned char *copy = malloc(n);

		assert_non_null(copy);
		memcpy(copy, packed, n);
		for (flips = 1 + i % 4; flips; flips--) {
			size_t at = sample_below(&random,
						 i % 2 && n > 100 ? 100 : n);

			copy[at] ^=
				(unsigned char)(1u << sample_below(&random, 8));
		}
		snprintf(what, sizeof(what), "flip %u of seed %u", i,
			 (unsigned int)seed);
		differ(q, format, copy, n, what);
		free(copy);
	}
	free(packed);
	free(plain);
}

static void test_flipped_bits(void **state)
{
	static const struct reference_params kinds[] = {
		{ .level = 6 },
		{ .level = 6, .strategy = Z_FIXED },
		{ .level = 6, .strategy = Z_HUFFMAN_ONLY },
		{ .level = -1 },
	};
	static const size_t sizes[] = { 0, 10, 200, 3000, 15000 };
	struct wd_queue q;
	size_t i, j;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		for (j = 0; j < ARRAY_SIZE(sizes); j++)
			for_each_format(format)
				flip_bits(&q, format, &kinds[i], sizes[j],
					  i * 100 + j * 10 + format);
	wd_release_queue(&q);
}

/* Bytes cut out of, put into and moved about in a valid stream. */
static void test_pieces_moved(void **state)
{
	enum { SIZE = 4000 };
	unsigned char *plain = sample_new(SIZE, SAMPLE_MIXED, 2);
	struct sample_random random = { 9 };
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (i = 0; i < 1500; i++) {
		enum wd_format format = (enum wd_format)(1 + i % 3);
		struct reference_params params = {
			.format = format,
			.level = 1 + (int)(i % 9),
		};
		unsigned char *packed;
		size_t n = reference_deflate(&params, plain, SIZE, &packed);
		size_t from = sample_below(&random, n);
		size_t to = sample_below(&random, n);
		size_t length =
			sample_below(&random, n - (from > to ? from : to));

		memmove(packed + to, packed + from, length);
		if (i % 2)
			n -= sample_below(&random, n);
		differ(&q, format, packed, n, "moved pieces");
		free(packed);
	}
	wd_release_queue(&q);
	free(plain);
}

struct sample_bits {
	unsigned char data[16];
	size_t size;
	const char *what;
};

/* Streams made by hand, each with the one thing that is wrong with it. */
static void test_known_faults(void **state)
{
	static const struct sample_bits faults[] = {
		{ { 0x06 }, 1, "block type 3" },
		{ { 0x01, 0x01, 0x00, 0x00, 0x00, 'a' },
		  6,
		  "stored length without complement" },
		{ { 0x01, 0x00, 0x00, 0xff, 0xff }, 5, "empty stored block" },
		{ { 0x03, 0x00 }, 2, "empty fixed block" },
		{ { 0x4b, 0x04, 0x00 }, 3, "one literal" },
		{ { 0x03, 0x02, 0x00 }, 3, "distance before the start" },
		{ { 0x1b, 0x03, 0x00 }, 3, "length symbol 286" },
		{ { 0xfc, 0x00, 0x00 }, 3, "286 and more length codes" },
		{ { 0x04, 0x00, 0xfe, 0xff }, 4, "bad code lengths" },
		{ { 0x04, 0x80, 0x49, 0x92, 0x24, 0x49, 0x92, 0x24, 0x71, 0xff,
		    0xff, 0x93, 0x11, 0x00 },
		  14,
		  "over-subscribed code lengths" },
		{ { 0x04, 0xc0, 0x81, 0x08, 0x00, 0x00, 0x00, 0x00, 0x20, 0x7f,
		    0xeb, 0x0b, 0x00, 0x00 },
		  14,
		  "incomplete codes" },
	};
	struct wd_queue q;
	size_t i;

	(void)state;
	fixture_need("deflate");
	fixture_request(&q, NULL);
	for (i = 0; i < ARRAY_SIZE(faults); i++)
		differ(&q, WD_DEFLATE, faults[i].data, faults[i].size,
		       faults[i].what);
	wd_release_queue(&q);
}

/* The device is none the worse for it. */
static void test_good_after_bad(void **state)
{
	enum { SIZE = 5000 };
	struct reference_params params = { .format = WD_GZIP };
	unsigned char *plain = sample_new(SIZE, SAMPLE_TEXT, 2);
	unsigned char *good, *bad;
	struct wd_queue q;
	unsigned int i;
	size_t n;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	n = reference_deflate(&params, plain, SIZE, &good);
	bad = malloc(n);
	assert_non_null(bad);
	for (i = 0; i < 200; i++) {
		memcpy(bad, good, n);
		bad[10 + i % (n - 10)] ^= 0x55;
		differ(&q, WD_GZIP, bad, n, "bad");
		differ(&q, WD_GZIP, good, n, "good");
	}
	wd_release_queue(&q);
	free(bad);
	free(good);
	free(plain);
}

static const struct CMUnitTest corrupt_tests[] = {
	cmocka_unit_test(test_random_bytes),
	cmocka_unit_test(test_all_two_byte_inputs),
	cmocka_unit_test(test_flipped_bits),
	cmocka_unit_test(test_pieces_moved),
	cmocka_unit_test(test_known_faults),
	cmocka_unit_test(test_good_after_bad),
};

const struct suite corrupt_suite = SUITE("corrupt", corrupt_tests);
