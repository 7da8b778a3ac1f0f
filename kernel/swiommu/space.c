// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address spaces that devices use. An access takes its process's address space
 * for a moment. A process that is killed while several queues work has no other
 * user left, but as long as these moments overlap it would not come to its end,
 * and all that it had queued would be done for nobody.
 */
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "internal.h"

static DEFINE_MUTEX(swiommu_spaces_lock);
static LIST_HEAD(swiommu_spaces);

static struct swiommu_space *__swiommu_space_find(struct mm_struct *mm)
{
	struct swiommu_space *space;

	list_for_each_entry(space, &swiommu_spaces, node)
		if (space->mm == mm)
			return space;
	return NULL;
}

/* For @mm, or an ERR_PTR. */
struct swiommu_space *swiommu_space_get(struct mm_struct *mm)
{
	struct swiommu_space *space;

	mutex_lock(&swiommu_spaces_lock);
	space = __swiommu_space_find(mm);
	if (space) {
		space->users++;
		goto out_unlock;
	}
	space = kzalloc(sizeof(*space), GFP_KERNEL);
	if (!space) {
		space = ERR_PTR(-ENOMEM);
		goto out_unlock;
	}
	space->mm = mm;
	mmgrab(mm);
	space->opener = get_pid(task_tgid(current));
	init_rwsem(&space->gate);
	space->users = 1;
	list_add_tail(&space->node, &swiommu_spaces);
out_unlock:
	mutex_unlock(&swiommu_spaces_lock);
	return space;
}

/* No access uses it any more. */
void swiommu_space_put(struct swiommu_space *space)
{
	mutex_lock(&swiommu_spaces_lock);
	if (--space->users) {
		mutex_unlock(&swiommu_spaces_lock);
		return;
	}
	list_del(&space->node);
	mutex_unlock(&swiommu_spaces_lock);
	put_pid(space->opener);
	mmdrop(space->mm);
	kfree(space);
}

/*
 * Has the process that bound the address space left it? Others may be in it
 * still, and its first thread may have gone before the rest: it is a hint.
 */
static bool swiommu_space_deserted(struct swiommu_space *space)
{
	struct task_struct *task;
	bool deserted;

	rcu_read_lock();
	task = pid_task(space->opener, PIDTYPE_TGID);
	deserted = !task || READ_ONCE(task->mm) != space->mm;
	rcu_read_unlock();
	return deserted;
}

/*
 * Takes the address space for an access; false when it is gone. Where it looks
 * deserted, the accesses step back all at once before the next begins: what
 * ends then had no other user, and if there is one, no harm is done.
 */
bool swiommu_space_enter(struct swiommu_space *space)
{
	if (swiommu_space_deserted(space)) {
		down_write(&space->gate);
		up_write(&space->gate);
	}
	down_read(&space->gate);
	if (mmget_not_zero(space->mm))
		return true;
	up_read(&space->gate);
	return false;
}

/* The last user tears the process down, which waits for devices: elsewhere. */
void swiommu_space_leave(struct swiommu_space *space)
{
	mmput_async(space->mm);
	up_read(&space->gate);
}
