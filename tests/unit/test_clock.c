/* SPDX-License-Identifier: MIT */
#include "suites.h"

#include "clock.h"

static void test_clock_goes_forward(void **state)
{
	uint64_t before = wd_clock_now(), after;
	unsigned int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		after = wd_clock_now();
		assert_true(after >= before);
		before = after;
	}
}

static void test_no_timeout_is_no_deadline(void **state)
{
	(void)state;
	assert_true(wd_clock_deadline(0) == 0);
}

static void test_deadline_is_ahead(void **state)
{
	uint64_t before = wd_clock_now();
	uint64_t deadline = wd_clock_deadline(1000);

	(void)state;
	assert_true(deadline >= before + 1000);
	assert_true(deadline <= wd_clock_now() + 1000);
}

/* A deadline past the end of time is at the end, not before now. */
static void test_deadline_does_not_wrap(void **state)
{
	(void)state;
	assert_true(wd_clock_deadline(UINT64_MAX) == UINT64_MAX);
	assert_true(wd_clock_deadline(UINT64_MAX - 1) == UINT64_MAX);
}

static const struct CMUnitTest clock_tests[] = {
	cmocka_unit_test(test_clock_goes_forward),
	cmocka_unit_test(test_no_timeout_is_no_deadline),
	cmocka_unit_test(test_deadline_is_ahead),
	cmocka_unit_test(test_deadline_does_not_wrap),
};

const struct suite clock_suite = SUITE("clock", clock_tests);
