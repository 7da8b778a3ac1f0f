/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that the modules build for (6.1 and 6.12).
 * Every version test of the tree is in this file; the modules call uacce_compat
 * names or, where only an argument list changed, the newer kernel's form.
 */
#ifndef WARPDRIVE_COMPAT_H
#define WARPDRIVE_COMPAT_H

#include <linux/device.h>
#include <linux/eventfd.h>
#include <linux/iommu.h>
#include <linux/irqdomain.h>
#include <linux/mm.h>
#include <linux/platform_device.h>
#include <linux/version.h>

#define COMPAT_6_1 (LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0))

/* VMA flags: 6.3 made them constant behind setters. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags &= ~flags;
}
#endif

/* class_create() lost its owner in 6.4. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#define compat_class_create(name) class_create(THIS_MODULE, name)
#else
#define compat_class_create(name) class_create(name)
#endif

/* eventfd_signal() always adds one since 6.8. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define compat_eventfd_signal(ctx) ((void)eventfd_signal(ctx, 1))
#else
#define compat_eventfd_signal(ctx) eventfd_signal(ctx)
#endif

/* iommu_map() takes the allocation flags since 6.3. */
static inline int compat_iommu_map(struct iommu_domain *domain,
				   unsigned long iova, phys_addr_t paddr,
				   size_t size, int prot, gfp_t gfp)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	if (gfp == GFP_ATOMIC)
		return iommu_map_atomic(domain, iova, paddr, size, prot);
	return iommu_map(domain, iova, paddr, size, prot);
#else
	return iommu_map(domain, iova, paddr, size, prot, gfp);
#endif
}

/* An unmanaged domain for the device, or an ERR_PTR. */
static inline struct iommu_domain *compat_iommu_domain_alloc(struct device *dev)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
	struct iommu_domain *domain = iommu_domain_alloc(dev->bus);

	return domain ? domain : ERR_PTR(-ENOMEM);
#else
	return iommu_paging_domain_alloc(dev);
#endif
}

/* Can the devices of a group raise no interrupts but their own? Since 6.3. */
static inline bool compat_msi_isolated(struct device *dev,
				       struct iommu_group *group)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	return irq_domain_check_msi_remap() ||
	       device_iommu_capable(dev, IOMMU_CAP_INTR_REMAP);
#else
	return iommu_group_has_isolated_msi(group);
#endif
}

/* The core's bind; 6.2 dropped the driver's data. */
static inline struct iommu_sva *compat_sva_bind(struct device *dev,
						struct mm_struct *mm)
{
#if COMPAT_6_1
	return iommu_sva_bind_device(dev, mm, NULL);
#else
	return iommu_sva_bind_device(dev, mm);
#endif
}

/* A platform driver's remove() returns nothing since 6.11. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define COMPAT_PLATFORM_REMOVE .remove_new
#else
#define COMPAT_PLATFORM_REMOVE .remove
#endif

#endif
