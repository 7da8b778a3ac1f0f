// SPDX-License-Identifier: MIT
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "edu.h"
#include "log.h"

/* Longest sleep without a look at the device. */
#define EDU_SLICE_NS (WD_NSEC_PER_SEC / 4)

static void edu_lock(struct edu_queue *q)
{
	if (!q->ctx.single)
		pthread_mutex_lock(&q->lock);
}

static void edu_unlock(struct edu_queue *q)
{
	if (!q->ctx.single)
		pthread_mutex_unlock(&q->lock);
}

/* Wakes sleepers, for answers that the device does not announce. */
void edu_wake(struct wd_ctx *ctx)
{
	uint64_t sleepers = atomic_load(&ctx->waiters);

	if (sleepers && write(edu_queue_of(ctx)->wake, &sleepers,
			      sizeof(sleepers)) != sizeof(sleepers))
		return; /* the counter is full: that wakes them, too */
}

static void __edu_answer(struct edu_queue *q, struct wd_request *req,
			 int status)
{
	req->checksum = 0;
	req->consumed = q->work.copied;
	req->produced = q->work.copied;
	if (status || req->op != WD_FACTORIAL)
		req->result = 0;
	req->status = status;
	q->work = (struct edu_work){ .req = NULL };
	q->done[q->answered++ & (q->ctx.depth - 1)] = req;
}

/* Begins a request, the last that was taken off the ring. */
static int __edu_next(struct edu_queue *q, struct wd_request *req)
{
	if (q->dead)
		return q->dead;
	if (q->begun <= q->cancelled)
		return -ECANCELED;
	if (req->deadline && wd_clock_now() >= req->deadline)
		return -ETIMEDOUT;
	return __edu_begin(q, req);
}

/* Goes on with what the device has done, and begins what it may do next. */
static void __edu_advance(struct edu_queue *q)
{
	int status;

	for (;;) {
		struct wd_request *req = q->work.req;

		if (req) {
			status = q->dead ? q->dead : __edu_move(q);
		} else if (q->begun != q->sent) {
			req = q->waiting[q->begun++ & (q->ctx.depth - 1)];
			status = __edu_next(q, req);
		} else {
			return;
		}
		if (status == -EINPROGRESS)
			return;
		__edu_answer(q, req, status);
	}
}

unsigned int edu_send(struct wd_ctx *ctx, void *const *reqs, unsigned int n)
{
	struct edu_queue *q = edu_queue_of(ctx);
	unsigned int room;
	bool answered;

	edu_lock(q);
	room = ctx->depth - (unsigned int)(q->sent - q->received);
	if (n > room)
		n = room;
	for (unsigned int i = 0; i < n; i++)
		q->waiting[q->sent++ & (ctx->depth - 1)] = reqs[i];
	__edu_advance(q);
	answered = q->answered != q->received;
	edu_unlock(q);
	if (answered)
		edu_wake(ctx);
	return n;
}

unsigned int edu_recv(struct wd_ctx *ctx, void **reqs, unsigned int n)
{
	struct edu_queue *q = edu_queue_of(ctx);
	unsigned int got = 0;
	bool more;

	edu_lock(q);
	__edu_advance(q);
	while (got < n && q->received != q->answered)
		reqs[got++] = q->done[q->received++ & (ctx->depth - 1)];
	more = q->received != q->answered;
	edu_unlock(q);
	if (more)
		edu_wake(ctx);
	return got;
}

/*
 * Sleeps until there is an interrupt that nobody has seen, or another thread has
 * an answer, for at most a slice: -ETIMEDOUT when @deadline has passed, else 0.
 */
static int edu_sleep(struct edu_queue *q, uint64_t deadline)
{
	struct pollfd fds[2] = {
		{ .fd = q->fd, .events = POLLIN },
		{ .fd = q->wake, .events = POLLIN },
	};
	uint64_t now = wd_clock_now();
	struct timespec slice = { .tv_nsec = EDU_SLICE_NS };
	uint64_t count;

	if (deadline && now >= deadline)
		return -ETIMEDOUT;
	if (deadline && deadline - now < EDU_SLICE_NS)
		slice.tv_nsec = (long)(deadline - now);
	if (ppoll(fds, 2, &slice, NULL) < 0)
		return 0; /* a signal: look again */
	if (fds[1].revents && read(q->wake, &count, sizeof(count)) < 0 &&
	    errno != EAGAIN)
		return 0;
	if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) {
		edu_lock(q);
		q->dead = -ENODEV;
		edu_unlock(q);
	}
	return 0;
}

/* In this order: an interrupt that comes after the look is not seen. */
static void __edu_look(struct edu_queue *q)
{
	volatile struct edu_interrupts *page = q->interrupts;

	page->seen = page->dma + page->factorial;
	__edu_advance(q);
}

int edu_wait(struct wd_ctx *ctx, uint64_t deadline)
{
	struct edu_queue *q = edu_queue_of(ctx);
	bool ready;
	int ret = 0;

	edu_lock(q);
	__edu_look(q);
	ready = q->received != q->answered;
	if (!ready && q->sent == q->received) {
		if (ctx->single && !deadline)
			ret = -EAGAIN;
		if (q->dead)
			ret = q->dead;
	}
	edu_unlock(q);
	if (ready || ret || atomic_load(&ctx->closing))
		return ret;
	return edu_sleep(q, deadline);
}

/* Waits until @count requests have been answered. */
static int edu_await(struct edu_queue *q, uint64_t count, uint64_t deadline)
{
	int ret = 0;
	bool done;

	for (;;) {
		edu_lock(q);
		__edu_look(q);
		done = q->answered >= count;
		edu_unlock(q);
		if (done || ret)
			break;
		ret = edu_sleep(q, deadline);
	}
	edu_wake(&q->ctx);
	return done ? 0 : ret;
}

int edu_drain(struct wd_ctx *ctx, uint64_t deadline)
{
	struct edu_queue *q = edu_queue_of(ctx);
	uint64_t sent;

	edu_lock(q);
	sent = q->sent;
	edu_unlock(q);
	return edu_await(q, sent, deadline);
}

/* What has not begun is answered when what the device is at has ended. */
void edu_flush(struct wd_ctx *ctx)
{
	struct edu_queue *q = edu_queue_of(ctx);
	uint64_t sent;

	edu_lock(q);
	sent = q->sent;
	q->cancelled = sent;
	edu_unlock(q);
	edu_await(q, sent, 0);
}
