/* SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "suites.h"

#include <pthread.h>
#include <unistd.h>

/*
 * The allocators of the sanitizers do not survive a fork beside a thread that
 * is inside of them, as libc's does, and a thread that begins is; and the
 * thread sanitizer allows no new threads in a child of several.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FORK_SURVIVES_MALLOC false
#else
#define FORK_SURVIVES_MALLOC true
#endif
#ifdef __SANITIZE_THREAD__
#define CHILD_WORKERS WD_WORKERS_NONE
#else
#define CHILD_WORKERS fixture_config.workers
#endif

/* Requests a queue, whose threads may be forked beside at once. */
static void request(struct wd_queue *q)
{
	fixture_request(q, NULL);
	if (!FORK_SURVIVES_MALLOC)
		fixture_await_idle_threads();
}

struct heir {
	struct wd_queue *q;
	struct wd_stream *stream;
	struct wd_comp *comp;
	struct wd_comp_stream *comp_stream;
	struct wd_request *r;
};

/* Nothing that belongs to the parent does anything here, or takes time. */
static int use_parents_queue(void *argument)
{
	struct heir *heir = argument;
	struct wd_request r = { .op = WD_NOOP, .status = 99 };
	struct wd_queue own = { 0 };
	struct wd_stream *stream = NULL;
	void *reqs[1] = { &r };
	void *out = &r;
	uint64_t start = fixture_now();

	CHILD_CHECK(wd_send(heir->q, &r) == -EPERM);
	CHILD_CHECK(wd_send_burst(heir->q, reqs, 1) == -EPERM);
	CHILD_CHECK(wd_recv(heir->q, &out) == -EPERM);
	CHILD_CHECK(wd_recv_burst(heir->q, reqs, 1) == -EPERM);
	CHILD_CHECK(wd_recv_sync(heir->q, &out) == -EPERM);
	CHILD_CHECK(wd_recv_deadline(heir->q, &out, UINT64_MAX) == -EPERM);
	CHILD_CHECK(out == &r && reqs[0] == &r && r.status == 99);
	CHILD_CHECK(wd_drain(heir->q, 0) == -EPERM);
	wd_flush(heir->q);
	errno = 0;
	CHILD_CHECK(!wd_reserve_memory(heir->q, 4096) && errno == EPERM);
	CHILD_CHECK(wd_share_reserved_memory(heir->q, &own) < 0);
	CHILD_CHECK(wd_stream_open(heir->q, WD_COMPRESS, WD_GZIP, 0, 0,
				   &stream) == -EPERM);
	CHILD_CHECK(!stream);
	CHILD_CHECK(fixture_now() - start < 10 * SECOND);
	return 0;
}

static int release_parents_queue(void *argument)
{
	struct heir *heir = argument;

	wd_release_queue(heir->q);
	CHILD_CHECK(!heir->q->priv);
	wd_release_queue(heir->q);
	return 0;
}

static int use_own_queue(void *argument)
{
	struct heir *heir = argument;
	struct wd_queue q = {
		.device = fixture_config.device,
		.workers = CHILD_WORKERS,
		.flags = fixture_config.flags,
	};
	struct wd_request r = { .op = WD_NOOP };
	void *out;

	CHILD_CHECK(use_parents_queue(heir) == 0);
	if (!fixture_reaches_all()) { /* one process at a time */
		CHILD_CHECK(wd_request_queue(&q) == -EBUSY);
		q.device = "sw";
	}
	CHILD_CHECK(wd_request_queue(&q) == 0);
	CHILD_CHECK(wd_send(&q, &r) == 0);
	CHILD_CHECK(wd_recv_sync(&q, &out) == 0 && out == &r);
	CHILD_CHECK(r.status == 0);
	wd_release_queue(&q);
	return release_parents_queue(heir);
}

static void test_child_is_refused(void **state)
{
	struct wd_request r = { .op = WD_NOOP, .status = 99 };
	struct wd_queue q;
	struct heir heir = { .q = &q };

	(void)state;
	request(&q);
	assert_in_child(use_parents_queue, &heir);
	fixture_assert_empty(&q);
	assert_int_equal(fixture_run(&q, &r), 0);
	wd_release_queue(&q);
}

