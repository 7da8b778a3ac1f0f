/* SPDX-License-Identifier: MIT */
/* Tells a process from its forked children, without a system call. */
#ifndef WD_PROCESS_H
#define WD_PROCESS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

/*
 * What a forked child must not inherit, on pages of its own that the kernel
 * clears in a child (MADV_WIPEONFORK). A child so differs from the process that
 * its queues remember, and finds the library's locks open whoever held them.
 * 64 KiB is the largest page of any architecture.
 */
#define WD_PROCESS_PAGE 65536
extern union wd_process_page {
	struct {
		_Atomic uint64_t id;
		pthread_mutex_t memory_lock; /* see memory.c */
	};
	char pages[WD_PROCESS_PAGE];
} wd_process_page;

/* This process's number, 0 before wd_process_enter(). */
static inline uint64_t wd_process_id(void)
{
	return atomic_load_explicit(&wd_process_page.id, memory_order_relaxed);
}

/* Gives this process a number if it has none; 0 or a negative errno. */
int wd_process_enter(void);

#endif
