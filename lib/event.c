// SPDX-License-Identifier: MIT
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"
#include "event.h"

int wd_event_wait(struct wd_event *event, uint32_t key, uint64_t deadline)
{
	struct timespec ts = {
		.tv_sec = (time_t)(deadline / WD_NSEC_PER_SEC),
		.tv_nsec = (long)(deadline % WD_NSEC_PER_SEC),
	};
	int ret = 0;

	/* WAIT_BITSET takes an absolute time on the monotonic clock. */
	if (syscall(SYS_futex, &event->key,
		    FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, key,
		    deadline ? &ts : NULL, NULL, FUTEX_BITSET_MATCH_ANY) &&
	    errno == ETIMEDOUT)
		ret = -ETIMEDOUT;

	wd_event_cancel(event);
	return ret;
}

void __wd_event_wake(struct wd_event *event, int n)
{
	atomic_fetch_add(&event->key, 1);
	syscall(SYS_futex, &event->key, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, n,
		NULL, NULL, 0);
}
