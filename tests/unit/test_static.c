/* SPDX-License-Identifier: MIT */
/*
 * The user driver of vaccel on a device without SVA: what reaches it, what is
 * copied, and what is refused. The model counts every access outside static
 * memory; none may ever come about.
 */
#include "suites.h"
#include "vaccel_model.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <warpdrive/warpdrive.h>

#include "clock.h"
#include "pool.h"
#include "sample.h"

enum { CHUNK = 128 << 10, BIG = 300000, LIMIT = 20 };

static struct wd_queue q;
static unsigned char from[BIG], to[BIG];

static int open_queue(unsigned int flags)
{
	q = (struct wd_queue){ .device = MODEL_NAME,
			       .depth = MODEL_ENTRIES,
			       .flags = flags };
	return wd_request_queue(&q);
}

static void begin(unsigned int flags)
{
	model_begin();
	model.features = VACCEL_FEAT_IN_ORDER | VACCEL_FEAT_SGL |
			 VACCEL_FEAT_STREAM;
	assert_int_equal(open_queue(flags), 0);
	sample_fill(from, BIG, SAMPLE_RANDOM, 3);
	memset(to, 0, BIG);
}

static void end(void)
{
	wd_release_queue(&q);
	assert_int_equal(atomic_load(&model.faults), 0);
	assert_int_equal(atomic_load(&model.memory), 0);
	model_end();
}

static void take(struct wd_request *r)
{
	void *done = NULL;

	assert_int_equal(
		wd_recv_deadline(&q, &done,
				 wd_clock_now() + LIMIT * WD_NSEC_PER_SEC),
		0);
	assert_ptr_equal(done, r);
}

static int run(struct wd_request *r)
{
	int ret = wd_send(&q, r);

	if (ret)
		return ret;
	take(r);
	return r->status;
}

static struct wd_request copy(void *dst, const void *src, size_t len)
{
	return (struct wd_request){ .op = WD_COPY,
				    .src = src,
				    .src_len = len,
				    .dst = dst,
				    .dst_len = len,
				    .status = 99 };
}

static int run_copy(void *dst, const void *src, size_t len)
{
	struct wd_request r = copy(dst, src, len);
	int ret = run(&r);

	if (!ret)
		assert_int_equal(r.produced, len);
	return ret;
}

static void assert_bounces(uint64_t operations, uint64_t bytes)
{
	struct wd_bounce_stats stats;

	assert_int_equal(wd_get_bounces(&q, &stats), 0);
	assert_int_equal(stats.operations, operations);
	assert_int_equal(stats.bytes, bytes);
}

/* Without a word about copies, nothing else gets as far as the device. */
static void test_refused(void **state)
{
	unsigned char *memory;
	struct iovec iov[2];
	struct wd_request r;

	(void)state;
	begin(0);
	assert_int_equal(run_copy(to, from, 64), -EFAULT);
	memory = wd_reserve_memory(&q, 8192);
	assert_non_null(memory);
	assert_int_equal(run_copy(memory, from, 64), -EFAULT);
	assert_int_equal(run_copy(to, memory, 64), -EFAULT);
	assert_int_equal(run_copy(memory, memory + 8192 - 63, 64), -EFAULT);
	assert_int_equal(run_copy(memory + 99, memory - 1, 64), -EFAULT);
	assert_int_equal(run_copy(memory, memory + 8192, 1), -EFAULT);
	assert_int_equal(run_copy(memory, (void *)(uintptr_t)-4096, 64),
			 -EFAULT);
	iov[0] = (struct iovec){ memory, 32 };
	iov[1] = (struct iovec){ from, 32 };
	r = copy(memory + 4096, NULL, 64);
	r.flags = WD_REQUEST_SRC_IOV;
	r.src_iov = iov;
	r.src_len = 2;
	assert_int_equal(run(&r), -EFAULT);
	assert_int_equal(atomic_load(&model.served), 0);

	/* An entry without bytes is not memory. */
	iov[1].iov_len = 0;
	memcpy(memory, from, 64);
	assert_int_equal(run(&r), 0);
	assert_memory_equal(memory + 4096, from, 32);
	assert_int_equal(run_copy(memory + 8192 - 64, memory, 64), 0);
	assert_memory_equal(memory + 8192 - 64, from, 64);
	assert_int_equal(run_copy(to, from, 0), 0);
	assert_bounces(0, 0);
	end();
}

