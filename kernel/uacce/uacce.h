/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * uacce for drivers of accelerators: register a device, serve its queues.
 *
 * Order of calls on one queue:
 *
 *   get_queue -> { mmap, ioctl }* -> start_queue -> { mmap, ioctl, poll }*
 *             -> mask_notify(0) -> stop_queue -> put_queue
 *
 * stop_queue is called only after a start_queue that succeeded, put_queue
 * exactly once after a get_queue that succeeded. After put_queue no operation
 * is called on that queue again, though its descriptor may stay open for long.
 *
 * Which calls may run at the same time, on one queue:
 *
 *   start_queue, stop_queue, put_queue, reset_queue, ioctl  one at a time
 *   mmap, is_q_updated, mask_notify, qfr->fault             with anything of
 *       the line above but stop_queue and put_queue, and with one another
 *
 * mask_notify(0) comes from the same place as stop_queue, alone. On different
 * queues anything runs at the same time. All may sleep, but:
 *
 *  - mmap and fault run under mmap_lock: they touch no user memory, and they
 *    take no lock that another operation holds while it touches user memory;
 *  - stop_queue and put_queue may be called while the address space exits:
 *    they wait for the device, but they do not unbind it and do not
 *    unregister MMU notifiers;
 *  - no operation may call uacce_unregister().
 */
#ifndef WARPDRIVE_KERNEL_UACCE_H
#define WARPDRIVE_KERNEL_UACCE_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <uapi/uacce.h>

#define UACCE_NAME "uacce"
#define UACCE_NAME_MAX 32
#define UACCE_REGIONS 4

struct eventfd_ctx;
struct inode;
struct module;
struct uacce_device;
struct uacce_domain;
struct uacce_space;
struct uacce_queue;
struct uacce_region;
struct uacce_static;
struct uacce_sva_provider;

/**
 * struct uacce_qfile_region - a region of a queue while it is mapped
 * @type: one of enum uacce_qfrt
 * @priv: for the driver
 * @fault: serves a touch of a page that is not there. The driver sets it in
 *	its mmap operation; without one such a touch is SIGBUS. Called under
 *	mmap_lock, never after put_queue was called. It typically ends in
 *	vmf_insert_pfn().
 */
struct uacce_qfile_region {
	enum uacce_qfrt type;
	void *priv;
	vm_fault_t (*fault)(struct uacce_queue *q,
			    struct uacce_qfile_region *qfr,
			    struct vm_fault *vmf);

	/* private: */
	unsigned long pfn;
};

/**
 * struct uacce_buffer - memory of a queue that its device reaches by DMA
 * @kernel: its address in the kernel, in one piece; NULL when there is none
 * @iova: its address on the device's side, in one piece
 * @size: in bytes, whole pages
 *
 * For devices in shared-domain mode, whose drivers cannot use the DMA API: the
 * rings that a queue shares with the process, or what the device and the kernel
 * keep between themselves. The addresses are beyond those that
 * processes get, where the IOMMU and the device can express such, so that they
 * are in nobody's way; low ones otherwise.
 */
struct uacce_buffer {
	void *kernel;
	dma_addr_t iova;
	size_t size;
};

