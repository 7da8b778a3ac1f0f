/* SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "suites.h"

#include <sys/mman.h>
#include <unistd.h>

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* Whether there is memory at @address; it is not touched. */
static bool is_mapped(const void *address)
{
	unsigned char vector;
	uintptr_t page = (uintptr_t)address & ~(page_size() - 1);

	return mincore((void *)page, 1, &vector) == 0;
}

static void test_region_is_zero_and_aligned(void **state)
{
	static const size_t sizes[] = { 1, 4095, 4096, 4097, 1000000 };
	struct wd_queue q;
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t rounded = (sizes[i] + page_size() - 1) / page_size() *
				 page_size();
		unsigned char *memory;

		fixture_request(&q, NULL);
		memory = wd_reserve_memory(&q, sizes[i]);
		assert_non_null(memory);
		assert_int_equal((uintptr_t)memory % page_size(), 0);
		for (j = 0; j < rounded; j++) {
			assert_int_equal(memory[j], 0);
			memory[j] = 1;
		}
		wd_release_queue(&q);
		assert_false(is_mapped(memory));
	}
}

static void test_one_region_for_a_queue(void **state)
{
	struct wd_queue q;
	void *memory;

	(void)state;
	fixture_request(&q, NULL);
	memory = wd_reserve_memory(&q, 4096);
	assert_non_null(memory);
	errno = 0;
	assert_null(wd_reserve_memory(&q, 4096));
	assert_int_equal(errno, EEXIST);
	assert_true(is_mapped(memory));
	wd_release_queue(&q);

	/* The next queue in the same struct has none. */
	fixture_request(&q, NULL);
	assert_non_null(wd_reserve_memory(&q, 4096));
	wd_release_queue(&q);
}

static void test_sizes_that_cannot_be(void **state)
{
	struct wd_queue q;

	(void)state;
	fixture_request(&q, NULL);
	errno = 0;
	assert_null(wd_reserve_memory(&q, 0));
	assert_int_equal(errno, EINVAL);
	errno = 0;
	assert_null(wd_reserve_memory(&q, SIZE_MAX));
	assert_int_equal(errno, ENOMEM);
	errno = 0;
	assert_null(wd_reserve_memory(&q, SIZE_MAX / 2));
	assert_int_equal(errno, ENOMEM);
	assert_non_null(wd_reserve_memory(&q, 1));
	wd_release_queue(&q);
}

static void test_device_reaches_it(void **state)
{
	struct wd_request r = { .op = WD_COPY };
	struct wd_queue q;
	unsigned char *memory;

	(void)state;
	fixture_request(&q, NULL);
	memory = wd_reserve_memory(&q, 100000);
	assert_non_null(memory);
	sample_fill(memory, 50000, SAMPLE_RANDOM, 1);
	r.src = memory;
	r.src_len = 50000;
	r.dst = memory + 50000;
	r.dst_len = 50000;
	assert_int_equal(fixture_run(&q, &r), 0);
	assert_memory_equal(memory, memory + 50000, 50000);
	wd_release_queue(&q);
}

static int run_copy(struct wd_queue *q, void *dst, const void *src, size_t len)
{
	struct wd_request r = { .op = WD_COPY,
				.src = src,
				.src_len = len,
				.dst = dst,
				.dst_len = len };
	int ret = wd_send(q, &r);

	if (ret)
		return ret;
	assert_ptr_equal(fixture_recv(q), &r);
	return r.status;
}

