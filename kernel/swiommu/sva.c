// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bonds of a device with an address space. The core's bind would call this; on
 * x86 it refuses, and uacce comes here through the provider that module.c
 * registers. See docs/swiommu.md for why that is safe.
 */
#include <linux/slab.h>

#include "internal.h"

static struct swiommu_bond *to_bond(struct iommu_sva *handle)
{
	return container_of(handle, struct swiommu_bond, sva.handle);
}

static struct swiommu_bond *
__swiommu_bond_find(struct swiommu_endpoint *endpoint, struct mm_struct *mm)
{
	struct swiommu_bond *bond;

	list_for_each_entry(bond, &endpoint->bonds, node)
		if (bond->space->mm == mm)
			return bond;
	return NULL;
}

static struct swiommu_bond *
__swiommu_bond_create(struct swiommu_endpoint *endpoint, struct mm_struct *mm)
{
	struct swiommu_bond *bond;
	int ret;

	bond = kzalloc(sizeof(*bond), GFP_KERNEL);
	if (!bond)
		return ERR_PTR(-ENOMEM);
	bond->endpoint = endpoint;
	bond->users = 1;
	bond->space = swiommu_space_get(mm);
	ret = PTR_ERR_OR_ZERO(bond->space);
	if (ret)
		goto err_free;
	ret = compat_sva_attach(&bond->sva, endpoint->dev, mm, &bond->pasid);
	if (ret)
		goto err_space_put;
	ret = xa_err(
		xa_store(&endpoint->pasids, bond->pasid, bond, GFP_KERNEL));
	if (ret)
		goto err_detach;
	list_add_tail(&bond->node, &endpoint->bonds);
	return bond;

err_detach:
	compat_sva_detach(&bond->sva, bond->pasid);
err_space_put:
	swiommu_space_put(bond->space);
err_free:
	kfree(bond);
	return ERR_PTR(ret);
}

/* Unpublish, wait for the accesses, then forget. */
static void __swiommu_bond_destroy(struct swiommu_bond *bond)
{
	struct swiommu_endpoint *endpoint = bond->endpoint;

	list_del(&bond->node);
	xa_erase(&endpoint->pasids, bond->pasid);
	synchronize_srcu_expedited(&endpoint->srcu);
	compat_sva_detach(&bond->sva, bond->pasid);
	swiommu_space_put(bond->space);
	kfree(bond);
}

struct iommu_sva *swiommu_sva_bind(struct device *dev, struct mm_struct *mm)
{
	struct swiommu_endpoint *endpoint = dev_iommu_priv_get(dev);
	struct swiommu_bond *bond;

	mutex_lock(&endpoint->lock);
	if (!endpoint->sva) {
		bond = ERR_PTR(-ENODEV);
		goto out_unlock;
	}
	bond = __swiommu_bond_find(endpoint, mm);
	if (bond)
		bond->users++;
	else
		bond = __swiommu_bond_create(endpoint, mm);
out_unlock:
	mutex_unlock(&endpoint->lock);
	return IS_ERR(bond) ? ERR_CAST(bond) : &bond->sva.handle;
}

void swiommu_sva_unbind(struct iommu_sva *handle)
{
	struct swiommu_bond *bond = to_bond(handle);
	struct swiommu_endpoint *endpoint = bond->endpoint;

	mutex_lock(&endpoint->lock);
	if (!--bond->users)
		__swiommu_bond_destroy(bond);
	mutex_unlock(&endpoint->lock);
}

u32 swiommu_sva_get_pasid(struct iommu_sva *handle)
{
	return to_bond(handle)->pasid;
}
