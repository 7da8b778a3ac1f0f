/* SPDX-License-Identifier: MIT */
/* The pool of memory that a device with reserved memory only reaches. */
#include "suites.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "pool.h"

enum { PIECES = 300 };

static unsigned int mapped, limit;

static int map(struct wd_ctx *ctx, struct wd_region *region)
{
	(void)ctx;
	if (mapped == limit)
		return -EPERM;
	region->address = mmap(NULL, region->size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(region->address != MAP_FAILED);
	region->fd = -1;
	mapped++;
	return 0;
}

static const struct wd_ctx_ops ops = { .region_map = map };
static struct wd_ctx ctx = { .ops = &ops, .reserved_only = true };

static void begin(unsigned int regions)
{
	mapped = 0;
	limit = regions;
}

/* What is handed out does not overlap, whatever the order. */
static void test_pieces_are_apart(void **state)
{
	struct wd_pool pool = { 0 };
	unsigned char *at[PIECES] = { NULL };
	size_t size[PIECES];
	unsigned int round, i;

	(void)state;
	begin(WD_POOL_ARENAS);
	srand(7);
	for (round = 0; round < 5000; round++) {
		i = (unsigned int)rand() % PIECES;
		if (at[i]) {
			assert_int_equal(at[i][0], i % 251);
			assert_int_equal(at[i][size[i] - 1], i % 251);
			wd_pool_free(&pool, at[i], size[i]);
			at[i] = NULL;
			continue;
		}
		size[i] = 1 + (size_t)rand() % (60 * WD_POOL_GRAIN);
		at[i] = wd_pool_alloc(&pool, &ctx, size[i]);
		assert_non_null(at[i]);
		assert_int_equal((uintptr_t)at[i] % WD_POOL_GRAIN, 0);
		memset(at[i], (int)(i % 251), size[i]);
	}
	assert_in_range(mapped, 2, WD_POOL_ARENAS);
	wd_pool_destroy(&pool, false);
}

/* All of a region can be had, in one piece again when it was given back. */
static void test_all_of_it(void **state)
{
	struct wd_pool pool = { 0 };
	void *grain[WD_POOL_GRAINS], *all;
	unsigned int i;

	(void)state;
	begin(1);
	for (i = 0; i < WD_POOL_GRAINS; i++) {
		grain[i] = wd_pool_alloc(&pool, &ctx, 1);
		assert_non_null(grain[i]);
	}
	assert_null(wd_pool_alloc(&pool, &ctx, 1));
	for (i = 0; i < WD_POOL_GRAINS; i += 2)
		wd_pool_free(&pool, grain[i], 1);
	assert_null(wd_pool_alloc(&pool, &ctx, WD_POOL_GRAIN + 1));
	for (i = 1; i < WD_POOL_GRAINS; i += 2)
		wd_pool_free(&pool, grain[i], 1);
	all = wd_pool_alloc(&pool, &ctx, WD_POOL_MAX);
	assert_ptr_equal(all, grain[0]);
	wd_pool_free(&pool, all, WD_POOL_MAX);
	assert_int_equal(mapped, 1);
	wd_pool_destroy(&pool, false);
	assert_int_equal(pool.count, 0);
}

static void test_what_cannot_be(void **state)
{
	struct wd_pool pool = { 0 };
	unsigned int i;

	(void)state;
	begin(0);
	assert_int_equal(wd_pool_grow(&pool, &ctx), -EPERM);
	assert_null(wd_pool_alloc(&pool, &ctx, 1));
	limit = WD_POOL_ARENAS + 1;
	assert_null(wd_pool_alloc(&pool, &ctx, 0));
	assert_null(wd_pool_alloc(&pool, &ctx, WD_POOL_MAX + 1));
	assert_int_equal(mapped, 0);
	wd_pool_free(&pool, NULL, 1);
	for (i = 0; i < WD_POOL_ARENAS; i++)
		assert_non_null(wd_pool_alloc(&pool, &ctx, WD_POOL_MAX));
	assert_null(wd_pool_alloc(&pool, &ctx, 1));
	assert_int_equal(wd_pool_grow(&pool, &ctx), -ENOMEM);
	assert_int_equal(mapped, WD_POOL_ARENAS);
	wd_pool_destroy(&pool, false);
}

static const struct CMUnitTest pool_tests[] = {
	cmocka_unit_test(test_pieces_are_apart),
	cmocka_unit_test(test_all_of_it),
	cmocka_unit_test(test_what_cannot_be),
};

const struct suite pool_suite = SUITE("pool", pool_tests);
