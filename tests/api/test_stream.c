/* SPDX-License-Identifier: MIT */
/* What holds for streams of either direction. */
#include "fixture.h"
#include "suites.h"

#include <limits.h>

static unsigned char in[1000], out[2000];

static struct wd_request finish(struct wd_stream *stream)
{
	return (struct wd_request){
		.op = WD_COMPRESS,
		.flush = WD_FLUSH_FINISH,
		.src = in,
		.src_len = sizeof(in),
		.dst = out,
		.dst_len = sizeof(out),
		.stream = stream,
	};
}

static struct wd_stream *open_stream(struct wd_queue *q, enum wd_op op,
				     enum wd_format format, int level)
{
	struct wd_stream *stream = NULL;

	assert_int_equal(wd_stream_open(q, op, format, level, 0, &stream), 0);
	assert_non_null(stream);
	return stream;
}

static void test_open_refusals(void **state)
{
	struct wd_queue q;
	struct wd_stream *stream = (void *)&q;
	unsigned int bit;
	int op;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (op = 0; op <= WD_OP_COUNT; op++) {
		if (op == WD_COMPRESS || op == WD_DECOMPRESS)
			continue;
		assert_int_equal(wd_stream_open(&q, (enum wd_op)op, WD_GZIP, 0,
						0, &stream),
				 -EINVAL);
	}
	assert_int_equal(wd_stream_open(&q, WD_COMPRESS, WD_FORMAT_COUNT, 0, 0,
					&stream),
			 -EINVAL);
	assert_int_equal(wd_stream_open(&q, WD_COMPRESS, WD_GZIP, 13, 0,
					&stream),
			 -EINVAL);
	assert_int_equal(wd_stream_open(&q, WD_COMPRESS, WD_GZIP, -2, 0,
					&stream),
			 -EINVAL);
	assert_int_equal(wd_stream_open(&q, WD_COMPRESS, WD_GZIP, INT_MAX, 0,
					&stream),
			 -EINVAL);
	assert_int_equal(wd_stream_open(&q, WD_COMPRESS, WD_GZIP, 0, 0, NULL),
			 -EINVAL);
	for (bit = 0; bit < 32; bit++)
		assert_int_equal(wd_stream_open(&q, WD_COMPRESS, WD_GZIP, 0,
						1u << bit, &stream),
				 -EOPNOTSUPP);
	assert_ptr_equal(stream, &q);
	wd_release_queue(&q);
}

static void test_null_streams(void **state)
{
	(void)state;
	wd_stream_close(NULL);
	assert_int_equal(wd_stream_reset(NULL), -EINVAL);
}

static void test_open_and_close(void **state)
{
	struct wd_queue q;
	int level;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for_each_format(format)
	{
		for (level = WD_LEVEL_STORE; level <= WD_LEVEL_MAX; level++)
			wd_stream_close(
				open_stream(&q, WD_COMPRESS, format, level));
		wd_stream_close(open_stream(&q, WD_DECOMPRESS, format, 0));
	}
	wd_release_queue(&q);
}

/* The queue's algorithm is the format of a stream that names none. */
static void test_format_of_the_queue(void **state)
{
	struct wd_stream *stream;
	struct wd_request r;
	struct wd_queue q;

	(void)state;
	for_each_format(format)
	{
		fixture_need(reference_format_name(format));
		fixture_request(&q, reference_format_name(format));
		stream = open_stream(&q, WD_COMPRESS, WD_FORMAT_QUEUE, 0);
		r = finish(stream);
		assert_int_equal(fixture_run(&q, &r), 0);
		assert_true(
			reference_is(format, out, r.produced, in, sizeof(in)));
		wd_stream_close(stream);
		wd_release_queue(&q);
	}
}

/* The first is long enough to be at work still when the second is sent. */
static void test_one_request_at_a_time(void **state)
{
	enum { LONG = 8 << 20 };
	unsigned char *plain = sample_new(LONG, SAMPLE_MIXED, 1);
	unsigned char *room = malloc(2 * (size_t)LONG);
	struct wd_stream *stream;
	struct wd_request first, second;
	struct wd_queue q;

	(void)state;
	fixture_need("gzip");
	assert_non_null(room);
	fixture_request(&q, NULL);
	stream = open_stream(&q, WD_COMPRESS, WD_GZIP, 9);
	first = second = finish(stream);
	first.src = plain;
	first.src_len = LONG;
	first.dst = room;
	first.dst_len = 2 * (size_t)LONG;
	fixture_send(&q, &first);
	assert_int_equal(wd_send(&q, &second), -EBUSY);
	assert_int_equal(wd_stream_reset(stream), -EBUSY);
	/* It is in flight until it has been received. */
	assert_int_equal(wd_drain(&q, 0), 0);
	assert_int_equal(wd_send(&q, &second), -EBUSY);
	assert_int_equal(wd_stream_reset(stream), -EBUSY);
	assert_ptr_equal(fixture_recv(&q), &first);
	fixture_assert_empty(&q);
	assert_int_equal(first.status, 0);
	assert_int_equal(wd_stream_reset(stream), 0);
	assert_int_equal(fixture_run(&q, &second), 0);
	assert_true(
		reference_is(WD_GZIP, out, second.produced, in, sizeof(in)));
	wd_stream_close(stream);
	wd_release_queue(&q);
	free(room);
	free(plain);
}

