// SPDX-License-Identifier: MIT
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "vaccel.h"

/* Receives in vain between two looks at the clock. */
#define VACCEL_EMPTY_LOOKS 65536

/* Longest sleep without a look whether the device has stalled. */
#define VACCEL_SLICE_NS (WD_NSEC_PER_SEC / 4)

/* Names a descriptor of a slot: never zero, which is what a ring begins as. */
static uint64_t vaccel_cookie(const struct vaccel_queue *q,
			      const struct vaccel_slot *slot)
{
	return (uint64_t)slot->index << 32 | 0xacce0000u |
	       (uint32_t)(slot - q->slots);
}

void __vaccel_submit(struct vaccel_queue *q, struct vaccel_slot *slot,
		     const struct vaccel_desc *desc)
{
	struct vaccel_desc *at = &q->sq[q->sq_tail & (q->entries - 1)];

	slot->index = q->sq_tail++;
	slot->src_len = desc->src_len;
	slot->dst_len = desc->dst_len;
	*at = *desc;
	at->cookie = vaccel_cookie(q, slot);
}

void __vaccel_ring(struct vaccel_queue *q)
{
	vaccel_write32(q, VACCEL_REG_SQ_TAIL, q->sq_tail);
}

static void __vaccel_slot_put(struct vaccel_queue *q, struct vaccel_slot *slot)
{
	if (q->ctx.reserved_only)
		vaccel_slot_release(q, slot);
	slot->phase = VACCEL_PHASE_FREE;
	slot->req = NULL;
	slot->next = q->free_slots;
	q->free_slots = (uint32_t)(slot - q->slots);
	q->at_device--;
}

/* Fills in the answer of a slot's request, and frees the slot. */
static void __vaccel_complete(struct vaccel_queue *q, struct vaccel_slot *slot,
			      int status)
{
	struct wd_request *req = slot->req;
	bool codec = req->op == WD_COMPRESS || req->op == WD_DECOMPRESS;

	req->consumed = slot->consumed;
	req->produced = slot->produced;
	req->result = 0;
	req->checksum = 0;
	if (req->op == WD_COPY || req->op == WD_FILL)
		req->consumed = req->op == WD_COPY ? slot->produced : 0;
	if (req->op == WD_COMPARE)
		req->produced = 0;
	if (!status && codec)
		req->checksum = slot->sum;
	else if (!status && req->op != WD_NOOP && req->op != WD_COPY &&
		 req->op != WD_FILL)
		req->result = slot->sum;
	if (codec && !status && !req->stream &&
	    wd_request_format(&q->ctx, req) == WD_DEFLATE)
		req->checksum = 0;
	if (codec && req->stream && req->stream->format == WD_DEFLATE)
		req->checksum = 0;
	req->status = status;

	__vaccel_slot_put(q, slot);
}

void __vaccel_answer(struct vaccel_queue *q, struct vaccel_slot *slot,
		     int status)
{
	vaccel_request_fail(slot, status);
	q->done[q->done_tail++ & (q->ctx.depth - 1)] = slot->req;
	__vaccel_complete(q, slot, status);
}

/* Wakes sleepers, for answers that the device does not announce. */
void vaccel_wake(struct wd_ctx *ctx)
{
	uint64_t sleepers = atomic_load(&ctx->waiters);

	if (sleepers && write(vaccel_queue_of(ctx)->wake, &sleepers,
			      sizeof(sleepers)) != sizeof(sleepers))
		return; /* the counter is full: that wakes them, too */
}

/* False when the pool has no memory left and what is in flight gives some. */
static bool __vaccel_send(struct vaccel_queue *q, struct wd_request *req)
{
	struct vaccel_slot *slot = &q->slots[q->free_slots];
	struct vaccel_desc desc;
	int status;

	q->free_slots = slot->next;
	slot->req = req;
	slot->serial = q->serial++;
	q->at_device++;
	q->in_flight++;
	status = q->dead;
	if (!status)
		status = vaccel_request_start(q, slot, &desc);
	if (status == -ENOMEM && q->ctx.reserved_only && q->at_device > 1) {
		__vaccel_slot_put(q, slot);
		q->in_flight--;
		return false;
	}
	if (status)
		__vaccel_answer(q, slot, status);
	else
		__vaccel_submit(q, slot, &desc);
	return true;
}

