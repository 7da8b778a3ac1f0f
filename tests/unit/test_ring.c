/* SPDX-License-Identifier: MIT */
/* The ring of request pointers between threads. */
#include "suites.h"

#include <pthread.h>
#include <stdlib.h>

#include "ring.h"

enum { DEPTH = 8 };

/* Pointers that are never followed. */
static void *token(uintptr_t n)
{
	return (void *)(n + 1);
}

static void fill_and_empty(bool one_producer, bool one_consumer)
{
	struct sw_ring ring;
	uint64_t taken = 0;
	unsigned int round, i;

	assert_int_equal(sw_ring_init(&ring, DEPTH, one_producer, one_consumer),
			 0);
	for (round = 0; round < 100; round++) {
		assert_false(sw_ring_ready(&ring));
		assert_null(sw_ring_take(&ring, UINT64_MAX));
		for (i = 0; i < DEPTH; i++) {
			assert_true(
				sw_ring_put(&ring, token(i), taken + DEPTH));
			assert_true(sw_ring_ready(&ring));
		}
		assert_false(sw_ring_put(&ring, token(99), taken + DEPTH));
		for (i = 0; i < DEPTH; i++)
			assert_ptr_equal(sw_ring_take(&ring, UINT64_MAX),
					 token(i));
		assert_null(sw_ring_take(&ring, UINT64_MAX));
		taken += DEPTH;
	}
	sw_ring_fini(&ring);
}

static void test_fill_and_empty(void **state)
{
	(void)state;
	fill_and_empty(false, false);
	fill_and_empty(true, false);
	fill_and_empty(false, true);
	fill_and_empty(true, true);
}

/* What lies at or behind the limit stays. */
static void test_limit_of_a_taker(void **state)
{
	struct sw_ring ring;
	unsigned int i;

	(void)state;
	assert_int_equal(sw_ring_init(&ring, DEPTH, false, false), 0);
	for (i = 0; i < 5; i++)
		assert_true(sw_ring_put(&ring, token(i), DEPTH));
	assert_null(sw_ring_take(&ring, 0));
	assert_ptr_equal(sw_ring_take(&ring, 2), token(0));
	assert_ptr_equal(sw_ring_take(&ring, 2), token(1));
	assert_null(sw_ring_take(&ring, 2));
	assert_ptr_equal(sw_ring_take(&ring, 3), token(2));
	assert_true(sw_ring_ready(&ring));
	sw_ring_fini(&ring);
}

static void test_ring_of_one(void **state)
{
	struct sw_ring ring;
	unsigned int i;

	(void)state;
	assert_int_equal(sw_ring_init(&ring, 1, false, false), 0);
	for (i = 0; i < 100; i++) {
		assert_true(sw_ring_put(&ring, token(i), i + 1));
		assert_false(sw_ring_put(&ring, token(i), i + 1));
		assert_ptr_equal(sw_ring_take(&ring, UINT64_MAX), token(i));
	}
	sw_ring_fini(&ring);
}

enum { PEERS = 3, EACH = 50000 };

struct traffic {
	struct sw_ring ring;
	_Atomic uint64_t taken;
	_Atomic uint64_t started; /* numbers the producers */
	unsigned char *seen; /* by number */
	_Atomic unsigned int errors;
};

static void *produce(void *argument)
{
	struct traffic *t = argument;
	uintptr_t first = (uintptr_t)atomic_fetch_add(&t->started, 1) * EACH;
	uintptr_t i;

	for (i = 0; i < EACH; i++)
		while (!sw_ring_put(&t->ring, token(first + i),
				    atomic_load(&t->taken) + DEPTH))
			wd_clock_relax();
	return NULL;
}

/* Each taker sees the numbers of one producer in rising order. */
static void *consume(void *argument)
{
	struct traffic *t = argument;
	uintptr_t last[PEERS] = { 0 };

	while (atomic_load(&t->taken) < PEERS * EACH) {
		uintptr_t n = (uintptr_t)sw_ring_take(&t->ring, UINT64_MAX);

		if (!n) {
			wd_clock_relax();
			continue;
		}
		atomic_fetch_add(&t->taken, 1);
		if (n > PEERS * EACH || t->seen[n - 1]++ ||
		    n <= last[(n - 1) / EACH])
			atomic_fetch_add(&t->errors, 1);
		else
			last[(n - 1) / EACH] = n;
	}
	return NULL;
}

static void run_traffic(unsigned int consumers)
{
	struct traffic *t = aligned_alloc(WD_CACHE_LINE, sizeof(*t));
	pthread_t threads[2 * PEERS];
	unsigned int i;

	assert_non_null(t);
	*t = (struct traffic){ .seen = calloc(PEERS, EACH) };
	assert_non_null(t->seen);
	assert_int_equal(sw_ring_init(&t->ring, DEPTH, false, consumers == 1),
			 0);
	for (i = 0; i < consumers; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, consume, t),
				 0);
	for (i = 0; i < PEERS; i++)
		assert_int_equal(pthread_create(&threads[consumers + i], NULL,
						produce, t),
				 0);
	for (i = 0; i < consumers + PEERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(t->errors, 0);
	for (i = 0; i < PEERS * EACH; i++)
		assert_int_equal(t->seen[i], 1);
	sw_ring_fini(&t->ring);
	free(t->seen);
	free(t);
}

static void test_many_to_many(void **state)
{
	(void)state;
	run_traffic(PEERS);
}

static void test_many_to_one(void **state)
{
	(void)state;
	run_traffic(1);
}

static const struct CMUnitTest ring_tests[] = {
	cmocka_unit_test(test_fill_and_empty),
	cmocka_unit_test(test_limit_of_a_taker),
	cmocka_unit_test(test_ring_of_one),
	cmocka_unit_test(test_many_to_many),
	cmocka_unit_test(test_many_to_one),
};

const struct suite ring_suite = SUITE("ring", ring_tests);
