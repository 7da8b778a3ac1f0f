/* SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "suites.h"

#define LONG_WORK ((size_t)24 << 20)

/* Something that keeps a worker busy for a good part of a second. */
static struct wd_request long_work(void)
{
	size_t room = wd_compress_bound(WD_GZIP, LONG_WORK);

	return (struct wd_request){
		.op = WD_COMPRESS,
		.format = WD_GZIP,
		.level = WD_LEVEL_MAX,
		.src = sample_new(LONG_WORK, SAMPLE_MIXED, 1),
		.src_len = LONG_WORK,
		.dst = malloc(room),
		.dst_len = room,
		.status = 99,
	};
}

static void put_work(struct wd_request *r)
{
	free((void *)(uintptr_t)r->src);
	free(r->dst);
}

static void test_timeout_of_the_queue(void **state)
{
	struct wd_queue q;
	void *out = &q;
	uint64_t start;

	(void)state;
	fixture_request(&q, NULL);
	q.timeout = 30 * MS;
	start = fixture_now();
	assert_int_equal(wd_recv_sync(&q, &out), -ETIMEDOUT);
	assert_in_range(fixture_now() - start, 30 * MS, 20 * SECOND);
	assert_ptr_equal(out, &q);

	/* It is read by every call. */
	q.timeout = 1;
	start = fixture_now();
	assert_int_equal(wd_recv_sync(&q, &out), -ETIMEDOUT);
	assert_in_range(fixture_now() - start, 1, 20 * SECOND);
	wd_release_queue(&q);
}

static void test_timeout_that_never_comes(void **state)
{
	struct wd_request r = { .op = WD_NOOP };
	struct wd_queue q;
	void *out;

	(void)state;
	fixture_request(&q, NULL);
	q.timeout = UINT64_MAX;
	fixture_send(&q, &r);
	assert_int_equal(wd_recv_sync(&q, &out), 0);
	assert_ptr_equal(out, &r);
	fixture_send(&q, &r);
	assert_int_equal(wd_recv_deadline(&q, &out, UINT64_MAX), 0);
	assert_ptr_equal(out, &r);
	wd_release_queue(&q);
}

static void test_deadline_argument(void **state)
{
	struct wd_queue q;
	void *out = &q;
	uint64_t start;

	(void)state;
	fixture_request(&q, NULL);
	start = fixture_now();
	assert_int_equal(wd_recv_deadline(&q, &out, start + 30 * MS),
			 -ETIMEDOUT);
	assert_in_range(fixture_now() - start, 30 * MS, 20 * SECOND);
	assert_int_equal(wd_recv_deadline(&q, &out, 1), -ETIMEDOUT);
	assert_int_equal(wd_recv_deadline(&q, &out, fixture_now()), -ETIMEDOUT);
	assert_ptr_equal(out, &q);
	wd_release_queue(&q);
}

/* An answer that is there is given, however late it is. */
static void test_answer_goes_before_deadline(void **state)
{
	struct wd_request r = { .op = WD_NOOP };
	struct wd_queue q;
	void *out = NULL;

	(void)state;
	fixture_request(&q, NULL);
	fixture_send(&q, &r);
	assert_int_equal(wd_drain(&q, 0), 0);
	assert_int_equal(wd_recv_deadline(&q, &out, 1), 0);
	assert_ptr_equal(out, &r);
	wd_release_queue(&q);
}

static void test_single_thread_does_not_wait_for_ever(void **state)
{
	struct wd_queue q;
	void *out = &q;

	(void)state;
	if (!(fixture_config.flags & WD_QUEUE_SINGLE_THREAD))
		skip_because("the queue may be shared");
	fixture_request(&q, NULL);
	assert_int_equal(wd_recv_sync(&q, &out), -EAGAIN);
	assert_int_equal(wd_recv_deadline(&q, &out, 0), -EAGAIN);
	assert_ptr_equal(out, &q);
	wd_release_queue(&q);
}