/* The device finds lists where it finds all else. */
static void test_lists_within_memory(void **state)
{
	struct iovec src[10], dst[7];
	struct wd_request r;
	unsigned char *memory;
	unsigned int i;

	(void)state;
	begin(0);
	memory = wd_reserve_memory(&q, 4 << 20);
	assert_non_null(memory);
	memcpy(memory, from, 70000);
	for (i = 0; i < 10; i++)
		src[i] = (struct iovec){ memory + i * 7000, 7000 };
	for (i = 0; i < 7; i++)
		dst[i] =
			(struct iovec){ memory + (1 << 20) + i * 20000, 10000 };
	r = copy(NULL, NULL, 0);
	r.flags = WD_REQUEST_SRC_IOV | WD_REQUEST_DST_IOV;
	r.src_iov = src;
	r.src_len = 10;
	r.dst_iov = dst;
	r.dst_len = 7;
	assert_int_equal(run(&r), 0);
	assert_int_equal(r.produced, 70000);
	for (i = 0; i < 7; i++)
		assert_memory_equal(dst[i].iov_base, from + i * 10000, 10000);
	assert_bounces(0, 0);
	end();
}

static void test_bounced(void **state)
{
	static const size_t sizes[] = { 1,     4096,	  4097, CHUNK - 1,
					CHUNK, CHUNK + 1, BIG };
	uint64_t bytes = 0;
	size_t i;

	(void)state;
	begin(WD_QUEUE_BOUNCE);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(to, 0, BIG);
		assert_int_equal(run_copy(to, from, sizes[i]), 0);
		assert_memory_equal(to, from, sizes[i]);
		if (sizes[i] < BIG)
			assert_int_equal(to[sizes[i]], 0);
		bytes += 2 * sizes[i];
		assert_bounces(i + 1, bytes);
	}
	end();
}

/* Only the side that the device does not reach is copied. */
static void test_one_side_bounces(void **state)
{
	unsigned char *memory;

	(void)state;
	begin(WD_QUEUE_BOUNCE);
	memory = wd_reserve_memory(&q, BIG);
	assert_non_null(memory);
	assert_int_equal(run_copy(memory, from, BIG), 0);
	assert_bounces(1, BIG);
	assert_int_equal(run_copy(to, memory, BIG), 0);
	assert_memory_equal(to, from, BIG);
	assert_bounces(2, 2 * BIG);
	assert_int_equal(run_copy(memory + 1000, memory, 1000), 0);
	assert_bounces(2, 2 * BIG);
	/* Half in, half out. */
	assert_int_equal(run_copy(memory, from + 100, 100), 0);
	assert_bounces(3, 2 * BIG + 100);
	end();
}

static void test_lists_bounce(void **state)
{
	struct iovec src[40], dst[3];
	struct wd_request r;
	unsigned int i;

	(void)state;
	begin(WD_QUEUE_BOUNCE);
	for (i = 0; i < 40; i++)
		src[i] = (struct iovec){ from + i * 7000, i % 4 ? 7000 : 0 };
	for (i = 0; i < 3; i++)
		dst[i] = (struct iovec){ to + i * 99000, 70000 };
	r = copy(NULL, NULL, 0);
	r.flags = WD_REQUEST_SRC_IOV | WD_REQUEST_DST_IOV;
	r.src_iov = src;
	r.src_len = 40;
	r.dst_iov = dst;
	r.dst_len = 3;
	assert_int_equal(run(&r), 0);
	assert_int_equal(r.produced, 210000);
	for (i = 0; i < 210000; i++)
		assert_int_equal(to[i / 70000 * 99000 + i % 70000],
				 from[i / 21000 * 28000 + 7000 + i % 21000]);
	assert_bounces(1, 420000);
	end();
}

