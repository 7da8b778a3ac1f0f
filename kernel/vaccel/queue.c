// SPDX-License-Identifier: GPL-2.0-only
/* A queue: what uacce asks for in its life. */
#include <linux/bitmap.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "crypto.h"
#include "vaccel.h"

static int vaccel_get_available_instances(struct uacce_device *uacce)
{
	struct vaccel_device *vdev = uacce->priv;

	return vdev->config.queues - READ_ONCE(vdev->queues_open);
}

static void vaccel_regs_fill(struct vaccel_queue *q)
{
	struct vaccel_config *config = &q->dev->config;
	struct vaccel_regs *regs = q->regs;

	BUILD_BUG_ON(offsetof(struct vaccel_regs, crypto) != VACCEL_REG_CRYPTO);
	BUILD_BUG_ON(offsetof(struct vaccel_regs, status) != VACCEL_REG_STATUS);
	BUILD_BUG_ON(offsetof(struct vaccel_regs, sq_tail) !=
		     VACCEL_REG_SQ_TAIL);
	BUILD_BUG_ON(offsetof(struct vaccel_regs, cq_db) != VACCEL_REG_CQ_DB);
	BUILD_BUG_ON(offsetof(struct vaccel_regs, ctrl) != VACCEL_REG_CTRL);

	memset(regs, 0, PAGE_SIZE);
	regs->magic = VACCEL_MAGIC;
	regs->version = VACCEL_VERSION;
	regs->ops = config->ops;
	regs->features = VACCEL_FEAT_SGL | VACCEL_FEAT_STREAM |
			 VACCEL_FEAT_TRAP | VACCEL_FEAT_IN_ORDER;
	if (q->uq->pasid)
		regs->features |= VACCEL_FEAT_SVA;
	regs->formats = config->formats;
	regs->queue_id = q->id;
	regs->sq_entries = q->depth;
	regs->cq_entries = q->depth;
	regs->sq_offset = 0;
	regs->cq_offset = PAGE_ALIGN(q->depth * sizeof(struct vaccel_desc));
	regs->max_sgl = VACCEL_MAX_SGL;
	regs->max_len = VACCEL_MAX_LEN;
	regs->stream_size = VACCEL_STREAM_SIZE;
	regs->stream_align = VACCEL_STREAM_ALIGN;
	regs->crypto = config->crypto;
}

static int vaccel_queue_memory(struct vaccel_queue *q)
{
	int node = dev_to_node(q->dev->dev);
	struct page *page;

	page = alloc_pages_node(node, GFP_KERNEL_ACCOUNT | __GFP_ZERO, 0);
	if (!page)
		return -ENOMEM;
	q->regs = page_address(page);
	q->rings = vmalloc_user(q->rings_size);
	if (!q->rings)
		goto err_regs_free;
	q->src_list = kmalloc_array_node(2 * VACCEL_MAX_SGL,
					 sizeof(*q->src_list),
					 GFP_KERNEL_ACCOUNT, node);
	if (!q->src_list)
		goto err_rings_free;
	q->dst_list = q->src_list + VACCEL_MAX_SGL;
	return 0;

err_rings_free:
	vfree(q->rings);
err_regs_free:
	free_page((unsigned long)q->regs);
	return -ENOMEM;
}

static int vaccel_queue_id(struct vaccel_device *vdev)
{
	unsigned long id;

	mutex_lock(&vdev->lock);
	id = find_first_zero_bit(vdev->ids, vdev->config.queues);
	if (id < vdev->config.queues) {
		__set_bit(id, vdev->ids);
		WRITE_ONCE(vdev->queues_open, vdev->queues_open + 1);
	}
	mutex_unlock(&vdev->lock);
	return id < vdev->config.queues ? id : -EBUSY;
}

