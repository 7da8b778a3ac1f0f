/* SPDX-License-Identifier: MIT */
/* The one clock of all deadlines: CLOCK_MONOTONIC, in nanoseconds. */
#ifndef WD_CLOCK_H
#define WD_CLOCK_H

#include <stdint.h>
#include <time.h>

#define WD_NSEC_PER_SEC 1000000000ull

static inline uint64_t wd_clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * WD_NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

/* The moment @timeout from now; 0, no deadline, for no timeout. */
static inline uint64_t wd_clock_deadline(uint64_t timeout)
{
	uint64_t now;

	if (!timeout)
		return 0;
	now = wd_clock_now();
	return timeout > UINT64_MAX - now ? UINT64_MAX : now + timeout;
}

/* Tells the CPU that this is a spin loop. */
static inline void wd_clock_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ __volatile__("isb");
#endif
}

#endif