/* It reads what others write. */
static void test_compare(void **state)
{
	static const size_t places[] = { 0, 77, CHUNK - 1, CHUNK, BIG - 1 };
	struct wd_request r = { .op = WD_COMPARE,
				.src = from,
				.src_len = BIG,
				.dst = to,
				.dst_len = BIG };
	size_t i;

	(void)state;
	begin(WD_QUEUE_BOUNCE);
	memcpy(to, from, BIG);
	assert_int_equal(run(&r), 0);
	assert_int_equal(r.result, 0);
	assert_bounces(1, 2 * BIG);
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		to[places[i]] ^= 1;
		assert_int_equal(run(&r), 0);
		assert_int_equal(r.result, 1);
		assert_int_equal(r.consumed, places[i]);
		to[places[i]] ^= 1;
	}
	assert_memory_equal(to, from, BIG);
	end();
}

/* The pool is full: the queue is, too, until something has come back. */
static void test_no_memory_for_more(void **state)
{
	struct wd_stream *streams[10];
	struct wd_request a, b;
	unsigned int i;

	(void)state;
	begin(WD_QUEUE_BOUNCE);
	model.memory_limit = WD_POOL_MAX; /* which is taken */
	for (i = 0; i < 9; i++)
		assert_int_equal(wd_stream_open(&q, WD_COMPRESS, WD_GZIP, 1, 0,
						&streams[i]),
				 0);
	a = copy(to, from, CHUNK);
	b = copy(to + CHUNK, from + CHUNK, CHUNK);
	assert_int_equal(wd_send(&q, &a), 0);
	assert_int_equal(wd_send(&q, &b), -EAGAIN);
	assert_int_equal(b.status, 99);
	take(&a);
	assert_int_equal(run(&b), 0);
	assert_memory_equal(to, from, 2 * CHUNK);

	/* Nothing in flight would give any. */
	assert_int_equal(
		wd_stream_open(&q, WD_COMPRESS, WD_GZIP, 1, 0, &streams[9]), 0);
	assert_int_equal(wd_stream_open(&q, WD_COMPRESS, WD_GZIP, 1, 0,
					&streams[0]),
			 -ENOMEM);
	assert_int_equal(run(&a), -ENOMEM);
	assert_int_equal(run_copy(to, from, 1000), 0);
	wd_stream_close(streams[9]);
	assert_int_equal(run(&a), 0);
	for (i = 0; i < 9; i++)
		wd_stream_close(streams[i]);
	end();
}

static void test_pool_grows(void **state)
{
	struct wd_request jobs[MODEL_ENTRIES];
	struct wd_stream *streams[20];
	unsigned int i;

	(void)state;
	begin(WD_QUEUE_BOUNCE);
	assert_int_equal(atomic_load(&model.memory), WD_POOL_MAX);
	for (i = 0; i < 20; i++)
		assert_int_equal(wd_stream_open(&q, WD_COMPRESS, WD_GZIP, 1, 0,
						&streams[i]),
				 0);
	for (i = 0; i < MODEL_ENTRIES; i++) {
		jobs[i] = copy(to + i * 1000, from + i * 1000, 1000);
		assert_int_equal(wd_send(&q, &jobs[i]), 0);
	}
	for (i = 0; i < MODEL_ENTRIES; i++)
		take(&jobs[i]);
	assert_memory_equal(to, from, MODEL_ENTRIES * 1000);
	assert_int_equal(atomic_load(&model.memory), 2 * WD_POOL_MAX);
	for (i = 0; i < 20; i++)
		wd_stream_close(streams[i]);
	end();
}

/* What is in flight when the queue is released or flushed leaves nothing. */
static void test_released_in_flight(void **state)
{
	struct wd_request jobs[MODEL_ENTRIES];
	unsigned int i;
	void *done;

	(void)state;
	begin(WD_QUEUE_BOUNCE);
	for (i = 0; i < MODEL_ENTRIES; i++) {
		jobs[i] = copy(to, from, BIG);
		assert_int_equal(wd_send(&q, &jobs[i]), 0);
	}
	wd_flush(&q);
	for (i = 0; i < MODEL_ENTRIES; i++)
		assert_int_equal(wd_recv(&q, &done), 0);
	assert_int_equal(wd_recv(&q, &done), -EAGAIN);
	for (i = 0; i < MODEL_ENTRIES; i++)
		assert_int_equal(wd_send(&q, &jobs[i]), 0);
	end();
}

