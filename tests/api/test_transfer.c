/* SPDX-License-Identifier: MIT */
/* Sending and receiving, with requests that do nothing. */
#include "fixture.h"
#include "suites.h"

#include <stddef.h>

static void test_pointer_comes_back(void **state)
{
	struct wd_queue q;
	struct wd_request r = {
		.op = WD_NOOP,
		.user = &q,
		.status = 12345,
	};
	struct wd_request before = r;
	void *out = NULL;

	(void)state;
	fixture_request(&q, NULL);
	assert_int_equal(wd_send(&q, &r), 0);
	out = fixture_recv(&q);
	assert_ptr_equal(out, &r);
	assert_int_equal(r.status, 0);
	assert_memory_equal(&r, &before, offsetof(struct wd_request, status));
	fixture_assert_empty(&q);
	wd_release_queue(&q);
}

static void test_empty_says_again(void **state)
{
	struct wd_queue q;
	void *reqs[3] = { &q, &q, &q };

	(void)state;
	fixture_request(&q, NULL);
	fixture_assert_empty(&q);
	assert_int_equal(wd_recv_burst(&q, reqs, 3), 0);
	assert_ptr_equal(reqs[0], &q);
	assert_ptr_equal(reqs[2], &q);
	wd_release_queue(&q);
}

/* The full depth is taken, not one request less or more. */
static void test_full_says_again(void **state)
{
	static const unsigned int depths[] = { 1, 2, 16, 64 };
	struct wd_request r[64 + 1];
	struct wd_queue q;
	unsigned int i, round;
	size_t d;

	(void)state;
	fixture_need_in_process();
	for (d = 0; d < ARRAY_SIZE(depths); d++) {
		fixture_request_depth(&q, depths[d]);
		assert_int_equal(q.got.depth, depths[d]);
		for (round = 0; round < 5; round++) {
			memset(r, 0, sizeof(r));
			for (i = 0; i < depths[d]; i++)
				assert_int_equal(wd_send(&q, &r[i]), 0);
			assert_int_equal(wd_send(&q, &r[i]), -EAGAIN);
			assert_int_equal(wd_drain(&q, 0), 0);
			assert_int_equal(wd_send(&q, &r[i]), -EAGAIN);
			fixture_recv(&q);
			assert_int_equal(wd_send(&q, &r[i]), 0);
			for (i = 0; i < depths[d]; i++)
				fixture_recv(&q);
			fixture_assert_empty(&q);
		}
		wd_release_queue(&q);
	}
}

static void test_burst_of_more_than_fits(void **state)
{
	struct wd_request r[40];
	void *reqs[40], *out[40];
	unsigned int got = 0, i;
	struct wd_queue q;

	(void)state;
	fixture_need_in_process();
	memset(r, 0, sizeof(r));
	for (i = 0; i < 40; i++)
		reqs[i] = &r[i];
	fixture_request_depth(&q, 32);
	assert_int_equal(wd_send_burst(&q, reqs, 40), 32);
	assert_int_equal(wd_send_burst(&q, reqs + 32, 8), 0);
	while (got < 32) {
		int n = wd_recv_burst(&q, out + got, 40 - got);

		assert_in_range(n, 0, 32 - got);
		got += (unsigned int)n;
	}
	assert_int_equal(wd_recv_burst(&q, out, 40), 0);
	assert_int_equal(wd_send_burst(&q, reqs + 32, 8), 8);
	wd_release_queue(&q);
}

static void test_burst_of_none(void **state)
{
	struct wd_request r = { .op = WD_NOOP };
	struct wd_queue q;
	void *req = &r;

	(void)state;
	fixture_request(&q, NULL);
	assert_int_equal(wd_send_burst(&q, &req, 0), 0);
	assert_int_equal(wd_recv_burst(&q, &req, 0), 0);
	fixture_send(&q, &r);
	assert_int_equal(wd_recv_burst(&q, &req, 0), 0);
	assert_ptr_equal(fixture_recv(&q), &r);
	wd_release_queue(&q);
}

/* What stands before the malformed request is taken, what follows is not. */
static void test_burst_stops_at_malformed(void **state)
{
	struct wd_request r[5];
	void *reqs[5];
	struct wd_queue q;
	unsigned int i;

	(void)state;
	memset(r, 0, sizeof(r));
	for (i = 0; i < 5; i++) {
		reqs[i] = &r[i];
		r[i].status = 99;
	}
	r[3].op = WD_OP_COUNT;
	fixture_request(&q, NULL);
	assert_int_equal(wd_send_burst(&q, reqs, 5), 3);
	for (i = 0; i < 3; i++)
		assert_int_equal(fixture_recv(&q)->status, 0);
	fixture_assert_empty(&q);
	assert_int_equal(wd_send_burst(&q, reqs + 3, 2), -EINVAL);
	r[3] = (struct wd_request){ .flags = 1u << 31 };
	assert_int_equal(wd_send_burst(&q, reqs + 3, 2), -EOPNOTSUPP);
	reqs[3] = NULL;
	assert_int_equal(wd_send_burst(&q, reqs + 3, 2), -EINVAL);
	fixture_assert_empty(&q);
	assert_int_equal(r[4].status, 99);
	wd_release_queue(&q);
}

static void test_order_without_workers(void **state)
{
	struct wd_request r[100];
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_request_depth(&q, 128);
	if (fixture_has_workers(&q)) {
		wd_release_queue(&q);
		skip_because("a queue with workers promises no order");
	}
	memset(r, 0, sizeof(r));
	for (i = 0; i < 100; i++)
		fixture_send(&q, &r[i]);
	for (i = 0; i < 100; i++)
		assert_ptr_equal(fixture_recv(&q), &r[i]);
	wd_release_queue(&q);
}

