// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers: memory of a queue that the kernel and a device in shared-domain mode
 * both reach, and the process as well when the driver maps it.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "internal.h"

static struct page **uacce_buffer_pages(void *kernel, unsigned long nr)
{
	struct page **pages = kvmalloc_array(nr, sizeof(*pages), GFP_KERNEL);
	unsigned long i;

	if (!pages)
		return NULL;
	for (i = 0; i < nr; i++)
		pages[i] = vmalloc_to_page(kernel + (i << PAGE_SHIFT));
	return pages;
}

int uacce_buffer_alloc(struct uacce_queue *q, size_t size,
		       struct uacce_buffer *buffer)
{
	struct uacce_buffer new = { .size = PAGE_ALIGN(size) };
	struct uacce_domain *domain = q->uacce->domain;
	struct page **pages;
	int ret = -ENOMEM;

	if (!domain)
		return -EOPNOTSUPP;
	if (!new.size)
		return -EINVAL;
	new.kernel = vmalloc_user(new.size);
	if (!new.kernel)
		return -ENOMEM;
	pages = uacce_buffer_pages(new.kernel, new.size >> PAGE_SHIFT);
	if (!pages)
		goto err_free;
	ret = uacce_domain_map_anywhere(domain, pages, new.size >> PAGE_SHIFT,
					&new.iova);
	kvfree(pages);
	if (ret)
		goto err_free;
	*buffer = new;
	return 0;

err_free:
	vfree(new.kernel);
	return ret;
}
UACCE_EXPORT(uacce_buffer_alloc);

void uacce_buffer_free(struct uacce_queue *q, struct uacce_buffer *buffer)
{
	if (!buffer->kernel)
		return;
	uacce_domain_unmap(q->uacce->domain, buffer->iova);
	vfree(buffer->kernel);
	*buffer = (struct uacce_buffer){};
}
UACCE_EXPORT(uacce_buffer_free);

int uacce_buffer_mmap(const struct uacce_buffer *buffer,
		      struct vm_area_struct *vma)
{
	return remap_vmalloc_range(vma, buffer->kernel, 0);
}
UACCE_EXPORT(uacce_buffer_mmap);