/* The second of a burst is one too many. */
static void test_one_request_of_a_burst(void **state)
{
	struct wd_stream *stream;
	struct wd_request first, second;
	void *reqs[2] = { &first, &second };
	struct wd_queue q;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	stream = open_stream(&q, WD_COMPRESS, WD_GZIP, 0);
	first = second = finish(stream);
	assert_int_equal(wd_send_burst(&q, reqs, 2), 1);
	assert_int_equal(wd_send_burst(&q, reqs + 1, 1), -EBUSY);
	assert_ptr_equal(fixture_recv(&q), &first);
	fixture_assert_empty(&q);
	wd_stream_close(stream);
	wd_release_queue(&q);
}

static void test_streams_of_two_queues(void **state)
{
	struct wd_stream *stream;
	struct wd_request r;
	struct wd_queue q, other;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	fixture_request(&other, NULL);
	stream = open_stream(&q, WD_COMPRESS, WD_GZIP, 0);
	r = finish(stream);
	assert_int_equal(wd_send(&other, &r), -EINVAL);
	assert_int_equal(fixture_run(&q, &r), 0);
	wd_stream_close(stream);
	wd_release_queue(&other);
	wd_release_queue(&q);
}

static void test_operation_disagrees(void **state)
{
	struct wd_stream *stream;
	struct wd_request r;
	struct wd_queue q;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	stream = open_stream(&q, WD_COMPRESS, WD_GZIP, 0);
	r = finish(stream);
	r.op = WD_DECOMPRESS;
	r.flush = 0;
	assert_int_equal(wd_send(&q, &r), -EINVAL);
	r = finish(stream);
	assert_int_equal(fixture_run(&q, &r), 0);
	wd_stream_close(stream);
	wd_release_queue(&q);
}

static void test_nothing_after_the_end(void **state)
{
	struct wd_stream *stream;
	struct wd_request r;
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	stream = open_stream(&q, WD_COMPRESS, WD_GZIP, 0);
	for (i = 0; i < 3; i++) {
		r = finish(stream);
		assert_int_equal(fixture_run(&q, &r), 0);
		assert_true(
			reference_is(WD_GZIP, out, r.produced, in, sizeof(in)));
		r = finish(stream);
		assert_int_equal(fixture_run(&q, &r), -EINVAL);
		assert_int_equal(r.produced, 0);
		r.src_len = 0;
		assert_int_equal(fixture_run(&q, &r), -EINVAL);
		assert_int_equal(wd_stream_reset(stream), 0);
	}
	wd_stream_close(stream);
	wd_release_queue(&q);
}

/* What never began did not change the stream. */
static void test_late_and_cancelled_requests(void **state)
{
	struct wd_stream *stream;
	struct wd_request r;
	struct wd_queue q;
	size_t done;

	(void)state;
	fixture_need("gzip");
	sample_fill(in, sizeof(in), SAMPLE_TEXT, 1);
	fixture_request(&q, NULL);
	stream = open_stream(&q, WD_COMPRESS, WD_GZIP, 0);
	r = finish(stream);
	r.src_len = 400;
	r.flush = WD_FLUSH_SYNC;
	assert_int_equal(fixture_run(&q, &r), 0);
	done = r.produced;

	r.src = in + 400;
	r.src_len = sizeof(in) - 400;
	r.dst = out + done;
	r.dst_len = sizeof(out) - done;
	r.flush = WD_FLUSH_FINISH;
	r.deadline = 1;
	assert_int_equal(fixture_run(&q, &r), -ETIMEDOUT);
	assert_int_equal(r.consumed + r.produced, 0);

	r.deadline = 0;
	if (!fixture_has_workers(&q)) {
		fixture_send(&q, &r);
		wd_flush(&q);
		assert_ptr_equal(fixture_recv(&q), &r);
		assert_int_equal(r.status, -ECANCELED);
	}
	assert_int_equal(fixture_run(&q, &r), 0);
	assert_true(
		reference_is(WD_GZIP, out, done + r.produced, in, sizeof(in)));
	wd_stream_close(stream);
	wd_release_queue(&q);
}

