// SPDX-License-Identifier: MIT
/*
 * A queue of any number of threads. Requests go through the ring .sent. With
 * workers these carry them out and answer through the ring .done. Without, a
 * receiver takes a request from .sent and carries it out in its own thread;
 * .done then holds only what was flushed or drained.
 *
 * In flight are the requests sent and not received, at most ctx.depth: so
 * neither ring ever overflows.
 */
#include <errno.h>
#include <stdlib.h>

#include "clock.h"
#include "shared.h"
#include "thread.h"

static struct sw_shared *sw_shared_of(struct wd_ctx *ctx)
{
	return container_of(ctx, struct sw_shared, ctx);
}

static struct sw_scratch *sw_spare_get(struct sw_shared *q)
{
	for (unsigned int i = 0; i < SW_SPARE_MAX; i++) {
		struct sw_scratch *scratch;

		if (!atomic_load_explicit(&q->spare[i], memory_order_relaxed))
			continue;
		scratch = atomic_exchange(&q->spare[i], NULL);
		if (scratch)
			return scratch;
	}
	return sw_scratch_create(&q->ctx);
}

static void sw_spare_put(struct sw_shared *q, struct sw_scratch *scratch)
{
	for (unsigned int i = 0; i < SW_SPARE_MAX; i++) {
		struct sw_scratch *none = NULL;

		if (atomic_compare_exchange_strong(&q->spare[i], &none,
						   scratch))
			return;
	}
	sw_scratch_destroy(scratch);
}

/* Carries a request out in this thread. */
static void sw_shared_run(struct wd_ctx *ctx, struct wd_request *req)
{
	struct sw_shared *q = sw_shared_of(ctx);
	struct sw_scratch *scratch;

	/* What moves or sums bytes needs none of a codec's state. */
	if (req->op != WD_COMPRESS && req->op != WD_DECOMPRESS) {
		sw_execute(NULL, req);
		return;
	}
	scratch = sw_spare_get(q);
	if (!scratch) {
		sw_cancel(req);
		req->status = -ENOMEM;
		return;
	}
	sw_execute(scratch, req);
	sw_spare_put(q, scratch);
}

/* Positions below it may be filled: as many in flight as the queue is deep. */
static uint64_t sw_shared_limit(struct sw_shared *q)
{
	return atomic_load_explicit(&q->done.head, memory_order_acquire) +
	       atomic_load_explicit(&q->direct, memory_order_acquire) +
	       q->ctx.depth;
}

static unsigned int sw_shared_send(struct wd_ctx *ctx, void *const *reqs,
				   unsigned int n)
{
	struct sw_shared *q = sw_shared_of(ctx);
	uint64_t limit = sw_shared_limit(q);
	unsigned int i = 0;

	while (i < n) {
		uint64_t old = limit;

		if (sw_ring_put(&q->sent, reqs[i], limit)) {
			i++;
			continue;
		}
		/* Full, unless others have received meanwhile. */
		limit = sw_shared_limit(q);
		if (limit == old)
			break;
	}
	if (i && ctx->workers)
		wd_event_wake(&q->work, (int)i);
	else if (i)
		wd_event_wake(&q->answered, (int)i);
	return i;
}

static unsigned int sw_shared_recv(struct wd_ctx *ctx, void **reqs,
				   unsigned int n)
{
	struct sw_shared *q = sw_shared_of(ctx);
	unsigned int direct = 0;
	unsigned int got = 0;
	void *req;

	while (got < n && (req = sw_ring_take(&q->done, UINT64_MAX)))
		reqs[got++] = req;
	if (ctx->workers)
		return got;

	while (got < n && (req = sw_ring_take(&q->sent, UINT64_MAX))) {
		sw_shared_run(ctx, req);
		reqs[got++] = req;
		direct++;
	}
	if (direct)
		atomic_fetch_add_explicit(&q->direct, direct,
					  memory_order_release);
	return got;
}

static bool sw_shared_ready(struct sw_shared *q)
{
	return sw_ring_ready(&q->done) ||
	       (!q->ctx.workers && sw_ring_ready(&q->sent));
}

/* Nothing is in flight: only another thread can change that. */
static bool sw_shared_empty(struct sw_shared *q)
{
	return atomic_load(&q->sent.tail) ==
	       atomic_load(&q->done.head) + atomic_load(&q->direct);
}

