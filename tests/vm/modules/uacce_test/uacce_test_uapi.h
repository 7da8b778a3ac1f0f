/* SPDX-License-Identifier: MIT */
/* What the programs of tests/vm/uacce_*.c and their device agree on. */
#ifndef UACCE_TEST_UAPI_H
#define UACCE_TEST_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Regions of a device of the kind "full", in pages. */
#define UACCE_TEST_MMIO_PAGES 2
#define UACCE_TEST_DUS_PAGES 4

/* What the pages hold when they are mapped: the magic, then the page's index. */
#define UACCE_TEST_MMIO_MAGIC 0x4d4d494f
#define UACCE_TEST_DUS_MAGIC 0x44555331

/* Of the kind "static" also: the most that SS may have, and DKO. */
#define UACCE_TEST_SS_PAGES 4096
#define UACCE_TEST_DKO_PAGES 2

/* An access by the device; the error is negative, or 0. */
struct uacce_test_dma {
	__aligned_u64 src;
	__aligned_u64 dst;
	__aligned_u64 len;
	__aligned_u64 done;
	__s32 error;
	__u32 reserved;
};

/* Where the device has its buffers, and the first word of DKO. */
struct uacce_test_buffers {
	__aligned_u64 dus;
	__aligned_u64 dko;
	__u32 dko_word;
	__u32 reserved;
};

struct uacce_test_pair {
	__u32 value;
	__u32 twice;
};

/* One result more, in so many milliseconds; in 0 before the call returns. */
#define UACCE_TEST_COMPLETE _IO('T', 0)
/* Takes one result: 1, or 0 when there is none. */
#define UACCE_TEST_CONSUME _IO('T', 1)
/* Fills in twice the value. */
#define UACCE_TEST_TWICE _IOWR('T', 2, struct uacce_test_pair)
/* Takes the pages of a region away, to be faulted in again. */
#define UACCE_TEST_UNMAP _IO('T', 3)
/* Sleeps so many milliseconds in the driver. */
#define UACCE_TEST_SLEEP _IO('T', 4)
/* The queue's PASID, 0 for none. */
#define UACCE_TEST_PASID _IO('T', 5)
/* Copies: by the device, within this call. */
#define UACCE_TEST_DMA _IOWR('T', 6, struct uacce_test_dma)
#define UACCE_TEST_BUFFERS _IOR('T', 7, struct uacce_test_buffers)

#endif
