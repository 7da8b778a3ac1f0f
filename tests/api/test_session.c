/* SPDX-License-Identifier: MIT */
/* Sessions: opening, synchronous calls, counters, threads. */
#include "fixture.h"
#include "suites.h"

#include <limits.h>
#include <pthread.h>

static void test_open_refusals(void **state)
{
	struct wd_comp_params params = { .device = "no-such-device" };
	struct wd_comp *comp = (void *)&params;
	unsigned int bit;

	(void)state;
	assert_int_equal(wd_comp_open(&comp, &params), -ENODEV);
	params = (struct wd_comp_params){ .level = 13 };
	assert_int_equal(wd_comp_open(&comp, &params), -EINVAL);
	params = (struct wd_comp_params){ .level = -2 };
	assert_int_equal(wd_comp_open(&comp, &params), -EINVAL);
	params = (struct wd_comp_params){ .level = INT_MIN };
	assert_int_equal(wd_comp_open(&comp, &params), -EINVAL);
	params = (struct wd_comp_params){ .level = 256 + 1 };
	assert_int_equal(wd_comp_open(&comp, &params), -EINVAL);
	params = (struct wd_comp_params){ .format = WD_FORMAT_COUNT };
	assert_int_equal(wd_comp_open(&comp, &params), -EINVAL);
	params = (struct wd_comp_params){ .workers = -3 };
	assert_int_equal(wd_comp_open(&comp, &params), -EINVAL);
	params = (struct wd_comp_params){ .depth = WD_QUEUE_DEPTH_MAX + 1 };
	assert_int_equal(wd_comp_open(&comp, &params), -EINVAL);
	for (bit = 1; bit < 32; bit++) {
		params = (struct wd_comp_params){ .flags = 1u << bit };
		assert_int_equal(wd_comp_open(&comp, &params), -EOPNOTSUPP);
	}
	params = (struct wd_comp_params){ 0 };
	assert_int_equal(wd_comp_open(NULL, &params), -EINVAL);
	assert_int_equal(wd_comp_open(&comp, NULL), -EINVAL);
	assert_ptr_equal(comp, &params);
}

static void nothing(struct wd_comp *comp, const struct wd_request *req)
{
	(void)comp;
	(void)req;
}

static void test_null_sessions(void **state)
{
	unsigned char in[10] = { 0 }, out[100];
	struct wd_request r = { .op = WD_COMPRESS };
	struct wd_comp_stats stats;
	struct wd_comp_stream *stream;
	struct wd_comp_buffers buffers = { in, 10, out, 100 };

	(void)state;
	assert_int_equal(wd_compress(NULL, out, 100, in, 10), -EINVAL);
	assert_int_equal(wd_decompress(NULL, out, 100, in, 10), -EINVAL);
	assert_int_equal(wd_comp_submit(NULL, &r, nothing), -EINVAL);
	assert_int_equal(wd_compress_async(NULL, out, 100, in, 10, nothing,
					   NULL),
			 -EINVAL);
	assert_int_equal(wd_decompress_async(NULL, out, 100, in, 10, nothing,
					     NULL),
			 -EINVAL);
	assert_int_equal(wd_comp_poll(NULL, 0), -EINVAL);
	assert_int_equal(wd_comp_wait(NULL, 0), -EINVAL);
	assert_int_equal(wd_comp_get_stats(NULL, &stats), -EINVAL);
	assert_int_equal(wd_comp_stream_open(NULL, WD_COMPRESS, &stream),
			 -EINVAL);
	assert_int_equal(wd_comp_stream_run(NULL, &buffers, WD_FLUSH_NONE),
			 -EINVAL);
	assert_int_equal(wd_comp_stream_reset(NULL), -EINVAL);
	wd_comp_stream_close(NULL);
	wd_comp_close(NULL);
}

static void test_zeroed_is_deflate(void **state)
{
	struct wd_comp_params params = { 0 };
	unsigned char *plain = sample_new(5000, SAMPLE_TEXT, 1), out[10000];
	struct wd_comp *comp;
	ssize_t n;

	(void)state;
	fixture_need("deflate");
	assert_int_equal(wd_comp_open(&comp, &params), 0);
	n = wd_compress(comp, out, sizeof(out), plain, 5000);
	assert_true(n > 0);
	assert_true(reference_is(WD_DEFLATE, out, (size_t)n, plain, 5000));
	wd_comp_close(comp);
	free(plain);
}

