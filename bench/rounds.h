/* SPDX-License-Identifier: MIT */
/*
 * Measurements that are compared with one another: they take turns, A B C A B
 * C, so that whatever else the machine does meets all of them alike.
 */
#ifndef BENCH_ROUNDS_H
#define BENCH_ROUNDS_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>
#endif

struct round_case {
	const char *name;
	/* Measures once: a positive number, or a negative one on an error. */
	double (*run)(const struct round_case *c);
	void *object; /* what it measures */
	unsigned int burst;
	unsigned int count; /* of operations */
	double *samples; /* one for each round */
};

/*
 * Runs all cases once to warm up and then in @rounds rounds, and prints
 *	{"unit": @unit, "cases": {NAME: [SAMPLE, ...], ...}}
 * Returns 0 or a negative errno.
 */
int rounds_run(struct round_case *cases, size_t count, unsigned int rounds,
	       const char *unit);

/* Prints why the program cannot go on, and ends it. */
_Noreturn void rounds_die(const char *what, int error);

static inline uint64_t rounds_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* The counter that DPDK counts cycles with. */
static inline uint64_t rounds_ticks(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return __rdtsc();
#elif defined(__aarch64__)
	uint64_t ticks;

	__asm__ __volatile__("mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
#else
	return rounds_ns();
#endif
}

#endif
