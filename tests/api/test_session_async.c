/* SPDX-License-Identifier: MIT */
/* Asynchronous operations of a session: one callback for each, always. */
#include "fixture.h"
#include "suites.h"

#include <pthread.h>

enum { SIZE = 20000 };

/* One operation and what its callback saw. */
struct job {
	const unsigned char *plain;
	unsigned char *out;
	size_t room;
	unsigned int calls;
	int status;
	size_t produced;
	pthread_t thread;
};

static void note(struct wd_comp *comp, const struct wd_request *req)
{
	struct job *job = req->user;

	(void)comp;
	job->calls++;
	job->status = req->status;
	job->produced = req->produced;
	job->thread = pthread_self();
}

static struct job *jobs_get(unsigned int count, unsigned char *plain)
{
	struct job *jobs = calloc(count, sizeof(*jobs));
	unsigned int i;

	assert_non_null(jobs);
	for (i = 0; i < count; i++) {
		jobs[i].plain = plain;
		jobs[i].room = wd_compress_bound(WD_GZIP, SIZE);
		jobs[i].out = malloc(jobs[i].room);
		jobs[i].status = 99;
		assert_non_null(jobs[i].out);
	}
	return jobs;
}

static void jobs_put(struct job *jobs, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		free(jobs[i].out);
	free(jobs);
}

static int job_start(struct wd_comp *comp, struct job *job)
{
	return wd_compress_async(comp, job->out, job->room, job->plain, SIZE,
				 note, job);
}

static void job_check(const struct job *job)
{
	assert_int_equal(job->calls, 1);
	assert_int_equal(job->status, 0);
	assert_true(reference_is(WD_GZIP, job->out, job->produced, job->plain,
				 SIZE));
}

static struct wd_comp *session_of_depth(unsigned int depth)
{
	struct wd_comp_params params = {
		.device = fixture_config.device,
		.workers = fixture_config.workers,
		.format = WD_GZIP,
		.level = 3,
		.depth = depth,
	};
	struct wd_comp *comp;

	assert_int_equal(wd_comp_open(&comp, &params), 0);
	return comp;
}

static void test_one_callback_each(void **state)
{
	enum { COUNT = 100 };
	unsigned char *plain = sample_new(SIZE, SAMPLE_TEXT, 1);
	struct job *jobs = jobs_get(COUNT, plain);
	struct wd_comp_stats stats;
	struct wd_comp *comp;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	comp = session_of_depth(COUNT);
	for (i = 0; i < COUNT; i++)
		assert_int_equal(job_start(comp, &jobs[i]), 0);
	assert_int_equal(wd_comp_wait(comp, 0), 0);
	for (i = 0; i < COUNT; i++) {
		job_check(&jobs[i]);
		assert_true(pthread_equal(jobs[i].thread, pthread_self()));
	}
	assert_int_equal(wd_comp_poll(comp, 0), 0);
	assert_int_equal(wd_comp_get_stats(comp, &stats), 0);
	assert_int_equal(stats.operations, COUNT);
	assert_int_equal(stats.bytes_in, COUNT * SIZE);
	wd_comp_close(comp);
	jobs_put(jobs, COUNT);
	free(plain);
}

static void test_poll_counts(void **state)
{
	enum { COUNT = 30 };
	unsigned char *plain = sample_new(SIZE, SAMPLE_TEXT, 1);
	struct job *jobs = jobs_get(COUNT, plain);
	unsigned int total = 0, calls, i;
	struct wd_comp *comp;

	(void)state;
	fixture_need("gzip");
	comp = session_of_depth(COUNT);
	assert_int_equal(wd_comp_poll(comp, 0), 0);
	for (i = 0; i < COUNT; i++)
		assert_int_equal(job_start(comp, &jobs[i]), 0);
	while (total < COUNT) {
		int n = wd_comp_poll(comp, 4);

		assert_in_range(n, 0, 4);
		total += (unsigned int)n;
		for (calls = i = 0; i < COUNT; i++)
			calls += jobs[i].calls;
		assert_int_equal(calls, total);
	}
	for (i = 0; i < COUNT; i++)
		job_check(&jobs[i]);
	assert_int_equal(wd_comp_poll(comp, 0), 0);
	wd_comp_close(comp);
	jobs_put(jobs, COUNT);
	free(plain);
}

