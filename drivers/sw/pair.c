// SPDX-License-Identifier: MIT
/*
 * A queue of one thread with one worker. The two share nothing but a ring of
 * slots, in which an answer stands where its request stood, so that a cache line
 * goes to the worker and back and no other has to: nothing is locked, and as
 * there is one worker, answers come in the order of sending.
 *
 * A no-op does not even take its request along. The slot says that it is one,
 * and the caller's thread writes its answer when it receives it.
 *
 * Whose slot it is, and what for, stands in .turn: the position in the upper
 * bits, a state in the lower ones. Each side stores it last (release) and loads
 * it first (acquire), so .req and the request itself go with it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "event.h"
#include "sw.h"
#include "thread.h"

enum sw_pair_state {
	SW_PAIR_SENT = 1,
	SW_PAIR_SENT_NOOP,
	/* what follows is the caller's */
	SW_PAIR_ANSWERED,
	SW_PAIR_DONE_NOOP,
	SW_PAIR_CANCELLED_NOOP,
};
#define SW_PAIR_STATES 8

/* No-ops that the worker answers at most before it looks for a sleeper. */
#define SW_PAIR_UNTOLD_MAX 16

struct sw_pair_slot {
	_Atomic uint64_t turn;
	struct wd_request *req;
};

struct sw_pair {
	struct wd_ctx ctx;
	/* The caller's: counters that only grow. */
	_Alignas(WD_CACHE_LINE) uint64_t head; /* received before it */
	uint64_t tail; /* sent before it */
	struct sw_scratch *scratch; /* the worker's */
	pthread_t thread;
	/* Written seldom, read by both. */
	_Alignas(WD_CACHE_LINE) _Atomic uint64_t cancelled; /* below it */
	atomic_bool stopping; /* the worker ends when there is no work */
	int node; /* that the worker runs on; -1: any */
	uint64_t spin; /* ns that a thread spins before it sleeps */
	uint64_t mask;
	/* The caller sleeps here; the worker there. */
	_Alignas(WD_CACHE_LINE) struct wd_event answered;
	_Alignas(WD_CACHE_LINE) struct wd_event work;
	_Alignas(WD_CACHE_LINE) struct sw_pair_slot slots[];
};

static struct sw_pair *sw_pair_of(struct wd_ctx *ctx)
{
	return container_of(ctx, struct sw_pair, ctx);
}

static inline struct sw_pair_slot *sw_pair_slot(struct sw_pair *q, uint64_t at)
{
	return &q->slots[at & q->mask];
}

static inline uint64_t sw_pair_turn(uint64_t at, enum sw_pair_state state)
{
	return at * SW_PAIR_STATES + state;
}

/* The state of a slot as far as a position is concerned: 0 for another. */
static inline unsigned int sw_pair_state(struct sw_pair *q, uint64_t at)
{
	uint64_t state = atomic_load_explicit(&sw_pair_slot(q, at)->turn,
					      memory_order_acquire) -
			 at * SW_PAIR_STATES;

	return state < SW_PAIR_STATES ? (unsigned int)state : 0;
}

static inline void sw_pair_give(struct sw_pair *q, uint64_t at,
				enum sw_pair_state state)
{
	atomic_store_explicit(&sw_pair_slot(q, at)->turn,
			      sw_pair_turn(at, state), memory_order_release);
}

/* Spins until a slot has reached a state, for a moment: whether it has. */
static bool sw_pair_spin(struct sw_pair *q, uint64_t at,
			 enum sw_pair_state state)
{
	uint64_t until = 0;

	do {
		for (int i = 0; i < 64; i++) {
			if (sw_pair_state(q, at) >= state)
				return true;
			wd_clock_relax();
		}
		if (!until)
			until = wd_clock_now() + q->spin;
	} while (wd_clock_now() < until);
	return false;
}

/* The caller's side. */

static unsigned int sw_pair_send(struct wd_ctx *ctx, void *const *reqs,
				 unsigned int n)
{
	struct sw_pair *q = sw_pair_of(ctx);
	uint64_t room = q->mask + 1 - (q->tail - q->head);

	if (n > room)
		n = (unsigned int)room;
	for (unsigned int i = 0; i < n; i++) {
		struct wd_request *req = reqs[i];
		bool noop = req->op == WD_NOOP && !req->deadline;

		sw_pair_slot(q, q->tail)->req = req;
		sw_pair_give(q, q->tail++,
			     noop ? SW_PAIR_SENT_NOOP : SW_PAIR_SENT);
	}
	wd_event_wake(&q->work, 1);
	return n;
}

static unsigned int sw_pair_recv(struct wd_ctx *ctx, void **reqs,
				 unsigned int n)
{
	struct sw_pair *q = sw_pair_of(ctx);
	unsigned int got = 0;

	for (; got < n && q->head < q->tail; got++) {
		unsigned int state = sw_pair_state(q, q->head);
		struct wd_request *req = sw_pair_slot(q, q->head)->req;

		if (state < SW_PAIR_ANSWERED)
			break;
		if (wd_likely(state == SW_PAIR_DONE_NOOP))
			req->status = 0;
		else if (state == SW_PAIR_CANCELLED_NOOP)
			sw_cancel(req);
		reqs[got] = req;
		q->head++;
	}
	return got;
}

/* Waits, perhaps not long enough, until a position is answered. */
static int sw_pair_await(struct sw_pair *q, uint64_t at, uint64_t deadline)
{
	uint32_t key;

	if (sw_pair_spin(q, at, SW_PAIR_ANSWERED))
		return 0;
	key = wd_event_prepare(&q->answered);
	if (sw_pair_state(q, at) >= SW_PAIR_ANSWERED ||
	    atomic_load(&q->ctx.closing)) {
		wd_event_cancel(&q->answered);
		return 0;
	}
	return wd_event_wait(&q->answered, key, deadline);
}