/* Less than a pool may be locked: then there is no queue, and nothing is left. */
static void test_memory_is_limited(void **state)
{
	(void)state;
	begin(0);
	model.memory_limit = WD_POOL_MAX - 1;
	errno = 0;
	assert_null(wd_reserve_memory(&q, WD_POOL_MAX));
	assert_int_equal(errno, ENOMEM);
	assert_non_null(wd_reserve_memory(&q, WD_POOL_MAX - 4096));
	end();

	model_begin();
	model.features = VACCEL_FEAT_IN_ORDER;
	model.memory_limit = WD_POOL_MAX - 1;
	assert_int_equal(open_queue(WD_QUEUE_BOUNCE), -ENOMEM);
	assert_null(q.priv);
	assert_int_equal(open_queue(0), 0);
	end();
}

static unsigned int count_files(void)
{
	unsigned int count = 0;
	DIR *dir = opendir("/proc/self/fd");

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* A region belongs to all that have it, whatever their devices are. */
static void test_shared_with_other_devices(void **state)
{
	struct wd_queue sw = { .device = "sw" }, other = { .device = "sw" };
	unsigned char *memory;
	unsigned int files;

	(void)state;
	begin(0);
	assert_int_equal(wd_request_queue(&sw), 0);
	assert_int_equal(wd_request_queue(&other), 0);
	files = count_files();

	/* From where memory is any: it is not what this device reaches. */
	assert_non_null(wd_reserve_memory(&other, 4096));
	assert_int_equal(wd_share_reserved_memory(&other, &q), -EOPNOTSUPP);
	memory = wd_reserve_memory(&q, 4096);
	assert_non_null(memory);
	assert_int_equal(wd_share_reserved_memory(&q, &sw), 0);
	assert_int_equal(atomic_load(&model.shares), 0);
	memory[9] = 42;
	wd_release_queue(&q);
	assert_int_equal(atomic_load(&model.memory), 4096);
	assert_int_equal(memory[9], 42);
	wd_release_queue(&sw);
	assert_int_equal(atomic_load(&model.memory), 0);
	wd_release_queue(&other);
	assert_true(count_files() < files);
	end();
}

/* The flag changes nothing where any memory is reached. */
static void test_sva_does_not_bounce(void **state)
{
	(void)state;
	model_begin();
	assert_int_equal(open_queue(WD_QUEUE_BOUNCE), 0);
	assert_int_equal(run_copy(to, from, BIG), 0);
	assert_bounces(0, 0);
	assert_int_equal(atomic_load(&model.memory), 0);
	assert_int_equal(atomic_load(&model.served), 1);
	end();
}

static void test_counters_of_nothing(void **state)
{
	struct wd_queue none = { 0 };
	struct wd_bounce_stats stats;

	(void)state;
	begin(WD_QUEUE_BOUNCE);
	assert_int_equal(wd_get_bounces(&none, &stats), -EINVAL);
	assert_int_equal(wd_get_bounces(NULL, &stats), -EINVAL);
	assert_int_equal(wd_get_bounces(&q, NULL), -EINVAL);
	end();
}

static const struct CMUnitTest static_tests[] = {
	cmocka_unit_test(test_refused),
	cmocka_unit_test(test_lists_within_memory),
	cmocka_unit_test(test_bounced),
	cmocka_unit_test(test_one_side_bounces),
	cmocka_unit_test(test_lists_bounce),
	cmocka_unit_test(test_compare),
	cmocka_unit_test(test_no_memory_for_more),
	cmocka_unit_test(test_pool_grows),
	cmocka_unit_test(test_released_in_flight),
	cmocka_unit_test(test_memory_is_limited),
	cmocka_unit_test(test_shared_with_other_devices),
	cmocka_unit_test(test_sva_does_not_bounce),
	cmocka_unit_test(test_counters_of_nothing),
};

const struct suite static_suite = SUITE("static", static_tests);
