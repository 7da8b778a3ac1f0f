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
	struct wd_queue own = { .device = fixture_config.device };

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
	cmocka_unit_test(test_region_outlives_its_queue),
	cmocka_unit_test(test_share_refusals),
	cmocka_unit_test(test_child_does_not_inherit_it),
	cmocka_unit_test(test_many_regions_leave_nothing),
};

const struct suite memory_suite = SUITE("memory", memory_tests);
