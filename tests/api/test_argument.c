/* SPDX-License-Identifier: MIT */
/* Requests that no device may take. */
#include "fixture.h"
#include "suites.h"

static unsigned char in[4096], out[4096];

/* Asserts that @r is refused so, and left as it was. */
static void assert_refused(struct wd_queue *q, const struct wd_request *r,
			   int error)
{
	struct wd_request sent = *r;
	int result = wd_send(q, &sent);

	if (result != error)
		fail_msg("op %d answered %d, not %d", r->op, result, error);
	assert_memory_equal(&sent, r, sizeof(*r));
	fixture_assert_empty(q);
}

static struct wd_request plain(enum wd_op op)
{
	return (struct wd_request){
		.op = (uint8_t)op,
		.format = WD_GZIP,
		.src = in,
		.src_len = 100,
		.dst = out,
		.dst_len = 1000,
		.status = 99,
	};
}

static void test_unknown_op(void **state)
{
	struct wd_request r = plain(WD_OP_COUNT);
	struct wd_queue q;

	(void)state;
	fixture_request(&q, NULL);
	assert_refused(&q, &r, -EINVAL);
	r.op = 255;
	assert_refused(&q, &r, -EINVAL);
	wd_release_queue(&q);
}

static void test_unknown_format(void **state)
{
	static const enum wd_op ops[] = { WD_COMPRESS, WD_DECOMPRESS };
	struct wd_queue q;
	size_t i;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, "gzip");
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		struct wd_request r = plain(ops[i]);

		r.format = WD_FORMAT_COUNT;
		assert_refused(&q, &r, -EINVAL);
		r.format = 255;
		assert_refused(&q, &r, -EINVAL);
	}
	wd_release_queue(&q);
}

static void test_unknown_level(void **state)
{
	static const int levels[] = { 13, 127, -2, -128 };
	struct wd_queue q;
	size_t i;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, "gzip");
	for (i = 0; i < ARRAY_SIZE(levels); i++) {
		struct wd_request r = plain(WD_COMPRESS);

		r.level = (int8_t)levels[i];
		assert_refused(&q, &r, -EINVAL);
	}
	wd_release_queue(&q);
}

static void test_unknown_flush(void **state)
{
	struct wd_request r = plain(WD_COMPRESS);
	struct wd_queue q;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, "gzip");
	r.flush = WD_FLUSH_COUNT;
	assert_refused(&q, &r, -EINVAL);
	r.flush = 255;
	assert_refused(&q, &r, -EINVAL);
	wd_release_queue(&q);
}

static void test_unknown_flags(void **state)
{
	struct wd_queue q;
	unsigned int bit;
	int op;

	(void)state;
	fixture_request(&q, NULL);
	for (op = 0; op < WD_OP_COUNT; op++) {
		for (bit = 3; bit < 32; bit++) {
			struct wd_request r = plain((enum wd_op)op);

			r.src_len = r.dst_len = 100;
			r.flags = 1u << bit;
			assert_refused(&q, &r, -EOPNOTSUPP);
		}
	}
	wd_release_queue(&q);
}

/* A fragment is something that only compression writes. */
static void test_fragment_of_other_ops(void **state)
{
	struct wd_queue q;
	int op;

	(void)state;
	fixture_request(&q, NULL);
	for (op = 0; op < WD_OP_COUNT; op++) {
		struct wd_request r = plain((enum wd_op)op);

		if (op == WD_COMPRESS)
			continue;
		r.src_len = r.dst_len = 100;
		r.flags = WD_REQUEST_FRAGMENT;
		assert_refused(&q, &r, -EOPNOTSUPP);
	}
	wd_release_queue(&q);
}

static bool reads_src(int op)
{
	return op != WD_NOOP && op != WD_FILL && op != WD_FACTORIAL;
}

static bool uses_dst(int op)
{
	return op == WD_COPY || op == WD_FILL || op == WD_COMPARE ||
	       op == WD_COMPRESS || op == WD_DECOMPRESS;
}

