/* SPDX-License-Identifier: MIT */
/* Failing the n-th allocation of a path, for every n there is. */
#ifndef UACCE_NTH_H
#define UACCE_NTH_H

#include "uacce_lab.h"

static int nth_fd;

/* The file is that of the task that opens it. */
static inline int nth_open(void)
{
	nth_fd = open("/proc/self/fail-nth", O_RDWR);
	return nth_fd < 0 ? -1 : 0;
}

static inline int nth_set(int nth)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", nth);
	return pwrite(nth_fd, text, strlen(text), 0) < 0 ? -1 : 0;
}

/*
 * Was the n-th allocation in the path? Ends the injection. If this call is the
 * one to fail, it was not.
 */
static inline bool nth_hit(void)
{
	char text[16] = {};
	bool hit = pread(nth_fd, text, sizeof(text) - 1, 0) > 0 &&
		   atoi(text) == 0;

	if (nth_set(0))
		nth_set(0);
	return hit;
}

/*
 * One path: 0 or -1 and errno. `undo` follows a success. `odd` are errnos
 * that the kernel's own code makes of a failed allocation.
 */
struct path {
	int (*run)(void);
	void (*undo)(void);
	int odd[2];
};

/*
 * Not every failed allocation makes a path fail: some are tried again, some
 * are of something that can be done without.
 */
static inline void sweep(const struct path *path)
{
	int nth, ret, saved, failures = 0;
	bool hit = true;

	for (nth = 1; hit && nth < 2000; nth++) {
		KTAP_EQ(nth_set(nth), 0);
		errno = 0;
		ret = path->run();
		saved = errno;
		hit = nth_hit();
		if (!ret) {
			if (path->undo)
				path->undo();
			continue;
		}
		failures++;
		/* Copies from and to user memory are failed, too. */
		if (!hit || (saved != ENOMEM && saved != EFAULT &&
			     saved != path->odd[0] && saved != path->odd[1])) {
			ktap_note("allocation %d: errno %d", nth, saved);
			ktap.failed = 1;
		}
	}
	ktap_note("%d allocations, %d of them necessary", nth - 2, failures);
	KTAP_EXPECT(!hit);
}

/* Allocations that may sleep, and single pages, are what there is. */
static inline int nth_init(void)
{
	lab_write_file("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	lab_write_file("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait",
		       "N");
	lab_write_file("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	return nth_open();
}

#endif
