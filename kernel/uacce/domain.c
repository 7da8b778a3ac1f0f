// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared-domain mode: a device without shared virtual addresses belongs to one
 * address space at a time. While it does, its IOMMU group is attached to an
 * unmanaged domain, where IOVA is the address space's own address; before and
 * after that, to what the kernel's default is.
 */
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "internal.h"

/* Beyond what processes have, unless they ask for addresses of their own. */
#ifdef DEFAULT_MAP_WINDOW
#define UACCE_BUFFERS_FROM PAGE_ALIGN(DEFAULT_MAP_WINDOW + 1)
#else
#define UACCE_BUFFERS_FROM PAGE_ALIGN(TASK_SIZE_MAX + 1)
#endif

/* What the domain of a device maps, or its IOMMU reserves. */
struct uacce_range {
	struct interval_tree_node node;
	const void *user;
	unsigned int users;
};

/*
 * Widths of addresses to try, in bits. Processes get no more than 48 unless
 * they ask for it. An IOMMU may have fewer than its driver tells: VT-d's has
 * said 57 until it is asked to map.
 */
static const u8 uacce_domain_widths[] = { 48, 39, 32 };

static struct uacce_range *__uacce_domain_find(struct uacce_domain *domain,
					       unsigned long iova)
{
	struct interval_tree_node *node =
		interval_tree_iter_first(&domain->ranges, iova, iova);

	return node ? container_of(node, struct uacce_range, node) : NULL;
}

static struct uacce_range *__uacce_domain_reserve(struct uacce_domain *domain,
						  unsigned long iova,
						  unsigned long last,
						  const void *user)
{
	struct uacce_range *range = kzalloc(sizeof(*range), GFP_KERNEL_ACCOUNT);

	if (!range)
		return NULL;
	range->node.start = iova;
	range->node.last = last;
	range->user = user;
	range->users = 1;
	interval_tree_insert(&range->node, &domain->ranges);
	return range;
}

static void __uacce_domain_release(struct uacce_domain *domain,
				   struct uacce_range *range)
{
	interval_tree_remove(&range->node, &domain->ranges);
	kfree(range);
}

/* How many of the pages, from the first on, lie side by side. */
static unsigned long uacce_pages_run(struct page *const *pages,
				     unsigned long nr)
{
	unsigned long run = 1;

	while (run < nr && page_to_pfn(pages[run]) == page_to_pfn(*pages) + run)
		run++;
	return run;
}

/* The IOMMU's driver takes the largest pages that fit what lies together. */
static int __uacce_domain_map_pages(struct uacce_domain *domain,
				    unsigned long iova,
				    struct page *const *pages, unsigned long nr)
{
	unsigned long done, run;
	int ret;

	for (done = 0; done < nr; done += run) {
		run = uacce_pages_run(pages + done, nr - done);
		ret = compat_iommu_map(domain->domain,
				       iova + (done << PAGE_SHIFT),
				       page_to_phys(pages[done]),
				       run << PAGE_SHIFT, domain->prot,
				       GFP_KERNEL);
		if (ret)
			goto err_unmap;
	}
	return 0;

err_unmap:
	if (done)
		iommu_unmap(domain->domain, iova, done << PAGE_SHIFT);
	return ret;
}

static int __uacce_domain_map(struct uacce_domain *domain, unsigned long iova,
			      struct page *const *pages, unsigned long nr,
			      const void *user)
{
	unsigned long last = iova + (nr << PAGE_SHIFT) - 1;
	struct interval_tree_node *taken;
	struct uacce_range *range;
	int ret;

	if (iova < domain->first || last > domain->last)
		return -ERANGE;
	taken = interval_tree_iter_first(&domain->ranges, iova, last);
	if (taken) {
		range = container_of(taken, struct uacce_range, node);
		if (!user || range->user != user)
			return -EADDRINUSE;
		range->users++;
		return 0;
	}

	range = __uacce_domain_reserve(domain, iova, last, user);
	if (!range)
		return -ENOMEM;
	ret = __uacce_domain_map_pages(domain, iova, pages, nr);
	if (ret)
		__uacce_domain_release(domain, range);
	return ret;
}

/*
 * Maps pages for the device of a queue that has not been put: 0, -ERANGE,
 * -EADDRINUSE or -ENOMEM. What @user, not NULL, has mapped is counted.
 */
int uacce_domain_map(struct uacce_domain *domain, unsigned long iova,
		     struct page *const *pages, unsigned long nr,
		     const void *user)
{
	int ret;

	mutex_lock(&domain->map_lock);
	ret = __uacce_domain_map(domain, iova, pages, nr, user);
	mutex_unlock(&domain->map_lock);
	return ret;
}

