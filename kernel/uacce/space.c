// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address spaces that have opened queues: one structure each, which hears of
 * its end while the pages are still there. A file is closed after that, or
 * never, if another process holds it; so this, not close(), is what keeps a
 * device from working on an address space that is being torn down.
 */
#include <linux/slab.h>

#include "internal.h"

static struct uacce_space *to_space(struct mmu_notifier *notifier)
{
	return container_of(notifier, struct uacce_space, notifier);
}

static struct mmu_notifier *uacce_space_alloc(struct mm_struct *mm)
{
	struct uacce_space *space;

	space = kzalloc(sizeof(*space), GFP_KERNEL);
	if (!space)
		return ERR_PTR(-ENOMEM);
	mutex_init(&space->lock);
	mutex_init(&space->static_lock);
	INIT_LIST_HEAD(&space->queues);
	return &space->notifier;
}

static void uacce_space_free(struct mmu_notifier *notifier)
{
	kfree(to_space(notifier));
}

/*
 * The address space exits: exit, SIGKILL or exec, no thread left in it. The
 * bond is not undone here, nor is a domain given back: an IOMMU driver may wait
 * for its own notifier in that, which would wait for this one. A worker does
 * it, unless close() is there first.
 */
static void uacce_space_release(struct mmu_notifier *notifier,
				struct mm_struct *mm)
{
	struct uacce_space *space = to_space(notifier);
	struct uacce_queue *q;

	mutex_lock(&space->lock);
	list_for_each_entry(q, &space->queues, space_node) {
		mutex_lock(&q->lock);
		__uacce_queue_zombie(q);
		if (q->handle || q->owns)
			schedule_work(&q->unbind_work);
		mutex_unlock(&q->lock);
	}
	mutex_unlock(&space->lock);
}

static const struct mmu_notifier_ops uacce_space_ops = {
	.release = uacce_space_release,
	.alloc_notifier = uacce_space_alloc,
	.free_notifier = uacce_space_free,
};

/*
 * The structure for @mm, the caller's own; or an ERR_PTR. It keeps the
 * mm_struct. Takes mmap_lock.
 */
struct uacce_space *uacce_space_get(struct mm_struct *mm)
{
	struct mmu_notifier *notifier;

	notifier = mmu_notifier_get(&uacce_space_ops, mm);
	return IS_ERR(notifier) ? ERR_CAST(notifier) : to_space(notifier);
}

void uacce_space_put(struct uacce_space *space)
{
	mmu_notifier_put(&space->notifier);
}

void uacce_space_add(struct uacce_space *space, struct uacce_queue *q)
{
	mutex_lock(&space->lock);
	list_add_tail(&q->space_node, &space->queues);
	mutex_unlock(&space->lock);
}

/*
 * The queue must be a ZOMBIE: when an exit does not find it here, the device
 * must have stopped already.
 */
void uacce_space_del(struct uacce_queue *q)
{
	struct uacce_space *space = q->space;

	mutex_lock(&space->lock);
	list_del(&q->space_node);
	mutex_unlock(&space->lock);
}