/* A reset in the middle of anything leaves nothing of it behind. */
static void test_reset_in_the_middle(void **state)
{
	struct wd_queue q;
	int level;

	(void)state;
	fixture_need("gzip");
	sample_fill(in, sizeof(in), SAMPLE_TEXT, 1);
	fixture_request(&q, NULL);
	for_each_format(format)
	{
		for (level = WD_LEVEL_STORE; level <= WD_LEVEL_MAX; level++) {
			struct wd_stream *stream =
				open_stream(&q, WD_COMPRESS, format, level);
			struct wd_request r = finish(stream);

			r.dst_len = 5;
			assert_int_equal(fixture_run(&q, &r), -ENOSPC);
			assert_int_equal(wd_stream_reset(stream), 0);
			r = finish(stream);
			r.flush = WD_FLUSH_NONE;
			assert_int_equal(fixture_run(&q, &r), 0);
			assert_int_equal(wd_stream_reset(stream), 0);
			r = finish(stream);
			assert_int_equal(fixture_run(&q, &r), 0);
			assert_true(reference_is(format, out, r.produced, in,
						 sizeof(in)));
			wd_stream_close(stream);
		}
	}
	wd_release_queue(&q);
}

/* Closing in the middle, with and without anything done. */
static void test_close_in_the_middle(void **state)
{
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (i = 0; i < 26; i++) {
		struct wd_stream *stream = open_stream(&q, WD_COMPRESS, WD_GZIP,
						       (int)(i % 13) - 1);
		struct wd_request r = finish(stream);

		r.dst_len = i;
		fixture_run(&q, &r);
		wd_stream_close(stream);
	}
	wd_release_queue(&q);
}

/* Streams in turns, with requests that have none between them. */
static void test_streams_in_turns(void **state)
{
	enum { STREAMS = 12, SIZE = 30000, PIECE = 1000 };
	struct wd_stream *streams[STREAMS];
	struct wd_request r[STREAMS];
	unsigned char *plain = sample_new(SIZE, SAMPLE_MIXED, 1);
	unsigned char *packed = malloc(STREAMS * 2 * SIZE);
	size_t at[STREAMS] = { 0 }, done;
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	assert_non_null(packed);
	fixture_request_depth(&q, STREAMS + 1);
	for (i = 0; i < STREAMS; i++)
		streams[i] = open_stream(&q, WD_COMPRESS,
					 (enum wd_format)(1 + i % 3),
					 (int)i - 1);
	for (done = 0; done < SIZE; done += PIECE) {
		struct wd_request alone = finish(NULL);

		alone.format = WD_GZIP;
		for (i = 0; i < STREAMS; i++) {
			r[i] = (struct wd_request){
				.op = WD_COMPRESS,
				.stream = streams[i],
				.flush = done + PIECE == SIZE ?
						 WD_FLUSH_FINISH :
						 WD_FLUSH_NONE,
				.src = plain + done,
				.src_len = PIECE,
				.dst = packed + i * 2 * SIZE + at[i],
				.dst_len = 2 * SIZE - at[i],
			};
			fixture_send(&q, &r[i]);
		}
		fixture_send(&q, &alone);
		for (i = 0; i <= STREAMS; i++)
			assert_int_equal(fixture_recv(&q)->status, 0);
		for (i = 0; i < STREAMS; i++) {
			assert_int_equal(r[i].consumed, PIECE);
			at[i] += r[i].produced;
		}
		assert_true(reference_is(WD_GZIP, out, alone.produced, in,
					 sizeof(in)));
	}
	for (i = 0; i < STREAMS; i++) {
		assert_true(reference_is((enum wd_format)(1 + i % 3),
					 packed + i * 2 * SIZE, at[i], plain,
					 SIZE));
		wd_stream_close(streams[i]);
	}
	wd_release_queue(&q);
	free(packed);
	free(plain);
}

static const struct CMUnitTest stream_tests[] = {
	cmocka_unit_test(test_open_refusals),
	cmocka_unit_test(test_null_streams),
	cmocka_unit_test(test_open_and_close),
	cmocka_unit_test(test_format_of_the_queue),
	cmocka_unit_test(test_one_request_at_a_time),
	cmocka_unit_test(test_one_request_of_a_burst),
	cmocka_unit_test(test_streams_of_two_queues),
	cmocka_unit_test(test_operation_disagrees),
	cmocka_unit_test(test_nothing_after_the_end),
	cmocka_unit_test(test_late_and_cancelled_requests),
	cmocka_unit_test(test_reset_in_the_middle),
	cmocka_unit_test(test_close_in_the_middle),
	cmocka_unit_test(test_streams_in_turns),
};

const struct suite stream_suite = SUITE("stream", stream_tests);