static void test_null_with_a_length(void **state)
{
	struct wd_queue q;
	int op;

	(void)state;
	fixture_need_in_process();
	fixture_request(&q, "gzip");
	for (op = 0; op < WD_OP_COUNT; op++) {
		struct wd_request r = plain((enum wd_op)op);

		r.src_len = r.dst_len = 100;
		r.src = NULL;
		if (reads_src(op))
			assert_refused(&q, &r, -EINVAL);
		r = plain((enum wd_op)op);
		r.src_len = r.dst_len = 100;
		r.dst = NULL;
		if (uses_dst(op))
			assert_refused(&q, &r, -EINVAL);
	}
	wd_release_queue(&q);
}

static void test_null_list_with_a_length(void **state)
{
	struct iovec hole[2] = { { in, 10 }, { NULL, 10 } };
	struct wd_queue q;
	int op;

	(void)state;
	fixture_need_in_process();
	fixture_request(&q, "gzip");
	for (op = 0; op < WD_OP_COUNT; op++) {
		struct wd_request r = plain((enum wd_op)op);

		r.src_len = r.dst_len = 20;
		if (reads_src(op)) {
			r.flags = WD_REQUEST_SRC_IOV;
			r.src_len = 2;
			r.src_iov = NULL;
			assert_refused(&q, &r, -EINVAL);
			r.src_iov = hole;
			assert_refused(&q, &r, -EINVAL);
		}
		if (uses_dst(op)) {
			r = plain((enum wd_op)op);
			r.src_len = 20;
			r.flags = WD_REQUEST_DST_IOV;
			r.dst_len = 2;
			r.dst_iov = NULL;
			assert_refused(&q, &r, -EINVAL);
			hole[0].iov_base = out;
			r.dst_iov = hole;
			assert_refused(&q, &r, -EINVAL);
			hole[0].iov_base = in;
		}
	}
	wd_release_queue(&q);
}

/* Every way in which two ranges of bytes may overlap, and those that do not. */
static void test_overlap(void **state)
{
	static const enum wd_op ops[] = { WD_COPY, WD_COMPRESS, WD_DECOMPRESS };
	struct wd_queue q;
	size_t i;

	(void)state;
	fixture_need_in_process();
	fixture_request(&q, "gzip");
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		struct wd_request r = plain(ops[i]);

		r.src_len = r.dst_len = 100;
		r.src = in + 1000;
		r.dst = in + 1000; /* the same */
		assert_refused(&q, &r, -EINVAL);
		r.dst = in + 1099; /* the first byte of one, the last of */
		assert_refused(&q, &r, -EINVAL);
		r.dst = in + 901; /* the other, either way */
		assert_refused(&q, &r, -EINVAL);
		r.dst = in + 900;
		r.dst_len = 1000; /* around it */
		assert_refused(&q, &r, -EINVAL);
		r.src = in + 900;
		r.src_len = 1000; /* and inside it */
		r.dst = in + 1800;
		r.dst_len = 1000;
		assert_refused(&q, &r, -EINVAL);
	}
	wd_release_queue(&q);
}

static void test_neighbours_do_not_overlap(void **state)
{
	struct wd_queue q;
	struct wd_request r = {
		.op = WD_COPY,
		.src = in + 100,
		.src_len = 100,
		.dst = in + 200,
		.dst_len = 100,
	};

	(void)state;
	fixture_request(&q, NULL);
	sample_fill(in, sizeof(in), SAMPLE_RANDOM, 1);
	assert_int_equal(fixture_run(&q, &r), 0);
	assert_memory_equal(in + 100, in + 200, 100);
	r.dst = in;
	assert_int_equal(fixture_run(&q, &r), 0);
	assert_memory_equal(in + 100, in, 100);
	wd_release_queue(&q);
}

