/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between 6.1 and 6.12 for a driver of an IOMMU: PASIDs, I/O page
 * faults and the attachment of an address space. Only swiommu includes this.
 */
#ifndef WARPDRIVE_COMPAT_IOMMU_DRIVER_H
#define WARPDRIVE_COMPAT_IOMMU_DRIVER_H

#include <linux/platform_device.h>
#include <linux/pci.h>
#include <linux/sched/mm.h>

#include "compat/compat.h"

#if COMPAT_6_1

/* Exported by the core, declared only in a header of its own. */
struct iopf_queue;
int iommu_sva_alloc_pasid(struct mm_struct *mm, ioasid_t min, ioasid_t max);
int iommu_queue_iopf(struct iommu_fault *fault, void *cookie);
int iopf_queue_add_device(struct iopf_queue *queue, struct device *dev);
int iopf_queue_remove_device(struct iopf_queue *queue, struct device *dev);
struct iopf_queue *iopf_queue_alloc(const char *name);
void iopf_queue_free(struct iopf_queue *queue);

/* The handle that the core sees, and on 6.12 the domain behind it. */
struct compat_sva {
	struct iommu_sva handle;
};

static inline int compat_fwspec_init(struct device *dev,
				     struct fwnode_handle *fwnode,
				     const struct iommu_ops *ops)
{
	return iommu_fwspec_init(dev, fwnode, ops);
}

/*
 * The core never takes back the bus operations that it has set; the next
 * registration would call into the module that is gone.
 */
static inline void compat_iommu_forget_buses(const struct iommu_ops *ops)
{
	if (platform_bus_type.iommu_ops == ops)
		platform_bus_type.iommu_ops = NULL;
#ifdef CONFIG_PCI
	if (pci_bus_type.iommu_ops == ops)
		pci_bus_type.iommu_ops = NULL;
#endif
}

/* The PASID belongs to the address space and goes with it. */
static inline int compat_sva_attach(struct compat_sva *sva, struct device *dev,
				    struct mm_struct *mm, u32 *pasid)
{
	int ret = iommu_sva_alloc_pasid(mm, 1, (1U << 20) - 1);

	if (ret)
		return ret;
	sva->handle.dev = dev;
	*pasid = mm->pasid;
	return 0;
}

static inline void compat_sva_detach(struct compat_sva *sva, u32 pasid)
{
}

static inline int compat_iopf_enable(struct iopf_queue *queue,
				     struct device *dev)
{
	int ret = iopf_queue_add_device(queue, dev);

	if (ret)
		return ret;
	ret = iommu_register_device_fault_handler(dev, iommu_queue_iopf, dev);
	if (ret)
		iopf_queue_remove_device(queue, dev);
	return ret;
}

static inline int compat_iopf_disable(struct iopf_queue *queue,
				      struct device *dev)
{
	int ret = iommu_unregister_device_fault_handler(dev);

	return ret ? ret : iopf_queue_remove_device(queue, dev);
}

static inline int compat_iopf_report(struct device *dev,
				     const struct iommu_fault *fault)
{
	struct iommu_fault_event event = { .fault = *fault };

	return iommu_report_device_fault(dev, &event);
}

#define COMPAT_PAGE_RESPONSE(name, respond)                                  \
	static int name(struct device *dev, struct iommu_fault_event *event, \
			struct iommu_page_response *response)                \
	{                                                                    \
		respond(dev, response->grpid,                                \
			response->code == IOMMU_PAGE_RESP_SUCCESS);          \
		return 0;                                                    \
	}

/* Since 6.2 the core calls sva domains; before, it calls these. */
#define COMPAT_SVA_OPS(bind, unbind, get_pasid) \
	.sva_bind = bind, .sva_unbind = unbind, .sva_get_pasid = get_pasid,

#define COMPAT_SVA_BIND_ARGS \
	struct device *dev, struct mm_struct *mm, void *drvdata

/* 6.1 has an operation for it; later the core does it when the last is gone. */
#define COMPAT_DETACH_DEV(detach) .detach_dev = detach,

static inline void compat_probe_finalize(struct device *dev)
{
	iommu_setup_dma_ops(dev, 0, U64_MAX);
}

static inline long compat_get_pages(struct mm_struct *mm, unsigned long addr,
				    unsigned long nr, struct page **pages)
{
	return get_user_pages_remote(mm, addr, nr, FOLL_NOFAULT, pages, NULL,
				     NULL);
}

static inline long compat_pin_pages(struct mm_struct *mm, unsigned long addr,
				    unsigned long nr, struct page **pages)
{
	return pin_user_pages_remote(mm, addr, nr, FOLL_WRITE | FOLL_NOFAULT,
				     pages, NULL, NULL);
}

#else /* 6.12 */

struct compat_sva {
	struct iommu_sva handle;
	struct iommu_domain domain;
};

static inline int compat_fwspec_init(struct device *dev,
				     struct fwnode_handle *fwnode,
				     const struct iommu_ops *ops)
{
	return iommu_fwspec_init(dev, fwnode);
}

static inline void compat_iommu_forget_buses(const struct iommu_ops *ops)
{
}

static inline enum iommu_page_response_code
compat_iopf_handle(const struct iommu_fault_page_request *prm,
		   struct mm_struct *mm)
{
	unsigned int flags = FAULT_FLAG_REMOTE | FAULT_FLAG_USER;
	enum iommu_page_response_code code = IOMMU_PAGE_RESP_INVALID;
	unsigned long need = 0;
	struct vm_area_struct *vma;