static void vaccel_queue_id_put(struct vaccel_device *vdev, u32 id)
{
	mutex_lock(&vdev->lock);
	__clear_bit(id, vdev->ids);
	WRITE_ONCE(vdev->queues_open, vdev->queues_open - 1);
	mutex_unlock(&vdev->lock);
}

/* The registration may not have returned yet: uacce, not vdev, is complete. */
static int vaccel_get_queue(struct uacce_device *uacce, unsigned long arg,
			    struct uacce_queue *uq)
{
	struct vaccel_device *vdev = uacce->priv;
	struct vaccel_queue *q;
	int id;
	int ret;

	id = vaccel_queue_id(vdev);
	if (id < 0)
		return id;
	q = kzalloc_node(sizeof(*q), GFP_KERNEL_ACCOUNT,
			 dev_to_node(vdev->dev));
	if (!q) {
		ret = -ENOMEM;
		goto err_id_put;
	}
	q->dev = vdev;
	q->uq = uq;
	q->id = id;
	q->depth = vdev->config.depth;
	q->stopping = true;
	mutex_init(&q->run_lock);
	INIT_WORK(&q->work, vaccel_engine_work);
	ret = swiommu_port_init(&q->port, vdev->dev, arg);
	if (ret)
		goto err_free;
	q->rings_size = uacce->region_size[UACCE_QFRT_DUS];
	ret = vaccel_queue_memory(q);
	if (ret)
		goto err_free;
	vaccel_regs_fill(q);
	q->sq = q->rings;
	q->cq = q->rings + q->regs->cq_offset;
	mutex_lock(&vdev->lock);
	list_add_tail(&q->node, &vdev->queues);
	mutex_unlock(&vdev->lock);
	uq->priv = q;
	return 0;

err_free:
	kfree(q);
err_id_put:
	vaccel_queue_id_put(vdev, id);
	return ret;
}

/* A touch of the doorbell page may still have started the engine. */
static void vaccel_put_queue(struct uacce_queue *uq)
{
	struct vaccel_queue *q = uq->priv;
	struct vaccel_device *vdev = q->dev;

	mutex_lock(&vdev->lock);
	list_del(&q->node);
	mutex_unlock(&vdev->lock);
	vaccel_queue_halt(q);
	vaccel_crypto_forget(q);
	vaccel_queue_id_put(vdev, q->id);
	kfree(q->src_list);
	vfree(q->rings);
	free_page((unsigned long)q->regs);
	kfree(q);
}

/* Starts the engine, or lets it look again before it goes to sleep. */
void vaccel_queue_wake(struct vaccel_queue *q)
{
	if (READ_ONCE(q->stopping))
		return;
	if (queue_work(q->dev->wq, &q->work))
		atomic_inc(&q->dev->runnable);
}

static void vaccel_queue_run(struct vaccel_queue *q)
{
	WRITE_ONCE(q->regs->status, VACCEL_STATE_RUNNING);
	WRITE_ONCE(q->stopping, false);
	vaccel_queue_wake(q);
}

/* No engine runs for the queue when this returns, nor will. */
void vaccel_queue_halt(struct vaccel_queue *q)
{
	WRITE_ONCE(q->stopping, true);
	/* One that waited for its turn gives it up. */
	if (cancel_work_sync(&q->work))
		atomic_dec(&q->dev->runnable);
}

static int vaccel_start_queue(struct uacce_queue *uq)
{
	struct vaccel_queue *q = uq->priv;

	mutex_lock(&q->run_lock);
	q->started = true;
	vaccel_queue_run(q);
	mutex_unlock(&q->run_lock);
	return 0;
}

static void vaccel_stop_queue(struct uacce_queue *uq)
{
	struct vaccel_queue *q = uq->priv;

	mutex_lock(&q->run_lock);
	vaccel_queue_halt(q);
	q->started = false;
	WRITE_ONCE(q->regs->status, VACCEL_STATE_STOPPED);
	mutex_unlock(&q->run_lock);
}

