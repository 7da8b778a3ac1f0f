/* SPDX-License-Identifier: MIT */
/* Time that only goes forward. */
#ifndef WD_MONOTONIC_H
#define WD_MONOTONIC_H

#include <stdint.h>
#include <time.h>

#define NS_PER_SECOND 1000000000ull

/* CLOCK_MONOTONIC in nanoseconds. */
static inline uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

#endif