/* No more than the depth are taken, and one more after each answer. */
static void test_depth_is_the_limit(void **state)
{
	enum { COUNT = 9, DEPTH = 8 };
	unsigned char *plain = sample_new(SIZE, SAMPLE_TEXT, 1);
	struct job *jobs = jobs_get(COUNT, plain);
	struct wd_comp *comp;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	comp = session_of_depth(DEPTH);
	for (i = 0; i < DEPTH; i++)
		assert_int_equal(job_start(comp, &jobs[i]), 0);
	assert_int_equal(job_start(comp, &jobs[DEPTH]), -EAGAIN);
	assert_int_equal(jobs[DEPTH].calls, 0);
	while (wd_comp_poll(comp, 1) == 0)
		;
	assert_int_equal(job_start(comp, &jobs[DEPTH]), 0);
	assert_int_equal(wd_comp_wait(comp, 0), 0);
	for (i = 0; i < COUNT; i++)
		job_check(&jobs[i]);
	wd_comp_close(comp);
	jobs_put(jobs, COUNT);
	free(plain);
}

/* The request is copied: what the caller had may go at once. */
static void test_request_is_copied(void **state)
{
	unsigned char *plain = sample_new(SIZE, SAMPLE_TEXT, 1);
	struct job *job = jobs_get(1, plain);
	struct wd_comp *comp;
	struct wd_request r = {
		.op = WD_COMPRESS,
		.format = WD_ZLIB,
		.level = 9,
		.src = plain,
		.src_len = SIZE,
		.dst = job->out,
		.dst_len = job->room,
		.user = job,
		.status = 99,
	};

	(void)state;
	fixture_need("gzip");
	comp = session_of_depth(4);
	assert_int_equal(wd_comp_submit(comp, &r, note), 0);
	assert_int_equal(r.status, 99);
	memset(&r, 0xff, sizeof(r));
	assert_int_equal(wd_comp_wait(comp, 0), 0);
	assert_int_equal(job->calls, 1);
	assert_int_equal(job->status, 0);
	assert_true(
		reference_is(WD_ZLIB, job->out, job->produced, plain, SIZE));
	wd_comp_close(comp);
	jobs_put(job, 1);
	free(plain);
}

static void test_submit_refusals(void **state)
{
	unsigned char in[100] = { 0 }, out[200];
	struct wd_request good = {
		.op = WD_COMPRESS,
		.src = in,
		.src_len = sizeof(in),
		.dst = out,
		.dst_len = sizeof(out),
	};
	struct wd_request r = good;
	struct wd_comp *comp;
	int op;

	(void)state;
	fixture_need("gzip");
	comp = session_of_depth(4);
	for (op = 0; op <= WD_OP_COUNT; op++) {
		r.op = (uint8_t)op;
		if (op != WD_COMPRESS && op != WD_DECOMPRESS)
			assert_int_equal(wd_comp_submit(comp, &r, note),
					 -EINVAL);
	}
	assert_int_equal(wd_comp_submit(comp, NULL, note), -EINVAL);
	r = good;
	r.flags = 1u << 20;
	assert_int_equal(wd_comp_submit(comp, &r, note), -EOPNOTSUPP);
	r = good;
	r.src = NULL;
	assert_int_equal(wd_comp_submit(comp, &r, note), -EINVAL);
	r = good;
	r.level = 13;
	assert_int_equal(wd_comp_submit(comp, &r, note), -EINVAL);
	r = good;
	r.format = WD_FORMAT_COUNT;
	assert_int_equal(wd_comp_submit(comp, &r, note), -EINVAL);
	assert_int_equal(wd_comp_poll(comp, 0), 0);
	assert_int_equal(wd_comp_wait(comp, 0), 0);
	wd_comp_close(comp);
}

