// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>

#include "shared.h"
#include "thread.h"

/* Whoever waits for the worker's request may have seen that it holds one. */
static void sw_worker_release(struct sw_worker *worker)
{
	atomic_store(&worker->holds, SW_WORKER_IDLE);
	wd_event_wake(&worker->q->idle, WD_EVENT_ALL);
}

static void *sw_worker_take(struct sw_worker *worker)
{
	struct sw_ring *sent = &worker->q->sent;
	void *req;

	if (!sw_ring_ready(sent))
		return NULL;
	/* Sequentially consistent, as is the claim: see sw_worker.holds. */
	atomic_store(&worker->holds, atomic_load(&sent->head));
	req = sw_ring_take(sent, UINT64_MAX);
	if (!req)
		sw_worker_release(worker); /* another worker was faster */
	return req;
}

static void sw_worker_answer(struct sw_worker *worker, void *req)
{
	struct sw_shared *q = worker->q;

	sw_ring_put(&q->done, req, UINT64_MAX);
	wd_event_wake(&q->answered, 1);
	sw_worker_release(worker);
}

/* Spins, then sleeps, until there may be work or the queue is stopping. */
static void sw_worker_wait(struct sw_shared *q)
{
	uint64_t until = wd_clock_now() + q->spin;
	uint32_t key;

	do {
		for (int i = 0; i < 16; i++) {
			if (sw_ring_ready(&q->sent))
				return;
			wd_clock_relax();
		}
	} while (wd_clock_now() < until);

	key = wd_event_prepare(&q->work);
	if (sw_ring_ready(&q->sent) || atomic_load(&q->stopping))
		wd_event_cancel(&q->work);
	else
		wd_event_wait(&q->work, key, 0);
}

static void *sw_worker_main(void *arg)
{
	struct sw_worker *worker = arg;

	sw_thread_settle(worker->q->node);
	for (;;) {
		void *req = sw_worker_take(worker);

		if (req) {
			sw_execute(worker->scratch, req);
			sw_worker_answer(worker, req);
		} else if (atomic_load(&worker->q->stopping)) {
			return NULL;
		} else {
			sw_worker_wait(worker->q);
		}
	}
}

static int sw_worker_start(struct sw_worker *worker, struct sw_shared *q)
{
	int ret;

	worker->q = q;
	atomic_init(&worker->holds, SW_WORKER_IDLE);
	worker->scratch = sw_scratch_create(&q->ctx);
	if (!worker->scratch)
		return -ENOMEM;
	ret = sw_thread_start(&worker->thread, sw_worker_main, worker);
	if (ret)
		sw_scratch_destroy(worker->scratch);
	return ret;
}

static void sw_workers_join(struct sw_shared *q, unsigned int count)
{
	atomic_store(&q->stopping, true);
	wd_event_wake(&q->work, WD_EVENT_ALL);
	for (unsigned int i = 0; i < count; i++) {
		pthread_join(q->workers[i].thread, NULL);
		sw_scratch_destroy(q->workers[i].scratch);
	}
	free(q->workers);
}

int sw_workers_start(struct sw_shared *q)
{
	unsigned int count = q->ctx.workers;
	int ret = 0;

	q->workers = aligned_alloc(WD_CACHE_LINE, count * sizeof(*q->workers));
	if (!q->workers)
		return -ENOMEM;

	for (unsigned int i = 0; i < count; i++) {
		ret = sw_worker_start(&q->workers[i], q);
		if (ret) {
			sw_workers_join(q, i);
			break;
		}
	}
	return ret;
}

void sw_workers_stop(struct sw_shared *q)
{
	sw_workers_join(q, q->ctx.workers);
}

static bool sw_workers_passed(struct sw_shared *q, uint64_t position)
{
	if (atomic_load(&q->sent.head) < position)
		return false;
	for (unsigned int i = 0; i < q->ctx.workers; i++)
		if (atomic_load(&q->workers[i].holds) < position)
			return false;
	return true;
}

int sw_workers_wait(struct sw_shared *q, uint64_t position, uint64_t deadline)
{
	int ret = 0;

	while (!sw_workers_passed(q, position)) {
		uint32_t key;

		if (ret)
			return ret;
		key = wd_event_prepare(&q->idle);
		if (sw_workers_passed(q, position))
			wd_event_cancel(&q->idle);
		else
			ret = wd_event_wait(&q->idle, key, deadline);
	}
	return 0;
}
