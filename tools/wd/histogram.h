/* SPDX-License-Identifier: MIT */
/*
 * A histogram of times with a bounded relative error. Each power of two is
 * divided into HISTOGRAM_PARTS buckets of equal width, so that what a bucket
 * stands for differs from what was counted by at most 1/(2 * HISTOGRAM_PARTS).
 */
#ifndef WD_HISTOGRAM_H
#define WD_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_PARTS_LOG2 6
#define HISTOGRAM_PARTS (1u << HISTOGRAM_PARTS_LOG2)
#define HISTOGRAM_BUCKETS ((65 - HISTOGRAM_PARTS_LOG2) * HISTOGRAM_PARTS)

struct histogram {
	uint64_t total;
	uint64_t counts[HISTOGRAM_BUCKETS];
};

/* The bucket that @value belongs to, and the middle of bucket @index. */
static inline unsigned int histogram_index(uint64_t value)
{
	unsigned int shift;

	if (value < UINT64_C(2) * HISTOGRAM_PARTS)
		return (unsigned int)value;
	shift = 63 - (unsigned int)__builtin_clzll(value) -
		HISTOGRAM_PARTS_LOG2;
	return shift * HISTOGRAM_PARTS + (unsigned int)(value >> shift);
}

double histogram_middle(unsigned int index);

/* Counts one value. */
static inline void histogram_add(struct histogram *h, uint64_t value)
{
	h->counts[histogram_index(value)]++;
	h->total++;
}

/* Adds what @from has counted. */
void histogram_merge(struct histogram *h, const struct histogram *from);

/* The value that a share of @q (0 to 1) of all do not exceed; 0 if empty. */
double histogram_quantile(const struct histogram *h, double q);

#endif
