// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "queue.h"
#include "session.h"

/* States of an operation that somebody waits for. */
enum {
	WD_OP_WAITED, /* in flight, its owner waits */
	WD_OP_ABANDONED, /* in flight, its owner has given up */
	WD_OP_DONE, /* answered, its owner frees it */
};

#define WD_OP_NONE UINT32_MAX

/* Answers taken off the queue at a time. */
#define WD_SESSION_BURST 32

static struct wd_session_op *wd_op_get(struct wd_session *s)
{
	uint64_t head = atomic_load(&s->free_ops);
	uint64_t next;

	do {
		uint32_t index = (uint32_t)head;

		if (index == WD_OP_NONE)
			return NULL;
		/* May be stale; then the count has changed, and so the head. */
		next = __atomic_load_n(&s->ops[index].next, __ATOMIC_RELAXED);
		next |= ((head >> 32) + 1) << 32;
	} while (!atomic_compare_exchange_weak(&s->free_ops, &head, next));
	return &s->ops[(uint32_t)head];
}

static void wd_op_put(struct wd_session *s, struct wd_session_op *op)
{
	uint64_t index = (uint64_t)(op - s->ops);
	uint64_t head = atomic_load(&s->free_ops);
	uint64_t next;

	do {
		__atomic_store_n(&op->next, (uint32_t)head, __ATOMIC_RELAXED);
		next = ((head >> 32) + 1) << 32 | index;
	} while (!atomic_compare_exchange_weak(&s->free_ops, &head, next));
}

struct wd_queue *wd_session_fallback(struct wd_session *s)
{
	int ret = 0;

	pthread_mutex_lock(&s->fallback_lock);
	if (!s->fallback.priv) {
		s->fallback.algorithm = s->queue.algorithm;
		s->fallback.device = "sw";
		s->fallback.workers = WD_WORKERS_NONE;
		ret = wd_request_queue(&s->fallback);
	}
	pthread_mutex_unlock(&s->fallback_lock);
	if (ret)
		wd_log(WD_LOG_ERROR, "no fallback to sw: %s", strerror(-ret));
	return ret ? NULL : &s->fallback;
}

bool wd_session_falls_back(const struct wd_session *s, int error)
{
	return s->fallback_allowed &&
	       (error == -EOPNOTSUPP || error == -ENODEV || error == -EIO ||
		error == -ENOMEM) &&
	       strcmp(s->queue.got.device, "sw");
}

/*
 * A second try of a request that the device refused or failed, with @error. A
 * stream's state is the device's, so only a request without one can move.
 */
static void wd_session_retry(struct wd_session *s, struct wd_request *req,
			     int error)
{
	struct wd_queue *fallback;

	if (req->stream || !wd_session_falls_back(s, error))
		return;
	fallback = wd_session_fallback(s);
	if (!fallback || wd_queue_run(fallback, req))
		return;
	wd_log(WD_LOG_INFO, "%s: %s, done by sw", s->queue.got.device,
	       strerror(-error));
	atomic_fetch_add(&s->fallbacks, 1);
}

static void wd_session_count(struct wd_session *s, const struct wd_request *req)
{
	atomic_fetch_add_explicit(&s->operations, 1, memory_order_relaxed);
	if (req->status)
		atomic_fetch_add_explicit(&s->errors, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&s->bytes_in, req->consumed,
				  memory_order_relaxed);
	atomic_fetch_add_explicit(&s->bytes_out, req->produced,
				  memory_order_relaxed);
}

/* Hands an answer to its owner. */
static void wd_session_answer(struct wd_session *s, struct wd_request *req)
{
	struct wd_session_op *op = container_of(req, struct wd_session_op, req);
	int waited = WD_OP_WAITED;

	wd_session_retry(s, req, req->status);
	wd_session_count(s, req);
	if (op->done) {
		op->done(s, req, op->callback);
		wd_op_put(s, op);
	} else if (!atomic_compare_exchange_strong(&op->state, &waited,
						   WD_OP_DONE)) {
		free(op); /* abandoned */
	}
	atomic_fetch_add(&s->answered, 1);
	wd_event_wake(&s->event, WD_EVENT_ALL);
}

/* Takes up to @max answers off the queue and hands them out. */
static int wd_session_receive(struct wd_session *s, unsigned int max)
{
	unsigned int total = 0;

	while (total < max) {
		unsigned int want = max - total;
		void *reqs[WD_SESSION_BURST];
		int got;

		/* One by one where receiving is the work: others work, too. */
		if (!s->exclusive)
			want = 1;
		else if (want > WD_SESSION_BURST)
			want = WD_SESSION_BURST;
		got = wd_recv_burst(&s->queue, reqs, want);
		if (got < 0)
			return got;
		if (!got)
			break;
		for (int i = 0; i < got; i++)
			wd_session_answer(s, reqs[i]);
		total += (unsigned int)got;
	}
	return (int)total;
}

