/* SPDX-License-Identifier: MIT */
/* Streams of a session. */
#include "fixture.h"
#include "suites.h"

#include <pthread.h>

/* Runs a stream over @in in random pieces; returns the last answer. */
static int run_stream(struct wd_comp_stream *stream, enum wd_flush last,
		      const unsigned char *in, size_t in_len,
		      unsigned char *out, size_t room, size_t most,
		      uint64_t seed, size_t *in_done, size_t *out_done)
{
	struct sample_random random = { seed + 1 };
	struct wd_comp_buffers b = { .in = in, .out = out };
	size_t in_left = in_len, out_left = room;
	unsigned int idle = 0;
	int result = 0;

	while (result == 0 && idle < 50) {
		size_t in_before, out_before, in_piece, out_piece;
		enum wd_flush flush;

		if (!b.in_len)
			b.in_len = sample_below(&random, most + 1);
		if (b.in_len > in_left)
			b.in_len = in_left;
		b.out_len = sample_below(&random, most + 1);
		if (b.out_len > out_left)
			b.out_len = out_left;
		in_before = b.in_len;
		out_before = b.out_len;
		flush = b.in_len == in_left ? last : WD_FLUSH_DEFAULT;
		result = wd_comp_stream_run(stream, &b, flush);
		in_piece = in_before - b.in_len;
		out_piece = out_before - b.out_len;
		in_left -= in_piece;
		out_left -= out_piece;
		assert_ptr_equal(b.in, in + (in_len - in_left));
		assert_ptr_equal(b.out, out + (room - out_left));
		/* It goes on for want of one or the other. */
		if (result == 0)
			assert_true(!b.in_len || !b.out_len);
		idle = in_piece || out_piece ? 0 : idle + 1;
	}
	*in_done = in_len - in_left;
	*out_done = room - out_left;
	return result;
}

static void test_there_and_back(void **state)
{
	static const size_t mosts[] = { 1, 10, 1000, 100000 };
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	for (i = 0; i < 3 * 14 * ARRAY_SIZE(mosts); i++) {
		size_t most = mosts[i % ARRAY_SIZE(mosts)];
		size_t size = most < 1000 ? most * 100 + 1 : most * 4;
		enum wd_format format = (enum wd_format)(1 + i % 3);
		struct wd_comp *comp =
			fixture_session(format, (int)(i / 3 % 14) - 1);
		unsigned char *plain = sample_new(
			size, (enum sample_kind)(i % SAMPLE_KINDS), i);
		unsigned char *packed = malloc(2 * size + 1000);
		unsigned char *back = malloc(size);
		struct wd_comp_stream *stream;
		size_t done, n, m;

		assert_int_equal(
			wd_comp_stream_open(comp, WD_COMPRESS, &stream), 0);
		assert_int_equal(run_stream(stream, WD_FLUSH_FINISH, plain,
					    size, packed, 2 * size + 1000, most,
					    i, &done, &n),
				 1);
		assert_int_equal(done, size);
		wd_comp_stream_close(stream);
		assert_true(reference_is(format, packed, n, plain, size));

		assert_int_equal(
			wd_comp_stream_open(comp, WD_DECOMPRESS, &stream), 0);
		assert_int_equal(run_stream(stream, WD_FLUSH_DEFAULT, packed, n,
					    back, size, most, i, &done, &m),
				 1);
		assert_int_equal(done, n);
		assert_int_equal(m, size);
		assert_memory_equal(back, plain, size);
		wd_comp_stream_close(stream);
		free(back);
		free(packed);
		free(plain);
		wd_comp_close(comp);
	}
}

