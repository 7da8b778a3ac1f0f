// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module: one IOMMU instance, its operations, and the offer to bind address
 * spaces where the core refuses to (docs/swiommu.md).
 */
#define pr_fmt(fmt) "swiommu: " fmt

#include <linux/module.h>

#include "internal.h"
#include "uacce/uacce.h"

struct iommu_device swiommu_device;
struct iopf_queue *swiommu_iopf_queue;

/*
 * What marks our devices. It is no software node: nobody counts references to
 * it, and the core's of_node_get() and fwnode_handle_put() pass it by.
 */
static const struct fwnode_operations swiommu_fwnode_ops;
struct fwnode_handle swiommu_fwnode = {
	.ops = &swiommu_fwnode_ops,
};

static bool swiommu_capable(struct device *dev, enum iommu_cap cap)
{
	return cap == IOMMU_CAP_CACHE_COHERENCY;
}

/* Never identity: a descriptor's address would be a physical one. */
static int swiommu_def_domain_type(struct device *dev)
{
	return IOMMU_DOMAIN_DMA;
}

/* Where x86 hardware takes a write for an interrupt; here nothing is there. */
static void swiommu_get_resv_regions(struct device *dev, struct list_head *head)
{
	struct iommu_resv_region *region;

	region = iommu_alloc_resv_region(SWIOMMU_RESERVED_START,
					 SWIOMMU_RESERVED_SIZE, 0,
					 IOMMU_RESV_RESERVED, GFP_KERNEL);
	if (region)
		list_add_tail(&region->list, head);
}

COMPAT_PAGE_RESPONSE(swiommu_page_response, swiommu_page_respond)

#ifdef COMPAT_SVA_BIND_ARGS
static struct iommu_sva *swiommu_core_bind(COMPAT_SVA_BIND_ARGS)
{
	return swiommu_sva_bind(dev, mm);
}
#endif

const struct iommu_ops swiommu_ops = {
	.owner = THIS_MODULE,
	.pgsize_bitmap = PAGE_SIZE,
	.capable = swiommu_capable,
	.domain_alloc = swiommu_domain_alloc,
	.default_domain_ops = &swiommu_domain_ops,
	.def_domain_type = swiommu_def_domain_type,
	.probe_device = swiommu_probe_device,
	.release_device = swiommu_release_device,
	.probe_finalize = compat_probe_finalize,
	.device_group = generic_device_group,
	.get_resv_regions = swiommu_get_resv_regions,
	.dev_enable_feat = swiommu_feature_enable,
	.dev_disable_feat = swiommu_feature_disable,
	.page_response = swiommu_page_response,
	COMPAT_SVA_OPS(swiommu_core_bind, swiommu_sva_unbind,
		       swiommu_sva_get_pasid)
};

static struct uacce_sva_provider swiommu_provider = {
	.owner = THIS_MODULE,
	.iommu_ops = &swiommu_ops,
	.bind = swiommu_sva_bind,
	.unbind = swiommu_sva_unbind,
	.get_pasid = swiommu_sva_get_pasid,
};

static int __init swiommu_init(void)
{
	int ret;

	fwnode_init(&swiommu_fwnode, &swiommu_fwnode_ops);
	swiommu_iopf_queue = iopf_queue_alloc("swiommu");
	if (!swiommu_iopf_queue)
		return -ENOMEM;

	ret = iommu_device_sysfs_add(&swiommu_device, NULL, NULL, "swiommu");
	if (ret)
		goto err_queue_free;

	swiommu_device.fwnode = &swiommu_fwnode;
	swiommu_device.max_pasids = 1U << SWIOMMU_PASID_BITS;
	ret = iommu_device_register(&swiommu_device, &swiommu_ops, NULL);
	if (ret == -EBUSY)
		pr_err("this kernel has room for one IOMMU driver only, and another is there\n");
	if (ret)
		goto err_sysfs_remove;

	ret = uacce_sva_provider_register(&swiommu_provider);
	if (ret)
		goto err_unregister;

	return 0;

err_unregister:
	iommu_device_unregister(&swiommu_device);
	compat_iommu_forget_buses(&swiommu_ops);
err_sysfs_remove:
	iommu_device_sysfs_remove(&swiommu_device);
err_queue_free:
	iopf_queue_free(swiommu_iopf_queue);
	return ret;
}

/* No device is left: the core holds the module for each. */
static void __exit swiommu_exit(void)
{
	uacce_sva_provider_unregister(&swiommu_provider);
	iommu_device_unregister(&swiommu_device);
	compat_iommu_forget_buses(&swiommu_ops);
	iommu_device_sysfs_remove(&swiommu_device);
	iopf_queue_free(swiommu_iopf_queue);
}

module_init(swiommu_init);
module_exit(swiommu_exit);

MODULE_DESCRIPTION("An IOMMU in software, for devices in software");
MODULE_LICENSE("GPL");
