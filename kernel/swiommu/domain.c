// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: tables from IOVA to page, for devices without a PASID. DMA domains
 * serve the kernel's DMA API, unmanaged ones whoever attaches them.
 */
#include <linux/slab.h>

#include "internal.h"

static struct swiommu_domain *to_swiommu_domain(struct iommu_domain *domain)
{
	return container_of(domain, struct swiommu_domain, domain);
}

struct iommu_domain *swiommu_domain_alloc(unsigned int type)
{
	struct swiommu_domain *domain;

	if (type != IOMMU_DOMAIN_UNMANAGED && type != IOMMU_DOMAIN_DMA)
		return NULL;

	domain = kzalloc(sizeof(*domain), GFP_KERNEL);
	if (!domain)
		return NULL;
	xa_init_flags(&domain->table, XA_FLAGS_LOCK_IRQ);
	mutex_init(&domain->lock);
	INIT_LIST_HEAD(&domain->endpoints);
	domain->domain.geometry = (struct iommu_domain_geometry){
		.aperture_end = DMA_BIT_MASK(SWIOMMU_ADDRESS_BITS),
		.force_aperture = true,
	};
	return &domain->domain;
}

static void swiommu_domain_free(struct iommu_domain *iommu_domain)
{
	struct swiommu_domain *domain = to_swiommu_domain(iommu_domain);

	WARN_ON(!list_empty(&domain->endpoints));
	xa_destroy(&domain->table);
	kfree(domain);
}

/* No access of the device uses its former domain when this returns. */
void swiommu_domain_detach(struct swiommu_endpoint *endpoint)
{
	struct swiommu_domain *domain =
		rcu_dereference_protected(endpoint->domain, true);

	if (!domain)
		return;
	rcu_assign_pointer(endpoint->domain, NULL);
	mutex_lock(&domain->lock);
	list_del_init(&endpoint->domain_node);
	mutex_unlock(&domain->lock);
	synchronize_srcu_expedited(&endpoint->srcu);
}

/* The core's group mutex keeps attaches and detaches of a device apart. */
static int swiommu_attach_dev(struct iommu_domain *iommu_domain,
			      struct device *dev)
{
	struct swiommu_endpoint *endpoint = dev_iommu_priv_get(dev);
	struct swiommu_domain *domain = to_swiommu_domain(iommu_domain);

	swiommu_domain_detach(endpoint);
	mutex_lock(&domain->lock);
	list_add_tail(&endpoint->domain_node, &domain->endpoints);
	mutex_unlock(&domain->lock);
	rcu_assign_pointer(endpoint->domain, domain);
	return 0;
}

static void __maybe_unused swiommu_detach_dev(struct iommu_domain *domain,
					      struct device *dev)
{
	swiommu_domain_detach(dev_iommu_priv_get(dev));
}

/* What an access finds at an IOVA: an entry, or 0. */
unsigned long swiommu_domain_lookup(struct swiommu_domain *domain, u64 iova)
{
	void *entry;

	if (iova > domain->domain.geometry.aperture_end)
		return 0;
	entry = xa_load(&domain->table, iova >> PAGE_SHIFT);
	return entry ? xa_to_value(entry) : 0;
}

/*
 * The DMA API maps with interrupts off; a caller that may block must not be
 * refused for want of a few nodes.
 */
static int swiommu_table_store(struct swiommu_domain *domain,
			       unsigned long index, void *entry, gfp_t gfp)
{
	unsigned long flags;
	void *old;

	if (gfpflags_allow_blocking(gfp))
		return xa_err(xa_store_irq(&domain->table, index, entry, gfp));

	xa_lock_irqsave(&domain->table, flags);
	old = __xa_store(&domain->table, index, entry, gfp);
	xa_unlock_irqrestore(&domain->table, flags);
	return xa_err(old);
}

static int swiommu_map_pages(struct iommu_domain *iommu_domain,
			     unsigned long iova, phys_addr_t paddr,
			     size_t pgsize, size_t pgcount, int prot, gfp_t gfp,
			     size_t *mapped)
{
	struct swiommu_domain *domain = to_swiommu_domain(iommu_domain);
	unsigned long bits = 0;
	unsigned long entry;
	size_t i;
	int ret;

	if (prot & IOMMU_READ)
		bits |= SWIOMMU_ENTRY_READ;
	if (prot & IOMMU_WRITE)
		bits |= SWIOMMU_ENTRY_WRITE;
	/* What is no memory of the kernel's has no page to hold on to. */
	if (!bits || (prot & IOMMU_MMIO))
		return -EINVAL;

	for (i = 0; i < pgcount; i++) {
		entry = (PHYS_PFN(paddr) + i) << SWIOMMU_ENTRY_SHIFT | bits;
		if (!pfn_valid(PHYS_PFN(paddr) + i))
			return -EINVAL;
		ret = swiommu_table_store(domain, PHYS_PFN(iova) + i,
					  xa_mk_value(entry), gfp);
		if (ret)
			return ret;
		*mapped += pgsize;
	}
	return 0;
}

static size_t swiommu_unmap_pages(struct iommu_domain *iommu_domain,
				  unsigned long iova, size_t pgsize,
				  size_t pgcount,
				  struct iommu_iotlb_gather *gather)
{
	struct swiommu_domain *domain = to_swiommu_domain(iommu_domain);
	unsigned long flags;
	size_t done;

	for (done = 0; done < pgcount; done++) {
		void *old;

		xa_lock_irqsave(&domain->table, flags);
		old = __xa_erase(&domain->table, PHYS_PFN(iova) + done);
		xa_unlock_irqrestore(&domain->table, flags);
		if (!old)
			break;
	}
	iommu_iotlb_gather_add_range(gather, iova, done * pgsize);
	return done * pgsize;
}

/*
 * There is no IOTLB, but there are open windows. The DMA API may be in an
 * interrupt here; its pages are safe all the same, since a window holds them.
 */
static void swiommu_iotlb_sync(struct iommu_domain *iommu_domain,
			       struct iommu_iotlb_gather *gather)
{
	struct swiommu_domain *domain = to_swiommu_domain(iommu_domain);
	struct swiommu_endpoint *endpoint;

	if (iommu_domain->type != IOMMU_DOMAIN_UNMANAGED)
		return;
	mutex_lock(&domain->lock);
	list_for_each_entry(endpoint, &domain->endpoints, domain_node)
		synchronize_srcu_expedited(&endpoint->srcu);
	mutex_unlock(&domain->lock);
}

static phys_addr_t swiommu_iova_to_phys(struct iommu_domain *domain,
					dma_addr_t iova)
{
	unsigned long entry =
		swiommu_domain_lookup(to_swiommu_domain(domain), iova);

	if (!entry)
		return 0;
	return PFN_PHYS(entry >> SWIOMMU_ENTRY_SHIFT) | offset_in_page(iova);
}

const struct iommu_domain_ops swiommu_domain_ops = {
	.attach_dev = swiommu_attach_dev,
	COMPAT_DETACH_DEV(swiommu_detach_dev).map_pages = swiommu_map_pages,
	.unmap_pages = swiommu_unmap_pages,
	.iotlb_sync = swiommu_iotlb_sync,
	.iova_to_phys = swiommu_iova_to_phys,
	.free = swiommu_domain_free,
};