/*
 * Where an answer comes from elsewhere, only one thread at a time receives and
 * hands out. So whoever does can go to sleep on the queue: nobody else takes
 * its own answer meanwhile.
 */
static bool wd_session_claim(struct wd_session *s)
{
	return !atomic_exchange(&s->receiving, true);
}

static void wd_session_unclaim(struct wd_session *s)
{
	atomic_store(&s->receiving, false);
	wd_event_wake(&s->event, WD_EVENT_ALL);
}

int wd_session_poll(struct wd_session *s, unsigned int max)
{
	struct wd_ctx *ctx;
	int ret = wd_queue_enter(&s->queue, &ctx);

	if (ret)
		return ret;
	if (!max || max > INT_MAX)
		max = INT_MAX;
	if (!s->exclusive)
		return wd_session_receive(s, max);
	if (!wd_session_claim(s))
		return 0; /* the one who does calls the callbacks */
	ret = wd_session_receive(s, max);
	wd_session_unclaim(s);
	return ret;
}

/*
 * What a thread may wait for. It only ever comes about by an answer that is
 * handed out, so that whoever receives can go to sleep until there is one.
 */
typedef bool wd_session_ready_fn(struct wd_session *s, const void *arg);

static bool wd_session_op_done(struct wd_session *s, const void *arg)
{
	const struct wd_session_op *op = arg;

	(void)s;
	return atomic_load(&op->state) == WD_OP_DONE;
}

/* Nothing is in flight. An answer may be counted before its request is. */
static bool wd_session_idle(struct wd_session *s, const void *arg)
{
	uint64_t sent = atomic_load(&s->sent);

	(void)arg;
	return (int64_t)(atomic_load(&s->answered) - sent) >= 0;
}

/* There were answers since their number was @arg. */
static bool wd_session_moved(struct wd_session *s, const void *arg)
{
	return atomic_load(&s->answered) != *(const uint64_t *)arg;
}

/* Receives for all threads of the session, asleep if need be. */
static int wd_session_lead(struct wd_session *s, wd_session_ready_fn *ready,
			   const void *arg, uint64_t deadline)
{
	int ret = 0;
	void *req;

	if (!ready(s, arg)) {
		ret = wd_session_receive(s, WD_SESSION_BURST);
		if (!ret) {
			ret = wd_recv_deadline(&s->queue, &req, deadline);
			if (!ret)
				wd_session_answer(s, req);
		}
	}
	wd_session_unclaim(s);
	return ret < 0 ? ret : 0;
}

/*
 * Waits until @ready. Whoever can, receives; the others sleep until something
 * was handed out or it is their turn. The sleeper is announced before the last
 * look, so that no wake is lost in between.
 */
static int wd_session_await(struct wd_session *s, wd_session_ready_fn *ready,
			    const void *arg, uint64_t deadline)
{
	int ret = 0;

	while (!ready(s, arg)) {
		uint32_t key;

		if (ret < 0)
			return ret;
		key = wd_event_prepare(&s->event);
		if (ready(s, arg) ||
		    (!s->exclusive && (ret = wd_session_receive(s, 1)) != 0)) {
			wd_event_cancel(&s->event);
		} else if (s->exclusive && wd_session_claim(s)) {
			wd_event_cancel(&s->event);
			ret = wd_session_lead(s, ready, arg, deadline);
		} else {
			ret = wd_event_wait(&s->event, key, deadline);
		}
	}
	return 0;
}

int wd_session_wait(struct wd_session *s, uint64_t deadline)
{
	struct wd_ctx *ctx;
	int ret = wd_queue_enter(&s->queue, &ctx);

	return ret ? ret : wd_session_await(s, wd_session_idle, NULL, deadline);
}

/* Sends, and waits for room if there is none. */
static int wd_session_send(struct wd_session *s, struct wd_request *req,
			   uint64_t deadline)
{
	int ret;

	do {
		uint64_t answered = atomic_load(&s->answered);

		ret = wd_send(&s->queue, req);
		if (ret != -EAGAIN)
			break;
		ret = wd_session_await(s, wd_session_moved, &answered,
				       deadline);
	} while (!ret);
	if (!ret)
		atomic_fetch_add(&s->sent, 1);
	return ret;
}