/**
 * struct uacce_ops - what a driver does for its queues
 * @get_available_instances: how many more queues could be had now, read from
 *	sysfs. Default: the attribute answers ENODEV.
 * @get_queue: take a queue for a new open. @arg is the PASID of the caller's
 *	address space, 0 on a device without SVA. Sets q->priv. -EBUSY when all
 *	queues are taken. Default: succeed.
 * @put_queue: give the queue back; nothing of it is used afterwards.
 *	Default: nothing.
 * @start_queue: let the queue work. Default: succeed.
 * @stop_queue: no access to the process's memory may follow its return, and
 *	no uacce_queue_notify(). Default: nothing.
 * @is_q_updated: are results waiting? Called by poll() on a started queue.
 *	Default: never.
 * @mask_notify: which of EPOLLIN should be notified with
 *	uacce_queue_notify(); 0 for none. poll() asks for EPOLLIN before it
 *	looks at is_q_updated for the last time. A driver may take one request
 *	as good for one notification. Default: nothing.
 * @mmap: map region qfr->type, MMIO or DUS, whose size is that of the registration; vma
 *	covers it exactly. Call uacce_region_set_pages(), or set VM_PFNMAP and
 *	qfr->fault, or insert the pages here (io_remap_pfn_range(),
 *	uacce_buffer_mmap(), dma_mmap_coherent() and the like).
 *	vma->vm_ops, vm_private_data and vm_pgoff (zero here, something else in
 *	a fault: count from vma->vm_start) are uacce's.
 *	Default: -EOPNOTSUPP.
 * @reset: reset the whole device; asked for by root through sysfs. No open or
 *	close runs meanwhile. Queues keep their states and work afterwards;
 *	what was in flight is answered with an error. Default: -EOPNOTSUPP.
 * @reset_queue: the same for one queue that is started.
 *	Default: -EOPNOTSUPP.
 * @ioctl: a call of the driver's own, with a magic other than 'W', on a queue
 *	that has not been put. User memory has been dealt with: when _IOC_SIZE
 *	of @cmd is zero, @arg is the caller's value; otherwise it is the address
 *	of a kernel copy of the caller's structure (zeroed when the command does
 *	not write), of _IOC_SIZE bytes, which is copied back when the command
 *	reads and the answer is not negative. -ENOTTY for unknown commands.
 *	Default: -ENOTTY.
 */
struct uacce_ops {
	int (*get_available_instances)(struct uacce_device *uacce);
	int (*get_queue)(struct uacce_device *uacce, unsigned long arg,
			 struct uacce_queue *q);
	void (*put_queue)(struct uacce_queue *q);
	int (*start_queue)(struct uacce_queue *q);
	void (*stop_queue)(struct uacce_queue *q);
	int (*is_q_updated)(struct uacce_queue *q);
	void (*mask_notify)(struct uacce_queue *q, int event_mask);
	int (*mmap)(struct uacce_queue *q, struct vm_area_struct *vma,
		    struct uacce_qfile_region *qfr);
	int (*reset)(struct uacce_device *uacce);
	int (*reset_queue)(struct uacce_queue *q);
	long (*ioctl)(struct uacce_queue *q, unsigned int cmd,
		      unsigned long arg);
};

/**
 * struct uacce_interface - what a driver registers
 * @name: the node is /dev/NAME-N, N being the lowest free number; copied
 * @owner: THIS_MODULE; held by every queue that has not been put
 * @flags: UACCE_DEV_*: what the driver asks for
 * @ops: the driver's operations; copied, NULL members get defaults
 * @api: what the user driver is matched by, such as "vaccel-1"; copied
 * @algorithms: names, each followed by a newline; the last newline may be
 *	missing; copied
 * @region_size: bytes of each region, whole pages, 0 for none. For SS the most
 *	that one region may have; for DKO what each queue gets in q->dko
 * @priv: becomes uacce->priv before anybody can open the node
 */
struct uacce_interface {
	const char *name;
	struct module *owner;
	unsigned int flags;
	const struct uacce_ops *ops;
	const char *api;
	const char *algorithms;
	unsigned long region_size[UACCE_REGIONS];
	void *priv;
};

/**
 * struct uacce_queue - one open of a node
 * @uacce: its device
 * @priv: for the driver
 * @pasid: PASID of the address space on a device with SVA, else 0
 * @mm: the address space that opened the queue; the structure stays, though
 *	not what it describes
 * @dko: region DKO, from before get_queue until after put_queue
 */
struct uacce_queue {
	struct uacce_device *uacce;
	void *priv;
	u32 pasid;
	struct mm_struct *mm;
	struct uacce_buffer dko;

