/* SPDX-License-Identifier: MIT */
/*
 * What a test program needs to print KTAP: a table of named functions, and
 * checks that say where and why they failed. One process prints; children
 * report through their exit status.
 *
 *	static void test_open(void)
 *	{
 *		int fd = open("/dev/vaccel-0", O_RDWR);
 *
 *		KTAP_REQUIRE(fd >= 0);
 *		KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
 *		close(fd);
 *	}
 *
 *	static const struct ktap_test tests[] = { { "open", test_open } };
 *
 *	int main(void)
 *	{
 *		return KTAP_RUN(tests);
 *	}
 */
#ifndef KTAP_H
#define KTAP_H

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ktap_test {
	const char *name;
	void (*run)(void);
};

static struct {
	jmp_buf end;
	int failed;
	const char *skipped;
} ktap __attribute__((unused));

/* For what a test wants to say; a diagnostic line of KTAP. */
#define ktap_note(...) (printf("# " __VA_ARGS__), putchar('\n'))

/*
 * How often to repeat what finds more the more often it is done: @times, or a
 * share of it in a profile whose kernel is slow.
 */
static inline int ktap_times(int times)
{
	const char *text = getenv("LAB_SHARE");
	int share = text ? atoi(text) : 1;

	return share > 1 ? (times + share - 1) / share : times;
}

/* Notes a failure and goes on. Evaluates its arguments once. */
#define KTAP_EXPECT(condition)                                                \
	((condition) ? 1 :                                                    \
		       (ktap_note("%s:%d: %s (errno %d)", __FILE__, __LINE__, \
				  #condition, errno),                         \
			ktap.failed = 1, 0))

/* Notes a failure and ends this test. */
#define KTAP_REQUIRE(condition)               \
	do {                                  \
		if (!KTAP_EXPECT(condition))  \
			longjmp(ktap.end, 1); \
	} while (0)

#define KTAP_EQ(got, wanted)                                                \
	({                                                                  \
		long long ktap_got = (long long)(got);                      \
		long long ktap_wanted = (long long)(wanted);                \
		int ktap_errno = errno;                                     \
                                                                            \
		if (ktap_got != ktap_wanted) {                              \
			ktap_note("%s:%d: %s is %lld, not %lld (errno %d)", \
				  __FILE__, __LINE__, #got, ktap_got,       \
				  ktap_wanted, ktap_errno);                 \
			ktap.failed = 1;                                    \
		}                                                           \
		ktap_got == ktap_wanted;                                    \
	})

/* The call fails with this errno. */
#define KTAP_ERRNO(call, wanted)                                            \
	({                                                                  \
		errno = 0;                                                  \
		long long ktap_ret = (long long)(call);                     \
		int ktap_errno = errno;                                     \
		int ktap_ok = ktap_ret == -1 && ktap_errno == (wanted);     \
                                                                            \
		if (!ktap_ok) {                                             \
			ktap_note("%s:%d: %s gives %lld, errno %d, not %d", \
				  __FILE__, __LINE__, #call, ktap_ret,      \
				  ktap_errno, (wanted));                    \
			ktap.failed = 1;                                    \
		}                                                           \
		ktap_ok;                                                    \
	})

/* Ends this test as skipped; the runner wants to know why. */
#define KTAP_SKIP(why)                \
	do {                          \
		ktap.skipped = (why); \
		longjmp(ktap.end, 1); \
	} while (0)

static inline int ktap_run(const struct ktap_test *tests, int count)
{
	int failed = 0;
	int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n1..%d\n", count);
	for (i = 0; i < count; i++) {
		ktap.failed = 0;
		ktap.skipped = NULL;
		if (!setjmp(ktap.end))
			tests[i].run();
		if (ktap.failed)
			printf("not ok %d %s\n", i + 1, tests[i].name);
		else if (ktap.skipped)
			printf("ok %d %s # SKIP %s\n", i + 1, tests[i].name,
			       ktap.skipped);
		else
			printf("ok %d %s\n", i + 1, tests[i].name);
		failed |= ktap.failed;
	}
	return failed;
}

#define KTAP_RUN(tests) ktap_run(tests, sizeof(tests) / sizeof((tests)[0]))

#endif