static void test_request_that_came_too_late(void **state)
{
	unsigned char in[100] = { 1 }, out[100];
	struct wd_request r = {
		.op = WD_COPY,
		.src = in,
		.src_len = sizeof(in),
		.dst = out,
		.dst_len = sizeof(out),
		.deadline = 1,
	};
	struct wd_queue q;

	(void)state;
	fixture_request(&q, NULL);
	memset(out, 0x5a, sizeof(out));
	assert_int_equal(fixture_run(&q, &r), -ETIMEDOUT);
	assert_int_equal(out[0], 0x5a);
	assert_int_equal(r.produced, 0);
	assert_int_equal(r.deadline, 1);

	/* It may be sent again as it is, with more time. */
	r.deadline = fixture_now() + 100 * SECOND;
	assert_int_equal(fixture_run(&q, &r), 0);
	assert_memory_equal(in, out, sizeof(in));
	r.deadline = UINT64_MAX;
	assert_int_equal(fixture_run(&q, &r), 0);
	wd_release_queue(&q);
}

/* Only the late ones of many fail. */
static void test_late_among_timely(void **state)
{
	struct wd_request r[64];
	struct wd_queue q;
	unsigned int i;

	(void)state;
	memset(r, 0, sizeof(r));
	fixture_request_depth(&q, 64);
	for (i = 0; i < 64; i++) {
		r[i].status = 99;
		r[i].deadline = i % 3 == 0 ? 1 : i % 3 == 1 ? 0 : UINT64_MAX;
		fixture_send(&q, &r[i]);
	}
	for (i = 0; i < 64; i++)
		fixture_recv(&q);
	for (i = 0; i < 64; i++)
		assert_int_equal(r[i].status, i % 3 == 0 ? -ETIMEDOUT : 0);
	wd_release_queue(&q);
}

/*
 * A deadline that passes does not take the request back: it is at work, can be
 * waited for, and answers once.
 */
static void test_deadline_while_at_work(void **state)
{
	struct wd_request r = long_work();
	struct wd_queue q;
	void *out = NULL;

	(void)state;
	fixture_need_workers();
	fixture_need("gzip");
	fixture_request(&q, NULL);
	fixture_send(&q, &r);
	assert_int_equal(wd_recv_deadline(&q, &out, fixture_now() + MS),
			 -ETIMEDOUT);
	assert_null(out);
	assert_int_equal(wd_drain(&q, fixture_now() + MS), -ETIMEDOUT);
	assert_int_equal(wd_drain(&q, 0), 0);
	assert_int_equal(wd_recv(&q, &out), 0);
	assert_ptr_equal(out, &r);
	assert_int_equal(r.status, 0);
	assert_true(reference_is(WD_GZIP, r.dst, r.produced, r.src, LONG_WORK));
	fixture_assert_empty(&q);
	wd_release_queue(&q);
	put_work(&r);
}

/* A request waits behind others for longer than it may. */
static void test_deadline_in_the_queue(void **state)
{
	struct wd_request work = long_work();
	struct wd_request late = { .op = WD_NOOP };
	struct wd_queue q;

	(void)state;
	fixture_need_workers();
	fixture_need("gzip");
	fixture_request(&q, NULL);
	if (q.got.workers != 1) {
		wd_release_queue(&q);
		put_work(&work);
		skip_because("there is more than one worker");
	}
	fixture_send(&q, &work);
	late.deadline = fixture_now() + MS;
	fixture_send(&q, &late);
	fixture_recv(&q);
	fixture_recv(&q);
	assert_int_equal(work.status, 0);
	assert_int_equal(late.status, -ETIMEDOUT);
	wd_release_queue(&q);
	put_work(&work);
}

static void test_drain_of_nothing(void **state)
{
	struct wd_queue q;

	(void)state;
	fixture_request(&q, NULL);
	assert_int_equal(wd_drain(&q, 0), 0);
	assert_int_equal(wd_drain(&q, UINT64_MAX), 0);
	wd_release_queue(&q);
}

static const struct CMUnitTest deadline_tests[] = {
	cmocka_unit_test(test_timeout_of_the_queue),
	cmocka_unit_test(test_timeout_that_never_comes),
	cmocka_unit_test(test_deadline_argument),
	cmocka_unit_test(test_answer_goes_before_deadline),
	cmocka_unit_test(test_single_thread_does_not_wait_for_ever),
	cmocka_unit_test(test_request_that_came_too_late),
	cmocka_unit_test(test_late_among_timely),
	cmocka_unit_test(test_deadline_while_at_work),
	cmocka_unit_test(test_deadline_in_the_queue),
	cmocka_unit_test(test_drain_of_nothing),
};

const struct suite deadline_suite = SUITE("deadline", deadline_tests);
