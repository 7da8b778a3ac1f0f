/* SPDX-License-Identifier: MIT */
/* Copy, fill and compare. */
#include "fixture.h"
#include "suites.h"

static const size_t lengths[] = { 0,	 1,	2,     3,      7,    8,
				  9,	 15,	16,    17,     31,   63,
				  64,	 65,	255,   4095,   4096, 4097,
				  65535, 65536, 65537, 1000003 };

static void copy_once(struct wd_queue *q, size_t length, size_t room,
		      enum guarded_edge from, enum guarded_edge to)
{
	struct guarded in = guarded_get(length, from);
	struct guarded out = guarded_get(room, to);
	struct wd_request r = {
		.op = WD_COPY,
		.src = in.data,
		.src_len = length,
		.dst = out.data,
		.dst_len = room,
		.produced = 99,
	};
	size_t i;

	sample_fill(in.data, length, SAMPLE_RANDOM, length);
	guarded_protect(&in);
	if (room)
		memset(out.data, 0x5a, room);
	assert_int_equal(fixture_run(q, &r), 0);
	assert_int_equal(r.produced, length);
	if (length)
		assert_memory_equal(in.data, out.data, length);
	for (i = length; i < room; i++)
		assert_int_equal(out.data[i], 0x5a);
	guarded_put(&in);
	guarded_put(&out);
}

static void test_copy(void **state)
{
	struct wd_queue q;
	size_t i;

	(void)state;
	fixture_need("copy");
	fixture_request(&q, NULL);
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		copy_once(&q, lengths[i], lengths[i], GUARDED_END, GUARDED_END);
		copy_once(&q, lengths[i], lengths[i], GUARDED_START,
			  GUARDED_START);
		copy_once(&q, lengths[i], lengths[i], GUARDED_END,
			  GUARDED_START);
		copy_once(&q, lengths[i], lengths[i] + 100, GUARDED_START,
			  GUARDED_END);
	}
	wd_release_queue(&q);
}

static void fill_once(struct wd_queue *q, size_t length, uint64_t pattern,
		      enum guarded_edge edge)
{
	struct guarded out = guarded_get(length, edge);
	const unsigned char *bytes = (const unsigned char *)&pattern;
	struct wd_request r = {
		.op = WD_FILL,
		.dst = out.data,
		.dst_len = length,
		.operand = pattern,
		.produced = 99,
	};
	size_t i;

	assert_int_equal(fixture_run(q, &r), 0);
	assert_int_equal(r.produced, length);
	assert_true(r.operand == pattern);
	for (i = 0; i < length; i++)
		if (out.data[i] != bytes[i % 8])
			fail_msg("byte %zu of %zu is %02x", i, length,
				 out.data[i]);
	guarded_put(&out);
}

static void test_fill(void **state)
{
	struct wd_queue q;
	size_t i;

	(void)state;
	fixture_need("fill");
	fixture_request(&q, NULL);
	for (i = 0; i < 40; i++)
		fill_once(&q, i, UINT64_C(0x0123456789abcdef), GUARDED_END);
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		fill_once(&q, lengths[i], UINT64_C(0x8877665544332211),
			  GUARDED_START);
		fill_once(&q, lengths[i], 0, GUARDED_END);
		fill_once(&q, lengths[i], UINT64_C(0xfefefefefefefefe),
			  GUARDED_END);
	}
	wd_release_queue(&q);
}

/* Compares two equal pieces, then with a difference at @at. */
static void compare_once(struct wd_queue *q, size_t length, size_t at,
			 size_t second)
{
	struct guarded a = guarded_get(length, GUARDED_END);
	struct guarded b = guarded_get(length, GUARDED_START);
	struct wd_request r = {
		.op = WD_COMPARE,
		.src = a.data,
		.src_len = length,
		.dst = b.data,
		.dst_len = length,
		.result = 99,
		.consumed = 99,
	};

	sample_fill(a.data, length, SAMPLE_RANDOM, length);
	sample_fill(b.data, length, SAMPLE_RANDOM, length);
	assert_int_equal(fixture_run(q, &r), 0);
	assert_int_equal(r.result, 0);
	assert_int_equal(r.consumed, length);
	if (at < length) {
		a.data[at] ^= 0x80;
		a.data[second] ^= 0x01;
		guarded_protect(&a);
		guarded_protect(&b);
		assert_int_equal(fixture_run(q, &r), 0);
		assert_int_equal(r.result, 1);
		assert_int_equal(r.consumed, at);
	}
	guarded_put(&a);
	guarded_put(&b);
}