/* With a timeout: the operation may outlive the call. */
static int wd_session_run_timed(struct wd_session *s, struct wd_request *req)
{
	uint64_t deadline = wd_clock_deadline(s->queue.timeout);
	struct wd_session_op *op = malloc(sizeof(*op));
	int waited = WD_OP_WAITED;
	bool sent;
	int ret;

	if (!op)
		return -ENOMEM;
	op->req = *req;
	op->done = NULL;
	atomic_init(&op->state, WD_OP_WAITED);
	ret = wd_session_send(s, &op->req, deadline);
	sent = !ret;
	if (sent)
		ret = wd_session_await(s, wd_session_op_done, op, deadline);
	if (sent && ret &&
	    atomic_compare_exchange_strong(&op->state, &waited,
					   WD_OP_ABANDONED))
		return ret; /* its answer frees it */
	if (sent) {
		*req = op->req;
		ret = 0;
	}
	free(op);
	return ret;
}

static int wd_session_run_queued(struct wd_session *s, struct wd_request *req)
{
	struct wd_session_op op;
	int ret;

	if (s->queue.timeout)
		return wd_session_run_timed(s, req);
	op.req = *req;
	op.done = NULL;
	atomic_init(&op.state, WD_OP_WAITED);
	ret = wd_session_send(s, &op.req, 0);
	if (ret)
		return ret;
	/*
	 * Waiting only fails when the queue does not work in this process: then
	 * nothing will ever touch the operation.
	 */
	ret = wd_session_await(s, wd_session_op_done, &op, 0);
	if (!ret)
		*req = op.req;
	return ret;
}

/* What the device would not even take, "sw" may. */
static int wd_session_run_fallback(struct wd_session *s, struct wd_request *req,
				   int error)
{
	if (req->stream || !wd_session_falls_back(s, error))
		return error;
	req->status = error;
	wd_session_retry(s, req, error);
	wd_session_count(s, req);
	return 0;
}

int wd_session_run_aside(struct wd_session *s, struct wd_request *req)
{
	int ret = wd_queue_run(&s->fallback, req);

	if (ret)
		return ret;
	atomic_fetch_add(&s->fallbacks, 1);
	wd_session_count(s, req);
	return 0;
}

int wd_session_run(struct wd_session *s, struct wd_request *req)
{
	int ret = -EOPNOTSUPP;

	if (!s->exclusive)
		ret = wd_queue_run(&s->queue, req);
	if (!ret) {
		wd_session_retry(s, req, req->status);
		wd_session_count(s, req);
		return 0;
	}
	if (ret != -EOPNOTSUPP)
		return wd_session_run_fallback(s, req, ret);
	ret = wd_session_run_queued(s, req);
	return ret ? wd_session_run_fallback(s, req, ret) : 0;
}

int wd_session_submit(struct wd_session *s, const struct wd_request *req,
		      wd_session_done_fn *done, void *callback)
{
	struct wd_session_op *op;
	struct wd_ctx *ctx;
	int ret = wd_queue_enter(&s->queue, &ctx);

	if (ret)
		return ret;
	op = wd_op_get(s);
	if (!op)
		return -EAGAIN;
	op->req = *req;
	op->done = done;
	op->callback = callback;
	ret = wd_send(&s->queue, &op->req);
	if (ret) {
		wd_op_put(s, op);
		return ret;
	}
	atomic_fetch_add(&s->sent, 1);
	if (!s->exclusive)
		wd_event_wake(&s->event, WD_EVENT_ALL); /* there is work */
	return 0;
}

static int wd_session_make_ops(struct wd_session *s)
{
	unsigned int count = s->queue.got.depth;

	s->ops = calloc(count, sizeof(*s->ops));
	if (!s->ops)
		return -ENOMEM;
	for (unsigned int i = 0; i < count; i++)
		s->ops[i].next = i + 1 < count ? i + 1 : WD_OP_NONE;
	atomic_store(&s->free_ops, 0);
	return 0;
}

int wd_session_open(struct wd_session *s, bool fallback_allowed)
{
	int ret;

	s->fallback_allowed = fallback_allowed;
	ret = wd_request_queue(&s->queue);
	if (ret)
		return ret;
	s->exclusive = s->queue.got.workers || !wd_queue_runs(&s->queue);
	ret = wd_session_make_ops(s);
	if (ret) {
		wd_release_queue(&s->queue);
		return ret;
	}
	pthread_mutex_init(&s->fallback_lock, NULL);
	return 0;
}

void wd_session_close(struct wd_session *s)
{
	wd_flush(&s->queue);
	wd_session_wait(s, 0);
	wd_release_queue(&s->queue);
	wd_release_queue(&s->fallback);
	free(s->ops);
}
