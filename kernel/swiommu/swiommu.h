/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bus side of swiommu: what a software device calls where silicon would
 * send a transaction with a PASID. The other side is the kernel's IOMMU API.
 *
 * A device calls swiommu_endpoint_init() before device_add(); from then on the
 * driver core brings it to the IOMMU. Each stream of accesses (a queue) has a
 * port. An access looks its pages up, asks for those that are missing, and
 * tries again; it may sleep, and needs no address space of its own.
 */
#ifndef WARPDRIVE_KERNEL_SWIOMMU_H
#define WARPDRIVE_KERNEL_SWIOMMU_H

#include <linux/device.h>
#include <linux/mm.h>

struct swiommu_endpoint;

#define SWIOMMU_NO_PASID 0u
#define SWIOMMU_WINDOW_PAGES 16u

/**
 * struct swiommu_port - where one stream of accesses comes from
 * @endpoint: the device, as the IOMMU sees it
 * @pasid: the address space, or SWIOMMU_NO_PASID for the device's domain
 * @faults: page requests made so far
 * @fault_addr: after -EFAULT: the first byte that could not be reached
 * @fail_access: fault injection: this many accesses on, a translation fails;
 *	0 for never
 * @refuse: fault injection: this many page requests on, one is refused
 *
 * One access at a time.
 */
struct swiommu_port {
	struct swiommu_endpoint *endpoint;
	u32 pasid;
	u64 faults;
	u64 fault_addr;
	u32 fail_access;
	u32 refuse;
};

/**
 * struct swiommu_window - pages that an access may touch just now
 * @offset: of the first byte in the first page
 * @len: bytes that may be touched
 * @nr: pages
 * @pages: each kept, and kept dirty if it is written, until the window closes
 */
struct swiommu_window {
	struct swiommu_endpoint *endpoint;
	unsigned int offset;
	size_t len;
	unsigned int nr;
	bool pinned;
	int srcu;
	struct page *pages[SWIOMMU_WINDOW_PAGES];
};

/**
 * swiommu_endpoint_init() - put a new device behind the software IOMMU
 * @dev: initialised, not added
 *
 * Return: 0 or a negative errno. When device_add() fails afterwards,
 * swiommu_endpoint_abort() undoes it; when it succeeds, device_del() does.
 */
int swiommu_endpoint_init(struct device *dev);
void swiommu_endpoint_abort(struct device *dev);

/**
 * swiommu_port_init() - a stream of accesses by @dev
 * @port: the caller's
 * @dev: a device that was added behind the software IOMMU
 * @pasid: of a bond that outlives the port, or SWIOMMU_NO_PASID
 *
 * Return: 0, or -ENODEV when @dev is not behind this IOMMU.
 */
int swiommu_port_init(struct swiommu_port *port, struct device *dev, u32 pasid);

/**
 * swiommu_window_open() - translate the pages at an address
 * @port: the port
 * @addr: first byte
 * @len: bytes wanted, not 0
 * @write: for writing; for reading otherwise
 * @window: filled in; covers at least one byte and at most @len
 *
 * Makes page requests for what is missing. A window is to be closed soon: an
 * unbind or unmap waits for it. Pages are the only thing it keeps; nothing is
 * cached from one window to the next.
 *
 * Return: 0; -EFAULT when the address may not be reached that way; -ESRCH when
 * the address space is gone; -ENOMEM.
 */
int swiommu_window_open(struct swiommu_port *port, u64 addr, size_t len,
			bool write, struct swiommu_window *window);
void swiommu_window_close(struct swiommu_window *window);

/**
 * swiommu_read() - read device-visible memory
 * @port: the port
 * @addr: first byte
 * @buf: where to
 * @len: bytes
 *
 * Return: bytes read, which are fewer than @len only when the next one could
 * not be reached; then @error holds why. Likewise swiommu_write().
 */
size_t swiommu_read(struct swiommu_port *port, u64 addr, void *buf, size_t len,
		    int *error);
size_t swiommu_write(struct swiommu_port *port, u64 addr, const void *buf,
		     size_t len, int *error);

#endif /* WARPDRIVE_KERNEL_SWIOMMU_H */
