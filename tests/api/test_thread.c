/* SPDX-License-Identifier: MIT */
/* Several threads on one queue, and that each request answers exactly once. */
#include "fixture.h"
#include "suites.h"

#include <pthread.h>

enum { THREADS = 4, POOL = 64, ROUNDS = 3000 };

/* A request with what only its present owner may touch. */
struct tracked {
	struct wd_request r;
	unsigned int in_flight; /* 1 from before the send to after the receive */
	unsigned int answers;
};

struct shared {
	struct wd_queue q;
	unsigned int sent, received, to_send;
	unsigned int errors;
	bool sync; /* sleep in wd_recv_sync() rather than poll */
};

struct worker {
	struct shared *shared;
	pthread_t thread;
	struct tracked pool[POOL];
	unsigned int id;
};

static void note_error(struct shared *shared)
{
	__atomic_add_fetch(&shared->errors, 1, __ATOMIC_RELAXED);
}

/* Receives one answer of any thread, if there is one. */
static void receive_one(struct shared *shared)
{
	struct tracked *t;
	void *out = NULL;
	int result;

	result = shared->sync ? wd_recv_deadline(&shared->q, &out,
						 fixture_now() + MS) :
				wd_recv(&shared->q, &out);
	if (result == -EAGAIN || result == -ETIMEDOUT)
		return;
	if (result || !out) {
		note_error(shared);
		return;
	}
	t = out;
	if (t->r.status != 0)
		note_error(shared);
	t->answers++;
	if (!__atomic_exchange_n(&t->in_flight, 0, __ATOMIC_RELEASE))
		note_error(shared);
	__atomic_add_fetch(&shared->received, 1, __ATOMIC_RELAXED);
}

static void send_one(struct worker *worker, struct tracked *t)
{
	struct shared *shared = worker->shared;
	int result;

	if (__atomic_exchange_n(&t->in_flight, 1, __ATOMIC_ACQUIRE)) {
		note_error(shared);
		return;
	}
	t->r.status = 99;
	while ((result = wd_send(&shared->q, &t->r)) == -EAGAIN)
		receive_one(shared);
	if (result)
		note_error(shared);
	else
		__atomic_add_fetch(&shared->sent, 1, __ATOMIC_RELAXED);
}

static void *send_and_receive(void *argument)
{
	struct worker *worker = argument;
	struct shared *shared = worker->shared;
	unsigned int sent = 0, i;

	while (sent < ROUNDS) {
		for (i = 0; i < POOL && sent < ROUNDS; i++) {
			if (__atomic_load_n(&worker->pool[i].in_flight,
					    __ATOMIC_ACQUIRE))
				continue;
			send_one(worker, &worker->pool[i]);
			sent++;
		}
		receive_one(shared);
	}
	while (__atomic_load_n(&shared->received, __ATOMIC_RELAXED) <
	       shared->to_send)
		receive_one(shared);
	return NULL;
}

static void run_threads(bool sync, unsigned int depth)
{
	struct worker *workers = calloc(THREADS, sizeof(*workers));
	struct shared shared = { .sync = sync, .to_send = THREADS * ROUNDS };
	unsigned int answers = 0, i, j;

	assert_non_null(workers);
	fixture_need_shared();
	fixture_request_depth(&shared.q, depth);
	for (i = 0; i < THREADS; i++) {
		workers[i].shared = &shared;
		workers[i].id = i;
		assert_int_equal(pthread_create(&workers[i].thread, NULL,
						send_and_receive, &workers[i]),
				 0);
	}
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
	assert_int_equal(shared.errors, 0);
	assert_int_equal(shared.sent, THREADS * ROUNDS);
	assert_int_equal(shared.received, THREADS * ROUNDS);
	for (i = 0; i < THREADS; i++)
		for (j = 0; j < POOL; j++)
			answers += workers[i].pool[j].answers;
	assert_int_equal(answers, THREADS * ROUNDS);
	fixture_assert_empty(&shared.q);
	wd_release_queue(&shared.q);
	free(workers);
}