/* What was not reserved is reached, copied, or refused: nothing else. */
static void test_memory_that_is_not_reserved(void **state)
{
	bool bounces = !fixture_reaches_all() &&
		       (fixture_config.flags & WD_QUEUE_BOUNCE);
	int expected = fixture_reaches_all() || bounces ? 0 : -EFAULT;
	unsigned char *memory, *own = malloc(20000);
	struct wd_bounce_stats stats;
	struct wd_queue q;

	(void)state;
	assert_non_null(own);
	sample_fill(own, 20000, SAMPLE_RANDOM, 2);
	fixture_request(&q, NULL);
	memory = wd_reserve_memory(&q, 20480);
	assert_non_null(memory);
	assert_int_equal(run_copy(&q, memory, own, 20000), expected);
	if (!expected)
		assert_memory_equal(memory, own, 20000);
	assert_int_equal(run_copy(&q, own, memory, 10000), expected);
	/* The last byte is beyond it. */
	assert_int_equal(run_copy(&q, own, memory + 480, 20000), expected);
	assert_int_equal(run_copy(&q, memory, memory + 10240, 10240), 0);
	assert_int_equal(wd_get_bounces(&q, &stats), 0);
	assert_int_equal(stats.operations, bounces ? 3 : 0);
	assert_int_equal(stats.bytes, bounces ? 50000 : 0);
	assert_int_equal(wd_get_bounces(&q, NULL), -EINVAL);
	wd_release_queue(&q);
	assert_int_equal(wd_get_bounces(&q, &stats), -EINVAL);
	free(own);
}

/* Both devices reach it, whichever queue came first. */
static void test_shared_memory_is_reached(void **state)
{
	struct wd_queue first, second;
	unsigned char *memory;

	(void)state;
	fixture_request(&first, NULL);
	fixture_request(&second, NULL);
	memory = wd_reserve_memory(&first, 100000);
	assert_non_null(memory);
	sample_fill(memory, 30000, SAMPLE_RANDOM, 1);
	assert_int_equal(wd_share_reserved_memory(&first, &second), 0);
	assert_int_equal(run_copy(&first, memory + 30000, memory, 30000), 0);
	assert_int_equal(
		run_copy(&second, memory + 60000, memory + 30000, 30000), 0);
	wd_release_queue(&first);
	assert_memory_equal(memory + 60000, memory, 30000);
	memset(memory + 30000, 0, 60000);
	assert_int_equal(run_copy(&second, memory + 40000, memory, 30000), 0);
	assert_memory_equal(memory + 40000, memory, 30000);
	wd_release_queue(&second);
}

/* A release waits for what is at work, and only then takes the memory away. */
static void test_release_with_work_on_it(void **state)
{
	enum { JOBS = 4, SIZE = 4 << 20 };
	unsigned int round, i;

	(void)state;
	for (round = 0; round < 5; round++) {
		struct wd_request jobs[JOBS];
		unsigned char *memory;
		struct wd_queue q;

		fixture_request_depth(&q, JOBS);
		memory = wd_reserve_memory(&q, (size_t)2 * JOBS * SIZE);
		assert_non_null(memory);
		for (i = 0; i < JOBS; i++) {
			jobs[i] = (struct wd_request){
				.op = WD_COPY,
				.src = memory + (size_t)2 * i * SIZE,
				.src_len = SIZE,
				.dst = memory + (size_t)(2 * i + 1) * SIZE,
				.dst_len = SIZE,
				.status = 99,
			};
			fixture_send(&q, &jobs[i]);
		}
		fixture_sleep(MS / 2); /* to begin some */
		wd_release_queue(&q);
		for (i = 0; i < JOBS; i++)
			assert_true(jobs[i].status == 0 ||
				    jobs[i].status == -ECANCELED);
		assert_false(is_mapped(memory));
	}
}

static void test_region_outlives_its_queue(void **state)
{
	struct wd_queue first, second, third;
	unsigned char *memory;

	(void)state;
	fixture_request(&first, NULL);
	fixture_request(&second, NULL);
	fixture_request(&third, NULL);
	memory = wd_reserve_memory(&first, 4096);
	assert_non_null(memory);
	assert_int_equal(wd_share_reserved_memory(&first, &second), 0);
	memory[17] = 42;
	wd_release_queue(&first);
	assert_true(is_mapped(memory));
	assert_int_equal(memory[17], 42);

	/* What was shared can be shared on. */
	assert_int_equal(wd_share_reserved_memory(&second, &third), 0);
	wd_release_queue(&second);
	assert_true(is_mapped(memory));
	assert_int_equal(memory[17], 42);
	wd_release_queue(&third);
	assert_false(is_mapped(memory));
}

