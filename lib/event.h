/* SPDX-License-Identifier: MIT */
/*
 * An event count: threads sleep on a condition that lives elsewhere, in lock-
 * free data, and whoever makes it true pays one load when nobody sleeps.
 *
 *	sleeper				waker
 *	key = wd_event_prepare(e)	make the condition true
 *	condition true? cancel		wd_event_wake(e, n)
 *	else wd_event_wait(e, key)
 *
 * Either the sleeper sees the condition or the waker sees the sleeper, as both
 * store first and load second, with a full fence between: that of
 * wd_event_prepare() pairs with that of wd_event_wake().
 */
#ifndef WD_EVENT_H
#define WD_EVENT_H

#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>

#define WD_EVENT_ALL INT_MAX

struct wd_event {
	_Atomic uint32_t key; /* changes at every wake */
	_Atomic uint32_t sleepers;
};

/* Announces a sleeper: cancel or wait must follow. */
static inline uint32_t wd_event_prepare(struct wd_event *event)
{
	atomic_fetch_add(&event->sleepers, 1);
	atomic_thread_fence(memory_order_seq_cst);
	return atomic_load(&event->key);
}

static inline void wd_event_cancel(struct wd_event *event)
{
	atomic_fetch_sub(&event->sleepers, 1);
}

/*
 * Sleeps until a wake since the key was taken, or until @deadline (0: none).
 * Returns 0, perhaps for no reason, or -ETIMEDOUT. Touches the event no more
 * once it is no longer counted as a sleeper.
 */
int wd_event_wait(struct wd_event *event, uint32_t key, uint64_t deadline);

void __wd_event_wake(struct wd_event *event, int n);

/* Wakes up to @n sleepers. */
static inline void wd_event_wake(struct wd_event *event, int n)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (__builtin_expect(atomic_load(&event->sleepers) != 0, 0))
		__wd_event_wake(event, n);
}

#endif