unsigned int vaccel_send(struct wd_ctx *ctx, void *const *reqs, unsigned int n)
{
	struct vaccel_queue *q = vaccel_queue_of(ctx);
	unsigned int sent = 0;
	uint32_t tail;
	bool answered;

	vaccel_lock(q);
	/* After a reset of the whole device the doorbell is zero: section 8. */
	if (!q->dead && vaccel_read32(q, VACCEL_REG_SQ_TAIL) != q->sq_tail)
		__vaccel_check(q);
	tail = q->sq_tail;
	if (n > ctx->depth - q->in_flight)
		n = ctx->depth - q->in_flight;
	if (!q->at_device)
		q->stall_since = 0; /* idle until now */
	while (sent < n && __vaccel_send(q, reqs[sent]))
		sent++;
	if (q->sq_tail != tail)
		__vaccel_ring(q);
	answered = q->done_tail != q->done_head;
	vaccel_unlock(q);
	if (answered)
		vaccel_wake(ctx);
	return sent;
}

/* The completion at the head of the ring, NULL if there is none. */
static const struct vaccel_cqe *__vaccel_head(const struct vaccel_queue *q)
{
	const struct vaccel_cqe *cqe = &q->cq[q->cq_head & (q->entries - 1)];
	/* The last word carries status and flags: section 3.3. */
	uint32_t last = __atomic_load_n((const uint32_t *)&cqe->status,
					__ATOMIC_ACQUIRE);
	uint32_t phase = !((q->cq_head / q->entries) & 1);

	return (last >> 16 & VACCEL_CQE_PHASE) == phase ? cqe : NULL;
}

/*
 * The slot that a completion is for. What does not belong to a descriptor at
 * the device, as it came twice or is garbled, is for none.
 */
static struct vaccel_slot *__vaccel_slot(struct vaccel_queue *q,
					 const struct vaccel_cqe *cqe)
{
	uint32_t number = (uint16_t)cqe->cookie;
	struct vaccel_slot *slot = &q->slots[number];

	if (number >= q->ctx.depth || slot->phase == VACCEL_PHASE_FREE ||
	    slot->index != cqe->sq_index ||
	    vaccel_cookie(q, slot) != cqe->cookie)
		return NULL;
	return slot;
}

/*
 * In a flush: whether a request is one that the device was at. That is one that
 * it has done a part of, and the first that it cancels.
 */
static bool __vaccel_goes_on(struct vaccel_queue *q,
			     const struct vaccel_slot *slot, int status)
{
	if (!q->finishing || (status != -ECANCELED && status != -EINPROGRESS))
		return false;
	if (status == -ECANCELED && !q->first_cancelled) {
		q->first_cancelled = true;
		return true;
	}
	return slot->begun || status == -EINPROGRESS;
}

/*
 * Takes the completion at the head: *@slot* is then the one whose request is
 * done, with *@status*, or NULL.
 */
static bool __vaccel_take(struct vaccel_queue *q, struct vaccel_slot **slot,
			  int *status)
{
	const struct vaccel_cqe *head = __vaccel_head(q);
	struct vaccel_desc desc;
	struct vaccel_cqe cqe;

	*slot = NULL;
	if (!head)
		return false;
	cqe = *head;
	q->cq_head++;
	q->stall_since = 0;
	q->empty = 0;

	*slot = __vaccel_slot(q, &cqe);
	if (!*slot)
		return true;
	if (cqe.sq_index != q->answered && q->features & VACCEL_FEAT_IN_ORDER)
		__vaccel_answer_lost(q, cqe.sq_index);
	q->answered = cqe.sq_index + 1;
	*status = vaccel_request_finish(q, *slot, &cqe);
	if (q->cancelling && __vaccel_goes_on(q, *slot, *status))
		*status = -EINPROGRESS;
	else if (q->cancelling && *status == -EINPROGRESS)
		*status = -ECANCELED;
	if (*status != -EINPROGRESS)
		return true;
	(*slot)->begun = true;
	*status = vaccel_request_step(q, *slot, &desc);
	if (*status)
		return true; /* no memory for the next step */
	__vaccel_submit(q, *slot, &desc);
	__vaccel_ring(q);
	*slot = NULL;
	return true;
}

bool __vaccel_reap(struct vaccel_queue *q)
{
	struct vaccel_slot *slot;
	int status;

	if (!__vaccel_take(q, &slot, &status))
		return false;
	if (!slot)
		return true;
	q->done[q->done_tail++ & (q->ctx.depth - 1)] = slot->req;
	__vaccel_complete(q, slot, status);
	return true;
}