static void test_there_and_back(void **state)
{
	static const size_t sizes[] = { 0, 1, 1000, 300000 };
	size_t i;
	int level;

	(void)state;
	fixture_need("gzip");
	for_each_format(format)
	{
		for (level = WD_LEVEL_STORE; level <= WD_LEVEL_MAX; level++) {
			struct wd_comp *comp = fixture_session(format, level);

			for (i = 0; i < ARRAY_SIZE(sizes); i++) {
				size_t room =
					wd_compress_bound(format, sizes[i]);
				unsigned char *plain =
					sample_new(sizes[i], SAMPLE_MIXED, i);
				unsigned char *packed = malloc(room);
				unsigned char *back = malloc(sizes[i] + 1);
				ssize_t n = wd_compress(comp, packed, room,
							plain, sizes[i]);

				assert_true(n > 0);
				assert_true(reference_is(format, packed,
							 (size_t)n, plain,
							 sizes[i]));
				assert_int_equal(wd_decompress(comp, back,
							       sizes[i], packed,
							       (size_t)n),
						 sizes[i]);
				assert_memory_equal(back, plain, sizes[i]);
				free(back);
				free(packed);
				free(plain);
			}
			wd_comp_close(comp);
		}
	}
}

static void test_errors_of_calls(void **state)
{
	enum { SIZE = 5000 };
	unsigned char *plain = sample_new(SIZE, SAMPLE_TEXT, 1);
	unsigned char out[2 * SIZE], back[SIZE];
	struct wd_comp *comp = NULL;
	ssize_t n;

	(void)state;
	fixture_need("gzip");
	comp = fixture_session(WD_GZIP, 6);
	n = wd_compress(comp, out, sizeof(out), plain, SIZE);
	assert_true(n > 0);
	assert_int_equal(wd_compress(comp, out, (size_t)n - 1, plain, SIZE),
			 -ENOSPC);
	n = wd_compress(comp, out, sizeof(out), plain, SIZE);
	assert_true(n > 0);
	assert_int_equal(wd_decompress(comp, back, SIZE - 1, out, (size_t)n),
			 -ENOSPC);
	assert_int_equal(wd_decompress(comp, back, SIZE, out, (size_t)n - 1),
			 -ENODATA);
	assert_int_equal(wd_decompress(comp, back, SIZE, plain, SIZE),
			 -EBADMSG);
	out[n - 5] ^= 1;
	assert_int_equal(wd_decompress(comp, back, SIZE, out, (size_t)n),
			 -EBADMSG);
	out[n - 5] ^= 1;
	assert_int_equal(wd_compress(comp, NULL, SIZE, plain, SIZE), -EINVAL);
	assert_int_equal(wd_compress(comp, out, sizeof(out), NULL, SIZE),
			 -EINVAL);
	assert_int_equal(wd_compress(comp, plain, SIZE, plain, SIZE), -EINVAL);
	/* What lies behind the end is left alone. */
	assert_int_equal(wd_decompress(comp, back, SIZE, out, sizeof(out) - 1),
			 SIZE);
	assert_memory_equal(back, plain, SIZE);
	wd_comp_close(comp);
	free(plain);
}

