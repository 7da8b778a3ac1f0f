/* SPDX-License-Identifier: MIT */
/* The cheapest clock there is: the processor's time stamp counter on x86. */
#ifndef WD_TICK_H
#define WD_TICK_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>

#define TICKS_ARE_CYCLES true

static inline uint64_t tick_now(void)
{
	return __rdtsc();
}
#else
#include "monotonic.h"

#define TICKS_ARE_CYCLES false

static inline uint64_t tick_now(void)
{
	return monotonic_ns();
}
#endif
#endif
