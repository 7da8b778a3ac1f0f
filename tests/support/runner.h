/* SPDX-License-Identifier: MIT */
/*
 * Runs cmocka tests, each in a process of its own, and prints TAP.
 *
 * A test that crashes, hangs or leaks is one test that failed, with its output,
 * and the others still run. A skipped test gives its reason.
 */
#ifndef TESTS_RUNNER_H
#define TESTS_RUNNER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The tests of one subject; their names become "subject.test". */
struct suite {
	const char *name;
	const struct CMUnitTest *tests;
	size_t count;
};

#define SUITE(name_, tests_)                        \
	{                                           \
		.name = (name_), .tests = (tests_), \
		.count = ARRAY_SIZE(tests_),        \
	}

struct runner_options {
	const char *pattern; /* of the names to run, as bash has it; or NULL */
	unsigned int timeout; /* seconds for each test */
	bool verbose; /* print the output of tests that passed, too */
	bool list; /* print the names and run nothing */
};

/* Runs @suites; returns the exit status: 0 unless a test failed. */
int runner_run(const struct suite *const *suites, size_t count,
	       const struct runner_options *options);

/*
 * The main() of a program that has no options of its own: takes -k PATTERN,
 * -t SECONDS, -v and -l.
 */
int runner_main(int argc, char **argv, const struct suite *const *suites,
		size_t count);

/* Ends the running test as skipped, for that reason. */
void skip_because(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/*
 * Runs @body in a child process and asserts that it returned 0 within 120 s.
 * The body returns 0 or, through CHILD_CHECK(), the line that failed.
 */
void assert_in_child(int (*body)(void *argument), void *argument);

#define CHILD_CHECK(condition)           \
	do {                             \
		if (!(condition))        \
			return __LINE__; \
	} while (0)

#endif