/* Errors reach the callback, and the counters. */
static void test_errors_reach_callbacks(void **state)
{
	unsigned char *plain = sample_new(SIZE, SAMPLE_RANDOM, 1);
	struct job *jobs = jobs_get(3, plain);
	struct wd_comp_stats stats;
	struct wd_comp *comp;
	struct wd_request late = {
		.op = WD_COMPRESS,
		.src = plain,
		.src_len = SIZE,
		.dst = jobs[2].out,
		.dst_len = jobs[2].room,
		.user = &jobs[2],
		.deadline = 1,
	};

	(void)state;
	fixture_need("gzip");
	comp = session_of_depth(4);
	assert_int_equal(wd_decompress_async(comp, jobs[0].out, jobs[0].room,
					     plain, SIZE, note, &jobs[0]),
			 0);
	assert_int_equal(wd_compress_async(comp, jobs[1].out, 100, plain, SIZE,
					   note, &jobs[1]),
			 0);
	assert_int_equal(wd_comp_submit(comp, &late, note), 0);
	assert_int_equal(wd_comp_wait(comp, 0), 0);
	assert_int_equal(jobs[0].status, -EBADMSG);
	assert_int_equal(jobs[1].status, -ENOSPC);
	assert_int_equal(jobs[2].status, -ETIMEDOUT);
	assert_int_equal(wd_comp_get_stats(comp, &stats), 0);
	assert_int_equal(stats.operations, 3);
	assert_int_equal(stats.errors, 3);
	wd_comp_close(comp);
	jobs_put(jobs, 3);
	free(plain);
}

/* Closing with work in flight calls every callback before it returns. */
static void test_close_calls_back(void **state)
{
	enum { COUNT = 64 };
	unsigned char *plain = sample_new(SIZE, SAMPLE_TEXT, 1);
	struct job *jobs = jobs_get(COUNT, plain);
	struct wd_comp *comp;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	comp = session_of_depth(COUNT);
	for (i = 0; i < COUNT; i++)
		assert_int_equal(job_start(comp, &jobs[i]), 0);
	wd_comp_close(comp);
	for (i = 0; i < COUNT; i++) {
		assert_int_equal(jobs[i].calls, 1);
		if (jobs[i].status != -ECANCELED)
			job_check(&jobs[i]);
	}
	jobs_put(jobs, COUNT);
	free(plain);
}

/* A chain: each callback starts the next operation. */
struct chain {
	struct job job; /* first, so that note() can have it */
	unsigned int left;
	unsigned int errors;
};

static void start_next(struct wd_comp *comp, const struct wd_request *req)
{
	struct chain *chain = req->user;

	note(comp, req);
	if (req->status)
		chain->errors++;
	if (chain->left-- > 1 &&
	    wd_compress_async(comp, chain->job.out, chain->job.room,
			      chain->job.plain, SIZE, start_next, chain))
		chain->errors++;
}

static void test_callback_starts_another(void **state)
{
	enum { CHAINS = 3, LENGTH = 50 };
	unsigned char *plain = sample_new(SIZE, SAMPLE_TEXT, 1);
	struct job *jobs = jobs_get(CHAINS, plain);
	struct chain chains[CHAINS];
	struct wd_comp *comp;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	comp = session_of_depth(4);
	for (i = 0; i < CHAINS; i++) {
		chains[i] = (struct chain){ .job = jobs[i], .left = LENGTH };
		assert_int_equal(wd_compress_async(comp, jobs[i].out,
						   jobs[i].room, plain, SIZE,
						   start_next, &chains[i]),
				 0);
	}
	assert_int_equal(wd_comp_wait(comp, 0), 0);
	for (i = 0; i < CHAINS; i++) {
		assert_int_equal(chains[i].job.calls, LENGTH);
		assert_int_equal(chains[i].errors, 0);
		assert_int_equal(chains[i].left, 0);
	}
	wd_comp_close(comp);
	jobs_put(jobs, CHAINS);
	free(plain);
}

/* Synchronous calls among asynchronous ones get their own answers. */
static void test_sync_among_async(void **state)
{
	enum { COUNT = 40 };
	unsigned char *plain = sample_new(SIZE, SAMPLE_TEXT, 1);
	unsigned char *other = sample_new(SIZE, SAMPLE_MIXED, 2);
	struct job *jobs = jobs_get(COUNT, plain);
	size_t room = wd_compress_bound(WD_GZIP, SIZE);
	unsigned char *out = malloc(room);
	struct wd_comp *comp;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	assert_non_null(out);
	comp = session_of_depth(COUNT + 1);
	for (i = 0; i < COUNT; i++) {
		ssize_t n;

		assert_int_equal(job_start(comp, &jobs[i]), 0);
		if (i % 4)
			continue;
		n = wd_compress(comp, out, room, other, SIZE);
		assert_true(n > 0);
		assert_true(reference_is(WD_GZIP, out, (size_t)n, other, SIZE));
	}
	assert_int_equal(wd_comp_wait(comp, 0), 0);
	for (i = 0; i < COUNT; i++)
		job_check(&jobs[i]);
	wd_comp_close(comp);
	free(out);
	jobs_put(jobs, COUNT);
	free(other);
	free(plain);
}

