/* SPDX-License-Identifier: MIT */
/* Much of the same: many queues, long streams, a great deal of random input. */
#include "fixture.h"
#include "suites.h"

#include <pthread.h>
#include <sys/resource.h>

static void test_thousands_of_queues(void **state)
{
	enum { COUNT = 4096 };
	struct wd_queue *queues = calloc(COUNT, sizeof(*queues));
	struct wd_request *r = calloc(COUNT, sizeof(*r));
	unsigned int i, round;

	(void)state;
	fixture_need_in_process();
	assert_non_null(queues);
	assert_non_null(r);
	for (i = 0; i < COUNT; i++) {
		queues[i].device = fixture_config.device;
		queues[i].flags = fixture_config.flags;
		queues[i].workers = WD_WORKERS_NONE;
		queues[i].depth = 16;
		assert_int_equal(wd_request_queue(&queues[i]), 0);
	}
	for (round = 0; round < 3; round++) {
		for (i = 0; i < COUNT; i++)
			fixture_send(&queues[i], &r[i]);
		for (i = 0; i < COUNT; i++)
			assert_ptr_equal(fixture_recv(&queues[i]), &r[i]);
	}
	for (i = 0; i < COUNT; i++)
		wd_release_queue(&queues[i]);
	free(r);
	free(queues);
}

static long peak_memory(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_maxrss;
}

/* A stream longer than 4 GiB, there and back, in constant memory. */
static void test_endless_stream(void **state)
{
	enum { PIECE = 8 << 20, ROOM = 1 << 20 };
	size_t total = ((size_t)4 << 30) + PIECE, done = 0, back = 0;
	unsigned char *plain = sample_new(PIECE, SAMPLE_ZERO, 1);
	unsigned char *packed = malloc(ROOM), *out = malloc(PIECE);
	struct wd_stream *writer, *reader;
	struct wd_queue q;
	long memory = 0;
	int status = -ENODATA;

	(void)state;
	fixture_need("gzip");
	assert_non_null(packed);
	assert_non_null(out);
	sample_fill(plain, 5000, SAMPLE_TEXT, 1);
	fixture_request(&q, NULL);
	assert_int_equal(
		wd_stream_open(&q, WD_COMPRESS, WD_GZIP, 1, 0, &writer), 0);
	assert_int_equal(
		wd_stream_open(&q, WD_DECOMPRESS, WD_GZIP, 0, 0, &reader), 0);
	while (done < total) {
		struct wd_request r = {
			.op = WD_COMPRESS,
			.stream = writer,
			.flush = done + PIECE == total ? WD_FLUSH_FINISH :
							 WD_FLUSH_NONE,
			.src = plain,
			.src_len = PIECE,
			.dst = packed,
			.dst_len = ROOM,
		};
		struct wd_request u = {
			.op = WD_DECOMPRESS,
			.stream = reader,
			.src = packed,
			.dst = out,
			.dst_len = PIECE,
		};

		assert_int_equal(fixture_run(&q, &r), 0);
		assert_int_equal(r.consumed, PIECE);
		done += PIECE;
		u.src_len = r.produced;
		do {
			status = fixture_run(&q, &u);
			assert_true(status == 0 || status == -ENODATA ||
				    status == -ENOSPC);
			back += u.produced;
			u.src = (const unsigned char *)u.src + u.consumed;
			u.src_len -= u.consumed;
		} while (status == -ENOSPC);
		if (done == 16 * (size_t)PIECE)
			memory = peak_memory();
	}
	assert_int_equal(status, 0); /* ISIZE wrapped, and was right */
	assert_true(back == total);
	assert_in_range(peak_memory(), 0, memory + 4096);
	wd_stream_close(writer);
	wd_stream_close(reader);
	wd_release_queue(&q);
	free(out);
	free(packed);
	free(plain);
}