/* Undoes one such call. With the last the device reaches the pages no more. */
void uacce_domain_unmap(struct uacce_domain *domain, unsigned long iova)
{
	struct uacce_range *range;

	mutex_lock(&domain->map_lock);
	range = __uacce_domain_find(domain, iova);
	if (!WARN_ON(!range) && !--range->users) {
		iommu_unmap(domain->domain, range->node.start,
			    range->node.last - range->node.start + 1);
		__uacce_domain_release(domain, range);
	}
	mutex_unlock(&domain->map_lock);
}

/*
 * The lowest free place from @from on, which is not before the device's first
 * address; or 0.
 */
static unsigned long __uacce_domain_place(struct uacce_domain *domain,
					  unsigned long from, size_t size)
{
	struct interval_tree_node *node;

	for (;;) {
		if (from + size - 1 < from || from + size - 1 > domain->last)
			return 0;
		node = interval_tree_iter_first(&domain->ranges, from,
						from + size - 1);
		if (!node)
			return from;
		from = ALIGN(node->last + 1, PAGE_SIZE);
	}
}

/*
 * Maps pages where processes have no addresses or, if there is no such place, at
 * low ones. Sets @iova; -ENOSPC when all is taken.
 */
int uacce_domain_map_anywhere(struct uacce_domain *domain,
			      struct page *const *pages, unsigned long nr,
			      dma_addr_t *iova)
{
	unsigned long low = max(domain->first, (unsigned long)SZ_1M);
	size_t size = nr << PAGE_SHIFT;
	unsigned long place;
	int ret = -ENOSPC;

	mutex_lock(&domain->map_lock);
	place = __uacce_domain_place(domain, UACCE_BUFFERS_FROM, size);
	if (!place)
		place = __uacce_domain_place(domain, low, size);
	if (place)
		ret = __uacce_domain_map(domain, place, pages, nr, NULL);
	mutex_unlock(&domain->map_lock);
	if (!ret)
		*iova = place;
	return ret;
}

static int __uacce_domain_attach(struct uacce_domain *domain)
{
	int ret;

	ret = iommu_group_claim_dma_owner(domain->group, domain);
	if (ret)
		return ret;
	domain->domain = compat_iommu_domain_alloc(domain->dev);
	if (IS_ERR(domain->domain)) {
		ret = PTR_ERR(domain->domain);
		goto err_release;
	}
	if (domain->msi_base != PHYS_ADDR_MAX) {
		ret = iommu_get_msi_cookie(domain->domain, domain->msi_base);
		if (ret)
			goto err_free;
	}
	ret = iommu_attach_group(domain->domain, domain->group);
	if (ret)
		goto err_free;
	return 0;

err_free:
	iommu_domain_free(domain->domain);
err_release:
	iommu_group_release_dma_owner(domain->group);
	domain->domain = NULL;
	return ret;
}

static void __uacce_domain_detach(struct uacce_domain *domain)
{
	iommu_detach_group(domain->domain, domain->group);
	iommu_domain_free(domain->domain);
	iommu_group_release_dma_owner(domain->group);
	domain->domain = NULL;
}

/* Opens the device to a queue's address space: 0, or -EBUSY to a second one. */
int uacce_domain_get(struct uacce_queue *q)
{
	struct uacce_domain *domain = q->uacce->domain;
	int ret = 0;

	if (!domain)
		return 0;

	mutex_lock(&domain->lock);
	if (!domain->queues)
		ret = __uacce_domain_attach(domain);
	else if (domain->owner != q->mm)
		ret = -EBUSY;
	if (!ret) {
		/* The structure stays: each queue holds it. */
		domain->owner = q->mm;
		domain->queues++;
		q->owns = true;
	}
	mutex_unlock(&domain->lock);
	/* Somebody has another device of the group. */
	return ret == -EPERM ? -EBUSY : ret;
}

/* The queue has been put. Idempotent. */
void uacce_domain_put(struct uacce_queue *q)
{
	struct uacce_domain *domain = q->uacce->domain;

	if (!q->owns)
		return;
	q->owns = false;
	mutex_lock(&domain->lock);
	if (!--domain->queues) {
		domain->owner = NULL;
		__uacce_domain_detach(domain);
	}
	mutex_unlock(&domain->lock);
}