static void test_each_answer_once_polling(void **state)
{
	(void)state;
	run_threads(false, 256);
}

static void test_each_answer_once_sleeping(void **state)
{
	(void)state;
	run_threads(true, 256);
}

static void test_each_answer_once_when_full(void **state)
{
	(void)state;
	run_threads(true, 2);
}

struct half {
	struct wd_queue *q;
	struct wd_request *r;
	unsigned int count;
	unsigned int errors;
	bool burst;
};

static void *send_all(void *argument)
{
	struct half *half = argument;
	unsigned int i;

	for (i = 0; i < half->count;) {
		void *reqs[8];
		unsigned int n = 0;
		int result;

		while (half->burst && n < 8 && i + n < half->count) {
			reqs[n] = &half->r[i + n];
			n++;
		}
		result = n ? wd_send_burst(half->q, reqs, n) :
			     wd_send(half->q, &half->r[i]);
		if (!n && result == 0)
			result = 1;
		if (result > 0)
			i += (unsigned int)result;
		else if (result != 0 && result != -EAGAIN)
			half->errors++;
	}
	return NULL;
}

/* One thread only sends, the other only sleeps until there is an answer. */
static void producer_and_consumer(bool burst)
{
	enum { COUNT = 20000 };
	struct wd_request *r = calloc(COUNT, sizeof(*r));
	struct wd_queue q;
	struct half half = { .q = &q, .r = r, .count = COUNT, .burst = burst };
	pthread_t thread;
	unsigned int i;

	fixture_need_shared();
	assert_non_null(r);
	for (i = 0; i < COUNT; i++)
		r[i].status = 99;
	fixture_request_depth(&q, 64);
	assert_int_equal(pthread_create(&thread, NULL, send_all, &half), 0);
	for (i = 0; i < COUNT; i++) {
		struct wd_request *done;
		void *out = NULL;

		assert_int_equal(wd_recv_sync(&q, &out), 0);
		done = out;
		assert_in_range(done - r, 0, COUNT - 1);
		assert_int_equal(done->status, 0);
		done->status = 55;
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(half.errors, 0);
	for (i = 0; i < COUNT; i++)
		assert_int_equal(r[i].status, 55);
	fixture_assert_empty(&q);
	wd_release_queue(&q);
	free(r);
}

static void test_producer_and_consumer(void **state)
{
	(void)state;
	producer_and_consumer(false);
}

static void test_producer_of_bursts(void **state)
{
	(void)state;
	producer_and_consumer(true);
}

struct compressor {
	struct wd_queue *q;
	pthread_t thread;
	uint64_t seed;
	unsigned int errors;
};

/* Sends real work and takes whatever comes back, checking it. */
static void *compress_some(void *argument)
{
	enum { SIZE = 20000, TIMES = 40 };
	struct compressor *c = argument;
	unsigned int i;

	for (i = 0; i < TIMES; i++) {
		unsigned char *in = sample_new(SIZE, SAMPLE_MIXED, c->seed + i);
		size_t room = wd_compress_bound(WD_GZIP, SIZE);
		struct wd_request *r = calloc(1, sizeof(*r));
		struct wd_request *done;
		void *out = NULL;

		*r = (struct wd_request){
			.op = WD_COMPRESS,
			.format = WD_GZIP,
			.level = (int8_t)(1 + i % 9),
			.src = in,
			.src_len = SIZE,
			.dst = malloc(room),
			.dst_len = room,
		};
		while (wd_send(c->q, r) == -EAGAIN)
			;
		if (wd_recv_sync(c->q, &out))
			c->errors++;
		done = out;
		if (!done || done->status ||
		    !reference_is(WD_GZIP, done->dst, done->produced, done->src,
				  SIZE))
			c->errors++;
		if (!done)
			continue;
		free((void *)(uintptr_t)done->src);
		free(done->dst);
		free(done);
	}
	return NULL;
}

static void test_real_work_by_many(void **state)
{
	struct compressor c[THREADS];
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need_shared();
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (i = 0; i < THREADS; i++) {
		c[i] = (struct compressor){ .q = &q, .seed = i * 1000 };
		assert_int_equal(pthread_create(&c[i].thread, NULL,
						compress_some, &c[i]),
				 0);
	}
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(c[i].thread, NULL), 0);
		assert_int_equal(c[i].errors, 0);
	}
	fixture_assert_empty(&q);
	wd_release_queue(&q);
}

