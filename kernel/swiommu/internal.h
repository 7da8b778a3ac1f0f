/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of swiommu share with one another.
 *
 * Locks, in the order in which they are taken:
 *
 *   the core's group mutex      around attach and detach of domains
 *   swiommu_endpoint.lock       mutex. Guards bonds (the list), their users,
 *                               features. Taken inside the group mutex by the
 *                               core's bind, and outside it by no call of the
 *                               core but the PASID attach of newer kernels,
 *                               which only the provider path makes.
 *   swiommu_spaces_lock         mutex. Guards the list of address spaces and
 *                               their users.
 *   swiommu_domain.lock         mutex. Guards the list of endpoints.
 *   swiommu_space.gate          rwsem, see there
 *   mmap_lock                   of a bound process, for reading, in access
 *   requests.xa_lock            irq-safe, a leaf
 *
 * swiommu_endpoint.srcu covers every window from its lookup to its close: an
 * endpoint's domain and bonds are unpublished first, then the readers are
 * waited for. A reader may sleep in a page request, for as long as the
 * process's fault takes.
 *
 * Lifetimes: the core holds this module for every probed device. A space holds
 * the mm_struct, not what it describes: that is taken for each access.
 */
#ifndef WARPDRIVE_KERNEL_SWIOMMU_INTERNAL_H
#define WARPDRIVE_KERNEL_SWIOMMU_INTERNAL_H

#include <linux/iommu.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/sizes.h>
#include <linux/srcu.h>
#include <linux/xarray.h>

#include "compat/iommu_driver.h"
#include "swiommu/swiommu.h"

#define SWIOMMU_ADDRESS_BITS 48
#define SWIOMMU_PASID_BITS 20
#define SWIOMMU_RESERVED_START 0xfee00000
#define SWIOMMU_RESERVED_SIZE SZ_1M

/*
 * struct swiommu_domain - a table of translations
 * @domain: what the core sees
 * @table: page frame of the IOVA -> SWIOMMU_ENTRY
 * @lock: guards endpoints
 * @endpoints: those attached
 */
struct swiommu_domain {
	struct iommu_domain domain;
	struct xarray table;
	struct mutex lock;
	struct list_head endpoints;
};

/* An entry is the page frame, with the permissions in the low two bits. */
#define SWIOMMU_ENTRY_READ 1ul
#define SWIOMMU_ENTRY_WRITE 2ul
#define SWIOMMU_ENTRY_SHIFT 2

/*
 * struct swiommu_space - an address space, whatever devices use it
 * @mm: kept by mmgrab()
 * @opener: the process that was first to bind it
 * @gate: held for reading while an access holds the address space, page
 *	requests included; see swiommu_space_enter()
 * @users: bonds
 */
struct swiommu_space {
	struct mm_struct *mm;
	struct pid *opener;
	struct rw_semaphore gate;
	unsigned int users;
	struct list_head node;
};

/*
 * struct swiommu_bond - an address space that a device may use
 * @sva: what the core sees
 * @space: the address space
 * @pasid: its name on the bus
 * @users: binds minus unbinds
 */
struct swiommu_bond {
	struct compat_sva sva;
	struct swiommu_endpoint *endpoint;
	struct swiommu_space *space;
	u32 pasid;
	unsigned int users;
	struct list_head node;
};

/*
 * struct swiommu_endpoint - a device behind this IOMMU
 * @dev: the device
 * @srcu: see above
 * @domain: attached, or NULL
 * @domain_node: in domain->endpoints
 * @lock: see above
 * @bonds: by address space
 * @pasids: PASID -> bond, what an access looks up
 * @requests: group id -> struct swiommu_page_request
 * @iopf, @sva: features enabled
 */
struct swiommu_endpoint {
	struct device *dev;
	struct srcu_struct srcu;
	struct swiommu_domain __rcu *domain;
	struct list_head domain_node;
	struct mutex lock;
	struct list_head bonds;
	struct xarray pasids;
	struct xarray requests;
	u32 next_request;
	bool iopf;
	bool sva;
};

/* module.c */
extern struct iommu_device swiommu_device;
extern const struct iommu_ops swiommu_ops;
extern struct iopf_queue *swiommu_iopf_queue;
extern struct fwnode_handle swiommu_fwnode;

/* endpoint.c */
struct iommu_device *swiommu_probe_device(struct device *dev);
void swiommu_release_device(struct device *dev);
int swiommu_feature_enable(struct device *dev, enum iommu_dev_features feature);
int swiommu_feature_disable(struct device *dev,
			    enum iommu_dev_features feature);

/* domain.c */
extern const struct iommu_domain_ops swiommu_domain_ops;
struct iommu_domain *swiommu_domain_alloc(unsigned int type);
unsigned long swiommu_domain_lookup(struct swiommu_domain *domain, u64 iova);
void swiommu_domain_detach(struct swiommu_endpoint *endpoint);

/* space.c */
struct swiommu_space *swiommu_space_get(struct mm_struct *mm);
void swiommu_space_put(struct swiommu_space *space);
bool swiommu_space_enter(struct swiommu_space *space);
void swiommu_space_leave(struct swiommu_space *space);

/* sva.c */
struct iommu_sva *swiommu_sva_bind(struct device *dev, struct mm_struct *mm);
void swiommu_sva_unbind(struct iommu_sva *handle);
u32 swiommu_sva_get_pasid(struct iommu_sva *handle);

/* fault.c */
int swiommu_page_request(struct swiommu_port *port, u64 addr, bool write);
void swiommu_page_respond(struct device *dev, u32 id, bool success);

#endif /* WARPDRIVE_KERNEL_SWIOMMU_INTERNAL_H */