static int sw_shared_wait(struct wd_ctx *ctx, uint64_t deadline)
{
	struct sw_shared *q = sw_shared_of(ctx);
	uint64_t until;
	uint32_t key;

	if (ctx->single && !deadline && sw_shared_empty(q))
		return -EAGAIN;

	until = wd_clock_now() + q->spin;
	do {
		for (int i = 0; i < 16; i++) {
			if (sw_shared_ready(q))
				return 0;
			wd_clock_relax();
		}
	} while (wd_clock_now() < until);

	key = wd_event_prepare(&q->answered);
	if (sw_shared_ready(q) || atomic_load(&ctx->closing)) {
		wd_event_cancel(&q->answered);
		return 0;
	}
	return wd_event_wait(&q->answered, key, deadline);
}

static void sw_shared_wake(struct wd_ctx *ctx)
{
	wd_event_wake(&sw_shared_of(ctx)->answered, WD_EVENT_ALL);
}

/* Without workers: moves what was sent below @limit to what is done. */
static void sw_shared_answer(struct sw_shared *q, uint64_t limit, bool cancel)
{
	void *req;

	while ((req = sw_ring_take(&q->sent, limit))) {
		if (cancel)
			sw_cancel(req);
		else
			sw_shared_run(&q->ctx, req);
		sw_ring_put(&q->done, req, UINT64_MAX);
		wd_event_wake(&q->answered, 1);
	}
}

static void sw_shared_flush(struct wd_ctx *ctx)
{
	struct sw_shared *q = sw_shared_of(ctx);
	uint64_t limit = atomic_load(&q->sent.tail);

	sw_shared_answer(q, limit, true);
	if (ctx->workers)
		sw_workers_wait(q, limit, 0);
}

static int sw_shared_drain(struct wd_ctx *ctx, uint64_t deadline)
{
	struct sw_shared *q = sw_shared_of(ctx);
	uint64_t limit = atomic_load(&q->sent.tail);

	if (ctx->workers)
		return sw_workers_wait(q, limit, deadline);
	sw_shared_answer(q, limit, false);
	return 0;
}

static void sw_shared_free(struct sw_shared *q)
{
	for (unsigned int i = 0; i < SW_SPARE_MAX; i++)
		sw_scratch_destroy(atomic_load(&q->spare[i]));
	sw_ring_fini(&q->done);
	sw_ring_fini(&q->sent);
	free(q);
}

static void sw_shared_close(struct wd_ctx *ctx, bool forked)
{
	struct sw_shared *q = sw_shared_of(ctx);

	if (forked) { /* its threads are the parent's */
		for (unsigned int i = 0; i < ctx->workers; i++)
			sw_scratch_destroy(q->workers[i].scratch);
		free(ctx->workers ? q->workers : NULL);
		sw_shared_free(q);
		return;
	}

	sw_shared_flush(ctx);
	if (ctx->workers)
		sw_workers_stop(q);
	sw_shared_free(q);
}

static const struct wd_ctx_ops sw_shared_ops = {
	.send = sw_shared_send,
	.recv = sw_shared_recv,
	.wait = sw_shared_wait,
	.wake = sw_shared_wake,
	.flush = sw_shared_flush,
	.drain = sw_shared_drain,
	.close = sw_shared_close,
	.run = sw_shared_run,
	.stream_open = sw_stream_open,
	.stream_reset = sw_stream_reset,
	.stream_close = sw_stream_close,
};

int sw_shared_open(const struct wd_ctx_params *params, struct wd_ctx **ctx)
{
	unsigned int workers = params->workers;
	struct sw_shared *q;
	int ret = -ENOMEM;

	q = aligned_alloc(WD_CACHE_LINE, sizeof(*q));
	if (!q)
		return -ENOMEM;
	*q = (struct sw_shared){ .workers = NULL };
	wd_ctx_init(&q->ctx, &sw_shared_ops, params);
	q->node = params->node;
	q->spin = sw_thread_spin(workers);

	ret = sw_ring_init(&q->sent, params->depth, params->single, false);
	if (ret)
		goto err_free;
	ret = sw_ring_init(&q->done, params->depth, false, params->single);
	if (ret)
		goto err_fini_sent;
	if (workers) {
		ret = sw_workers_start(q);
		if (ret)
			goto err_fini_done;
	}
	*ctx = &q->ctx;
	return 0;

err_fini_done:
	sw_ring_fini(&q->done);
err_fini_sent:
	sw_ring_fini(&q->sent);
err_free:
	free(q);
	return ret;
}
