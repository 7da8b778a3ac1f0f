// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine of a queue: fetch, run, complete, for as long as there is work;
 * stay awake a little longer; sleep behind a trapped doorbell page.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/sched.h>

#include "vaccel.h"

/* After that an engine goes to the end of the line, if there is one. */
#define VACCEL_TURN_NS (5 * NSEC_PER_MSEC)

/* A store that trapped is expected to be through after that. */
#define VACCEL_RETRY_NS (50 * NSEC_PER_USEC)

/* Is the request at work to be given up? Asked between its steps. */
bool vaccel_engine_interrupted(struct vaccel_queue *q)
{
	return READ_ONCE(q->stopping) ||
	       (READ_ONCE(q->regs->ctrl) & VACCEL_CTRL_CANCEL);
}

/* Fault injection: sleeps, but not for longer than the queue runs. */
static void vaccel_engine_delay(struct vaccel_queue *q)
{
	unsigned int ms = READ_ONCE(q->dev->inject.delay_ms);

	while (ms-- && !READ_ONCE(q->stopping))
		usleep_range(1000, 1100);
}

/* Fault injection: only a stop or a reset gets an engine out of here. */
static void vaccel_engine_stick(struct vaccel_queue *q)
{
	atomic_inc(&q->dev->inject.stuck);
	while (!READ_ONCE(q->stopping))
		usleep_range(1000, 2000);
	atomic_dec(&q->dev->inject.stuck);
}

static void vaccel_engine_count(struct vaccel_queue *q,
				const struct vaccel_cqe *cqe)
{
	WRITE_ONCE(q->requests, q->requests + 1);
	if (cqe->status != VACCEL_ST_OK)
		WRITE_ONCE(q->errors, q->errors + 1);
	WRITE_ONCE(q->bytes_in, q->bytes_in + cqe->consumed);
	WRITE_ONCE(q->bytes_out, q->bytes_out + cqe->produced);
}

/* The last word, with the phase, goes last. */
static void vaccel_engine_post(struct vaccel_queue *q, struct vaccel_cqe *cqe)
{
	struct vaccel_cqe *slot = &q->cq[q->cq_tail & (q->depth - 1)];
	u32 last;

	cqe->flags &= ~VACCEL_CQE_PHASE;
	if (!((q->cq_tail / q->depth) & 1))
		cqe->flags |= VACCEL_CQE_PHASE;
	last = cqe->status | (u32)cqe->flags << 16;

	slot->cookie = cqe->cookie;
	slot->result = cqe->result;
	slot->consumed = cqe->consumed;
	slot->produced = cqe->produced;
	slot->sq_index = cqe->sq_index;
	smp_store_release((u32 *)&slot->status, last);
	WRITE_ONCE(q->cq_tail, q->cq_tail + 1);
	vaccel_engine_count(q, cqe);
	vaccel_doorbell_notify(q);
}

static void vaccel_engine_complete(struct vaccel_queue *q,
				   struct vaccel_cqe *cqe)
{
	struct vaccel_inject *inject = &q->dev->inject;

	if (vaccel_inject_strikes(&inject->lose_completion))
		return;
	if (vaccel_inject_strikes(&inject->delay_completion))
		vaccel_engine_delay(q);
	if (vaccel_inject_strikes(&inject->corrupt_status))
		cqe->status = 0xbad;
	vaccel_engine_post(q, cqe);
}

/* Takes one descriptor. The process may change the slot meanwhile. */
static void vaccel_engine_fetch(struct vaccel_queue *q,
				struct vaccel_request *rq)
{
	memset(rq, 0, sizeof(*rq));
	rq->q = q;
	memcpy(&rq->desc, &q->sq[q->sq_head & (q->depth - 1)],
	       sizeof(rq->desc));
	barrier();
	rq->cqe.cookie = rq->desc.cookie;
	rq->cqe.sq_index = q->sq_head;
	q->sq_head++;
}

