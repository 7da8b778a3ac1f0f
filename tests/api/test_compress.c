/* SPDX-License-Identifier: MIT */
/* Compression in one request, read back with the system's zlib. */
#include "fixture.h"
#include "suites.h"

/* Compresses @in into exactly @room guarded bytes; the answer is in *@r. */
static struct guarded compress_into(struct wd_queue *q, struct wd_request *r,
				    enum wd_format format, int level,
				    const struct guarded *in, size_t room,
				    enum guarded_edge edge)
{
	struct guarded out = guarded_get(room, edge);

	*r = (struct wd_request){
		.op = WD_COMPRESS,
		.format = (uint8_t)format,
		.level = (int8_t)level,
		.src = in->data,
		.src_len = in->size,
		.dst = out.data,
		.dst_len = room,
		.consumed = 99,
		.produced = 99,
		.checksum = 99,
	};
	fixture_run(q, r);
	return out;
}

static void check(enum wd_format format, int level, const struct wd_request *r,
		  const struct guarded *in, const struct guarded *out)
{
	if (r->status)
		fail_msg("%s level %d, %zu bytes: status %d",
			 reference_format_name(format), level, in->size,
			 r->status);
	assert_int_equal(r->consumed, in->size);
	assert_in_range(r->produced, 1, out->size);
	if (!reference_is(format, out->data, r->produced, in->data, in->size))
		fail_msg("%s level %d, %zu bytes: zlib reads something else",
			 reference_format_name(format), level, in->size);
	if (format != WD_DEFLATE)
		assert_int_equal(r->checksum,
				 reference_checksum(format, in->data,
						    in->size));
}

/* Once with the bound, once with exactly as much as that took. */
static void round_trip(struct wd_queue *q, enum wd_format format, int level,
		       const struct guarded *in)
{
	struct wd_request r;
	struct guarded out;
	size_t exact;

	out = compress_into(q, &r, format, level, in,
			    wd_compress_bound(format, in->size), GUARDED_END);
	check(format, level, &r, in, &out);
	exact = r.produced;
	guarded_put(&out);

	out = compress_into(q, &r, format, level, in, exact, GUARDED_END);
	check(format, level, &r, in, &out);
	guarded_put(&out);
}

static void test_formats_and_levels(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 10, 100, 1000, 40000 };
	struct wd_queue q;
	size_t i;
	int level;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (int kind = 0; kind < SAMPLE_KINDS; kind++) {
			struct guarded in = guarded_get(sizes[i], GUARDED_END);

			sample_fill(in.data, in.size, (enum sample_kind)kind,
				    i);
			guarded_protect(&in);
			for_each_format(format) for (level = WD_LEVEL_STORE;
						     level <= WD_LEVEL_MAX;
						     level++)
				round_trip(&q, format, level, &in);
			guarded_put(&in);
		}
	}
	wd_release_queue(&q);
}

static void test_large_inputs(void **state)
{
	static const size_t sizes[] = { 65535, 65536, 131073, 1 << 20 };
	static const int levels[] = { WD_LEVEL_STORE, 1, 2, 3, 6, 9 };
	struct wd_queue q;
	size_t i, j;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (int kind = 0; kind < SAMPLE_KINDS; kind++) {
			struct guarded in =
				guarded_get(sizes[i], GUARDED_START);

			sample_fill(in.data, in.size, (enum sample_kind)kind,
				    i);
			for (j = 0; j < ARRAY_SIZE(levels); j++)
				round_trip(&q, WD_GZIP, levels[j], &in);
			guarded_put(&in);
		}
	}
	wd_release_queue(&q);
}