static void test_counters(void **state)
{
	enum { SIZE = 5000 };
	unsigned char *plain = sample_new(SIZE, SAMPLE_TEXT, 1);
	unsigned char out[2 * SIZE], back[SIZE];
	struct wd_comp_stats stats = { .operations = 99 };
	struct wd_comp *comp;
	ssize_t n, packed = 0;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	comp = fixture_session(WD_GZIP, 1);
	assert_int_equal(wd_comp_get_stats(comp, NULL), -EINVAL);
	assert_int_equal(wd_comp_get_stats(comp, &stats), 0);
	assert_int_equal(stats.operations, 0);
	assert_int_equal(stats.errors, 0);
	assert_int_equal(stats.fallbacks, 0);
	assert_int_equal(stats.bytes_in, 0);
	assert_int_equal(stats.bytes_out, 0);
	for (i = 0; i < 10; i++) {
		n = wd_compress(comp, out, sizeof(out), plain, SIZE);
		assert_true(n > 0);
		packed += n;
		assert_int_equal(
			wd_decompress(comp, back, SIZE, out, (size_t)n), SIZE);
	}
	assert_int_equal(wd_comp_get_stats(comp, &stats), 0);
	assert_int_equal(stats.operations, 20);
	assert_int_equal(stats.errors, 0);
	assert_int_equal(stats.bytes_in, 10 * SIZE + packed);
	assert_int_equal(stats.bytes_out, 10 * SIZE + packed);
	assert_int_equal(wd_decompress(comp, back, SIZE, plain, SIZE),
			 -EBADMSG);
	assert_int_equal(wd_comp_get_stats(comp, &stats), 0);
	assert_int_equal(stats.operations, 21);
	assert_int_equal(stats.errors, 1);
	if (strcmp(fixture_config.device, "sw") == 0)
		assert_int_equal(stats.fallbacks, 0);
	wd_comp_close(comp);
	free(plain);
}

static void test_device_has_a_name(void **state)
{
	struct wd_comp *comp;

	(void)state;
	fixture_need("deflate");
	comp = fixture_session(WD_DEFLATE, 0);
	assert_string_equal(wd_comp_device(comp), fixture_config.device);
	wd_comp_close(comp);
}

static void test_sessions_leave_nothing(void **state)
{
	unsigned int threads, files, i;

	(void)state;
	fixture_need("gzip");
	wd_comp_close(fixture_session(WD_GZIP, 1));
	threads = fixture_threads();
	files = fixture_files();
	for (i = 0; i < 50; i++) {
		unsigned char in[10] = { 0 }, out[100];
		struct wd_comp *comp = fixture_session(WD_GZIP, 1);

		assert_true(wd_compress(comp, out, 100, in, 10) > 0);
		wd_comp_close(comp);
	}
	fixture_assert_threads(threads);
	assert_int_equal(fixture_files(), files);
}

/* A level and format of the session hold for each of its calls. */
static void test_fallback_is_not_needed(void **state)
{
	struct wd_comp_params params = {
		.device = fixture_config.device,
		.workers = fixture_config.workers,
		.format = WD_GZIP,
		.flags = WD_COMP_FALLBACK,
	};
	unsigned char in[1000] = { 0 }, out[2000];
	struct wd_comp_stats stats;
	struct wd_comp *comp;
	ssize_t n;

	(void)state;
	fixture_need("gzip");
	assert_int_equal(wd_comp_open(&comp, &params), 0);
	n = wd_compress(comp, out, sizeof(out), in, sizeof(in));
	assert_true(n > 0);
	assert_true(reference_is(WD_GZIP, out, (size_t)n, in, sizeof(in)));
	assert_int_equal(wd_comp_get_stats(comp, &stats), 0);
	assert_int_equal(stats.fallbacks, 0);
	wd_comp_close(comp);
}

struct user {
	struct wd_comp *comp;
	pthread_t thread;
	uint64_t seed;
	unsigned int errors;
};

static void *use_session(void *argument)
{
	enum { SIZE = 30000 };
	struct user *user = argument;
	size_t room = wd_compress_bound(WD_GZIP, SIZE);
	unsigned char *packed = malloc(room), *back = malloc(SIZE);
	unsigned int i;

	for (i = 0; i < 40; i++) {
		unsigned char *plain =
			sample_new(SIZE, SAMPLE_MIXED, user->seed + i);
		ssize_t n = wd_compress(user->comp, packed, room, plain, SIZE);

		if (n <= 0 ||
		    !reference_is(WD_GZIP, packed, (size_t)n, plain, SIZE) ||
		    wd_decompress(user->comp, back, SIZE, packed, (size_t)n) !=
			    SIZE ||
		    memcmp(back, plain, SIZE) != 0)
			user->errors++;
		free(plain);
	}
	free(back);
	free(packed);
	return NULL;
}