static void vaccel_queue_reset(struct vaccel_queue *q)
{
	mutex_lock(&q->run_lock);
	if (!q->started)
		goto out_unlock;
	vaccel_queue_halt(q);
	q->sq_head = 0;
	q->cq_tail = 0;
	q->halted = false;
	memset(q->rings, 0, q->rings_size);
	vaccel_regs_fill(q);
	vaccel_queue_run(q);
	uacce_queue_notify(q->uq);
out_unlock:
	mutex_unlock(&q->run_lock);
}

static int vaccel_reset_queue(struct uacce_queue *uq)
{
	vaccel_queue_reset(uq->priv);
	return 0;
}

/* No queue comes or goes meanwhile, but one may be put. */
static int vaccel_reset(struct uacce_device *uacce)
{
	struct vaccel_device *vdev = uacce->priv;
	struct vaccel_queue *q;

	mutex_lock(&vdev->lock);
	list_for_each_entry(q, &vdev->queues, node)
		vaccel_queue_reset(q);
	mutex_unlock(&vdev->lock);
	return 0;
}

/* Pairs with the barrier in vaccel_doorbell_notify(): armed, then looked. */
static void vaccel_mask_notify(struct uacce_queue *uq, int event_mask)
{
	struct vaccel_queue *q = uq->priv;

	atomic_xchg(&q->poll_armed, !!(event_mask & (__force int)EPOLLIN));
}

static int vaccel_is_q_updated(struct uacce_queue *uq)
{
	struct vaccel_queue *q = uq->priv;

	return READ_ONCE(q->halted) ||
	       (u32)READ_ONCE(q->regs->cq_db) != READ_ONCE(q->cq_tail);
}

static int vaccel_mmap(struct uacce_queue *uq, struct vm_area_struct *vma,
		       struct uacce_qfile_region *qfr)
{
	struct vaccel_queue *q = uq->priv;

	switch (qfr->type) {
	case UACCE_QFRT_MMIO:
		vm_flags_set(vma, VM_PFNMAP);
		qfr->fault = vaccel_doorbell_fault;
		return 0;
	case UACCE_QFRT_DUS:
		return remap_vmalloc_range(vma, q->rings, 0);
	default:
		return -EOPNOTSUPP;
	}
}

static long vaccel_ioctl_counters(struct vaccel_queue *q,
				  struct vaccel_counters *counters)
{
	if (counters->argsz != sizeof(*counters))
		return -EINVAL;
	if (counters->flags)
		return -EOPNOTSUPP;
	*counters = (struct vaccel_counters){
		.argsz = sizeof(*counters),
		.requests = READ_ONCE(q->requests),
		.errors = READ_ONCE(q->errors),
		.bytes_in = READ_ONCE(q->bytes_in),
		.bytes_out = READ_ONCE(q->bytes_out),
		.faults = READ_ONCE(q->port.faults),
		.traps = atomic64_read(&q->traps),
		.interrupts = READ_ONCE(q->interrupts),
	};
	return 0;
}

static long vaccel_ioctl(struct uacce_queue *uq, unsigned int cmd,
			 unsigned long arg)
{
	switch (cmd) {
	case VACCEL_IOC_COUNTERS:
		return vaccel_ioctl_counters(uq->priv,
					     (struct vaccel_counters *)arg);
	default:
		return -ENOTTY;
	}
}

const struct uacce_ops vaccel_uacce_ops = {
	.get_available_instances = vaccel_get_available_instances,
	.get_queue = vaccel_get_queue,
	.put_queue = vaccel_put_queue,
	.start_queue = vaccel_start_queue,
	.stop_queue = vaccel_stop_queue,
	.is_q_updated = vaccel_is_q_updated,
	.mask_notify = vaccel_mask_notify,
	.mmap = vaccel_mmap,
	.reset = vaccel_reset,
	.reset_queue = vaccel_reset_queue,
	.ioctl = vaccel_ioctl,
};
