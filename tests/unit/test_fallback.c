/* SPDX-License-Identifier: MIT */
/* A device that refuses, fails and goes, and what sessions make of it. */
#include "suites.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <warpdrive/warpdrive.h>

#include "fake.h"
#include "reference.h"
#include "sample.h"

enum { SIZE = 10000 };

static unsigned char plain[SIZE], out[2 * SIZE];

static struct wd_comp *open_session(unsigned int flags)
{
	struct wd_comp_params params = {
		.device = "fake",
		.format = WD_GZIP,
		.flags = flags,
	};
	struct wd_comp *comp = NULL;

	sample_fill(plain, SIZE, SAMPLE_TEXT, 1);
	assert_int_equal(wd_comp_open(&comp, &params), 0);
	assert_string_equal(wd_comp_device(comp), "fake");
	return comp;
}

static void assert_stats(struct wd_comp *comp, unsigned int operations,
			 unsigned int errors, unsigned int fallbacks)
{
	struct wd_comp_stats stats;

	assert_int_equal(wd_comp_get_stats(comp, &stats), 0);
	assert_int_equal(stats.operations, operations);
	assert_int_equal(stats.errors, errors);
	assert_int_equal(stats.fallbacks, fallbacks);
}

static void assert_compresses(struct wd_comp *comp)
{
	ssize_t n = wd_compress(comp, out, sizeof(out), plain, SIZE);

	assert_true(n > 0);
	assert_true(reference_is(WD_GZIP, out, (size_t)n, plain, SIZE));
}

static void test_device_is_found(void **state)
{
	struct wd_queue q = { .device = "fake", .depth = 1024 };
	struct wd_queue wrong = { .device = "fake", .algorithm = "crc32" };
	struct wd_request r = { .op = WD_NOOP, .status = 99 };
	void *done;

	(void)state;
	fake_register();
	assert_int_equal(wd_request_queue(&wrong), -ENOENT);
	assert_int_equal(wd_request_queue(&q), 0);
	assert_string_equal(q.got.device, "fake");
	assert_int_equal(q.got.depth, FAKE_DEPTH);
	assert_int_equal(wd_send(&q, &r), 0);
	assert_int_equal(wd_recv_sync(&q, &done), 0);
	assert_ptr_equal(done, &r);
	wd_release_queue(&q);
	assert_int_equal(fake_opened, 1);
	assert_int_equal(fake_closed, 1);
}

/* What opening the device answers is what the caller gets. */
static void test_open_fails(void **state)
{
	struct wd_queue q = { .device = "fake" };
	struct wd_queue before = q;

	(void)state;
	fake_register();
	fake_plan.open_error = -EBUSY;
	assert_int_equal(wd_request_queue(&q), -EBUSY);
	assert_memory_equal(&q, &before, sizeof(q));
	fake_plan.open_error = -EACCES;
	assert_int_equal(wd_request_queue(&q), -EACCES);
	assert_int_equal(fake_opened, 0);
}

/* A driver that does not copy is not asked to. */
static void test_driver_does_not_bounce(void **state)
{
	struct wd_queue q = { .device = "fake", .flags = WD_QUEUE_BOUNCE };
	struct wd_comp_params params = { .device = "fake" };
	struct wd_request r = { .op = WD_COMPRESS,
				.format = WD_GZIP,
				.src = plain,
				.src_len = SIZE,
				.dst = out,
				.dst_len = sizeof(out) };
	struct wd_comp *comp = NULL;

	(void)state;
	fake_register();
	fake_plan.reserved_only = true;
	assert_int_equal(wd_request_queue(&q), -EOPNOTSUPP);
	assert_int_equal(wd_comp_open(&comp, &params), -EOPNOTSUPP);
	assert_null(comp);
	assert_int_equal(fake_closed, fake_opened);
	q.flags = 0;
	assert_int_equal(wd_request_queue(&q), 0);
	assert_int_equal(wd_send(&q, &r), -EFAULT);
	assert_int_equal(fake_sent, 0);
	wd_release_queue(&q);
}

static void test_no_fallback_is_needed(void **state)
{
	struct wd_comp *comp;
	unsigned int i;

	(void)state;
	fake_register();
	comp = open_session(WD_COMP_FALLBACK);
	for (i = 0; i < 10; i++)
		assert_compresses(comp);
	assert_stats(comp, 10, 0, 0);
	assert_int_equal(fake_answered, 10);
	wd_comp_close(comp);
	assert_int_equal(fake_closed, fake_opened);
}

