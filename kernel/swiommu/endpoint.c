// SPDX-License-Identifier: GPL-2.0-only
/* Devices behind the IOMMU: how they come, what they can, how they go. */
#include <linux/slab.h>

#include "internal.h"

int swiommu_endpoint_init(struct device *dev)
{
	int ret = compat_fwspec_init(dev, &swiommu_fwnode, &swiommu_ops);

	if (ret)
		swiommu_endpoint_abort(dev);
	return ret;
}
EXPORT_SYMBOL_GPL(swiommu_endpoint_init);

/* The core frees what it has allocated only for devices that it has probed. */
void swiommu_endpoint_abort(struct device *dev)
{
	if (!dev->iommu || dev->iommu->iommu_dev)
		return;
	iommu_fwspec_free(dev);
	kfree(dev->iommu);
	dev->iommu = NULL;
}
EXPORT_SYMBOL_GPL(swiommu_endpoint_abort);

/* Every device of the bus comes by; ours are those that carry the mark. */
struct iommu_device *swiommu_probe_device(struct device *dev)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	struct swiommu_endpoint *endpoint;
	int ret;

	if (!fwspec || fwspec->iommu_fwnode != &swiommu_fwnode)
		return ERR_PTR(-ENODEV);

	endpoint = kzalloc(sizeof(*endpoint), GFP_KERNEL);
	if (!endpoint)
		return ERR_PTR(-ENOMEM);
	ret = init_srcu_struct(&endpoint->srcu);
	if (ret) {
		kfree(endpoint);
		return ERR_PTR(ret);
	}

	endpoint->dev = dev;
	mutex_init(&endpoint->lock);
	INIT_LIST_HEAD(&endpoint->bonds);
	INIT_LIST_HEAD(&endpoint->domain_node);
	xa_init(&endpoint->pasids);
	xa_init_flags(&endpoint->requests, XA_FLAGS_ALLOC | XA_FLAGS_LOCK_IRQ);
	dev_iommu_priv_set(dev, endpoint);
	return &swiommu_device;
}

void swiommu_release_device(struct device *dev)
{
	struct swiommu_endpoint *endpoint = dev_iommu_priv_get(dev);

	swiommu_domain_detach(endpoint);
	WARN_ON(!list_empty(&endpoint->bonds));
	if (endpoint->iopf)
		compat_iopf_disable(swiommu_iopf_queue, dev);
	dev_iommu_priv_set(dev, NULL);
	xa_destroy(&endpoint->requests);
	xa_destroy(&endpoint->pasids);
	cleanup_srcu_struct(&endpoint->srcu);
	kfree(endpoint);
}

static int __swiommu_feature_set(struct swiommu_endpoint *endpoint,
				 enum iommu_dev_features feature, bool on)
{
	struct device *dev = endpoint->dev;
	int ret;

	switch (feature) {
	case IOMMU_DEV_FEAT_IOPF:
		if (endpoint->iopf == on)
			return on ? -EBUSY : -EINVAL;
		if (!on && endpoint->sva)
			return -EBUSY;
		ret = on ? compat_iopf_enable(swiommu_iopf_queue, dev) :
			   compat_iopf_disable(swiommu_iopf_queue, dev);
		if (!ret)
			endpoint->iopf = on;
		return ret;
	case IOMMU_DEV_FEAT_SVA:
		if (endpoint->sva == on)
			return on ? -EBUSY : -EINVAL;
		if (on && !endpoint->iopf)
			return -ENODEV;
		if (!on && !list_empty(&endpoint->bonds))
			return -EBUSY;
		endpoint->sva = on;
		return 0;
	default:
		return -ENODEV;
	}
}

int swiommu_feature_enable(struct device *dev, enum iommu_dev_features feature)
{
	struct swiommu_endpoint *endpoint = dev_iommu_priv_get(dev);
	int ret;

	mutex_lock(&endpoint->lock);
	ret = __swiommu_feature_set(endpoint, feature, true);
	mutex_unlock(&endpoint->lock);
	return ret;
}

int swiommu_feature_disable(struct device *dev, enum iommu_dev_features feature)
{
	struct swiommu_endpoint *endpoint = dev_iommu_priv_get(dev);
	int ret;

	mutex_lock(&endpoint->lock);
	ret = __swiommu_feature_set(endpoint, feature, false);
	mutex_unlock(&endpoint->lock);
	return ret;
}
