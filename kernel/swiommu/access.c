// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses: translate, ask for what is missing, try again. Nothing that was
 * translated is kept beyond its window, so there is nothing to invalidate.
 */
#include <linux/highmem.h>

#include "internal.h"

/*
 * A page that was brought in may be gone before it is looked up: taken by
 * reclaim or changed by the process. That often in a row it is something else,
 * such as memory that has no pages.
 */
#define SWIOMMU_RETRIES 32

int swiommu_port_init(struct swiommu_port *port, struct device *dev, u32 pasid)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);

	if (!fwspec || fwspec->iommu_fwnode != &swiommu_fwnode)
		return -ENODEV;
	*port = (struct swiommu_port){
		.endpoint = dev_iommu_priv_get(dev),
		.pasid = pasid,
	};
	return port->endpoint ? 0 : -ENODEV;
}
EXPORT_SYMBOL_GPL(swiommu_port_init);

/* Fault injection: is this the one? */
static bool swiommu_strikes(u32 *countdown)
{
	return *countdown && !--*countdown;
}

/*
 * Pages of the process, as many from addr on as are there. Reads take a
 * reference: a pin would want pages that nobody shares, and a read fault never
 * unshares one.
 */
static long swiommu_mm_pages(struct mm_struct *mm, u64 addr, unsigned int nr,
			     bool write, struct page **pages)
{
	long got;

	mmap_read_lock(mm);
	if (write)
		got = compat_pin_pages(mm, addr, nr, pages);
	else
		got = compat_get_pages(mm, addr, nr, pages);
	mmap_read_unlock(mm);
	return got;
}

static int swiommu_window_fault(struct swiommu_port *port, u64 addr, bool write)
{
	if (swiommu_strikes(&port->refuse)) {
		port->faults++;
		return -EFAULT;
	}
	return swiommu_page_request(port, addr, write);
}

/*
 * The address space is held over a page request: were its worker's the last
 * reference, it would tear the process down, and wait for this access.
 */
static int swiommu_window_sva(struct swiommu_port *port, u64 addr, bool write,
			      unsigned int nr, struct swiommu_window *window)
{
	struct swiommu_bond *bond;
	unsigned int tries;
	int ret = -EFAULT;
	long got;

	bond = xa_load(&port->endpoint->pasids, port->pasid);
	if (!bond || !swiommu_space_enter(bond->space))
		return -ESRCH;

	for (tries = 0; tries < SWIOMMU_RETRIES; tries++) {
		got = swiommu_mm_pages(bond->space->mm, addr & PAGE_MASK, nr,
				       write, window->pages);
		if (got > 0) {
			window->nr = got;
			window->pinned = write;
			ret = 0;
			break;
		}
		ret = swiommu_window_fault(port, addr, write);
		if (ret)
			break;
		ret = -EFAULT;
	}
	swiommu_space_leave(bond->space);
	return ret;
}

static int swiommu_window_domain(struct swiommu_port *port, u64 addr,
				 bool write, unsigned int nr,
				 struct swiommu_window *window)
{
	unsigned long need = write ? SWIOMMU_ENTRY_WRITE : SWIOMMU_ENTRY_READ;
	struct swiommu_domain *domain;
	unsigned long entry;
	unsigned int i;

	domain =
		srcu_dereference(port->endpoint->domain, &port->endpoint->srcu);
	if (!domain)
		return -EFAULT;

	window->pinned = false;
	for (i = 0; i < nr; i++) {
		entry = swiommu_domain_lookup(domain,
					      addr + (u64)i * PAGE_SIZE);
		if (!(entry & need))
			break;
		window->pages[i] = pfn_to_page(entry >> SWIOMMU_ENTRY_SHIFT);
		get_page(window->pages[i]);
	}
	window->nr = i;
	return i ? 0 : -EFAULT;
}

int swiommu_window_open(struct swiommu_port *port, u64 addr, size_t len,
			bool write, struct swiommu_window *window)
{
	unsigned int offset = offset_in_page(addr);
	size_t most = SWIOMMU_WINDOW_PAGES * PAGE_SIZE - offset;
	unsigned int nr;
	int ret;

	if (len > most)
		len = most;
	nr = DIV_ROUND_UP(offset + len, PAGE_SIZE);

	window->endpoint = port->endpoint;
	window->srcu = srcu_read_lock(&port->endpoint->srcu);
	if (swiommu_strikes(&port->fail_access))
		ret = -EFAULT;
	else if (addr + len - 1 < addr)
		ret = -EFAULT;
	else if (port->pasid != SWIOMMU_NO_PASID)
		ret = swiommu_window_sva(port, addr, write, nr, window);
	else
		ret = swiommu_window_domain(port, addr, write, nr, window);
	if (ret) {
		srcu_read_unlock(&port->endpoint->srcu, window->srcu);
		port->fault_addr = addr;
		return ret;
	}

	window->offset = offset;
	window->len =
		min_t(size_t, len, (size_t)window->nr * PAGE_SIZE - offset);
	__release(&port->endpoint->srcu); /* the window has it */
	return 0;
}
EXPORT_SYMBOL_GPL(swiommu_window_open);

void swiommu_window_close(struct swiommu_window *window)
{
	unsigned int i;

	if (window->pinned)
		unpin_user_pages_dirty_lock(window->pages, window->nr, true);
	else
		for (i = 0; i < window->nr; i++)
			put_page(window->pages[i]);
	__acquire(&window->endpoint->srcu);
	srcu_read_unlock(&window->endpoint->srcu, window->srcu);
}
EXPORT_SYMBOL_GPL(swiommu_window_close);

/* Between a window and a buffer of the kernel's. */
static void swiommu_window_copy(struct swiommu_window *window, void *buf,
				bool write)
{
	size_t offset = window->offset;
	size_t done = 0;
	unsigned int i;

	for (i = 0; i < window->nr && done < window->len; i++, offset = 0) {
		size_t part =
			min_t(size_t, PAGE_SIZE - offset, window->len - done);

		if (write)
			memcpy_to_page(window->pages[i], offset, buf + done,
				       part);
		else
			memcpy_from_page(buf + done, window->pages[i], offset,
					 part);
		done += part;
	}
}

static size_t swiommu_transfer(struct swiommu_port *port, u64 addr, void *buf,
			       size_t len, bool write, int *error)
{
	struct swiommu_window window;
	size_t done = 0;

	*error = 0;
	while (done < len) {
		*error = swiommu_window_open(port, addr + done, len - done,
					     write, &window);
		if (*error)
			break;
		swiommu_window_copy(&window, buf + done, write);
		done += window.len;
		swiommu_window_close(&window);
	}
	return done;
}

size_t swiommu_read(struct swiommu_port *port, u64 addr, void *buf, size_t len,
		    int *error)
{
	return swiommu_transfer(port, addr, buf, len, false, error);
}
EXPORT_SYMBOL_GPL(swiommu_read);

size_t swiommu_write(struct swiommu_port *port, u64 addr, const void *buf,
		     size_t len, int *error)
{
	return swiommu_transfer(port, addr, (void *)buf, len, true, error);
}
EXPORT_SYMBOL_GPL(swiommu_write);