/* What the device cannot do is done by sw, counted, if that is allowed. */
static void test_refused_requests(void **state)
{
	static const int errors[] = { -EOPNOTSUPP, -ENODEV, -ENOMEM };
	size_t e;

	(void)state;
	fake_register();
	for (e = 0; e < ARRAY_SIZE(errors); e++) {
		struct wd_comp *comp;
		unsigned int i;

		fake_plan.every = 1;
		fake_plan.status = errors[e];
		comp = open_session(WD_COMP_FALLBACK);
		for (i = 0; i < 10; i++)
			assert_compresses(comp);
		assert_stats(comp, 10, 0, 10);
		wd_comp_close(comp);

		comp = open_session(0);
		assert_int_equal(wd_compress(comp, out, sizeof(out), plain,
					     SIZE),
				 errors[e]);
		assert_stats(comp, 1, 1, 0);
		wd_comp_close(comp);
	}
}

/* An error that is the data's or the caller's own is no reason. */
static void test_errors_that_stay(void **state)
{
	static const int errors[] = { -EBADMSG, -ENODATA, -ENOSPC };
	struct wd_comp *comp;
	size_t e;

	(void)state;
	fake_register();
	comp = open_session(WD_COMP_FALLBACK);
	fake_plan.every = 1;
	for (e = 0; e < ARRAY_SIZE(errors); e++) {
		fake_plan.status = errors[e];
		assert_int_equal(wd_compress(comp, out, sizeof(out), plain,
					     SIZE),
				 errors[e]);
	}
	assert_stats(comp, 3, 3, 0);
	wd_comp_close(comp);
}

/* Every third request falls back, the others do not. */
static void test_some_are_refused(void **state)
{
	struct wd_comp *comp;
	unsigned int i;

	(void)state;
	fake_register();
	comp = open_session(WD_COMP_FALLBACK);
	fake_plan.every = 3;
	fake_plan.status = -EOPNOTSUPP;
	for (i = 0; i < 30; i++)
		assert_compresses(comp);
	assert_stats(comp, 30, 0, 10);
	wd_comp_close(comp);
}

/* The device has no decompression at all. */
static void test_other_direction(void **state)
{
	unsigned char back[SIZE];
	struct wd_comp *comp;
	ssize_t n;

	(void)state;
	fake_register();
	comp = open_session(WD_COMP_FALLBACK);
	n = wd_compress(comp, out, sizeof(out), plain, SIZE);
	assert_true(n > 0);
	assert_int_equal(wd_decompress(comp, back, SIZE, out, (size_t)n), SIZE);
	assert_memory_equal(back, plain, SIZE);
	assert_stats(comp, 2, 0, 1);
	wd_comp_close(comp);
}

struct job {
	unsigned char *out;
	unsigned int calls;
	int status;
	size_t produced;
};

static void note(struct wd_comp *comp, const struct wd_request *req)
{
	struct job *job = req->user;

	(void)comp;
	job->calls++;
	job->status = req->status;
	job->produced = req->produced;
}

static void test_asynchronous(void **state)
{
	enum { COUNT = 40 };
	struct job jobs[COUNT] = { 0 };
	struct wd_comp *comp;
	unsigned int i;

	(void)state;
	fake_register();
	comp = open_session(WD_COMP_FALLBACK);
	fake_plan.every = 2;
	fake_plan.status = -ENODEV;
	for (i = 0; i < COUNT; i++) {
		jobs[i].out = malloc(2 * SIZE);
		assert_non_null(jobs[i].out);
		assert_int_equal(wd_compress_async(comp, jobs[i].out, 2 * SIZE,
						   plain, SIZE, note, &jobs[i]),
				 0);
	}
	assert_int_equal(wd_comp_wait(comp, 0), 0);
	for (i = 0; i < COUNT; i++) {
		assert_int_equal(jobs[i].calls, 1);
		assert_int_equal(jobs[i].status, 0);
		assert_true(reference_is(WD_GZIP, jobs[i].out, jobs[i].produced,
					 plain, SIZE));
		free(jobs[i].out);
	}
	assert_stats(comp, COUNT, 0, COUNT / 2);
	wd_comp_close(comp);
}