	/* private: */
	struct mutex lock;
	enum uacce_queue_state state;
	wait_queue_head_t wait;
	spinlock_t event_lock;
	struct eventfd_ctx *event;
	struct inode *inode;
	struct uacce_region *regions[UACCE_REGIONS];
	struct page *scrap;
	bool was_mapped;
	struct uacce_space *space;
	struct uacce_static *ss;
	bool owns;
	struct list_head space_node;
	struct list_head device_node;
	struct iommu_sva *handle;
	struct uacce_sva_provider *handle_provider;
	struct work_struct unbind_work;
};

/**
 * struct uacce_device - a registered device
 * @dev: its class device; for messages and sysfs
 * @parent: the device that was registered; NULL after uacce_unregister()
 * @id: the N of /dev/NAME-N
 * @flags: what was agreed on, a part of what was asked for
 * @priv: for the driver
 * @ops: the operations; for uacce
 */
struct uacce_device {
	struct device dev;
	struct device *parent;
	u32 id;
	unsigned int flags;
	void *priv;
	struct uacce_ops ops;

	/* private: */
	struct cdev cdev;
	struct module *owner;
	const char *api;
	const char *algorithms;
	unsigned long region_size[UACCE_REGIONS];
	struct uacce_sva_provider *provider;
	struct uacce_domain *domain;
	struct srcu_struct srcu;
	struct rw_semaphore lock;
	bool removed;
	bool isolated;
	u32 isolate_threshold;
	spinlock_t queues_lock;
	struct list_head queues;
};

/**
 * uacce_register() - publish a device
 * @parent: the device whose memory accesses the IOMMU translates
 * @interface: what it offers; not used after the return
 *
 * When the node appears it is complete: it may be opened before this returns.
 * SVA that is asked for and cannot be had is left out of the flags of what
 * comes back; that is no error. May sleep.
 *
 * Regions SS and DKO are asked for by their sizes. With SVA there is no need
 * for them, and their sizes become 0 in what comes back. Without it they put
 * the device into shared-domain mode: while a process has queues of it, the
 * device's IOMMU group is attached to a domain of uacce's, where IOVA is the
 * process's own address; get_queue is called after the attachment, put_queue
 * before its end. No transaction of the device may be under way after the
 * put_queue of its last queue. This takes the place of the DMA API, so the
 * driver must not use that and says so with .driver_managed_dma in its struct
 * device_driver, pci_driver's or platform_driver's; dma_set_mask() says how
 * wide the device's addresses are. A driver that asks for neither region is
 * left alone, has no owner, and reaches memory in its own way.
 *
 * Return: the device, to be ended with uacce_unregister(), or an ERR_PTR:
 * -EINVAL for an interface that contradicts itself, -ENOSPC when there are no
 * minor numbers left, -ENOMEM. For shared-domain mode also: -ENODEV when
 * @parent is behind no IOMMU, -EPERM when its interrupts are not remapped or a
 * driver in its IOMMU group uses the DMA API, or what the IOMMU's driver says.
 */
struct uacce_device *uacce_register(struct device *parent,
				    const struct uacce_interface *interface);

/**
 * uacce_unregister() - withdraw a device
 * @uacce: what uacce_register() returned; NULL and ERR_PTR are ignored
 *
 * Every queue is stopped and put, loses its mappings and wakes its sleepers
 * with EPOLLHUP. When this returns, no operation runs or will run again; open
 * descriptors stay, and are safe to close. @uacce must not be used afterwards.
 * May sleep; not to be called from one of the operations.
 */
void uacce_unregister(struct uacce_device *uacce);

/**
 * uacce_queue_is_started() - is the queue at work?
 * @q: the queue of an ioctl operation, which is where the answer stays true
 */
static inline bool uacce_queue_is_started(const struct uacce_queue *q)
{
	return q->state == UACCE_QUEUE_STARTED;
}

/**
 * uacce_queue_notify() - there are results
 * @q: a started queue
 *
 * Wakes poll() and signals the eventfd. Any context.
 */
void uacce_queue_notify(struct uacce_queue *q);

