// SPDX-License-Identifier: GPL-2.0-only
/*
 * A queue: one open of a node. INIT, STARTED, ZOMBIE; there is no way back.
 */
#include <linux/eventfd.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "internal.h"
#include "trace.h"

static void uacce_queue_wake(struct uacce_queue *q, __poll_t events)
{
	unsigned long irq;

	wake_up_poll(&q->wait, events);
	spin_lock_irqsave(&q->event_lock, irq);
	if (q->event)
		compat_eventfd_signal(q->event);
	spin_unlock_irqrestore(&q->event_lock, irq);
}

void uacce_queue_notify(struct uacce_queue *q)
{
	uacce_queue_wake(q, EPOLLIN | EPOLLRDNORM);
}
UACCE_EXPORT(uacce_queue_notify);

/*
 * What a call on the queue answers before it looks at its arguments: 0, ENXIO
 * or ENODEV.
 */
int __uacce_queue_check(struct uacce_queue *q)
{
	lockdep_assert_held(&q->lock);
	if (q->state != UACCE_QUEUE_ZOMBIE)
		return 0;
	return READ_ONCE(q->uacce->removed) ? -ENODEV : -ENXIO;
}

/* Asks the device to say when there are results. */
static void uacce_queue_arm(struct uacce_queue *q)
{
	q->uacce->ops.mask_notify(q, (__force int)EPOLLIN);
}

int __uacce_queue_start(struct uacce_queue *q)
{
	int ret;

	if (q->state != UACCE_QUEUE_INIT)
		return -EINVAL;
	ret = q->uacce->ops.start_queue(q);
	trace_uacce_start(q, ret);
	if (ret)
		return ret < 0 ? ret : -EIO;

	WRITE_ONCE(q->state, UACCE_QUEUE_STARTED);
	if (q->event)
		uacce_queue_arm(q);
	/* Who sleeps since INIT has not asked the device to be notified. */
	wake_up_poll(&q->wait, EPOLLIN | EPOLLRDNORM);
	return 0;
}

/* The driver's side of the queue's end; nobody else calls it any more. */
static void __uacce_queue_put(struct uacce_queue *q, bool started)
{
	struct uacce_device *uacce = q->uacce;

	if (started) {
		uacce->ops.mask_notify(q, 0);
		uacce->ops.stop_queue(q);
	}
	uacce->ops.put_queue(q);
	uacce_buffer_free(q, &q->dko);
	uacce_static_leave(q);
	trace_uacce_put(q, started);
	module_put(uacce->owner);
}

/*
 * Waits until mappings that are being made can be found in the inode's mapping.
 * Their pages may be there before, and the read section of mmap ends before,
 * but mmap_lock is held throughout. An address space without users maps
 * nothing.
 */
static void uacce_queue_wait_for_maps(struct uacce_queue *q)
{
	if (!READ_ONCE(q->was_mapped) || !mmget_not_zero(q->mm))
		return;
	mmap_read_lock(q->mm);
	mmap_read_unlock(q->mm);
	/* The last user would come back here, to a lock that is held. */
	mmput_async(q->mm);
}

/*
 * Ends the queue while its file is open: calls that run finish, later ones find
 * a ZOMBIE, mappings lose their pages, the device stops, sleepers wake.
 * Idempotent.
 */
void __uacce_queue_zombie(struct uacce_queue *q)
{
	bool started = q->state == UACCE_QUEUE_STARTED;

	lockdep_assert_held(&q->lock);
	if (q->state == UACCE_QUEUE_ZOMBIE)
		return;

	WRITE_ONCE(q->state, UACCE_QUEUE_ZOMBIE);
	/* Pairs with the read sections of poll, mmap and fault. */
	synchronize_srcu_expedited(&q->uacce->srcu);
	uacce_queue_wait_for_maps(q);
	/* Not static memory: that is the process's. */
	uacce_queue_unmap(q, UACCE_QFRT_MMIO);
	uacce_queue_unmap(q, UACCE_QFRT_DUS);
	__uacce_queue_put(q, started);
	uacce_queue_wake(q, EPOLLHUP | EPOLLERR | EPOLLIN);
}

/* Replaces the queue's eventfd; @event may be NULL. */
void __uacce_queue_set_event(struct uacce_queue *q, struct eventfd_ctx *event)
{
	struct eventfd_ctx *old;

	spin_lock_irq(&q->event_lock);
	old = q->event;
	q->event = event;
	spin_unlock_irq(&q->event_lock);
	if (old)
		eventfd_ctx_put(old);
	if (event && q->state == UACCE_QUEUE_STARTED)
		uacce_queue_arm(q);
}

/*
 * The device and the address space are done with each other. The queue has been
 * put, or was never got. Idempotent.
 */
void __uacce_queue_unbind(struct uacce_queue *q)
{
	uacce_sva_unbind(q);
	uacce_domain_put(q);
}

static void uacce_queue_unbind_work(struct work_struct *work)
{
	struct uacce_queue *q =
		container_of(work, struct uacce_queue, unbind_work);

	mutex_lock(&q->lock);
	__uacce_queue_unbind(q);
	mutex_unlock(&q->lock);
}

static struct uacce_queue *uacce_queue_create(struct uacce_device *uacce)
{
	struct uacce_queue *q;
	int ret;

	q = kzalloc(sizeof(*q), GFP_KERNEL_ACCOUNT);
	if (!q)
		return ERR_PTR(-ENOMEM);

	q->inode = uacce_inode_create();
	if (IS_ERR(q->inode)) {
		ret = PTR_ERR(q->inode);
		goto err_free;
	}
	q->space = uacce_space_get(current->mm);
	if (IS_ERR(q->space)) {
		ret = PTR_ERR(q->space);
		goto err_iput;
	}