static void test_many_threads(void **state)
{
	enum { THREADS = 6 };
	struct user users[THREADS];
	struct wd_comp_stats stats;
	struct wd_comp *comp;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	comp = fixture_session(WD_GZIP, 1);
	for (i = 0; i < THREADS; i++) {
		users[i] = (struct user){ .comp = comp, .seed = 1000 * i };
		assert_int_equal(pthread_create(&users[i].thread, NULL,
						use_session, &users[i]),
				 0);
	}
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(users[i].thread, NULL), 0);
		assert_int_equal(users[i].errors, 0);
	}
	assert_int_equal(wd_comp_get_stats(comp, &stats), 0);
	assert_int_equal(stats.operations, THREADS * 80);
	assert_int_equal(stats.errors, 0);
	wd_comp_close(comp);
}

/* More threads than the session may have in flight wait for one another. */
static void test_more_threads_than_depth(void **state)
{
	enum { THREADS = 6 };
	struct wd_comp_params params = {
		.device = fixture_config.device,
		.workers = fixture_config.workers,
		.format = WD_GZIP,
		.depth = 1,
	};
	struct user users[THREADS];
	struct wd_comp *comp;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	assert_int_equal(wd_comp_open(&comp, &params), 0);
	for (i = 0; i < THREADS; i++) {
		users[i] = (struct user){ .comp = comp, .seed = 1000 * i };
		assert_int_equal(pthread_create(&users[i].thread, NULL,
						use_session, &users[i]),
				 0);
	}
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(users[i].thread, NULL), 0);
		assert_int_equal(users[i].errors, 0);
	}
	wd_comp_close(comp);
}

/*
 * A call that ran out of time leaves the buffers to the library; once
 * wd_comp_wait() has answered they are the caller's, and the session works.
 */
static void test_timeout_of_a_call(void **state)
{
	enum { SIZE = 24 << 20 };
	struct wd_comp_params params = {
		.device = fixture_config.device,
		.workers = fixture_config.workers,
		.format = WD_GZIP,
		.level = WD_LEVEL_MAX,
		.timeout = MS,
	};
	size_t room = wd_compress_bound(WD_GZIP, SIZE);
	unsigned char *plain = sample_new(SIZE, SAMPLE_MIXED, 1);
	unsigned char *out = malloc(room);
	unsigned char small[1000];
	struct wd_comp *comp;
	ssize_t n;

	(void)state;
	fixture_need("gzip");
	fixture_need_workers();
	assert_non_null(out);
	assert_int_equal(wd_comp_open(&comp, &params), 0);
	assert_int_equal(wd_compress(comp, out, room, plain, SIZE), -ETIMEDOUT);
	assert_int_equal(wd_comp_wait(comp, fixture_now() + MS), -ETIMEDOUT);
	assert_int_equal(wd_comp_wait(comp, 0), 0);
	memset(out, 0, room);
	free(plain);
	free(out);
	fixture_sleep(10 * MS);
	do {
		n = wd_compress(comp, small, sizeof(small), "abc", 3);
		assert_int_equal(wd_comp_wait(comp, 0), 0);
	} while (n == -ETIMEDOUT);
	assert_true(reference_is(WD_GZIP, small, (size_t)n, "abc", 3));
	wd_comp_close(comp);
}

static const struct CMUnitTest session_tests[] = {
	cmocka_unit_test(test_open_refusals),
	cmocka_unit_test(test_null_sessions),
	cmocka_unit_test(test_zeroed_is_deflate),
	cmocka_unit_test(test_there_and_back),
	cmocka_unit_test(test_errors_of_calls),
	cmocka_unit_test(test_counters),
	cmocka_unit_test(test_device_has_a_name),
	cmocka_unit_test(test_sessions_leave_nothing),
	cmocka_unit_test(test_fallback_is_not_needed),
	cmocka_unit_test(test_many_threads),
	cmocka_unit_test(test_more_threads_than_depth),
	cmocka_unit_test(test_timeout_of_a_call),
};

const struct suite session_suite = SUITE("session", session_tests);
