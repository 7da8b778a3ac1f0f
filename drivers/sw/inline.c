// SPDX-License-Identifier: MIT
/*
 * A queue of one thread without workers: an array of pointers and three
 * counters. A request waits in it until wd_recv() carries it out, so nothing
 * here is atomic, and nothing sleeps.
 */
#include <errno.h>
#include <stdlib.h>

#include "event.h"
#include "sw.h"

struct sw_inline {
	struct wd_ctx ctx;
	/* Counters that only grow: head <= tail <= head + depth. */
	uint64_t head; /* received before it */
	uint64_t tail; /* sent before it */
	uint64_t answered; /* carried out before it, if more than head */
	uint64_t mask;
	struct sw_scratch *scratch;
	void *ring[];
};

static struct sw_inline *sw_inline_of(struct wd_ctx *ctx)
{
	return container_of(ctx, struct sw_inline, ctx);
}

static unsigned int sw_inline_send(struct wd_ctx *ctx, void *const *reqs,
				   unsigned int n)
{
	struct sw_inline *q = sw_inline_of(ctx);
	uint64_t tail = q->tail;
	uint64_t room = q->mask + 1 - (tail - q->head);

	if (n > room)
		n = (unsigned int)room;
	for (unsigned int i = 0; i < n; i++)
		q->ring[tail++ & q->mask] = reqs[i];
	q->tail = tail;
	return n;
}

static unsigned int sw_inline_recv(struct wd_ctx *ctx, void **reqs,
				   unsigned int n)
{
	struct sw_inline *q = sw_inline_of(ctx);
	uint64_t head = q->head;
	uint64_t filled = q->tail - head;

	if (n > filled)
		n = (unsigned int)filled;
	for (unsigned int i = 0; i < n; i++) {
		struct wd_request *req = q->ring[head & q->mask];

		if (wd_likely(head >= q->answered))
			sw_execute(q->scratch, req);
		reqs[i] = req;
		head++;
	}
	q->head = head;
	return n;
}

static int sw_inline_wait(struct wd_ctx *ctx, uint64_t deadline)
{
	struct wd_event event = { .key = 0 };

	(void)ctx;
	/* Nothing is in flight, and no other thread may send. */
	if (!deadline)
		return -EAGAIN;
	return wd_event_wait(&event, wd_event_prepare(&event), deadline);
}

static void sw_inline_wake(struct wd_ctx *ctx)
{
	(void)ctx; /* there is no other thread */
}

static void sw_inline_flush(struct wd_ctx *ctx)
{
	struct sw_inline *q = sw_inline_of(ctx);
	uint64_t at = q->answered > q->head ? q->answered : q->head;

	for (; at < q->tail; at++)
		sw_cancel(q->ring[at & q->mask]);
	q->answered = q->tail;
}

static int sw_inline_drain(struct wd_ctx *ctx, uint64_t deadline)
{
	struct sw_inline *q = sw_inline_of(ctx);
	uint64_t at = q->answered > q->head ? q->answered : q->head;

	(void)deadline;
	for (; at < q->tail; at++)
		sw_execute(q->scratch, q->ring[at & q->mask]);
	q->answered = q->tail;
	return 0;
}

static void sw_inline_run(struct wd_ctx *ctx, struct wd_request *req)
{
	sw_execute(sw_inline_of(ctx)->scratch, req);
}

static void sw_inline_close(struct wd_ctx *ctx, bool forked)
{
	struct sw_inline *q = sw_inline_of(ctx);

	if (!forked)
		sw_inline_flush(ctx);
	sw_scratch_destroy(q->scratch);
	free(q);
}

static const struct wd_ctx_ops sw_inline_ops = {
	.send = sw_inline_send,
	.recv = sw_inline_recv,
	.wait = sw_inline_wait,
	.wake = sw_inline_wake,
	.flush = sw_inline_flush,
	.drain = sw_inline_drain,
	.close = sw_inline_close,
	.run = sw_inline_run,
	.stream_open = sw_stream_open,
	.stream_reset = sw_stream_reset,
	.stream_close = sw_stream_close,
};

int sw_inline_open(const struct wd_ctx_params *params, struct wd_ctx **ctx)
{
	struct sw_inline *q;

	q = calloc(1, sizeof(*q) + params->depth * sizeof(q->ring[0]));
	if (!q)
		return -ENOMEM;
	wd_ctx_init(&q->ctx, &sw_inline_ops, params);
	q->mask = params->depth - 1;
	q->scratch = sw_scratch_create(&q->ctx);
	if (!q->scratch) {
		free(q);
		return -ENOMEM;
	}
	*ctx = &q->ctx;
	return 0;
}
