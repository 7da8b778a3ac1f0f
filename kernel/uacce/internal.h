/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of uacce share with one another.
 *
 * Locks, in the order in which they are taken:
 *
 *   uacce_device.lock   rwsem. Read: open and close of a queue. Write:
 *                       unregister and reset, which so have neither at their
 *                       side. Guards removed, isolated.
 *   uacce_space.lock    mutex, one per address space. Guards its list of
 *                       queues, and keeps these from being freed while the
 *                       address space exits.
 *   uacce_queue.lock    mutex. Guards state, handle, and the calls of
 *                       start_queue, stop_queue, put_queue, reset_queue and
 *                       ioctl. Never held while user memory is touched.
 *   mmap_lock           of the opener. Guards uacce_queue.regions and
 *                       uacce_region.users: mapping, unmapping and moving all
 *                       hold it for writing.
 *   queues_lock,        spinlocks. The list of a device's queues; a queue's
 *   event_lock          eventfd.
 *
 * mmap_lock comes last: what runs under it (mmap, fault) takes none of the
 * locks above it. It, and poll, are kept apart from put_queue by
 * uacce_device.srcu: they look at the state and call the driver inside a read
 * section; a queue becomes a ZOMBIE first, waits for the readers, and only then
 * loses its pages and is put. So a fault waits for nobody.
 *
 * No lock is shared by two devices, but for the list of SVA providers, which
 * only registration uses.
 *
 * Lifetimes: a file keeps its queue, its character device and so its
 * uacce_device; a mapping keeps its file. A queue that has not been put keeps
 * the driver's module.
 */
#ifndef WARPDRIVE_KERNEL_UACCE_INTERNAL_H
#define WARPDRIVE_KERNEL_UACCE_INTERNAL_H

#include <linux/export.h>
#include <linux/kconfig.h>
#include <linux/mmu_notifier.h>

#include "uacce/uacce.h"

/*
 * A kernel with a uacce of its own exports these names itself. Ours then
 * exports nothing, so that it loads far enough to say why it will not.
 */
#if IS_ENABLED(CONFIG_UACCE)
#define UACCE_EXPORT(symbol)
#else
#define UACCE_EXPORT(symbol) EXPORT_SYMBOL_GPL(symbol)
#endif

/*
 * struct uacce_space - an address space and the queues that it opened
 * @notifier: tells of its end; its reference count is that of this structure
 * @lock: guards queues
 * @queues: those that have not been closed
 */
struct uacce_space {
	struct mmu_notifier notifier;
	struct mutex lock;
	struct list_head queues;
};

/*
 * struct uacce_region - a region of a queue while it is mapped
 * @qfr: what the driver sees
 * @q: its queue
 * @users: mappings: one, and two for a moment while one is being moved
 */
struct uacce_region {
	struct uacce_qfile_region qfr;
	struct uacce_queue *q;
	unsigned int users;
};

/* module.c */
extern struct class uacce_class;
extern const struct file_operations uacce_queue_fops;
int uacce_minor_get(struct uacce_device *uacce);
void uacce_minor_put(struct uacce_device *uacce);
struct inode *uacce_inode_create(void);
int uacce_inodes_pin(void);
void uacce_inodes_unpin(void);

/* ops.c */
void uacce_ops_fill(struct uacce_ops *ops);

/* queue.c */
int __uacce_queue_check(struct uacce_queue *q);
int __uacce_queue_start(struct uacce_queue *q);
void __uacce_queue_zombie(struct uacce_queue *q);
void __uacce_queue_set_event(struct uacce_queue *q, struct eventfd_ctx *event);

/* command.c */
long uacce_command_ioctl(struct file *file, unsigned int cmd,
			 unsigned long arg);

/* region.c */
int uacce_region_mmap(struct file *file, struct vm_area_struct *vma);

/* space.c */
struct uacce_space *uacce_space_get(struct mm_struct *mm);
void uacce_space_put(struct uacce_space *space);
void uacce_space_add(struct uacce_space *space, struct uacce_queue *q);
void uacce_space_del(struct uacce_queue *q);

/* sva.c */
void uacce_sva_enable(struct uacce_device *uacce);
void uacce_sva_disable(struct uacce_device *uacce);
int uacce_sva_bind(struct uacce_queue *q);
void uacce_sva_unbind(struct uacce_queue *q);

/* sysfs.c */
extern const struct attribute_group *uacce_sysfs_groups[];

#endif /* WARPDRIVE_KERNEL_UACCE_INTERNAL_H */