static void test_child_frees_its_copy(void **state)
{
	struct wd_request r = { .op = WD_NOOP };
	struct wd_queue q;
	struct heir heir = { .q = &q };

	(void)state;
	request(&q);
	assert_in_child(release_parents_queue, &heir);
	assert_non_null(q.priv);
	assert_int_equal(fixture_run(&q, &r), 0);
	wd_release_queue(&q);
}

static void test_child_has_its_own(void **state)
{
	struct wd_request r = { .op = WD_NOOP };
	struct wd_queue q;
	struct heir heir = { .q = &q };

	(void)state;
	request(&q);
	assert_in_child(use_own_queue, &heir);
	assert_int_equal(fixture_run(&q, &r), 0);
	wd_release_queue(&q);
}

static int fork_again(void *argument)
{
	assert_in_child(use_own_queue, argument);
	return use_own_queue(argument);
}

static void test_grandchild(void **state)
{
	struct wd_queue q;
	struct heir heir = { .q = &q };

	(void)state;
	request(&q);
	assert_in_child(fork_again, &heir);
	wd_release_queue(&q);
}

/* What the parent has in flight is answered to the parent, once. */
static void test_work_in_flight_stays_with_parent(void **state)
{
	enum { COUNT = 32, SIZE = 64 << 10 };
	size_t room = wd_compress_bound(WD_GZIP, SIZE);
	unsigned char *in = sample_new(SIZE, SAMPLE_TEXT, 1);
	unsigned char *out = malloc(COUNT * room);
	struct wd_request r[COUNT];
	struct wd_queue q;
	struct heir heir = { .q = &q, .r = r };
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	assert_non_null(out);
	fixture_request_depth(&q, COUNT);
	if (!FORK_SURVIVES_MALLOC)
		fixture_await_idle_threads();
	for (i = 0; i < COUNT; i++) {
		r[i] = (struct wd_request){
			.op = WD_COMPRESS,
			.format = WD_GZIP,
			.level = 6,
			.src = in,
			.src_len = SIZE,
			.dst = out + i * room,
			.dst_len = room,
		};
		fixture_send(&q, &r[i]);
	}
	assert_in_child(use_own_queue, &heir);
	for (i = 0; i < COUNT; i++)
		fixture_recv(&q);
	for (i = 0; i < COUNT; i++)
		assert_true(r[i].status == 0 &&
			    reference_is(WD_GZIP, r[i].dst, r[i].produced, in,
					 SIZE));
	fixture_assert_empty(&q);
	wd_release_queue(&q);
	free(out);
	free(in);
}

static void ignore(struct wd_comp *comp, const struct wd_request *req)
{
	(void)comp;
	(void)req;
}

static int use_parents_session(void *argument)
{
	struct heir *heir = argument;
	struct wd_comp *comp = heir->comp;
	unsigned char in[64] = { 0 }, out[256];
	struct wd_request r = {
		.op = WD_COMPRESS,
		.src = in,
		.src_len = sizeof(in),
		.dst = out,
		.dst_len = sizeof(out),
	};
	struct wd_comp_buffers b = { in, sizeof(in), out, sizeof(out) };
	struct wd_comp_stream *stream = NULL;

	CHILD_CHECK(wd_compress(comp, out, 256, in, 64) == -EPERM);
	CHILD_CHECK(wd_decompress(comp, out, 256, in, 64) == -EPERM);
	CHILD_CHECK(wd_comp_submit(comp, &r, ignore) == -EPERM);
	CHILD_CHECK(wd_compress_async(comp, out, 256, in, 64, ignore, NULL) ==
		    -EPERM);
	CHILD_CHECK(wd_decompress_async(comp, out, 256, in, 64, ignore, NULL) ==
		    -EPERM);
	CHILD_CHECK(wd_comp_poll(comp, 0) == -EPERM);
	CHILD_CHECK(wd_comp_wait(comp, 0) == -EPERM);
	CHILD_CHECK(wd_comp_stream_open(comp, WD_COMPRESS, &stream) == -EPERM);
	CHILD_CHECK(!stream);
	CHILD_CHECK(wd_comp_stream_run(heir->comp_stream, &b,
				       WD_FLUSH_FINISH) == -EPERM);
	CHILD_CHECK(wd_comp_stream_reset(heir->comp_stream) == -EPERM);
	wd_comp_stream_close(heir->comp_stream);
	wd_comp_close(comp);
	return 0;
}