static int sw_pair_wait(struct wd_ctx *ctx, uint64_t deadline)
{
	struct sw_pair *q = sw_pair_of(ctx);

	/* Nothing is in flight, and no other thread may send. */
	if (q->head == q->tail && !deadline)
		return -EAGAIN;
	return sw_pair_await(q, q->head, deadline);
}

static void sw_pair_wake(struct wd_ctx *ctx)
{
	wd_event_wake(&sw_pair_of(ctx)->answered, WD_EVENT_ALL);
}

static int sw_pair_drain(struct wd_ctx *ctx, uint64_t deadline)
{
	struct sw_pair *q = sw_pair_of(ctx);
	int ret = 0;

	/* Answers come in order: the last one says it for all. */
	while (q->head < q->tail &&
	       sw_pair_state(q, q->tail - 1) < SW_PAIR_ANSWERED) {
		if (ret)
			return ret;
		ret = sw_pair_await(q, q->tail - 1, deadline);
	}
	return 0;
}

static void sw_pair_flush(struct wd_ctx *ctx)
{
	struct sw_pair *q = sw_pair_of(ctx);

	atomic_store_explicit(&q->cancelled, q->tail, memory_order_release);
	sw_pair_drain(ctx, 0);
}

/* The worker's side. */

static inline bool sw_pair_is_cancelled(struct sw_pair *q, uint64_t at)
{
	return wd_unlikely(
		at < atomic_load_explicit(&q->cancelled, memory_order_acquire));
}

static void sw_pair_execute(struct sw_pair *q, uint64_t at)
{
	struct wd_request *req = sw_pair_slot(q, at)->req;

	if (sw_pair_is_cancelled(q, at))
		sw_cancel(req);
	else
		sw_execute(q->scratch, req);
	sw_pair_give(q, at, SW_PAIR_ANSWERED);
}

/* Answers no-ops, and returns the position after them. */
static uint64_t sw_pair_noops(struct sw_pair *q, uint64_t at)
{
	for (unsigned int n = 0; n < SW_PAIR_UNTOLD_MAX; n++, at++) {
		if (sw_pair_state(q, at) != SW_PAIR_SENT_NOOP)
			break;
		sw_pair_give(q, at,
			     sw_pair_is_cancelled(q, at) ?
				     SW_PAIR_CANCELLED_NOOP :
				     SW_PAIR_DONE_NOOP);
	}
	return at;
}

/* Spins, then sleeps, until there may be work or the queue is stopping. */
static void sw_pair_rest(struct sw_pair *q, uint64_t at)
{
	uint32_t key;

	if (sw_pair_spin(q, at, SW_PAIR_SENT))
		return;
	key = wd_event_prepare(&q->work);
	if (sw_pair_state(q, at) || atomic_load(&q->stopping))
		wd_event_cancel(&q->work);
	else
		wd_event_wait(&q->work, key, 0);
}

static void *sw_pair_main(void *arg)
{
	struct sw_pair *q = arg;
	uint64_t at = 0;

	sw_thread_settle(q->node);
	for (;;) {
		switch (sw_pair_state(q, at)) {
		case SW_PAIR_SENT:
			sw_pair_execute(q, at++);
			wd_event_wake(&q->answered, 1);
			break;
		case SW_PAIR_SENT_NOOP:
			at = sw_pair_noops(q, at);
			wd_event_wake(&q->answered, 1);
			break;
		default:
			if (atomic_load(&q->stopping))
				return NULL;
			sw_pair_rest(q, at);
		}
	}
}

static void sw_pair_free(struct sw_pair *q)
{
	sw_scratch_destroy(q->scratch);
	free(q);
}

static void sw_pair_close(struct wd_ctx *ctx, bool forked)
{
	struct sw_pair *q = sw_pair_of(ctx);

	if (!forked) { /* a child has no worker */
		sw_pair_flush(ctx);
		atomic_store(&q->stopping, true);
		wd_event_wake(&q->work, 1);
		pthread_join(q->thread, NULL);
	}
	sw_pair_free(q);
}

static const struct wd_ctx_ops sw_pair_ops = {
	.send = sw_pair_send,
	.recv = sw_pair_recv,
	.wait = sw_pair_wait,
	.wake = sw_pair_wake,
	.flush = sw_pair_flush,
	.drain = sw_pair_drain,
	.close = sw_pair_close,
	.stream_open = sw_stream_open,
	.stream_reset = sw_stream_reset,
	.stream_close = sw_stream_close,
};

int sw_pair_open(const struct wd_ctx_params *params, struct wd_ctx **ctx)
{
	size_t slots = params->depth < 4 ? 4 : params->depth;
	size_t size =
		sizeof(struct sw_pair) + slots * sizeof(struct sw_pair_slot);
	struct sw_pair *q = aligned_alloc(WD_CACHE_LINE, size);
	int ret = -ENOMEM;

	if (!q)
		return ret;
	memset(q, 0, size);
	wd_ctx_init(&q->ctx, &sw_pair_ops, params);
	q->mask = params->depth - 1;
	q->node = params->node;
	q->spin = sw_thread_spin(1);
	q->scratch = sw_scratch_create(&q->ctx);
	if (!q->scratch)
		goto err_free;
	ret = sw_thread_start(&q->thread, sw_pair_main, q);
	if (ret)
		goto err_free;
	*ctx = &q->ctx;
	return 0;

err_free:
	sw_pair_free(q);
	return ret;
}