unsigned int vaccel_recv(struct wd_ctx *ctx, void **reqs, unsigned int n)
{
	struct vaccel_queue *q = vaccel_queue_of(ctx);
	unsigned int got = 0;
	bool more;

	vaccel_lock(q);
	while (got < n && q->done_head != q->done_tail)
		reqs[got++] = q->done[q->done_head++ & (ctx->depth - 1)];
	while (got < n) {
		struct vaccel_slot *slot;
		int status;

		if (!__vaccel_take(q, &slot, &status))
			break;
		if (!slot)
			continue;
		reqs[got++] = slot->req;
		__vaccel_complete(q, slot, status);
	}
	if (!got && q->at_device && ++q->empty % VACCEL_EMPTY_LOOKS == 0)
		__vaccel_check(q);
	q->in_flight -= got;
	more = q->done_head != q->done_tail;
	vaccel_unlock(q);
	if (wd_unlikely(more))
		vaccel_wake(ctx);
	return got;
}

static bool vaccel_ready(struct vaccel_queue *q)
{
	bool ready;

	vaccel_lock(q);
	ready = q->done_head != q->done_tail || __vaccel_head(q);
	vaccel_unlock(q);
	return ready;
}

/*
 * Sleeps until the device or another thread announces an answer, for at most a
 * slice: -ETIMEDOUT when @deadline has passed, 0 otherwise.
 */
static int vaccel_sleep(struct vaccel_queue *q, uint64_t deadline)
{
	struct pollfd fds[2] = {
		{ .fd = q->fd, .events = POLLIN },
		{ .fd = q->wake, .events = POLLIN },
	};
	uint64_t now = wd_clock_now();
	uint64_t slice = q->stall / 4 < VACCEL_SLICE_NS ? q->stall / 4 :
							  VACCEL_SLICE_NS;
	struct timespec ts;
	uint64_t count;

	if (deadline && now >= deadline)
		return -ETIMEDOUT;
	if (deadline && deadline - now < slice)
		slice = deadline - now;
	ts.tv_sec = (time_t)(slice / WD_NSEC_PER_SEC);
	ts.tv_nsec = (long)(slice % WD_NSEC_PER_SEC);
	if (ppoll(fds, 2, &ts, NULL) < 0)
		return 0; /* a signal: look again */

	if (fds[1].revents && read(q->wake, &count, sizeof(count)) < 0 &&
	    errno != EAGAIN)
		return 0;
	if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) {
		vaccel_lock(q);
		__vaccel_die(q, -ENODEV);
		vaccel_unlock(q);
		vaccel_wake(&q->ctx);
	}
	return 0;
}

int vaccel_wait(struct wd_ctx *ctx, uint64_t deadline)
{
	struct vaccel_queue *q = vaccel_queue_of(ctx);
	uint64_t until = wd_clock_now() + q->spin;
	int ret = 0;

	do {
		for (int i = 0; i < 16; i++) {
			if (vaccel_ready(q))
				return 0;
			wd_clock_relax();
		}
	} while (wd_clock_now() < until);

	vaccel_lock(q);
	if (ctx->single && !deadline && !q->in_flight)
		ret = -EAGAIN;
	__vaccel_check(q);
	if (q->dead && !q->in_flight)
		ret = q->dead;
	/* Everything before this index is consumed: section 6. */
	if (!q->dead && !ret)
		vaccel_write64(q, VACCEL_REG_CQ_DB, q->cq_head);
	vaccel_unlock(q);

	if (!ret && !vaccel_ready(q) && !atomic_load(&ctx->closing))
		ret = vaccel_sleep(q, deadline);
	return ret;
}

/* Whether a request sent before @serial is still at the device. */
static bool __vaccel_before(const struct vaccel_queue *q, uint64_t serial)
{
	for (unsigned int i = 0; q->at_device && i < q->ctx.depth; i++)
		if (q->slots[i].phase != VACCEL_PHASE_FREE &&
		    q->slots[i].serial < serial)
			return true;
	return false;
}

int vaccel_drain(struct wd_ctx *ctx, uint64_t deadline)
{
	struct vaccel_queue *q = vaccel_queue_of(ctx);
	uint64_t serial;
	uint64_t tail;
	int ret = 0;

	vaccel_lock(q);
	serial = q->serial;
	for (;;) {
		tail = q->done_tail;
		while (__vaccel_reap(q))
			;
		if (q->done_tail != tail)
			vaccel_wake(ctx);
		if (ret || !__vaccel_before(q, serial))
			break;
		__vaccel_check(q);
		if (!q->dead)
			vaccel_write64(q, VACCEL_REG_CQ_DB, q->cq_head);
		vaccel_unlock(q);
		ret = vaccel_sleep(q, deadline);
		vaccel_lock(q);
	}
	ret = __vaccel_before(q, serial) ? ret : 0;
	vaccel_unlock(q);
	vaccel_wake(ctx);
	return ret;
}
