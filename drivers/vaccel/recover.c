// SPDX-License-Identifier: MIT
/*
 * When a device does not answer: it is asked to cancel; if it does not even do
 * that it is reset; if that fails, or it is gone, the queue is dead. Whatever
 * the device leaves unanswered is answered here.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include <uapi/uacce.h>

#include "clock.h"
#include "log.h"
#include "vaccel.h"

/* Bytes that any device works through in a second, in its slowest operation. */
#define VACCEL_SLOWEST 65536

/* Answers every request at the device. */
static void __vaccel_answer_all(struct vaccel_queue *q, int status)
{
	for (unsigned int i = 0; q->at_device && i < q->ctx.depth; i++)
		if (q->slots[i].phase != VACCEL_PHASE_FREE)
			__vaccel_answer(q, &q->slots[i], status);
}

/* Answers those that were submitted before an index, as lost. */
void __vaccel_answer_lost(struct vaccel_queue *q, uint32_t index)
{
	for (unsigned int i = 0; q->at_device && i < q->ctx.depth; i++)
		if (q->slots[i].phase != VACCEL_PHASE_FREE &&
		    (int32_t)(q->slots[i].index - index) < 0)
			__vaccel_answer(q, &q->slots[i], -EIO);
}

void __vaccel_die(struct vaccel_queue *q, int error)
{
	if (q->dead)
		return;
	while (__vaccel_reap(q))
		; /* what it did answer */
	q->dead = error;
	wd_log(WD_LOG_ERROR, "vaccel: the device is gone: %s",
	       strerror(-error));
	__vaccel_answer_all(q, error);
}

/* Section 8. */
void __vaccel_reset(struct vaccel_queue *q)
{
	struct uacce_queue_reset reset = { .argsz = sizeof(reset) };

	wd_log(WD_LOG_WARNING, "vaccel: the device has failed: reset");
	if (ioctl(q->fd, UACCE_CMD_RESET_Q, &reset)) {
		__vaccel_die(q, errno == EIO ? -EIO : -ENODEV);
		return;
	}
	__vaccel_answer_all(q, -EIO);
	q->sq_tail = 0;
	q->cq_head = 0;
	q->answered = 0;
	q->stall_since = 0;
}

/* Where a removed device was there is a page of zeroes. */
static bool vaccel_gone(const struct vaccel_queue *q)
{
	return vaccel_read32(q, VACCEL_REG_MAGIC) != VACCEL_MAGIC;
}

/* The rings make no sense to it, or somebody has reset the whole device. */
static bool vaccel_forgot(const struct vaccel_queue *q)
{
	return vaccel_read32(q, VACCEL_REG_STATUS) == VACCEL_STATE_HALTED ||
	       vaccel_read32(q, VACCEL_REG_SQ_TAIL) != q->sq_tail;
}

/* Waits until the device has done what CTRL says; false if it does not. */
static bool __vaccel_await_ctrl(struct vaccel_queue *q)
{
	uint64_t give_up = wd_clock_now() + q->stall;
	unsigned int looks = 0;

	while (vaccel_read32(q, VACCEL_REG_CTRL)) {
		if (++looks % 1024) {
			wd_clock_relax();
			continue;
		}
		if (vaccel_gone(q) || wd_clock_now() >= give_up)
			return false;
		sched_yield();
	}
	return true;
}

/* With @finish, what the device was at is with it again afterwards. */
static void __vaccel_cancel(struct vaccel_queue *q, bool finish)
{
	uint32_t tail = q->sq_tail;
	bool obeyed;

	q->cancelling = true;
	q->finishing = finish;
	q->first_cancelled = false;
	vaccel_write32(q, VACCEL_REG_CTRL, VACCEL_CTRL_CANCEL);
	obeyed = __vaccel_await_ctrl(q);
	while (__vaccel_reap(q))
		;
	if (vaccel_gone(q))
		__vaccel_die(q, -ENODEV);
	else if (!obeyed || vaccel_forgot(q))
		__vaccel_reset(q);
	else
		__vaccel_answer_lost(q, tail); /* it lost these */
	q->cancelling = false;
}

/* How long the device may work on what it has, at the most. */
static uint64_t __vaccel_patience(const struct vaccel_queue *q)
{
	uint64_t bytes = 0;

	for (unsigned int i = 0; i < q->ctx.depth; i++) {
		const struct vaccel_slot *slot = &q->slots[i];

		if (slot->phase != VACCEL_PHASE_FREE)
			bytes += (uint64_t)slot->src_len + slot->dst_len;
	}
	return q->stall + bytes * (WD_NSEC_PER_SEC / VACCEL_SLOWEST);
}

static void __vaccel_check_stall(struct vaccel_queue *q)
{
	uint64_t now = wd_clock_now();
	uint64_t first;

	if (!q->stall_since)
		q->stall_since = now;
	if (now - q->stall_since < q->stall ||
	    now - q->stall_since < __vaccel_patience(q))
		return;
	if (__vaccel_reap(q))
		return; /* it has answered just now */
	first = q->done_tail;
	__vaccel_cancel(q, false);
	/* Nobody asked for that: the device failed. */
	for (uint64_t i = first; i < q->done_tail; i++) {
		struct wd_request *req = q->done[i & (q->ctx.depth - 1)];

		if (req->status == -ECANCELED)
			req->status = -EIO;
	}
}

void __vaccel_check(struct vaccel_queue *q)
{
	if (q->dead)
		return;
	if (vaccel_gone(q))
		__vaccel_die(q, -ENODEV);
	else if (vaccel_forgot(q))
		__vaccel_reset(q);
	else if (q->at_device)
		__vaccel_check_stall(q);
}

void __vaccel_flush(struct vaccel_queue *q)
{
	const struct timespec pause = { .tv_nsec = 100000 };

	if (!q->at_device || q->dead)
		return;
	__vaccel_cancel(q, true);
	while (q->at_device) {
		if (__vaccel_reap(q))
			continue;
		__vaccel_check(q);
		nanosleep(&pause, NULL);
	}
}

void vaccel_flush(struct wd_ctx *ctx)
{
	struct vaccel_queue *q = vaccel_queue_of(ctx);

	vaccel_lock(q);
	__vaccel_flush(q);
	vaccel_unlock(q);
	vaccel_wake(ctx);
}