static void test_used_after_the_end(void **state)
{
	unsigned char in[100] = { 0 }, out[300];
	struct wd_comp_buffers b = { in, sizeof(in), out, sizeof(out) };
	struct wd_comp_stream *stream;
	struct wd_comp *comp;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	comp = fixture_session(WD_GZIP, 1);
	assert_int_equal(wd_comp_stream_open(comp, WD_COMPRESS, &stream), 0);
	for (i = 0; i < 3; i++) {
		b = (struct wd_comp_buffers){ in, sizeof(in), out,
					      sizeof(out) };
		assert_int_equal(
			wd_comp_stream_run(stream, &b, WD_FLUSH_FINISH), 1);
		assert_true(reference_is(WD_GZIP, out, sizeof(out) - b.out_len,
					 in, sizeof(in)));
		b = (struct wd_comp_buffers){ in, sizeof(in), out,
					      sizeof(out) };
		assert_int_equal(wd_comp_stream_run(stream, &b,
						    WD_FLUSH_FINISH),
				 -EINVAL);
		assert_int_equal(wd_comp_stream_reset(stream), 0);
	}
	wd_comp_stream_close(stream);
	wd_comp_close(comp);
}

static void test_stream_refusals(void **state)
{
	unsigned char in[10] = { 0 }, out[100];
	struct wd_comp_buffers b = { in, sizeof(in), out, sizeof(out) };
	struct wd_comp_stream *stream = (void *)&b;
	struct wd_comp *comp;
	int op;

	(void)state;
	fixture_need("gzip");
	comp = fixture_session(WD_GZIP, 1);
	for (op = 0; op <= WD_OP_COUNT; op++)
		if (op != WD_COMPRESS && op != WD_DECOMPRESS)
			assert_int_equal(wd_comp_stream_open(
						 comp, (enum wd_op)op, &stream),
					 -EINVAL);
	assert_ptr_equal(stream, &b);
	assert_int_equal(wd_comp_stream_open(comp, WD_COMPRESS, NULL), -EINVAL);
	assert_int_equal(wd_comp_stream_open(comp, WD_COMPRESS, &stream), 0);
	assert_int_equal(wd_comp_stream_run(stream, NULL, WD_FLUSH_NONE),
			 -EINVAL);
	assert_int_equal(wd_comp_stream_run(stream, &b, WD_FLUSH_COUNT),
			 -EINVAL);
	wd_comp_stream_close(stream);
	wd_comp_close(comp);
}

/* Corrupt and truncated input, and a dictionary, told apart. */
static void test_bad_input(void **state)
{
	static const unsigned char dictionary[] = { 0x78, 0xbb, 0, 0, 0, 1,
						    3,	  0,	0, 0, 0, 1 };
	enum { SIZE = 5000 };
	struct reference_params params = { .format = WD_ZLIB };
	unsigned char *plain = sample_new(SIZE, SAMPLE_TEXT, 1), *packed;
	unsigned char out[SIZE + 1];
	struct wd_comp_stream *stream;
	struct wd_comp *comp;
	size_t n, done, made;

	(void)state;
	fixture_need("zlib");
	n = reference_deflate(&params, plain, SIZE, &packed);
	comp = fixture_session(WD_ZLIB, 1);
	assert_int_equal(wd_comp_stream_open(comp, WD_DECOMPRESS, &stream), 0);
	assert_int_equal(run_stream(stream, WD_FLUSH_DEFAULT, packed, n - 1,
				    out, sizeof(out), 500, 1, &done, &made),
			 0);
	assert_int_equal(done, n - 1);
	assert_int_equal(made, SIZE);
	assert_int_equal(wd_comp_stream_reset(stream), 0);
	packed[n - 1] ^= 1;
	assert_int_equal(run_stream(stream, WD_FLUSH_DEFAULT, packed, n, out,
				    sizeof(out), 500, 1, &done, &made),
			 -EBADMSG);
	assert_int_equal(wd_comp_stream_reset(stream), 0);
	assert_int_equal(run_stream(stream, WD_FLUSH_DEFAULT, dictionary,
				    sizeof(dictionary), out, sizeof(out), 50, 1,
				    &done, &made),
			 -EOPNOTSUPP);
	wd_comp_stream_close(stream);
	wd_comp_close(comp);
	free(packed);
	free(plain);
}