static void test_compare(void **state)
{
	struct wd_queue q;
	size_t i, at;

	(void)state;
	fixture_need("compare");
	fixture_request(&q, NULL);
	for (i = 0; i < 70; i++) {
		compare_once(&q, i, i, 0);
		for (at = 0; at < i; at++)
			compare_once(&q, i, at, i - 1);
	}
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		compare_once(&q, lengths[i], 0, lengths[i] / 2);
		compare_once(&q, lengths[i], lengths[i] / 2, lengths[i] / 2);
		compare_once(&q, lengths[i], lengths[i] - 1, lengths[i] - 1);
	}
	wd_release_queue(&q);
}

/* Both sides may lie in one piece of memory. */
static void test_compare_of_neighbours(void **state)
{
	unsigned char data[100] = { 1, 2, 3 };
	struct wd_request r = {
		.op = WD_COMPARE,
		.src = data,
		.src_len = 50,
		.dst = data + 50,
		.dst_len = 50,
	};
	struct wd_queue q;

	(void)state;
	fixture_need("compare");
	fixture_request(&q, NULL);
	assert_int_equal(fixture_run(&q, &r), 0);
	assert_int_equal(r.result, 1);
	assert_int_equal(r.consumed, 0);
	memcpy(data + 50, data, 50);
	assert_int_equal(fixture_run(&q, &r), 0);
	assert_int_equal(r.result, 0);
	wd_release_queue(&q);
}

/* A request may be sent again and again, and starts from nothing each time. */
static void test_request_used_again(void **state)
{
	unsigned char in[1000], out[1000];
	struct wd_request r = {
		.op = WD_COPY,
		.src = in,
		.dst = out,
		.dst_len = sizeof(out),
	};
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("copy");
	fixture_request(&q, NULL);
	for (i = 0; i < 1000; i++) {
		sample_fill(in, sizeof(in), SAMPLE_RANDOM, i);
		r.src_len = i;
		assert_int_equal(fixture_run(&q, &r), 0);
		assert_int_equal(r.produced, i);
		if (i)
			assert_memory_equal(in, out, i);
	}
	wd_release_queue(&q);
}

/* Different operations in flight together do not mix up. */
static void test_different_operations_together(void **state)
{
	enum { COUNT = 30 };
	static unsigned char in[COUNT][3000], out[COUNT][3000];
	struct wd_request r[COUNT];
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("copy");
	fixture_need("fill");
	fixture_need("crc32");
	fixture_request_depth(&q, 32);
	for (i = 0; i < COUNT; i++) {
		sample_fill(in[i], sizeof(in[i]), SAMPLE_RANDOM, i);
		r[i] = (struct wd_request){
			.op = i % 3 == 0 ? WD_COPY :
			      i % 3 == 1 ? WD_FILL :
					   WD_CRC32,
			.src = in[i],
			.src_len = sizeof(in[i]),
			.dst = out[i],
			.dst_len = sizeof(out[i]),
		};
		fixture_send(&q, &r[i]);
	}
	for (i = 0; i < COUNT; i++)
		fixture_recv(&q);
	for (i = 0; i < COUNT; i++) {
		assert_int_equal(r[i].status, 0);
		if (i % 3 == 0)
			assert_memory_equal(in[i], out[i], sizeof(in[i]));
		if (i % 3 == 2)
			assert_int_equal(r[i].result,
					 crc32_z(0, in[i], sizeof(in[i])));
	}
	wd_release_queue(&q);
}

static void test_factorial(void **state)
{
	struct wd_queue q;
	uint32_t wanted = 1;
	uint64_t n;

	(void)state;
	fixture_need("factorial");
	fixture_request(&q, NULL);
	for (n = 0; n < 40; n++) {
		/* Only the low half counts. */
		struct wd_request r = { .op = WD_FACTORIAL,
					.operand = n | n << 32,
					.result = 99,
					.produced = 99 };

		wanted *= n ? (uint32_t)n : 1;
		assert_int_equal(fixture_run(&q, &r), 0);
		assert_true(r.result == wanted);
		assert_int_equal(r.produced, 0);
	}
	wd_release_queue(&q);
}

static const struct CMUnitTest operation_tests[] = {
	cmocka_unit_test(test_copy),
	cmocka_unit_test(test_fill),
	cmocka_unit_test(test_compare),
	cmocka_unit_test(test_compare_of_neighbours),
	cmocka_unit_test(test_factorial),
	cmocka_unit_test(test_request_used_again),
	cmocka_unit_test(test_different_operations_together),
};

const struct suite operation_suite = SUITE("operation", operation_tests);