/* The bound holds at every level, for what compresses worst. */
static void test_bound_is_enough(void **state)
{
	struct sample_random random = { 3 };
	struct wd_queue q;
	unsigned int round;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (round = 0; round < 300; round++) {
		size_t size = sample_below(&random, round % 10 ? 2000 : 200000);
		enum wd_format format = (enum wd_format)(1 + round % 3);
		int level = (int)(round % 14) - 1;
		struct guarded in = guarded_get(size, GUARDED_END);
		struct guarded out;
		struct wd_request r;

		sample_fill(in.data, size, SAMPLE_RANDOM, round);
		out = compress_into(&q, &r, format, level, &in,
				    wd_compress_bound(format, size),
				    GUARDED_END);
		check(format, level, &r, &in, &out);
		guarded_put(&out);
		guarded_put(&in);
	}
	wd_release_queue(&q);
}

/* One byte less than it takes, and a lot less. */
static void test_too_little_room(void **state)
{
	static const size_t sizes[] = { 0, 1, 100, 40000 };
	struct wd_queue q;
	size_t i, cut;
	int level;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct guarded in = guarded_get(sizes[i], GUARDED_END);

		sample_fill(in.data, in.size, SAMPLE_TEXT, i);
		for_each_format(format)
		{
			for (level = WD_LEVEL_STORE; level <= WD_LEVEL_MAX;
			     level++) {
				struct wd_request r;
				struct guarded out = compress_into(
					&q, &r, format, level, &in,
					wd_compress_bound(format, in.size),
					GUARDED_END);
				size_t exact = r.produced;

				guarded_put(&out);
				for (cut = 1; cut <= exact; cut += cut) {
					out = compress_into(&q, &r, format,
							    level, &in,
							    exact - cut,
							    GUARDED_END);
					assert_int_equal(r.status, -ENOSPC);
					assert_in_range(r.produced, 0,
							exact - cut);
					guarded_put(&out);
				}
			}
		}
		guarded_put(&in);
	}
	wd_release_queue(&q);
}

/* No room at all, and no buffer either. */
static void test_no_room_at_all(void **state)
{
	unsigned char in[10] = { 0 };
	struct wd_queue q;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for_each_format(format)
	{
		struct wd_request r = {
			.op = WD_COMPRESS,
			.format = (uint8_t)format,
			.src = in,
			.src_len = sizeof(in),
		};

		assert_int_equal(fixture_run(&q, &r), -ENOSPC);
		assert_int_equal(r.produced, 0);
	}
	wd_release_queue(&q);
}

static void test_nothing_is_something(void **state)
{
	struct wd_queue q;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for_each_format(format)
	{
		unsigned char *out;
		size_t n = fixture_compress(&q, format, 0, NULL, 0, &out);

		assert_true(reference_is(format, out, n, NULL, 0));
		free(out);
	}
	wd_release_queue(&q);
}

static void test_algorithm_is_the_default_format(void **state)
{
	unsigned char *in = sample_new(5000, SAMPLE_TEXT, 1), *out;

	(void)state;
	for_each_format(format)
	{
		struct wd_queue q;
		size_t n;

		fixture_need(reference_format_name(format));
		fixture_request(&q, reference_format_name(format));
		n = fixture_compress(&q, WD_FORMAT_QUEUE, 0, in, 5000, &out);
		assert_true(reference_is(format, out, n, in, 5000));
		free(out);
		/* A request may name another. */
		n = fixture_compress(&q, WD_ZLIB, 0, in, 5000, &out);
		assert_true(reference_is(WD_ZLIB, out, n, in, 5000));
		free(out);
		wd_release_queue(&q);
	}
	free(in);
}

static void test_finish_is_the_default_flush(void **state)
{
	unsigned char *in = sample_new(5000, SAMPLE_TEXT, 1), out[10000];
	struct wd_request r = {
		.op = WD_COMPRESS,
		.format = WD_GZIP,
		.flush = WD_FLUSH_FINISH,
		.src = in,
		.src_len = 5000,
		.dst = out,
		.dst_len = sizeof(out),
	};
	struct wd_queue q;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	assert_int_equal(fixture_run(&q, &r), 0);
	assert_true(reference_is(WD_GZIP, out, r.produced, in, 5000));
	wd_release_queue(&q);
	free(in);
}

