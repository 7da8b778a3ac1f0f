// SPDX-License-Identifier: GPL-2.0-only
/*
 * The doorbell page. It is ordinary memory, which an engine that is awake
 * reads. An engine that goes to sleep takes it away from the process, so that
 * the next touch faults and comes here.
 */
#include <linux/ktime.h>
#include <linux/mm.h>

#include "vaccel.h"

/*
 * The page goes in before the engine is woken: an engine that runs in between
 * either takes the page away again, and the store faults once more, or it is
 * woken after that.
 */
vm_fault_t vaccel_doorbell_fault(struct uacce_queue *uq,
				 struct uacce_qfile_region *qfr,
				 struct vm_fault *vmf)
{
	struct vaccel_queue *q = uq->priv;
	vm_fault_t ret;

	WRITE_ONCE(q->trapped_at, ktime_get_ns());
	ret = vmf_insert_pfn(vmf->vma, vmf->address,
			     page_to_pfn(virt_to_page(q->regs)));
	if (ret != VM_FAULT_NOPAGE)
		return ret;
	atomic64_inc(&q->traps);
	vaccel_queue_wake(q);
	return ret;
}

/*
 * Takes the page away. A store that went through before is visible when this
 * returns: taking a page away waits for every processor that could still use
 * its translation. So look at the doorbells after it.
 */
void vaccel_doorbell_trap(struct vaccel_queue *q)
{
	WRITE_ONCE(q->regs->sq_head, q->sq_head);
	WRITE_ONCE(q->regs->cq_tail, q->cq_tail);
	uacce_queue_unmap(q->uq, UACCE_QFRT_MMIO);
	smp_mb();
}

static bool vaccel_cq_db_due(struct vaccel_queue *q, u64 db)
{
	return (db & VACCEL_CQ_ARM) && (u32)db != q->cq_tail;
}

/* Is there anything for the engine to do? */
bool vaccel_doorbell_rung(struct vaccel_queue *q)
{
	if (READ_ONCE(q->regs->ctrl))
		return true;
	if (!q->halted && READ_ONCE(q->regs->sq_tail) != q->sq_head)
		return true;
	return vaccel_cq_db_due(q, READ_ONCE(q->regs->cq_db));
}

/*
 * After completions were posted, or the doorbells were looked at: sends the
 * interrupt if somebody waits for it, once for each arming.
 */
void vaccel_doorbell_notify(struct vaccel_queue *q)
{
	bool notify = false;
	u64 db;

	/* cq_tail before poll_armed: see vaccel_mask_notify(). */
	smp_mb();
	db = READ_ONCE(q->regs->cq_db);
	if (atomic_read(&q->poll_armed) && (u32)db != q->cq_tail &&
	    atomic_xchg(&q->poll_armed, 0))
		notify = true;
	if (vaccel_cq_db_due(q, db) &&
	    cmpxchg(&q->regs->cq_db, db, db & ~VACCEL_CQ_ARM) == db)
		notify = true;
	if (!notify)
		return;
	WRITE_ONCE(q->interrupts, q->interrupts + 1);
	uacce_queue_notify(q->uq);
}