/**
 * uacce_region_set_pages() - map memory that lies in one piece
 * @qfr: the region of an mmap operation
 * @vma: its mapping
 * @pfn: the first page's frame; the memory is as long as the region, is normal
 *	memory, and stays until put_queue
 *
 * The pages are inserted when the first of them is touched, so that nothing can
 * fail now. After uacce_queue_unmap() they come back by themselves.
 */
void uacce_region_set_pages(struct uacce_qfile_region *qfr,
			    struct vm_area_struct *vma, unsigned long pfn);

/**
 * uacce_queue_unmap() - take the pages of a mapped region away
 * @q: a queue that has not been put
 * @type: which region
 *
 * The mapping stays; the next touch goes to qfr->fault. When this returns, no
 * thread of the process reaches the pages any more, except through a fault that
 * runs at the same time. May sleep; takes no mmap_lock, and may be called from
 * any operation but fault.
 */
void uacce_queue_unmap(struct uacce_queue *q, enum uacce_qfrt type);

/**
 * uacce_buffer_alloc() - memory for a queue and its device
 * @q: a queue of a device in shared-domain mode; from get_queue on
 * @size: bytes, rounded up to pages
 * @buffer: filled in; untouched on failure
 *
 * Zeroed. Not to be called from mmap and fault. To be freed in put_queue at
 * the latest, when the device is done with it.
 *
 * Return: 0, -EOPNOTSUPP for another device, -EINVAL for size 0, -ENOSPC when
 * the device has no addresses left, -ENOMEM.
 */
int uacce_buffer_alloc(struct uacce_queue *q, size_t size,
		       struct uacce_buffer *buffer);

/**
 * uacce_buffer_free() - give it back
 * @q: its queue
 * @buffer: from uacce_buffer_alloc(), or all zero; all zero afterwards
 */
void uacce_buffer_free(struct uacce_queue *q, struct uacce_buffer *buffer);

/**
 * uacce_buffer_mmap() - map it in an mmap operation
 * @buffer: as large as the region, and there until put_queue
 * @vma: the mapping
 *
 * Return: 0 or a negative errno.
 */
int uacce_buffer_mmap(const struct uacce_buffer *buffer,
		      struct vm_area_struct *vma);

/**
 * struct uacce_sva_provider - an IOMMU driver that binds address spaces itself
 * @owner: THIS_MODULE; held while a device is registered on it
 * @iommu_ops: its operations, which tell its devices from all others
 * @bind: bind @mm, which the caller holds, to @dev; or an ERR_PTR
 * @unbind: undo one bind; nothing reaches @mm through it afterwards
 * @get_pasid: the PASID of a bond, or IOMMU_PASID_INVALID
 *
 * Binding an address space is iommu_sva_bind_device()'s work. Where the kernel
 * refuses it as a matter of policy (-EOPNOTSUPP on x86), a software IOMMU whose
 * walks the policy is not about may offer its own way, for its own devices
 * only. These are then bound by it alone; the core is not asked, because its
 * refusal costs a reference of the IOMMU group. A hardware IOMMU's operations
 * are never those of a provider, so nothing else gets round the refusal.
 */
struct uacce_sva_provider {
	struct module *owner;
	const struct iommu_ops *iommu_ops;
	struct iommu_sva *(*bind)(struct device *dev, struct mm_struct *mm);
	void (*unbind)(struct iommu_sva *handle);
	u32 (*get_pasid)(struct iommu_sva *handle);

	/* private: */
	struct list_head node;
};

/**
 * uacce_sva_provider_register() - offer a way of binding
 * @provider: the caller's; stays in use until it is unregistered
 *
 * To be called before a device behind that IOMMU is registered with uacce.
 *
 * Return: 0, -EINVAL for a provider with a member missing, -EEXIST when there
 * is one for these operations.
 */
int uacce_sva_provider_register(struct uacce_sva_provider *provider);

/**
 * uacce_sva_provider_unregister() - withdraw it
 * @provider: registered earlier; no device uses it, since each holds its owner
 */
void uacce_sva_provider_unregister(struct uacce_sva_provider *provider);

#endif /* WARPDRIVE_KERNEL_UACCE_H */