static void test_wait_has_a_deadline(void **state)
{
	enum { COUNT = 200 };
	unsigned char *plain = sample_new(SIZE, SAMPLE_MIXED, 1);
	struct job *jobs = jobs_get(COUNT, plain);
	struct wd_comp *comp;
	unsigned int i, calls = 0;

	(void)state;
	fixture_need("gzip");
	fixture_need_workers();
	comp = session_of_depth(COUNT);
	for (i = 0; i < COUNT; i++)
		assert_int_equal(job_start(comp, &jobs[i]), 0);
	assert_int_equal(wd_comp_wait(comp, 1), -ETIMEDOUT);
	for (i = 0; i < COUNT; i++)
		calls += jobs[i].calls;
	assert_in_range(calls, 0, COUNT - 1);
	assert_int_equal(wd_comp_wait(comp, 0), 0);
	for (i = 0; i < COUNT; i++)
		job_check(&jobs[i]);
	wd_comp_close(comp);
	jobs_put(jobs, COUNT);
	free(plain);
}

/* Many threads start and poll; a callback runs in whichever polls. */
struct starter {
	struct wd_comp *comp;
	pthread_t thread;
	unsigned int *called;
	unsigned int errors;
	const unsigned char *plain;
};

struct piece {
	struct starter *starter;
	unsigned char *out;
};

static void note_piece(struct wd_comp *comp, const struct wd_request *req)
{
	struct piece *piece = req->user;

	(void)comp;
	if (req->status ||
	    !reference_is(WD_GZIP, req->dst, req->produced, req->src, SIZE))
		__atomic_add_fetch(&piece->starter->errors, 1,
				   __ATOMIC_RELAXED);
	__atomic_add_fetch(piece->starter->called, 1, __ATOMIC_RELAXED);
	free(piece->out);
	free(piece);
}

static void *start_many(void *argument)
{
	struct starter *starter = argument;
	size_t room = wd_compress_bound(WD_GZIP, SIZE);
	unsigned int i;
	int result;

	for (i = 0; i < 50; i++) {
		struct piece *piece = malloc(sizeof(*piece));

		piece->starter = starter;
		piece->out = malloc(room);
		do {
			result = wd_compress_async(starter->comp, piece->out,
						   room, starter->plain, SIZE,
						   note_piece, piece);
			if (result == -EAGAIN)
				wd_comp_poll(starter->comp, 0);
		} while (result == -EAGAIN);
		if (result)
			__atomic_add_fetch(&starter->errors, 1,
					   __ATOMIC_RELAXED);
	}
	if (wd_comp_wait(starter->comp, 0))
		__atomic_add_fetch(&starter->errors, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void test_many_threads(void **state)
{
	enum { THREADS = 4 };
	unsigned char *plain = sample_new(SIZE, SAMPLE_TEXT, 1);
	struct starter starters[THREADS];
	struct wd_comp *comp;
	unsigned int called = 0, i;

	(void)state;
	fixture_need("gzip");
	comp = session_of_depth(16);
	for (i = 0; i < THREADS; i++) {
		starters[i] = (struct starter){ .comp = comp,
						.called = &called,
						.plain = plain };
		assert_int_equal(pthread_create(&starters[i].thread, NULL,
						start_many, &starters[i]),
				 0);
	}
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(starters[i].thread, NULL), 0);
		assert_int_equal(starters[i].errors, 0);
	}
	assert_int_equal(called, THREADS * 50);
	wd_comp_close(comp);
	free(plain);
}

static const struct CMUnitTest session_async_tests[] = {
	cmocka_unit_test(test_one_callback_each),
	cmocka_unit_test(test_poll_counts),
	cmocka_unit_test(test_depth_is_the_limit),
	cmocka_unit_test(test_request_is_copied),
	cmocka_unit_test(test_submit_refusals),
	cmocka_unit_test(test_errors_reach_callbacks),
	cmocka_unit_test(test_close_calls_back),
	cmocka_unit_test(test_callback_starts_another),
	cmocka_unit_test(test_sync_among_async),
	cmocka_unit_test(test_wait_has_a_deadline),
	cmocka_unit_test(test_many_threads),
};

const struct suite session_async_suite =
	SUITE("session-async", session_async_tests);