/* As the fast test of corrupt input, at greater length. */
static void test_random_input(void **state)
{
	enum { ROOM = 4000 };
	static unsigned char in[300], out[ROOM], expected[ROOM];
	struct sample_random random = { 4711 };
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (i = 0; i < 1000000; i++) {
		size_t n = 1 + sample_below(&random, i % 64 ? 24 : 299);
		struct reference_result reference;
		struct wd_request r = {
			.op = WD_DECOMPRESS,
			.format = WD_DEFLATE,
			.src = in,
			.src_len = n,
			.dst = out,
			.dst_len = ROOM,
		};

		sample_fill(in, n, SAMPLE_RANDOM, i + 1000000);
		reference =
			reference_inflate(WD_DEFLATE, in, n, expected, ROOM);
		fixture_run(&q, &r);
		if (reference.bad_code_set)
			continue;
		if (!r.status != !reference.status)
			fail_msg("input %u: status %d, but zlib's is %d", i,
				 r.status, reference.status);
		if (r.status)
			continue;
		assert_int_equal(r.consumed, reference.consumed);
		assert_int_equal(r.produced, reference.produced);
		assert_memory_equal(out, expected, r.produced);
	}
	wd_release_queue(&q);
}

struct traffic {
	struct wd_queue *q;
	pthread_t thread;
	unsigned int sent, received, errors;
	bool stop;
};

/* Sends from a pool of its own and takes what anybody sent. */
static void *drive(void *argument)
{
	enum { POOL = 32 };
	struct traffic *t = argument;
	struct wd_request pool[POOL] = { 0 };
	unsigned int i;
	void *out;

	for (i = 0; !__atomic_load_n(&t->stop, __ATOMIC_RELAXED); i++) {
		struct wd_request *r = &pool[i % POOL];
		void *mine = r;

		if (!__atomic_exchange_n(&r->user, mine, __ATOMIC_ACQ_REL)) {
			if (wd_send(t->q, r) == 0)
				t->sent++;
			else
				__atomic_store_n(&r->user, NULL,
						 __ATOMIC_RELEASE);
		}
		if (wd_recv(t->q, &out) == 0) {
			r = out;
			t->received++;
			t->errors += r->status != 0;
			__atomic_store_n(&r->user, NULL, __ATOMIC_RELEASE);
		}
	}
	/* The pool must not go while a request of it is in flight. */
	for (i = 0; i < POOL; i++) {
		while (__atomic_load_n(&pool[i].user, __ATOMIC_ACQUIRE)) {
			struct wd_request *r;

			if (wd_recv(t->q, &out))
				continue;
			r = out;
			t->received++;
			__atomic_store_n(&r->user, NULL, __ATOMIC_RELEASE);
		}
	}
	return NULL;
}

static void test_traffic_of_threads(void **state)
{
	enum { THREADS = 8 };
	struct traffic t[THREADS];
	unsigned int sent = 0, received = 0, i;
	struct wd_queue q;

	(void)state;
	fixture_need_shared();
	fixture_request_depth(&q, 64);
	for (i = 0; i < THREADS; i++) {
		t[i] = (struct traffic){ .q = &q };
		assert_int_equal(
			pthread_create(&t[i].thread, NULL, drive, &t[i]), 0);
	}
	fixture_sleep(5 * SECOND);
	for (i = 0; i < THREADS; i++)
		__atomic_store_n(&t[i].stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(t[i].thread, NULL), 0);
		assert_int_equal(t[i].errors, 0);
		sent += t[i].sent;
		received += t[i].received;
	}
	assert_int_equal(sent, received);
	assert_in_range(sent, 1000, UINT32_MAX);
	fixture_assert_empty(&q);
	wd_release_queue(&q);
}

/* Answers are waited for one at a time, so that everybody sleeps and wakes. */
static void test_ping_pong(void **state)
{
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_request_depth(&q, 4);
	for (i = 0; i < 200000; i++) {
		struct wd_request r = { .op = WD_NOOP, .status = 99 };
		void *out = NULL;

		if (i % 1000 == 0)
			fixture_sleep(100000);
		fixture_send(&q, &r);
		assert_int_equal(wd_recv_sync(&q, &out), 0);
		assert_ptr_equal(out, &r);
		assert_int_equal(r.status, 0);
	}
	wd_release_queue(&q);
}

static const struct CMUnitTest endurance_tests[] = {
	cmocka_unit_test(test_thousands_of_queues),
	cmocka_unit_test(test_endless_stream),
	cmocka_unit_test(test_random_input),
	cmocka_unit_test(test_traffic_of_threads),
	cmocka_unit_test(test_ping_pong),
};

const struct suite endurance_suite = SUITE("endurance", endurance_tests);