/* A sync flush lets the reader have everything so far. */
static void test_flush_reaches_the_reader(void **state)
{
	enum { SIZE = 10000, STEP = 500 };
	unsigned char *plain = sample_new(SIZE, SAMPLE_TEXT, 1);
	unsigned char packed[2 * STEP], back[SIZE];
	struct wd_comp_stream *writer, *reader;
	struct wd_comp_buffers from = { .in = plain };
	struct wd_comp_buffers to = { .out = back, .out_len = SIZE };
	struct wd_comp *comp;
	size_t done;

	(void)state;
	fixture_need("gzip");
	comp = fixture_session(WD_GZIP, 6);
	assert_int_equal(wd_comp_stream_open(comp, WD_COMPRESS, &writer), 0);
	assert_int_equal(wd_comp_stream_open(comp, WD_DECOMPRESS, &reader), 0);
	for (done = STEP; done < SIZE; done += STEP) {
		from.in_len = STEP;
		from.out = packed;
		from.out_len = sizeof(packed);
		assert_int_equal(
			wd_comp_stream_run(writer, &from, WD_FLUSH_SYNC), 0);
		assert_int_equal(from.in_len, 0);
		to.in = packed;
		to.in_len = sizeof(packed) - from.out_len;
		assert_int_equal(
			wd_comp_stream_run(reader, &to, WD_FLUSH_DEFAULT), 0);
		assert_int_equal(SIZE - to.out_len, done);
	}
	assert_memory_equal(back, plain, SIZE - STEP);
	wd_comp_stream_close(writer);
	wd_comp_stream_close(reader);
	wd_comp_close(comp);
	free(plain);
}

struct user {
	struct wd_comp *comp;
	pthread_t thread;
	uint64_t seed;
	unsigned int errors;
};

/* Whole streams in pieces of 3000 bytes, without asserts. */
static void *use_stream(void *argument)
{
	enum { SIZE = 60000 };
	struct user *user = argument;
	unsigned char *packed = malloc(2 * SIZE);
	struct wd_comp_stream *stream;
	unsigned int i;

	if (wd_comp_stream_open(user->comp, WD_COMPRESS, &stream)) {
		user->errors++;
		free(packed);
		return NULL;
	}
	for (i = 0; i < 10; i++) {
		unsigned char *plain =
			sample_new(SIZE, SAMPLE_MIXED, user->seed + i);
		struct wd_comp_buffers b = { plain, 0, packed, 2 * SIZE };
		size_t done = 0;
		int result = 0;

		while (result == 0) {
			b.in_len = SIZE - done < 3000 ? SIZE - done : 3000;
			done += b.in_len;
			result = wd_comp_stream_run(
				stream, &b,
				done == SIZE ? WD_FLUSH_FINISH : WD_FLUSH_NONE);
		}
		if (result != 1 ||
		    !reference_is(WD_GZIP, packed, 2 * SIZE - b.out_len, plain,
				  SIZE) ||
		    wd_comp_stream_reset(stream))
			user->errors++;
		free(plain);
	}
	wd_comp_stream_close(stream);
	free(packed);
	return NULL;
}

static void test_a_stream_for_each_thread(void **state)
{
	enum { THREADS = 4 };
	struct user users[THREADS];
	struct wd_comp *comp;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	comp = fixture_session(WD_GZIP, 4);
	for (i = 0; i < THREADS; i++) {
		users[i] = (struct user){ .comp = comp, .seed = 100 * i };
		assert_int_equal(pthread_create(&users[i].thread, NULL,
						use_stream, &users[i]),
				 0);
	}
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(users[i].thread, NULL), 0);
		assert_int_equal(users[i].errors, 0);
	}
	wd_comp_close(comp);
}

static const struct CMUnitTest session_stream_tests[] = {
	cmocka_unit_test(test_there_and_back),
	cmocka_unit_test(test_used_after_the_end),
	cmocka_unit_test(test_stream_refusals),
	cmocka_unit_test(test_bad_input),
	cmocka_unit_test(test_flush_reaches_the_reader),
	cmocka_unit_test(test_a_stream_for_each_thread),
};

const struct suite session_stream_suite =
	SUITE("session-stream", session_stream_tests);
