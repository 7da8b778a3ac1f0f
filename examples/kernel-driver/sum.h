/* SPDX-License-Identifier: MIT */
/* What the device "sum" and its programs agree on: api "sum-1". */
#ifndef SUM_H
#define SUM_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define SUM_NUMBERS 1000

/* The region DUS, one page: the process writes count and numbers. */
struct sum_page {
	__u32 count;
	__u32 numbers[SUM_NUMBERS];
	__u32 sum;
};

/* Add the numbers up. poll() tells when the sum is there. */
#define SUM_ADD _IO('S', 0)

#endif
