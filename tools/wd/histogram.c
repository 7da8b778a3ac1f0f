// SPDX-License-Identifier: MIT
/* Log-linear histograms. */
#include <math.h>

#include "histogram.h"

double histogram_middle(unsigned int index)
{
	unsigned int shift;
	double low, width;

	if (index < 2 * HISTOGRAM_PARTS)
		return index;
	shift = index / HISTOGRAM_PARTS - 1;
	low = ldexp(index - shift * HISTOGRAM_PARTS, (int)shift);
	width = ldexp(1, (int)shift);
	return low + (width - 1) / 2;
}

void histogram_merge(struct histogram *h, const struct histogram *from)
{
	unsigned int i;

	h->total += from->total;
	for (i = 0; i < HISTOGRAM_BUCKETS; i++)
		h->counts[i] += from->counts[i];
}

double histogram_quantile(const struct histogram *h, double q)
{
	uint64_t rank = (uint64_t)ceil(q * (double)h->total), seen = 0;
	unsigned int i;

	if (!h->total)
		return 0;
	for (i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->counts[i];
		if (h->counts[i] && seen >= rank)
			return histogram_middle(i);
	}
	return histogram_middle(HISTOGRAM_BUCKETS - 1);
}