static void vaccel_engine_halt(struct vaccel_queue *q)
{
	q->halted = true;
	WRITE_ONCE(q->regs->error, VACCEL_QERR_BAD_TAIL);
	WRITE_ONCE(q->regs->status, VACCEL_STATE_HALTED);
	atomic_xchg(&q->poll_armed, 0);
	uacce_queue_notify(q->uq);
}

/* Answers everything up to the tail, and says that it did. */
static void vaccel_engine_cancel(struct vaccel_queue *q)
{
	u32 ctrl = READ_ONCE(q->regs->ctrl);
	u32 tail = smp_load_acquire(&q->regs->sq_tail);
	struct vaccel_request rq;

	if (!q->halted && tail - q->sq_head > q->depth)
		vaccel_engine_halt(q);
	while (!q->halted && q->sq_head != tail && !READ_ONCE(q->stopping)) {
		vaccel_engine_fetch(q, &rq);
		rq.cqe.status = VACCEL_ST_CANCELED;
		vaccel_engine_complete(q, &rq.cqe);
	}
	/* After the last answer; not over a command that came since. */
	smp_mb();
	cmpxchg(&q->regs->ctrl, ctrl, 0);
}

/* Does what there is for one request; false when there is nothing. */
static bool vaccel_engine_step(struct vaccel_queue *q)
{
	struct vaccel_request rq;
	u32 tail;

	if (READ_ONCE(q->regs->ctrl)) {
		vaccel_engine_cancel(q);
		return true;
	}
	/* Pairs with software's release: the descriptors are there. */
	tail = smp_load_acquire(&q->regs->sq_tail);
	if (q->halted || tail == q->sq_head) {
		vaccel_doorbell_notify(q);
		return false;
	}
	if (tail - q->sq_head > q->depth) {
		vaccel_engine_halt(q);
		return false;
	}

	vaccel_engine_fetch(q, &rq);
	if (vaccel_inject_strikes(&q->dev->inject.stick)) {
		vaccel_engine_stick(q);
		return true;
	}
	vaccel_inject_arm(q);
	vaccel_request_run(&rq);
	if (!READ_ONCE(q->stopping))
		vaccel_engine_complete(q, &rq.cqe);
	return true;
}

/*
 * Stays awake for a while, unless somebody waits for the turn or half of the
 * processors do that already; but always for as long as a store that trapped
 * may take until it goes through. True when there is work.
 */
static bool vaccel_engine_linger(struct vaccel_queue *q)
{
	struct vaccel_device *vdev = q->dev;
	u64 now = ktime_get_ns();
	u64 end = now + vdev->config.idle_us * NSEC_PER_USEC;
	unsigned int most = DIV_ROUND_UP(num_online_cpus(), 2);
	bool crowded = atomic_inc_return(&vdev->spinners) > most;
	bool rung = false;

	while (!READ_ONCE(q->stopping)) {
		rung = vaccel_doorbell_rung(q);
		if (rung)
			break;
		now = ktime_get_ns();
		if (now > READ_ONCE(q->trapped_at) + VACCEL_RETRY_NS &&
		    (now > end || crowded || atomic_read(&vdev->runnable)))
			break;
		cond_resched();
		cpu_relax();
	}
	atomic_dec(&vdev->spinners);
	return rung;
}

void vaccel_engine_work(struct work_struct *work)
{
	struct vaccel_queue *q = container_of(work, struct vaccel_queue, work);
	struct vaccel_device *vdev = q->dev;
	u64 end = ktime_get_ns() + VACCEL_TURN_NS;

	atomic_dec(&vdev->runnable);
	while (!READ_ONCE(q->stopping)) {
		if (vaccel_engine_step(q)) {
			cond_resched();
			if (atomic_read(&vdev->runnable) &&
			    ktime_get_ns() > end) {
				vaccel_queue_wake(q);
				return;
			}
			continue;
		}
		if (vaccel_engine_linger(q))
			continue;
		vaccel_doorbell_trap(q);
		if (!vaccel_doorbell_rung(q))
			return;
	}
}