static void test_session_in_a_child(void **state)
{
	unsigned char in[64] = { 0 }, out[256];
	struct heir heir = { 0 };

	(void)state;
	fixture_need("gzip");
	heir.comp = fixture_session(WD_GZIP, 0);
	assert_int_equal(wd_comp_stream_open(heir.comp, WD_COMPRESS,
					     &heir.comp_stream),
			 0);
	assert_int_equal(wd_compress_async(heir.comp, out, sizeof(out), in,
					   sizeof(in), ignore, NULL),
			 0);
	if (!FORK_SURVIVES_MALLOC)
		fixture_await_idle_threads();
	assert_in_child(use_parents_session, &heir);
	assert_int_equal(wd_comp_wait(heir.comp, 0), 0);
	assert_true(wd_compress(heir.comp, out, sizeof(out), in, 64) > 0);
	wd_comp_stream_close(heir.comp_stream);
	wd_comp_close(heir.comp);
}

static int use_parents_stream(void *argument)
{
	struct heir *heir = argument;

	CHILD_CHECK(wd_stream_reset(heir->stream) == -EPERM);
	wd_stream_close(heir->stream);
	wd_release_queue(heir->q);
	return 0;
}

static void test_stream_in_a_child(void **state)
{
	unsigned char in[1000] = { 0 }, out[2000];
	struct wd_request r = {
		.op = WD_COMPRESS,
		.flush = WD_FLUSH_FINISH,
		.src = in,
		.src_len = sizeof(in),
		.dst = out,
		.dst_len = sizeof(out),
	};
	struct wd_queue q;
	struct heir heir = { .q = &q };

	(void)state;
	fixture_need("gzip");
	request(&q);
	assert_int_equal(wd_stream_open(&q, WD_COMPRESS, WD_GZIP, 0, 0,
					&heir.stream),
			 0);
	assert_in_child(use_parents_stream, &heir);
	r.stream = heir.stream;
	assert_int_equal(fixture_run(&q, &r), 0);
	assert_true(reference_is(WD_GZIP, out, r.produced, in, sizeof(in)));
	wd_stream_close(heir.stream);
	wd_release_queue(&q);
}

struct busy {
	struct wd_queue *q;
	bool begun;
	bool stop;
};

static void *keep_busy(void *argument)
{
	struct busy *busy = argument;
	struct wd_request r = { .op = WD_NOOP };
	void *out;

	__atomic_store_n(&busy->begun, true, __ATOMIC_RELAXED);
	while (!__atomic_load_n(&busy->stop, __ATOMIC_RELAXED)) {
		struct wd_queue q = { .device = "sw" };

		if (wd_send(busy->q, &r) == 0)
			while (wd_recv(busy->q, &out) == -EAGAIN)
				;
		if (FORK_SURVIVES_MALLOC && wd_request_queue(&q) == 0)
			wd_release_queue(&q);
	}
	return NULL;
}

/* Forks while another thread is inside the library, locks and all. */
static void test_fork_beside_a_busy_thread(void **state)
{
	struct wd_queue q;
	struct busy busy = { .q = &q };
	struct heir heir = { .q = &q };
	pthread_t thread;
	unsigned int i;

	(void)state;
	fixture_need_shared();
#ifdef __SANITIZE_THREAD__
	skip_because("a child of a thread at work may find locks of the "
		     "thread sanitizer held");
#endif
	request(&q);
	assert_int_equal(pthread_create(&thread, NULL, keep_busy, &busy), 0);
	while (!__atomic_load_n(&busy.begun, __ATOMIC_RELAXED))
		fixture_sleep(MS);
	for (i = 0; i < 40; i++)
		assert_in_child(use_own_queue, &heir);
	__atomic_store_n(&busy.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	wd_release_queue(&q);
}

static const struct CMUnitTest fork_tests[] = {
	cmocka_unit_test(test_child_is_refused),
	cmocka_unit_test(test_child_frees_its_copy),
	cmocka_unit_test(test_child_has_its_own),
	cmocka_unit_test(test_grandchild),
	cmocka_unit_test(test_work_in_flight_stays_with_parent),
	cmocka_unit_test(test_session_in_a_child),
	cmocka_unit_test(test_stream_in_a_child),
	cmocka_unit_test(test_fork_beside_a_busy_thread),
};

const struct suite fork_suite = SUITE("fork", fork_tests);