/* Level 0 is level 2; the store level adds a little; higher ones take less. */
static void test_levels_mean_something(void **state)
{
	enum { SIZE = 300000 };
	unsigned char *in = sample_new(SIZE, SAMPLE_TEXT, 1);
	size_t size[WD_LEVEL_MAX + 2];
	struct wd_queue q;
	int level;

	(void)state;
	fixture_need("deflate");
	fixture_request(&q, NULL);
	for (level = -1; level <= WD_LEVEL_MAX; level++) {
		unsigned char *out;

		size[level + 1] =
			fixture_compress(&q, WD_DEFLATE, level, in, SIZE, &out);
		free(out);
	}
	assert_in_range(size[0], SIZE + 1, SIZE + SIZE / 1000 + 64);
	assert_int_equal(size[1], size[1 + WD_LEVEL_DEFAULT]);
	for (level = 1; level <= WD_LEVEL_MAX; level++)
		assert_in_range(size[level + 1], 1, SIZE * 2 / 3);
	assert_true(size[1 + 9] < size[1 + 1]);
	assert_true(size[1 + 12] <= size[1 + 6]);
	wd_release_queue(&q);
	free(in);
}

static void test_incompressible_grows_little(void **state)
{
	enum { SIZE = 1 << 20 };
	unsigned char *in = sample_new(SIZE, SAMPLE_RANDOM, 1);
	struct wd_queue q;
	int level;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (level = WD_LEVEL_STORE; level <= WD_LEVEL_MAX; level++) {
		unsigned char *out;
		size_t n = fixture_compress(&q, WD_GZIP, level, in, SIZE, &out);

		assert_in_range(n, SIZE, SIZE + SIZE / 500);
		free(out);
	}
	wd_release_queue(&q);
	free(in);
}

/* The levels and formats of requests in flight together stay apart. */
static void test_many_in_flight(void **state)
{
	enum { COUNT = 60, SIZE = 10000 };
	size_t room = wd_compress_bound(WD_GZIP, SIZE);
	unsigned char *in = sample_new(COUNT * SIZE, SAMPLE_MIXED, 9);
	unsigned char *out = malloc(COUNT * room);
	struct wd_request r[COUNT];
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	assert_non_null(out);
	fixture_request_depth(&q, 64);
	for (i = 0; i < COUNT; i++) {
		r[i] = (struct wd_request){
			.op = WD_COMPRESS,
			.format = (uint8_t)(WD_DEFLATE + i % 3),
			.level = (int8_t)((int)(i % 14) - 1),
			.src = in + i * SIZE,
			.src_len = SIZE,
			.dst = out + i * room,
			.dst_len = room,
		};
		fixture_send(&q, &r[i]);
	}
	for (i = 0; i < COUNT; i++)
		fixture_recv(&q);
	for (i = 0; i < COUNT; i++)
		assert_true(r[i].status == 0 &&
			    reference_is((enum wd_format)r[i].format, r[i].dst,
					 r[i].produced, r[i].src, SIZE));
	wd_release_queue(&q);
	free(out);
	free(in);
}

static const struct CMUnitTest compress_tests[] = {
	cmocka_unit_test(test_formats_and_levels),
	cmocka_unit_test(test_large_inputs),
	cmocka_unit_test(test_bound_is_enough),
	cmocka_unit_test(test_too_little_room),
	cmocka_unit_test(test_no_room_at_all),
	cmocka_unit_test(test_nothing_is_something),
	cmocka_unit_test(test_algorithm_is_the_default_format),
	cmocka_unit_test(test_finish_is_the_default_flush),
	cmocka_unit_test(test_levels_mean_something),
	cmocka_unit_test(test_incompressible_grows_little),
	cmocka_unit_test(test_many_in_flight),
};

const struct suite compress_suite = SUITE("compress", compress_tests);