	if (!mmget_not_zero(mm))
		return code;
	if (prm->perm & IOMMU_FAULT_PERM_READ)
		need |= VM_READ;
	if (prm->perm & IOMMU_FAULT_PERM_WRITE) {
		need |= VM_WRITE;
		flags |= FAULT_FLAG_WRITE;
	}
	mmap_read_lock(mm);
	vma = vma_lookup(mm, prm->addr);
	if (vma && !(need & ~vma->vm_flags) &&
	    !(handle_mm_fault(vma, prm->addr, flags, NULL) & VM_FAULT_ERROR))
		code = IOMMU_PAGE_RESP_SUCCESS;
	mmap_read_unlock(mm);
	mmput(mm);
	return code;
}

static inline void compat_iopf_work(struct work_struct *work)
{
	struct iopf_group *group = container_of(work, struct iopf_group, work);
	struct mm_struct *mm = group->attach_handle->domain->mm;
	enum iommu_page_response_code code = IOMMU_PAGE_RESP_SUCCESS;
	struct iopf_fault *iopf;

	list_for_each_entry(iopf, &group->faults, list) {
		code = compat_iopf_handle(&iopf->fault.prm, mm);
		if (code != IOMMU_PAGE_RESP_SUCCESS)
			break;
	}
	iopf_group_response(group, code);
	iopf_free_group(group);
}

/* The core's own handler comes only with the core's own bind. */
static inline int compat_iopf_handler(struct iopf_group *group)
{
	INIT_WORK(&group->work, compat_iopf_work);
	return queue_work(group->fault_param->queue->wq, &group->work) ? 0 :
									 -EBUSY;
}

static inline int compat_set_dev_pasid(struct iommu_domain *domain,
				       struct device *dev, ioasid_t pasid,
				       struct iommu_domain *old)
{
	return 0;
}

static inline void compat_remove_dev_pasid(struct device *dev, ioasid_t pasid,
					   struct iommu_domain *domain)
{
}

static inline void compat_domain_none(struct iommu_domain *domain)
{
}

static const struct iommu_domain_ops compat_sva_domain_ops = {
	.set_dev_pasid = compat_set_dev_pasid,
	.free = compat_domain_none,
};

static inline int compat_sva_attach(struct compat_sva *sva, struct device *dev,
				    struct mm_struct *mm, u32 *pasid)
{
	int ret;

	*pasid = iommu_alloc_global_pasid(dev);
	if (*pasid == IOMMU_PASID_INVALID)
		return -ENOSPC;

	sva->handle.dev = dev;
	refcount_set(&sva->handle.users, 1);
	sva->domain.type = IOMMU_DOMAIN_SVA;
	sva->domain.ops = &compat_sva_domain_ops;
	sva->domain.owner = dev->iommu->iommu_dev->ops;
	sva->domain.mm = mm;
	sva->domain.iopf_handler = compat_iopf_handler;
	ret = iommu_attach_device_pasid(&sva->domain, dev, *pasid,
					&sva->handle.handle);
	if (ret)
		iommu_free_global_pasid(*pasid);
	return ret;
}

static inline void compat_sva_detach(struct compat_sva *sva, u32 pasid)
{
	iommu_detach_device_pasid(&sva->domain, sva->handle.dev, pasid);
	iommu_free_global_pasid(pasid);
}

static inline int compat_iopf_enable(struct iopf_queue *queue,
				     struct device *dev)
{
	return iopf_queue_add_device(queue, dev);
}

static inline int compat_iopf_disable(struct iopf_queue *queue,
				      struct device *dev)
{
	iopf_queue_remove_device(queue, dev);
	return 0;
}

static inline int compat_iopf_report(struct device *dev,
				     const struct iommu_fault *fault)
{
	struct iopf_fault event = { .fault = *fault };

	return iommu_report_device_fault(dev, &event);
}

#define COMPAT_PAGE_RESPONSE(name, respond)                            \
	static void name(struct device *dev, struct iopf_fault *event, \
			 struct iommu_page_response *response)         \
	{                                                              \
		respond(dev, response->grpid,                          \
			response->code == IOMMU_PAGE_RESP_SUCCESS);    \
	}

#define COMPAT_SVA_OPS(bind, unbind, get_pasid) \
	.remove_dev_pasid = compat_remove_dev_pasid,

#define COMPAT_DETACH_DEV(detach)

/*
 * The core has asked the device's firmware how many address spaces it can tell
 * apart; ours have none.
 */
static inline void compat_probe_finalize(struct device *dev)
{
	dev->iommu->max_pasids = dev->iommu->iommu_dev->max_pasids;
}

static inline long compat_get_pages(struct mm_struct *mm, unsigned long addr,
				    unsigned long nr, struct page **pages)
{
	return get_user_pages_remote(mm, addr, nr, FOLL_NOFAULT, pages, NULL);
}

static inline long compat_pin_pages(struct mm_struct *mm, unsigned long addr,
				    unsigned long nr, struct page **pages)
{
	return pin_user_pages_remote(mm, addr, nr, FOLL_WRITE | FOLL_NOFAULT,
				     pages, NULL);
}

#endif /* COMPAT_6_1 */

#endif /* WARPDRIVE_COMPAT_IOMMU_DRIVER_H */
