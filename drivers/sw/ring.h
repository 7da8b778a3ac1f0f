/* SPDX-License-Identifier: MIT */
/*
 * A bounded ring of request pointers for any number of producers and
 * consumers, without locks. Each slot carries a sequence number that says whose
 * turn it is: equal to a position when a producer may fill it for that
 * position, one more when a consumer may empty it.
 *
 * The store of a slot's sequence number publishes its request: it pairs with
 * the load of the same number on the other side.
 */
#ifndef SW_RING_H
#define SW_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "clock.h"
#include "driver.h"

struct sw_slot {
	_Atomic uint64_t turn;
	void *req;
};

struct sw_ring {
	/* Where the next request is put, and who else may put one. */
	_Alignas(WD_CACHE_LINE) _Atomic uint64_t tail;
	bool one_producer;
	/* Where the next request is taken from, and who else may take one. */
	_Alignas(WD_CACHE_LINE) _Atomic uint64_t head;
	bool one_consumer;
	_Alignas(WD_CACHE_LINE) struct sw_slot *slots;
	uint64_t mask;
};

/* @depth is a power of two. Returns 0 or -ENOMEM. */
int sw_ring_init(struct sw_ring *ring, unsigned int depth, bool one_producer,
		 bool one_consumer);
void sw_ring_fini(struct sw_ring *ring);

/* Claims a position below @limit to put a request at: false if there is none. */
static inline bool sw_ring_claim_tail(struct sw_ring *ring, uint64_t limit,
				      uint64_t *position)
{
	uint64_t at = atomic_load_explicit(&ring->tail, memory_order_relaxed);

	if (ring->one_producer) {
		if (at >= limit)
			return false;
		atomic_store_explicit(&ring->tail, at + 1,
				      memory_order_release);
		*position = at;
		return true;
	}
	do {
		if (at >= limit)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
		&ring->tail, &at, at + 1, memory_order_acq_rel,
		memory_order_relaxed));
	*position = at;
	return true;
}

/*
 * Puts a request in, at a position below @limit: false if that is reached. The
 * caller sees to it that the ring has room up to the limit; at most a consumer
 * that has just claimed the slot's last request has yet to let go of it.
 */
static inline bool sw_ring_put(struct sw_ring *ring, void *req, uint64_t limit)
{
	struct sw_slot *slot;
	uint64_t at;

	if (!sw_ring_claim_tail(ring, limit, &at))
		return false;
	slot = &ring->slots[at & ring->mask];
	while (wd_unlikely(
		atomic_load_explicit(&slot->turn, memory_order_acquire) != at))
		wd_clock_relax();
	slot->req = req;
	atomic_store_explicit(&slot->turn, at + 1, memory_order_release);
	return true;
}

/* Takes the oldest request, if its position is below @limit; else NULL. */
static inline void *sw_ring_take(struct sw_ring *ring, uint64_t limit)
{
	uint64_t at = atomic_load_explicit(&ring->head, memory_order_relaxed);
	struct sw_slot *slot;
	void *req;

	for (;;) {
		int64_t ahead;

		if (at >= limit)
			return NULL;
		slot = &ring->slots[at & ring->mask];
		ahead = (int64_t)(atomic_load_explicit(&slot->turn,
						       memory_order_acquire) -
				  (at + 1));
		if (ahead < 0)
			return NULL; /* nothing there yet */
		if (ring->one_consumer) {
			atomic_store_explicit(&ring->head, at + 1,
					      memory_order_release);
			break;
		}
		if (ahead > 0) { /* another consumer was faster */
			at = atomic_load_explicit(&ring->head,
						  memory_order_relaxed);
			continue;
		}
		if (atomic_compare_exchange_weak(&ring->head, &at, at + 1))
			break;
	}

	req = slot->req;
	atomic_store_explicit(&slot->turn, at + ring->mask + 1,
			      memory_order_release);
	return req;
}

/* Whether a request is ready to be taken: for a sleeper's last look. */
static inline bool sw_ring_ready(struct sw_ring *ring)
{
	uint64_t at = atomic_load(&ring->head);

	return (int64_t)(atomic_load(&ring->slots[at & ring->mask].turn) -
			 (at + 1)) >= 0;
}

#endif