	q->uacce = uacce;
	q->mm = current->mm;
	q->state = UACCE_QUEUE_INIT;
	mutex_init(&q->lock);
	init_waitqueue_head(&q->wait);
	spin_lock_init(&q->event_lock);
	INIT_WORK(&q->unbind_work, uacce_queue_unbind_work);
	return q;

err_iput:
	iput(q->inode);
err_free:
	kfree(q);
	return ERR_PTR(ret);
}

static void uacce_queue_destroy(struct uacce_queue *q)
{
	uacce_space_put(q->space);
	iput(q->inode);
	if (q->scrap)
		__free_page(q->scrap);
	kfree(q);
}

/* What the device may reach: the address space, or the domain. */
static int __uacce_queue_bind(struct uacce_queue *q)
{
	size_t size = q->uacce->region_size[UACCE_QFRT_DKO];
	int ret;

	ret = uacce_sva_bind(q);
	if (ret)
		return ret;
	ret = uacce_domain_get(q);
	if (!ret && size)
		ret = uacce_buffer_alloc(q, size, &q->dko);
	if (ret)
		__uacce_queue_unbind(q);
	return ret;
}

/* Gets a queue of the device: its module, the bond, the driver's part. */
static int __uacce_queue_get(struct uacce_queue *q)
{
	struct uacce_device *uacce = q->uacce;
	int ret;

	if (uacce->removed || uacce->isolated)
		return -ENODEV;
	if (!try_module_get(uacce->owner))
		return -ENODEV;

	ret = __uacce_queue_bind(q);
	if (ret)
		goto err_module_put;
	ret = uacce->ops.get_queue(uacce, q->pasid, q);
	if (ret) {
		ret = ret < 0 ? ret : -EIO;
		goto err_unbind;
	}
	return 0;

err_unbind:
	uacce_buffer_free(q, &q->dko);
	__uacce_queue_unbind(q);
err_module_put:
	module_put(uacce->owner);
	return ret;
}

static int uacce_queue_open(struct inode *inode, struct file *file)
{
	/* The inode's character device stays until the file is closed. */
	struct uacce_device *uacce =
		container_of(inode->i_cdev, struct uacce_device, cdev);
	struct uacce_queue *q;
	int ret;

	if (!current->mm)
		return -EPERM;
	q = uacce_queue_create(uacce);
	if (IS_ERR(q))
		return PTR_ERR(q);

	down_read(&uacce->lock);
	ret = __uacce_queue_get(q);
	trace_uacce_open(uacce, q, ret);
	if (ret)
		goto err_up;

	spin_lock(&uacce->queues_lock);
	list_add_tail(&q->device_node, &uacce->queues);
	spin_unlock(&uacce->queues_lock);
	uacce_space_add(q->space, q);
	up_read(&uacce->lock);

	file->private_data = q;
	file->f_mapping = q->inode->i_mapping;
	return 0;

err_up:
	up_read(&uacce->lock);
	uacce_queue_destroy(q);
	return ret;
}

/* No mapping and no other call is left: both hold the file. */
static int uacce_queue_release(struct inode *inode, struct file *file)
{
	struct uacce_queue *q = file->private_data;
	struct uacce_device *uacce = q->uacce;
	enum uacce_queue_state state;

	down_read(&uacce->lock);
	mutex_lock(&q->lock);
	state = q->state;
	WRITE_ONCE(q->state, UACCE_QUEUE_ZOMBIE);
	if (state != UACCE_QUEUE_ZOMBIE)
		__uacce_queue_put(q, state == UACCE_QUEUE_STARTED);
	__uacce_queue_unbind(q);
	mutex_unlock(&q->lock);

	uacce_space_del(q);
	spin_lock(&uacce->queues_lock);
	list_del(&q->device_node);
	spin_unlock(&uacce->queues_lock);
	up_read(&uacce->lock);

	cancel_work_sync(&q->unbind_work);
	__uacce_queue_set_event(q, NULL);
	uacce_queue_destroy(q);
	return 0;
}

/*
 * Nothing there: ask the device to say when there is, and look again, since it
 * may have come before the device heard.
 */
static bool uacce_queue_has_results(struct uacce_queue *q)
{
	if (q->uacce->ops.is_q_updated(q))
		return true;
	uacce_queue_arm(q);
	return q->uacce->ops.is_q_updated(q);
}

static __poll_t uacce_queue_poll(struct file *file, poll_table *wait)
{
	struct uacce_queue *q = file->private_data;
	__poll_t events = 0;
	int srcu;

	/* A kernel worker that polls for its owner has no address space. */
	if (current->mm && current->mm != q->mm)
		return EPOLLERR | EPOLLNVAL;

	poll_wait(file, &q->wait, wait);

	srcu = srcu_read_lock(&q->uacce->srcu);
	switch (READ_ONCE(q->state)) {
	case UACCE_QUEUE_INIT:
		break;
	case UACCE_QUEUE_STARTED:
		if (uacce_queue_has_results(q))
			events = EPOLLIN | EPOLLRDNORM;
		break;
	case UACCE_QUEUE_ZOMBIE:
		events = EPOLLHUP;
		break;
	}
	srcu_read_unlock(&q->uacce->srcu, srcu);
	return events;
}

const struct file_operations uacce_queue_fops = {
	.owner = THIS_MODULE,
	.open = uacce_queue_open,
	.release = uacce_queue_release,
	.unlocked_ioctl = uacce_command_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = uacce_region_mmap,
	.poll = uacce_queue_poll,
};
