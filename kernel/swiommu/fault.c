// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page requests. They take the kernel's own way, as those of PCIe or SMMU do:
 * report, the core's queue, the process's fault handler, response. Here the
 * device waits for the response before it tries again.
 */
#include <linux/completion.h>

#include "internal.h"

#define SWIOMMU_REQUESTS 65536

/*
 * struct swiommu_page_request - one that waits for its response
 * @done: by the response
 * @success: what it says
 */
struct swiommu_page_request {
	struct completion done;
	bool success;
};

/*
 * The core answers each request once, from its worker or, when it cannot even
 * queue it, from inside the report.
 */
void swiommu_page_respond(struct device *dev, u32 id, bool success)
{
	struct swiommu_endpoint *endpoint = dev_iommu_priv_get(dev);
	struct swiommu_page_request *request;
	unsigned long flags;

	/* Under the lock the waiter cannot leave with its stack. */
	xa_lock_irqsave(&endpoint->requests, flags);
	request = xa_load(&endpoint->requests, id);
	if (request) {
		request->success = success;
		complete(&request->done);
	}
	xa_unlock_irqrestore(&endpoint->requests, flags);
}

/*
 * Asks for the page at an address. 0: it was brought in, though it may be gone
 * again; -EFAULT: the process has no such page; -ENOMEM, -ENODEV: the request
 * could not be made.
 *
 * A worker has no signals: killable keeps a slow fault from looking like a hang.
 */
int swiommu_page_request(struct swiommu_port *port, u64 addr, bool write)
{
	struct swiommu_endpoint *endpoint = port->endpoint;
	struct swiommu_page_request request = { .success = false };
	struct iommu_fault fault = {
		.type = IOMMU_FAULT_PAGE_REQ,
		.prm = {
			.flags = IOMMU_FAULT_PAGE_REQUEST_PASID_VALID |
				 IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE |
				 IOMMU_FAULT_PAGE_RESPONSE_NEEDS_PASID,
			.pasid = port->pasid,
			.perm = write ? IOMMU_FAULT_PERM_WRITE :
					IOMMU_FAULT_PERM_READ,
			.addr = addr & PAGE_MASK,
		},
	};
	u32 id;
	int ret;

	init_completion(&request.done);
	ret = xa_alloc_cyclic_irq(&endpoint->requests, &id, &request,
				  XA_LIMIT(0, SWIOMMU_REQUESTS - 1),
				  &endpoint->next_request, GFP_KERNEL);
	if (ret < 0)
		return ret;
	fault.prm.grpid = id;
	port->faults++;

	ret = compat_iopf_report(endpoint->dev, &fault);
	if (!ret)
		while (wait_for_completion_killable(&request.done))
			;
	xa_erase_irq(&endpoint->requests, id);
	if (ret)
		return ret == -ENOMEM ? ret : -ENODEV;
	return request.success ? 0 : -EFAULT;
}
