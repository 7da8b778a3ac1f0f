// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared virtual addresses: what is agreed on with the IOMMU at registration,
 * and the bond of a queue with its opener's address space.
 */
#include <linux/module.h>
#include <linux/sched/mm.h>

#include "compat/compat.h"
#include "internal.h"

/* Guards uacce_providers. */
static DEFINE_MUTEX(uacce_providers_lock);
static LIST_HEAD(uacce_providers);

static const struct iommu_ops *uacce_sva_ops(struct device *dev)
{
	if (!dev->iommu || !dev->iommu->iommu_dev)
		return NULL;
	return dev->iommu->iommu_dev->ops;
}

static struct uacce_sva_provider *
__uacce_sva_provider_find(const struct iommu_ops *ops)
{
	struct uacce_sva_provider *provider;

	list_for_each_entry(provider, &uacce_providers, node)
		if (provider->iommu_ops == ops)
			return provider;
	return NULL;
}

int uacce_sva_provider_register(struct uacce_sva_provider *provider)
{
	int ret = 0;

	if (!provider->iommu_ops || !provider->bind || !provider->unbind ||
	    !provider->get_pasid)
		return -EINVAL;

	mutex_lock(&uacce_providers_lock);
	if (__uacce_sva_provider_find(provider->iommu_ops))
		ret = -EEXIST;
	else
		list_add_tail(&provider->node, &uacce_providers);
	mutex_unlock(&uacce_providers_lock);
	return ret;
}
UACCE_EXPORT(uacce_sva_provider_register);

void uacce_sva_provider_unregister(struct uacce_sva_provider *provider)
{
	mutex_lock(&uacce_providers_lock);
	list_del(&provider->node);
	mutex_unlock(&uacce_providers_lock);
}
UACCE_EXPORT(uacce_sva_provider_unregister);

/* The provider for the device, its module held; or NULL. */
static struct uacce_sva_provider *uacce_sva_provider_get(struct device *dev)
{
	const struct iommu_ops *ops = uacce_sva_ops(dev);
	struct uacce_sva_provider *provider;

	if (!ops)
		return NULL;
	mutex_lock(&uacce_providers_lock);
	provider = __uacce_sva_provider_find(ops);
	if (provider && !try_module_get(provider->owner))
		provider = NULL;
	mutex_unlock(&uacce_providers_lock);
	return provider;
}

static void uacce_sva_provider_put(struct uacce_sva_provider *provider)
{
	if (provider)
		module_put(provider->owner);
}

/*
 * Would the core bind? Only trying tells: x86 kernels refuse as a matter of
 * policy, and only some versions of them. That costs a reference of the IOMMU
 * group on 6.1, so it is tried once for a device and not by each open. Without
 * an address space to try with (a probe in a worker) the answer is left to
 * open().
 */
static bool uacce_sva_core_binds(struct device *dev)
{
	struct iommu_sva *handle;

	if (!current->mm)
		return true;
	handle = compat_sva_bind(dev, current->mm);
	if (IS_ERR(handle))
		return PTR_ERR(handle) != -EOPNOTSUPP;
	iommu_sva_unbind_device(handle);
	return true;
}

/* Clears UACCE_DEV_SVA in the device's flags where it cannot be had. */
void uacce_sva_enable(struct uacce_device *uacce)
{
	struct device *dev = uacce->parent;

	if (!(uacce->flags & UACCE_DEV_SVA))
		return;

	if (iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_IOPF))
		goto err_clear;
	if (iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_SVA))
		goto err_disable_iopf;

	uacce->provider = uacce_sva_provider_get(dev);
	if (!uacce->provider && !uacce_sva_core_binds(dev))
		goto err_disable_sva;
	return;

err_disable_sva:
	iommu_dev_disable_feature(dev, IOMMU_DEV_FEAT_SVA);
err_disable_iopf:
	iommu_dev_disable_feature(dev, IOMMU_DEV_FEAT_IOPF);
err_clear:
	uacce->flags &= ~UACCE_DEV_SVA;
}

/* No queue of the device is bound any more. */
void uacce_sva_disable(struct uacce_device *uacce)
{
	if (!(uacce->flags & UACCE_DEV_SVA))
		return;
	uacce_sva_provider_put(uacce->provider);
	iommu_dev_disable_feature(uacce->parent, IOMMU_DEV_FEAT_SVA);
	iommu_dev_disable_feature(uacce->parent, IOMMU_DEV_FEAT_IOPF);
}

/*
 * A provider's devices are bound by it alone. The core is not asked first:
 * where it refuses as a matter of policy, 6.1 keeps a reference of the device's
 * IOMMU group each time, and the group would outlive the device.
 */
static struct iommu_sva *uacce_sva_bind_device(struct uacce_queue *q)
{
	struct device *dev = q->uacce->parent;
	struct uacce_sva_provider *provider = q->uacce->provider;
	struct iommu_sva *handle;

	if (!provider)
		return compat_sva_bind(dev, q->mm);

	handle = provider->bind(dev, q->mm);
	if (!IS_ERR(handle))
		q->handle_provider = provider;
	return handle;
}

/* Binds the opener's address space; sets the queue's PASID. */
int uacce_sva_bind(struct uacce_queue *q)
{
	struct iommu_sva *handle;
	u32 pasid;

	if (!(q->uacce->flags & UACCE_DEV_SVA))
		return 0;

	handle = uacce_sva_bind_device(q);
	/* An error, whatever an IOMMU driver makes of it, must stay one. */
	if (IS_ERR_OR_NULL(handle))
		return handle ? PTR_ERR(handle) : -ENODEV;
	q->handle = handle;

	if (q->handle_provider)
		pasid = q->handle_provider->get_pasid(handle);
	else
		pasid = iommu_sva_get_pasid(handle);
	if (pasid == IOMMU_PASID_INVALID) {
		uacce_sva_unbind(q);
		return -ENODEV;
	}
	q->pasid = pasid;
	return 0;
}

/* The queue is stopped, or was never started. Idempotent. */
void uacce_sva_unbind(struct uacce_queue *q)
{
	struct iommu_sva *handle = q->handle;

	if (!handle)
		return;
	q->handle = NULL;
	if (q->handle_provider)
		q->handle_provider->unbind(handle);
	else
		iommu_sva_unbind_device(handle);
}