struct flusher {
	struct wd_queue *q;
	bool stop;
	unsigned int count;
};

static void *flush_and_drain(void *argument)
{
	struct flusher *flusher = argument;

	while (!__atomic_load_n(&flusher->stop, __ATOMIC_RELAXED)) {
		wd_flush(flusher->q);
		wd_drain(flusher->q, fixture_now() + MS);
		flusher->count++;
		fixture_sleep(100000);
	}
	return NULL;
}

/* Flushes and drains from beside neither lose nor double an answer. */
static void test_flush_beside_traffic(void **state)
{
	enum { COUNT = 20000 };
	struct wd_request *r = calloc(COUNT, sizeof(*r));
	struct wd_queue q;
	struct half half = { .q = &q, .r = r, .count = COUNT };
	struct flusher flusher = { .q = &q };
	pthread_t sender, thread;
	unsigned int i;

	(void)state;
	fixture_need_shared();
	assert_non_null(r);
	fixture_request_depth(&q, 128);
	assert_int_equal(
		pthread_create(&thread, NULL, flush_and_drain, &flusher), 0);
	assert_int_equal(pthread_create(&sender, NULL, send_all, &half), 0);
	for (i = 0; i < COUNT; i++) {
		struct wd_request *done = fixture_recv(&q);

		assert_true(done->status == 0 || done->status == -ECANCELED);
		assert_int_equal(++done->operand, 1);
	}
	assert_int_equal(pthread_join(sender, NULL), 0);
	__atomic_store_n(&flusher.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_in_range(flusher.count, 1, UINT32_MAX);
	assert_int_equal(half.errors, 0);
	fixture_assert_empty(&q);
	wd_release_queue(&q);
	free(r);
}

/* Queues come and go in several threads at once. */
static void *come_and_go(void *argument)
{
	unsigned int *errors = argument;
	unsigned int i;

	for (i = 0; i < 100; i++) {
		struct wd_queue q = {
			.device = fixture_config.device,
			.workers = fixture_config.workers,
			.flags = fixture_config.flags,
		};
		struct wd_request r = { .op = WD_NOOP, .status = 99 };
		void *out;

		if (wd_request_queue(&q) || wd_send(&q, &r) ||
		    wd_recv_sync(&q, &out) || out != &r || r.status)
			(*errors)++;
		wd_release_queue(&q);
	}
	return NULL;
}

static void test_queues_come_and_go(void **state)
{
	pthread_t threads[THREADS];
	unsigned int errors[THREADS] = { 0 };
	unsigned int i;

	(void)state;
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, come_and_go,
						&errors[i]),
				 0);
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(errors[i], 0);
	}
}

static const struct CMUnitTest thread_tests[] = {
	cmocka_unit_test(test_each_answer_once_polling),
	cmocka_unit_test(test_each_answer_once_sleeping),
	cmocka_unit_test(test_each_answer_once_when_full),
	cmocka_unit_test(test_producer_and_consumer),
	cmocka_unit_test(test_producer_of_bursts),
	cmocka_unit_test(test_real_work_by_many),
	cmocka_unit_test(test_flush_beside_traffic),
	cmocka_unit_test(test_queues_come_and_go),
};

const struct suite thread_suite = SUITE("thread", thread_tests);