static void test_overlap_of_lists(void **state)
{
	struct iovec src[2] = { { in, 50 }, { in + 200, 50 } };
	struct iovec dst[2] = { { out, 60 }, { in + 249, 60 } };
	struct wd_request r = {
		.op = WD_COPY,
		.flags = WD_REQUEST_SRC_IOV | WD_REQUEST_DST_IOV,
		.src_iov = src,
		.src_len = 2,
		.dst_iov = dst,
		.dst_len = 2,
	};
	struct wd_queue q;

	(void)state;
	fixture_need_in_process();
	fixture_request(&q, NULL);
	assert_refused(&q, &r, -EINVAL);
	dst[1].iov_base = in + 250;
	assert_int_equal(fixture_run(&q, &r), 0);
	wd_release_queue(&q);
}

/* The end of these buffers lies beyond the end of all addresses. */
static void test_lengths_that_wrap(void **state)
{
	struct iovec src[2] = { { in, SIZE_MAX }, { in, 2 } };
	struct wd_request r = {
		.op = WD_COPY,
		.src = in,
		.src_len = SIZE_MAX,
		.dst = out,
		.dst_len = SIZE_MAX,
	};
	struct wd_queue q;

	(void)state;
	fixture_need_in_process();
	fixture_request(&q, NULL);
	assert_refused(&q, &r, -EINVAL);
	r.dst_len = 100;
	assert_refused(&q, &r, -EINVAL);
	r.flags = WD_REQUEST_SRC_IOV;
	r.src_iov = src;
	r.src_len = 2; /* 1 in all, if nobody looks */
	assert_refused(&q, &r, -EINVAL);
	wd_release_queue(&q);
}

static void test_copy_with_little_room(void **state)
{
	struct wd_request r = plain(WD_COPY);
	struct wd_queue q;
	int sent;

	(void)state;
	memset(out, 0x5a, sizeof(out));
	fixture_request(&q, NULL);
	r.dst_len = 99;
	sent = wd_send(&q, &r);
	if (sent == 0) {
		fixture_recv(&q);
		assert_int_equal(r.status, -ENOSPC);
	} else {
		assert_int_equal(sent, -EINVAL);
	}
	assert_int_equal(out[99], 0x5a);
	wd_release_queue(&q);
}

static void test_compare_of_unequal_lengths(void **state)
{
	struct wd_request r = plain(WD_COMPARE);
	struct wd_queue q;

	(void)state;
	fixture_request(&q, NULL);
	r.dst_len = 99;
	assert_refused(&q, &r, -EINVAL);
	r.dst_len = 101;
	assert_refused(&q, &r, -EINVAL);
	wd_release_queue(&q);
}

/* The queue still works after it has refused something. */
static void test_queue_survives_refusals(void **state)
{
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_request(&q, NULL);
	for (i = 0; i < 5000; i++) {
		struct wd_request bad = { .op = WD_OP_COUNT };
		struct wd_request good = { .op = WD_NOOP };

		assert_int_equal(wd_send(&q, &bad), -EINVAL);
		if (i % 100 == 0)
			assert_int_equal(fixture_run(&q, &good), 0);
	}
	wd_release_queue(&q);
}

static const struct CMUnitTest argument_tests[] = {
	cmocka_unit_test(test_unknown_op),
	cmocka_unit_test(test_unknown_format),
	cmocka_unit_test(test_unknown_level),
	cmocka_unit_test(test_unknown_flush),
	cmocka_unit_test(test_unknown_flags),
	cmocka_unit_test(test_fragment_of_other_ops),
	cmocka_unit_test(test_null_with_a_length),
	cmocka_unit_test(test_null_list_with_a_length),
	cmocka_unit_test(test_overlap),
	cmocka_unit_test(test_neighbours_do_not_overlap),
	cmocka_unit_test(test_overlap_of_lists),
	cmocka_unit_test(test_lengths_that_wrap),
	cmocka_unit_test(test_copy_with_little_room),
	cmocka_unit_test(test_compare_of_unequal_lengths),
	cmocka_unit_test(test_queue_survives_refusals),
};

const struct suite argument_suite = SUITE("argument", argument_tests);