/* Sends and receives single requests and bursts at random. */
static void shuffle(struct wd_queue *q, unsigned int total, uint64_t seed)
{
	enum { POOL = 512 };
	struct sample_random random = { seed };
	struct wd_request *r = calloc(POOL, sizeof(*r));
	void *idle[POOL], *out[64];
	unsigned int idle_count = POOL, sent = 0, received = 0, i;

	assert_non_null(r);
	for (i = 0; i < POOL; i++) {
		idle[i] = &r[i];
		r[i].operand = 0;
	}
	while (sent < total || received < sent) {
		unsigned int n = 1 + (unsigned int)sample_below(&random, 64);
		int result;

		if (n > idle_count)
			n = idle_count;
		if (sent < total && n && sample_next(&random) & 1) {
			void **from = &idle[idle_count - n];

			for (i = 0; i < n; i++)
				((struct wd_request *)from[i])->status = 77;
			result = n == 1 ? wd_send(q, from[0]) :
					  wd_send_burst(q, from, n);
			if (n == 1)
				result = result ? 0 : 1;
			assert_in_range(result, 0, n);
			memmove(from, from + result,
				(n - (unsigned int)result) * sizeof(*from));
			idle_count -= (unsigned int)result;
			sent += (unsigned int)result;
			continue;
		}
		result = wd_recv_burst(
			q, out, 1 + (unsigned int)sample_below(&random, 64));
		assert_in_range(result, 0, 64);
		for (i = 0; i < (unsigned int)result; i++) {
			struct wd_request *done = out[i];

			/* In flight, and not received before. */
			assert_in_range(done - r, 0, POOL - 1);
			assert_int_equal(done->status, 0);
			done->status = 55;
			assert_in_range(++done->operand, 1, sent);
			idle[idle_count++] = done;
		}
		received += (unsigned int)result;
	}
	for (i = 0, sent = 0; i < POOL; i++)
		sent += (unsigned int)r[i].operand;
	assert_int_equal(sent, received);
	free(r);
}

static void test_random_bursts_wrap(void **state)
{
	static const unsigned int depths[] = { 1, 2, 8, 64, 512 };
	struct wd_queue q;
	size_t d;

	(void)state;
	fixture_need_in_process();
	for (d = 0; d < ARRAY_SIZE(depths); d++) {
		fixture_request_depth(&q, depths[d]);
		shuffle(&q, 20000, d + 1);
		fixture_assert_empty(&q);
		wd_release_queue(&q);
	}
}

static void test_sync_receives_each_once(void **state)
{
	struct wd_request r[32];
	struct wd_queue q;
	unsigned int i;

	(void)state;
	memset(r, 0, sizeof(r));
	fixture_request_depth(&q, 32);
	for (i = 0; i < 32; i++) {
		r[i].status = 77;
		fixture_send(&q, &r[i]);
	}
	for (i = 0; i < 32; i++) {
		void *out;
		struct wd_request *done;

		assert_int_equal(wd_recv_sync(&q, &out), 0);
		done = out;
		assert_in_range(done - r, 0, 31);
		assert_int_equal(done->status, 0);
		done->status = 55;
	}
	for (i = 0; i < 32; i++)
		assert_int_equal(r[i].status, 55);
	fixture_assert_empty(&q);
	wd_release_queue(&q);
}

/* Two queues do not see one another's requests. */
static void test_queues_are_apart(void **state)
{
	struct wd_request r[2] = { { .op = WD_NOOP }, { .op = WD_NOOP } };
	struct wd_queue q[2];

	(void)state;
	fixture_request(&q[0], NULL);
	fixture_request(&q[1], NULL);
	fixture_send(&q[0], &r[0]);
	fixture_assert_empty(&q[1]);
	fixture_send(&q[1], &r[1]);
	assert_ptr_equal(fixture_recv(&q[0]), &r[0]);
	assert_ptr_equal(fixture_recv(&q[1]), &r[1]);
	fixture_assert_empty(&q[0]);
	wd_release_queue(&q[0]);
	wd_release_queue(&q[1]);
}

/* A malformed request is refused even when nothing would fit. */
static void test_refused_is_not_held(void **state)
{
	struct wd_request bad = { .op = WD_OP_COUNT, .status = 77 };
	struct wd_request snapshot = bad;
	struct wd_queue q;

	(void)state;
	fixture_request(&q, NULL);
	assert_int_equal(wd_send(&q, &bad), -EINVAL);
	assert_int_equal(wd_send(&q, NULL), -EINVAL);
	assert_memory_equal(&bad, &snapshot, sizeof(bad));
	assert_int_equal(wd_drain(&q, 0), 0);
	fixture_assert_empty(&q);
	wd_release_queue(&q);
}

static const struct CMUnitTest transfer_tests[] = {
	cmocka_unit_test(test_pointer_comes_back),
	cmocka_unit_test(test_empty_says_again),
	cmocka_unit_test(test_full_says_again),
	cmocka_unit_test(test_burst_of_more_than_fits),
	cmocka_unit_test(test_burst_of_none),
	cmocka_unit_test(test_burst_stops_at_malformed),
	cmocka_unit_test(test_order_without_workers),
	cmocka_unit_test(test_random_bursts_wrap),
	cmocka_unit_test(test_sync_receives_each_once),
	cmocka_unit_test(test_queues_are_apart),
	cmocka_unit_test(test_refused_is_not_held),
};

const struct suite transfer_suite = SUITE("transfer", transfer_tests);
