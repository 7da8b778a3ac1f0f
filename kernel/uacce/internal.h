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
 *   uacce_domain.lock   mutex. Guards owner, queues, and attaching the domain
 *                       with the core's locks inside it.
 *   mmap_lock           of the opener. Guards uacce_queue.regions and
 *                       uacce_region.users: mapping, unmapping and moving all
 *                       hold it for writing.
 *   uacce_space         mutex. Guards the static memory of the address space:
 *   .static_lock        uacce_queue.ss, uacce_static.users.
 *   uacce_domain        mutex. Guards ranges and what the IOMMU's table maps.
 *   .map_lock
 *   queues_lock,        spinlocks. The list of a device's queues; a queue's
 *   event_lock          eventfd.
 *
 * What runs under mmap_lock (mmap, munmap, fault) takes none of the locks above
 * it, and nothing below it waits for the process. It, and poll, are kept apart from put_queue by
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
#include <linux/interval_tree.h>
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
 * @static_lock: see above
 */
struct uacce_space {
	struct mmu_notifier notifier;
	struct mutex lock;
	struct list_head queues;
	struct mutex static_lock;
};

/*
 * struct uacce_domain - what a device in shared-domain mode reaches
 * @dev, @group: the device that was registered; its group is kept
 * @first, @last: what the device and the IOMMU can express
 * @prot: of every mapping
 * @msi_base: where the domain is to map interrupt messages, or PHYS_ADDR_MAX
 * @lock: guards what follows
 * @owner: whose it is; kept by each of its queues
 * @queues: of the owner, that have not been put
 * @domain: while there is an owner; a queue that has not been put keeps it
 * @map_lock: guards ranges
 * @ranges: what is mapped or reserved
 */
struct uacce_domain {
	struct device *dev;
	struct iommu_group *group;
	unsigned long first;
	unsigned long last;
	int prot;
	phys_addr_t msi_base;
	struct mutex lock;
	struct mm_struct *owner;
	unsigned int queues;
	struct iommu_domain *domain;
	struct mutex map_lock;
	struct rb_root_cached ranges;
};

/*
 * struct uacce_region - a region of a queue while it is mapped
 * @qfr: what the driver sees
 * @q: its queue
 * @ss: the static memory that it maps, or NULL
 * @users: mappings: one, and two for a moment while one is being moved
 */
struct uacce_region {
	struct uacce_qfile_region qfr;
	struct uacce_queue *q;
	struct uacce_static *ss;
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
void __uacce_queue_unbind(struct uacce_queue *q);
void __uacce_queue_set_event(struct uacce_queue *q, struct eventfd_ctx *event);

/* command.c */
long uacce_command_ioctl(struct file *file, unsigned int cmd,
			 unsigned long arg);

/* domain.c */
int uacce_domain_init(struct uacce_device *uacce);
void uacce_domain_fini(struct uacce_device *uacce);
int uacce_domain_get(struct uacce_queue *q);
void uacce_domain_put(struct uacce_queue *q);
int uacce_domain_map(struct uacce_domain *domain, unsigned long iova,
		     struct page *const *pages, unsigned long nr,
		     const void *user);
int uacce_domain_map_anywhere(struct uacce_domain *domain,
			      struct page *const *pages, unsigned long nr,
			      dma_addr_t *iova);
void uacce_domain_unmap(struct uacce_domain *domain, unsigned long iova);

/* static.c */
struct uacce_static *uacce_static_map(struct uacce_queue *q,
				      struct vm_area_struct *vma);
void uacce_static_unmap(struct uacce_queue *q, struct uacce_static *ss);
vm_fault_t uacce_static_fault(struct uacce_static *ss, struct vm_fault *vmf);
int uacce_static_share(struct uacce_queue *q, struct uacce_queue *source);
void uacce_static_leave(struct uacce_queue *q);

/* region.c; a region has at most as many pages as this many bits count */
#define UACCE_REGION_SHIFT 28
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