static void test_share_refusals(void **state)
{
	struct wd_queue with, without, other;
	struct wd_queue none = { 0 };

	(void)state;
	fixture_request(&with, NULL);
	fixture_request(&without, NULL);
	fixture_request(&other, NULL);
	assert_int_equal(wd_share_reserved_memory(&without, &other), -ENOENT);
	assert_non_null(wd_reserve_memory(&with, 4096));
	assert_non_null(wd_reserve_memory(&other, 4096));
	assert_int_equal(wd_share_reserved_memory(&with, &with), -EINVAL);
	assert_int_equal(wd_share_reserved_memory(&with, &none), -EINVAL);
	assert_int_equal(wd_share_reserved_memory(&none, &with), -EINVAL);
	assert_int_equal(wd_share_reserved_memory(&with, NULL), -EINVAL);
	assert_int_equal(wd_share_reserved_memory(NULL, &with), -EINVAL);
	assert_int_equal(wd_share_reserved_memory(&with, &other), -EEXIST);
	assert_int_equal(wd_share_reserved_memory(&with, &without), 0);
	assert_int_equal(wd_share_reserved_memory(&with, &without), -EEXIST);
	assert_null(wd_reserve_memory(&without, 4096));
	assert_int_equal(errno, EEXIST);
	wd_release_queue(&with);
	wd_release_queue(&without);
	wd_release_queue(&other);
}

struct heir {
	struct wd_queue *q;
	const unsigned char *memory;
};

static int look_for_memory(void *argument)
{
	struct heir *heir = argument;
	struct wd_queue own = { .device = "sw" };

	CHILD_CHECK(!is_mapped(heir->memory));
	CHILD_CHECK(wd_request_queue(&own) == 0);
	CHILD_CHECK(wd_share_reserved_memory(heir->q, &own) == -EPERM);
	CHILD_CHECK(wd_share_reserved_memory(&own, heir->q) == -EPERM);
	wd_release_queue(heir->q);
	wd_release_queue(&own);
	return 0;
}

static void test_child_does_not_inherit_it(void **state)
{
	struct wd_queue q;
	struct heir heir = { .q = &q };
	unsigned char *memory;

	(void)state;
	fixture_request(&q, NULL);
	memory = wd_reserve_memory(&q, 8192);
	assert_non_null(memory);
	memory[5000] = 42;
	heir.memory = memory;
	assert_in_child(look_for_memory, &heir);
	assert_int_equal(memory[5000], 42);
	wd_release_queue(&q);
}

static void test_many_regions_leave_nothing(void **state)
{
	unsigned int files = fixture_files(), i;
	struct wd_queue a, b;

	(void)state;
	for (i = 0; i < 200; i++) {
		unsigned char *memory;

		fixture_request_depth(&a, 2);
		fixture_request_depth(&b, 2);
		memory = wd_reserve_memory(&a, 1 << 20);
		assert_non_null(memory);
		memory[0] = 1;
		assert_int_equal(wd_share_reserved_memory(&a, &b), 0);
		wd_release_queue(i % 2 ? &a : &b);
		assert_true(is_mapped(memory));
		wd_release_queue(i % 2 ? &b : &a);
		assert_false(is_mapped(memory));
	}
	assert_int_equal(fixture_files(), files);
}

static const struct CMUnitTest memory_tests[] = {
	cmocka_unit_test(test_region_is_zero_and_aligned),
	cmocka_unit_test(test_one_region_for_a_queue),
	cmocka_unit_test(test_sizes_that_cannot_be),
	cmocka_unit_test(test_device_reaches_it),
	cmocka_unit_test(test_memory_that_is_not_reserved),
	cmocka_unit_test(test_shared_memory_is_reached),
	cmocka_unit_test(test_release_with_work_on_it),
	cmocka_unit_test(test_region_outlives_its_queue),
	cmocka_unit_test(test_share_refusals),
	cmocka_unit_test(test_child_does_not_inherit_it),
	cmocka_unit_test(test_many_regions_leave_nothing),
};

const struct suite memory_suite = SUITE("memory", memory_tests);