struct user {
	struct wd_comp *comp;
	pthread_t thread;
	unsigned int errors;
};

static void *use(void *argument)
{
	struct user *user = argument;
	unsigned char *mine = malloc(2 * SIZE);
	unsigned int i;

	for (i = 0; i < 30; i++) {
		ssize_t n =
			wd_compress(user->comp, mine, 2 * SIZE, plain, SIZE);

		if (n <= 0 ||
		    !reference_is(WD_GZIP, mine, (size_t)n, plain, SIZE))
			user->errors++;
	}
	free(mine);
	return NULL;
}

/* The first to need the fallback opens it, whoever else needs it too. */
static void test_threads_fall_back(void **state)
{
	enum { THREADS = 4 };
	struct user users[THREADS];
	struct wd_comp *comp;
	unsigned int i;

	(void)state;
	fake_register();
	comp = open_session(WD_COMP_FALLBACK);
	fake_plan.every = 2;
	fake_plan.status = -EOPNOTSUPP;
	for (i = 0; i < THREADS; i++) {
		users[i] = (struct user){ .comp = comp };
		assert_int_equal(pthread_create(&users[i].thread, NULL, use,
						&users[i]),
				 0);
	}
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(users[i].thread, NULL), 0);
		assert_int_equal(users[i].errors, 0);
	}
	assert_stats(comp, THREADS * 30, 0, THREADS * 15);
	wd_comp_close(comp);
}

/* A device without streams says so. */
static void test_no_streams(void **state)
{
	struct wd_queue q = { .device = "fake" };
	struct wd_stream *stream = NULL;

	(void)state;
	fake_register();
	assert_int_equal(wd_request_queue(&q), 0);
	assert_int_equal(wd_stream_open(&q, WD_COMPRESS, WD_GZIP, 0, 0,
					&stream),
			 -EOPNOTSUPP);
	assert_null(stream);
	wd_release_queue(&q);
}

/* A session that may fall back has its streams on sw. */
static void test_streams_fall_back(void **state)
{
	struct wd_comp_buffers b = { plain, SIZE, out, sizeof(out) };
	struct wd_comp_stream *stream = NULL;
	struct wd_comp *comp;

	(void)state;
	fake_register();
	comp = open_session(0);
	assert_int_equal(wd_comp_stream_open(comp, WD_COMPRESS, &stream),
			 -EOPNOTSUPP);
	wd_comp_close(comp);
	comp = open_session(WD_COMP_FALLBACK);
	assert_int_equal(wd_comp_stream_open(comp, WD_COMPRESS, &stream), 0);
	assert_int_equal(wd_comp_stream_run(stream, &b, WD_FLUSH_FINISH), 1);
	assert_true(reference_is(WD_GZIP, out, sizeof(out) - b.out_len, plain,
				 SIZE));
	assert_stats(comp, 1, 0, 1);
	wd_comp_stream_close(stream);
	wd_comp_close(comp);
}

static void test_registry_has_an_end(void **state)
{
	static const struct wd_driver driver = { .name = "none" };
	unsigned int count = 0, i;

	(void)state;
	while (wd_driver_register(&driver) == 0)
		count++;
	assert_in_range(count, 1, WD_DRIVER_MAX - 1);
	wd_driver_unregister(&driver);
	for (i = 0; i < WD_DRIVER_MAX; i++)
		assert_ptr_not_equal(wd_driver_get(i), &driver);
	assert_int_equal(wd_driver_register(&driver), 0);
	wd_driver_unregister(&driver);
}

static const struct CMUnitTest fallback_tests[] = {
	cmocka_unit_test(test_device_is_found),
	cmocka_unit_test(test_open_fails),
	cmocka_unit_test(test_driver_does_not_bounce),
	cmocka_unit_test(test_no_fallback_is_needed),
	cmocka_unit_test(test_refused_requests),
	cmocka_unit_test(test_errors_that_stay),
	cmocka_unit_test(test_some_are_refused),
	cmocka_unit_test(test_other_direction),
	cmocka_unit_test(test_asynchronous),
	cmocka_unit_test(test_threads_fall_back),
	cmocka_unit_test(test_no_streams),
	cmocka_unit_test(test_streams_fall_back),
	cmocka_unit_test(test_registry_has_an_end),
};

const struct suite fallback_suite = SUITE("fallback", fallback_tests);
