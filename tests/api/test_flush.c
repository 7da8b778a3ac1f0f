/* SPDX-License-Identifier: MIT */
/* Flush, drain, and release with work in flight. */
#include "fixture.h"
#include "suites.h"

#include <pthread.h>
#include <sys/mman.h>

enum { JOBS = 64 };

#define JOB_SIZE ((size_t)96 << 10)

/* Many requests that each take a while, on memory that can be taken away. */
struct jobs {
	struct wd_request *r;
	unsigned char *in, *out;
	size_t room;
};

static struct jobs jobs_get(void)
{
	struct jobs jobs = { .room = wd_compress_bound(WD_GZIP, JOB_SIZE) };
	unsigned int i;

	jobs.r = calloc(JOBS, sizeof(*jobs.r));
	jobs.in = sample_new(JOB_SIZE, SAMPLE_MIXED, 3);
	jobs.out = mmap(NULL, JOBS * jobs.room, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_non_null(jobs.r);
	assert_ptr_not_equal(jobs.out, MAP_FAILED);
	for (i = 0; i < JOBS; i++)
		jobs.r[i] = (struct wd_request){
			.op = WD_COMPRESS,
			.format = WD_GZIP,
			.level = 6,
			.src = jobs.in,
			.src_len = JOB_SIZE,
			.dst = jobs.out + i * jobs.room,
			.dst_len = jobs.room,
			.status = 99,
		};
	return jobs;
}

static void jobs_put(struct jobs *jobs)
{
	munmap(jobs->out, JOBS * jobs->room);
	free(jobs->in);
	free(jobs->r);
}

static void jobs_send(struct wd_queue *q, struct jobs *jobs)
{
	unsigned int i;

	for (i = 0; i < JOBS; i++)
		fixture_send(q, &jobs->r[i]);
}

/* What was done is right, what was cancelled was not begun. */
static unsigned int jobs_check(const struct jobs *jobs)
{
	unsigned int done = 0, i;

	for (i = 0; i < JOBS; i++) {
		const struct wd_request *r = &jobs->r[i];

		if (r->status == -ECANCELED) {
			assert_int_equal(((unsigned char *)r->dst)[0], 0);
			continue;
		}
		assert_int_equal(r->status, 0);
		assert_true(reference_is(WD_GZIP, r->dst, r->produced, jobs->in,
					 JOB_SIZE));
		done++;
	}
	return done;
}

/* Takes all the answers, none of which may have to be waited for. */
static void jobs_take(struct wd_queue *q, struct jobs *jobs)
{
	bool seen[JOBS] = { false };
	unsigned int i;

	for (i = 0; i < JOBS; i++) {
		void *out = NULL;
		ptrdiff_t index;

		assert_int_equal(wd_recv(q, &out), 0);
		index = (struct wd_request *)out - jobs->r;
		assert_in_range(index, 0, JOBS - 1);
		assert_false(seen[index]);
		seen[index] = true;
	}
	fixture_assert_empty(q);
}

static void test_flush_cancels_what_has_not_begun(void **state)
{
	struct jobs jobs = jobs_get();
	struct wd_queue q;
	unsigned int done;

	(void)state;
	fixture_need("gzip");
	fixture_request_depth(&q, JOBS);
	jobs_send(&q, &jobs);
	wd_flush(&q);
	jobs_take(&q, &jobs);
	done = jobs_check(&jobs);
	if (!fixture_has_workers(&q))
		assert_int_equal(done, 0);
	else if (q.got.workers)
		assert_in_range(done, 0, JOBS - 1);
	wd_release_queue(&q);
	jobs_put(&jobs);
}

static void test_queue_works_after_flush(void **state)
{
	struct jobs jobs = jobs_get();
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	fixture_request_depth(&q, JOBS);
	wd_flush(&q);
	fixture_assert_empty(&q);
	for (i = 0; i < 3; i++) {
		jobs_send(&q, &jobs);
		wd_flush(&q);
		wd_flush(&q);
		jobs_take(&q, &jobs);
		memset(jobs.out, 0, JOBS * jobs.room);
	}
	assert_int_equal(fixture_run(&q, &jobs.r[0]), 0);
	assert_true(reference_is(WD_GZIP, jobs.out, jobs.r[0].produced, jobs.in,
				 JOB_SIZE));
	wd_release_queue(&q);
	jobs_put(&jobs);
}

/* What was cancelled may be sent again as it is. */
static void test_cancelled_can_be_sent_again(void **state)
{
	struct jobs jobs = jobs_get();
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	fixture_request_depth(&q, JOBS);
	jobs_send(&q, &jobs);
	wd_flush(&q);
	jobs_take(&q, &jobs);
	jobs_send(&q, &jobs);
	for (i = 0; i < JOBS; i++)
		fixture_recv(&q);
	assert_int_equal(jobs_check(&jobs), JOBS);
	wd_release_queue(&q);
	jobs_put(&jobs);
}

/* What had been done before the flush stays done. */
static void test_flush_keeps_what_is_done(void **state)
{
	struct jobs jobs = jobs_get();
	struct wd_queue q;

	(void)state;
	fixture_need_workers();
	fixture_need("gzip");
	fixture_request_depth(&q, JOBS);
	jobs_send(&q, &jobs);
	assert_int_equal(wd_drain(&q, 0), 0);
	wd_flush(&q);
	jobs_take(&q, &jobs);
	assert_int_equal(jobs_check(&jobs), JOBS);
	wd_release_queue(&q);
	jobs_put(&jobs);
}

static void test_drain_waits_for_all(void **state)
{
	struct jobs jobs = jobs_get();
	struct wd_queue q;

	(void)state;
	fixture_need("gzip");
	fixture_request_depth(&q, JOBS);
	jobs_send(&q, &jobs);
	assert_int_equal(wd_drain(&q, 0), 0);
	jobs_take(&q, &jobs);
	assert_int_equal(jobs_check(&jobs), JOBS);
	wd_release_queue(&q);
	jobs_put(&jobs);
}

/* After release the memory may go: a late touch would crash. */
static void test_release_lets_go_of_memory(void **state)
{
	unsigned int round;

	(void)state;
	fixture_need("gzip");
	for (round = 0; round < 10; round++) {
		struct jobs jobs = jobs_get();
		struct wd_queue q;
		unsigned int i;

		fixture_request_depth(&q, JOBS);
		jobs_send(&q, &jobs);
		if (round % 2)
			fixture_sleep(MS);
		wd_release_queue(&q);
		for (i = 0; i < JOBS; i++)
			assert_true(jobs.r[i].status == 0 ||
				    jobs.r[i].status == -ECANCELED);
		jobs_check(&jobs);
		jobs_put(&jobs);
	}
	fixture_sleep(20 * MS);
}

static void test_release_with_answers_left(void **state)
{
	struct jobs jobs = jobs_get();
	struct wd_queue q;

	(void)state;
	fixture_need_workers();
	fixture_need("gzip");
	fixture_request_depth(&q, JOBS);
	jobs_send(&q, &jobs);
	assert_int_equal(wd_drain(&q, 0), 0);
	wd_release_queue(&q);
	assert_int_equal(jobs_check(&jobs), JOBS);
	jobs_put(&jobs);
}

struct sleeper {
	struct wd_queue *q;
	pthread_t thread;
	int result;
};

static void *sleep_in_recv(void *argument)
{
	struct sleeper *sleeper = argument;
	void *out;

	sleeper->result = wd_recv_sync(sleeper->q, &out);
	return NULL;
}

static void test_release_wakes_sleepers(void **state)
{
	enum { COUNT = 4 };
	struct sleeper sleepers[COUNT];
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need_shared();
	fixture_request(&q, NULL);
	for (i = 0; i < COUNT; i++) {
		sleepers[i] = (struct sleeper){ .q = &q, .result = 99 };
		assert_int_equal(pthread_create(&sleepers[i].thread, NULL,
						sleep_in_recv, &sleepers[i]),
				 0);
	}
	fixture_sleep(100 * MS);
	fixture_await_idle_threads();
	wd_release_queue(&q);
	for (i = 0; i < COUNT; i++) {
		assert_int_equal(pthread_join(sleepers[i].thread, NULL), 0);
		assert_int_equal(sleepers[i].result, -ESHUTDOWN);
	}
}

/* An answer wakes one that sleeps for it. */
static void test_answer_wakes_a_sleeper(void **state)
{
	struct sleeper sleeper = { .result = 99 };
	struct wd_request r = { .op = WD_NOOP };
	struct wd_queue q;

	(void)state;
	fixture_need_shared();
	fixture_request(&q, NULL);
	sleeper.q = &q;
	assert_int_equal(pthread_create(&sleeper.thread, NULL, sleep_in_recv,
					&sleeper),
			 0);
	fixture_sleep(100 * MS);
	fixture_send(&q, &r);
	assert_int_equal(pthread_join(sleeper.thread, NULL), 0);
	assert_int_equal(sleeper.result, 0);
	assert_int_equal(r.status, 0);
	wd_release_queue(&q);
}

/* A flush lets those that sleep have what it cancelled. */
static void test_flush_wakes_a_sleeper(void **state)
{
	struct jobs jobs = jobs_get();
	struct sleeper sleeper = { .result = 99 };
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need_shared();
	fixture_need("gzip");
	fixture_request_depth(&q, JOBS);
	sleeper.q = &q;
	jobs_send(&q, &jobs);
	assert_int_equal(pthread_create(&sleeper.thread, NULL, sleep_in_recv,
					&sleeper),
			 0);
	wd_flush(&q);
	assert_int_equal(pthread_join(sleeper.thread, NULL), 0);
	assert_int_equal(sleeper.result, 0);
	for (i = 1; i < JOBS; i++)
		fixture_recv(&q);
	fixture_assert_empty(&q);
	wd_release_queue(&q);
	jobs_check(&jobs);
	jobs_put(&jobs);
}

static const struct CMUnitTest flush_tests[] = {
	cmocka_unit_test(test_flush_cancels_what_has_not_begun),
	cmocka_unit_test(test_queue_works_after_flush),
	cmocka_unit_test(test_cancelled_can_be_sent_again),
	cmocka_unit_test(test_flush_keeps_what_is_done),
	cmocka_unit_test(test_drain_waits_for_all),
	cmocka_unit_test(test_release_lets_go_of_memory),
	cmocka_unit_test(test_release_with_answers_left),
	cmocka_unit_test(test_release_wakes_sleepers),
	cmocka_unit_test(test_answer_wakes_a_sleeper),
	cmocka_unit_test(test_flush_wakes_a_sleeper),
};

const struct suite flush_suite = SUITE("flush", flush_tests);
