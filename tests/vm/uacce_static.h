/* SPDX-License-Identifier: MIT */
/*
 * What the tests of shared-domain mode share. A program that includes this has
 * "lab-modules: uacce swiommu uacce_test".
 */
#ifndef UACCE_STATIC_H
#define UACCE_STATIC_H

#include <sys/resource.h>

#include "uacce_lab.h"

#define STATIC_MAX (UACCE_TEST_SS_PAGES * LAB_PAGE)

/* A queue of the device test-N, started; or -1. */
static inline int static_open(int n)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/dev/test-%d", n);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0 && ioctl(fd, UACCE_CMD_START_Q)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Static memory at @addr, or anywhere for NULL. */
static inline void *static_map(int fd, void *addr, size_t length)
{
	return mmap(addr, length, PROT_READ | PROT_WRITE,
		    MAP_SHARED | (addr ? MAP_FIXED_NOREPLACE : 0), fd,
		    UACCE_QFRT_SS * LAB_PAGE);
}

/* The device copies: 0 or a positive errno; -1 when the call fails. */
static inline int static_dma(int fd, const volatile void *dst,
			     const volatile void *src, size_t len)
{
	struct uacce_test_dma dma = {
		.src = (uintptr_t)src,
		.dst = (uintptr_t)dst,
		.len = len,
	};

	return ioctl(fd, UACCE_TEST_DMA, &dma) ? -1 : -dma.error;
}

/* Can the device read and write there? Needs two words at the place. */
static inline bool static_reaches(int fd, volatile unsigned int *word)
{
	static unsigned int round = 0x1000;

	word[0] = ++round;
	word[1] = 0;
	return !static_dma(fd, &word[1], &word[0], sizeof(*word)) &&
	       word[1] == round;
}

/* Pages that the process is charged for, from /proc/self/status. */
static inline long static_charged(void)
{
	char line[128];
	long kib = -1;
	FILE *file = fopen("/proc/self/status", "re");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmPin: %ld", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib < 0 ? -1 : kib * 1024 / (long)LAB_PAGE;
}

#endif