/* What the IOMMU keeps for itself, and whether it is for interrupts. */
static int uacce_domain_reserved(struct uacce_domain *domain, bool *msi)
{
	struct iommu_resv_region *region, *next;
	LIST_HEAD(regions);
	int ret;

	ret = iommu_get_group_resv_regions(domain->group, &regions);
	list_for_each_entry_safe(region, next, &regions, list) {
		if (region->type == IOMMU_RESV_SW_MSI)
			domain->msi_base = region->start;
		if (region->type == IOMMU_RESV_SW_MSI ||
		    region->type == IOMMU_RESV_MSI)
			*msi = true;
		if (!ret && region->length &&
		    !__uacce_domain_reserve(domain, region->start,
					    region->start + region->length - 1,
					    NULL))
			ret = -ENOMEM;
		kfree(region);
	}
	return ret;
}

/* Can the page be mapped at the end of what so many bits express? */
static int uacce_domain_try_width(struct uacce_domain *domain,
				  struct page *page, unsigned int width)
{
	u64 last = min_t(u64, domain->last, BIT_ULL(width) - 1);
	int ret;

	ret = compat_iommu_map(domain->domain, last & PAGE_MASK,
			       page_to_phys(page), PAGE_SIZE, domain->prot,
			       GFP_KERNEL);
	if (ret)
		return ret;
	iommu_unmap(domain->domain, last & PAGE_MASK, PAGE_SIZE);
	domain->last = last;
	return 0;
}

/*
 * Tries what open() does, while it is the administrator who would see an IOMMU
 * driver complain: the attachment, and the width of addresses.
 */
static int uacce_domain_try(struct uacce_domain *domain)
{
	struct page *page = alloc_page(GFP_KERNEL);
	struct iommu_domain_geometry *geometry;
	unsigned int i;
	int ret;

	if (!page)
		return -ENOMEM;
	ret = __uacce_domain_attach(domain);
	if (ret)
		goto out_free;

	geometry = &domain->domain->geometry;
	domain->first = PAGE_ALIGN(geometry->aperture_start);
	domain->last =
		min_t(u64, geometry->aperture_end, dma_get_mask(domain->dev));
	for (i = 0; i < ARRAY_SIZE(uacce_domain_widths); i++) {
		ret = uacce_domain_try_width(domain, page,
					     uacce_domain_widths[i]);
		if (!ret)
			break;
	}
	__uacce_domain_detach(domain);
out_free:
	__free_page(page);
	return ret;
}

static void uacce_domain_free(struct uacce_domain *domain)
{
	struct interval_tree_node *node;

	while ((node = interval_tree_iter_first(&domain->ranges, 0, ULONG_MAX)))
		__uacce_domain_release(
			domain, container_of(node, struct uacce_range, node));
	iommu_group_put(domain->group);
	kfree(domain);
}

static int uacce_domain_create(struct uacce_device *uacce)
{
	struct uacce_domain *domain = kzalloc(sizeof(*domain), GFP_KERNEL);
	bool msi = false;
	int ret;

	if (!domain)
		return -ENOMEM;
	domain->dev = uacce->parent;
	domain->ranges = RB_ROOT_CACHED;
	domain->msi_base = PHYS_ADDR_MAX;
	domain->prot = IOMMU_READ | IOMMU_WRITE;
	mutex_init(&domain->lock);
	mutex_init(&domain->map_lock);
	domain->group = iommu_group_get(domain->dev);
	if (!domain->group) {
		kfree(domain);
		return -ENODEV;
	}

	if (device_iommu_capable(domain->dev, IOMMU_CAP_CACHE_COHERENCY))
		domain->prot |= IOMMU_CACHE;
	ret = uacce_domain_reserved(domain, &msi);
	/* Else a process could have its device write interrupts of others. */
	if (!ret && msi && !compat_msi_isolated(domain->dev, domain->group))
		ret = -EPERM;
	if (!ret)
		ret = uacce_domain_try(domain);
	if (ret) {
		uacce_domain_free(domain);
		return ret;
	}
	uacce->domain = domain;
	return 0;
}

/* At registration, when it is known whether the device has SVA. */
int uacce_domain_init(struct uacce_device *uacce)
{
	if (uacce->flags & UACCE_DEV_SVA) {
		uacce->region_size[UACCE_QFRT_SS] = 0;
		uacce->region_size[UACCE_QFRT_DKO] = 0;
	}
	if (!uacce->region_size[UACCE_QFRT_SS] &&
	    !uacce->region_size[UACCE_QFRT_DKO])
		return 0;
	return uacce_domain_create(uacce);
}

/* No queue of the device is left that has not been put. */
void uacce_domain_fini(struct uacce_device *uacce)
{
	if (uacce->domain)
		uacce_domain_free(uacce->domain);
	uacce->domain = NULL;
}
