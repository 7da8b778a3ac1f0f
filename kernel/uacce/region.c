// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions of a queue, mapped by its opener: whole, once, never moved, split or
 * inherited.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pfn_t.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "internal.h"
#include "trace.h"

/*
 * Where region T begins in the queue's inode. The caller's offset, T pages,
 * would make regions overlap, and taking one's pages away would take the
 * other's.
 */
static pgoff_t uacce_region_pgoff(unsigned int type)
{
	return (pgoff_t)type << UACCE_REGION_SHIFT;
}

/* One more mapping: only while mremap() tries, see uacce_region_mremap(). */
static void uacce_region_open(struct vm_area_struct *vma)
{
	struct uacce_region *region = vma->vm_private_data;

	region->users++;
}

static void uacce_region_close(struct vm_area_struct *vma)
{
	struct uacce_region *region = vma->vm_private_data;

	if (--region->users)
		return;
	if (region->ss)
		uacce_static_unmap(region->q, region->ss);
	region->q->regions[region->qfr.type] = NULL;
	kfree(region);
}

static int uacce_region_may_split(struct vm_area_struct *vma,
				  unsigned long address)
{
	return -EINVAL;
}

/* Called with the copy in place; an error takes it away again. */
static int uacce_region_mremap(struct vm_area_struct *vma)
{
	return -EPERM;
}

/*
 * A device may go at any moment, and the process at its doorbell cannot know:
 * what it touches from then on is a page of the queue's own, which begins as
 * zeroes and leads nowhere. It lives as long as the queue.
 */
static vm_fault_t uacce_region_fault_removed(struct uacce_queue *q,
					     struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long pfn;

	if (!READ_ONCE(q->scrap)) {
		struct page *page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);

		if (!page)
			return VM_FAULT_OOM;
		if (cmpxchg(&q->scrap, NULL, page))
			__free_page(page);
	}
	pfn = page_to_pfn(READ_ONCE(q->scrap));
	if (vma->vm_flags & VM_MIXEDMAP)
		return vmf_insert_mixed(vma, vmf->address, pfn_to_pfn_t(pfn));
	if (vma->vm_flags & VM_PFNMAP)
		return vmf_insert_pfn(vma, vmf->address, pfn);
	return VM_FAULT_SIGBUS;
}

/*
 * Inserts the page that was touched, and the others while at it. Not earlier:
 * remap_pfn_range() complains on x86 when it runs out of memory in the middle
 * of a whole mapping.
 */
static vm_fault_t uacce_region_fault_pages(struct uacce_queue *q,
					   struct uacce_qfile_region *qfr,
					   struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long addr = vma->vm_start, pfn = qfr->pfn;
	vm_fault_t ret;

	ret = vmf_insert_pfn(vma, vmf->address,
			     pfn + ((vmf->address - addr) >> PAGE_SHIFT));
	if (ret != VM_FAULT_NOPAGE)
		return ret;
	for (; addr < vma->vm_end; addr += PAGE_SIZE, pfn++)
		if (vmf_insert_pfn(vma, addr, pfn) != VM_FAULT_NOPAGE)
			break;
	return ret;
}

void uacce_region_set_pages(struct uacce_qfile_region *qfr,
			    struct vm_area_struct *vma, unsigned long pfn)
{
	vm_flags_set(vma, VM_PFNMAP);
	qfr->pfn = pfn;
	qfr->fault = uacce_region_fault_pages;
}
UACCE_EXPORT(uacce_region_set_pages);

static vm_fault_t uacce_region_fault(struct vm_fault *vmf)
{
	struct uacce_region *region = vmf->vma->vm_private_data;
	struct uacce_queue *q = region->q;
	vm_fault_t ret = VM_FAULT_SIGBUS;
	int srcu;

	/* The process's own for as long as it is mapped. */
	if (region->ss)
		return uacce_static_fault(region->ss, vmf);

	srcu = srcu_read_lock(&q->uacce->srcu);
	if (READ_ONCE(q->uacce->removed))
		ret = uacce_region_fault_removed(q, vmf);
	else if (READ_ONCE(q->state) != UACCE_QUEUE_ZOMBIE && region->qfr.fault)
		ret = region->qfr.fault(q, &region->qfr, vmf);
	srcu_read_unlock(&q->uacce->srcu, srcu);
	trace_uacce_fault(q, region->qfr.type, vmf->address, ret);
	return ret;
}

static const struct vm_operations_struct uacce_region_vm_ops = {
	.open = uacce_region_open,
	.close = uacce_region_close,
	.may_split = uacce_region_may_split,
	.mremap = uacce_region_mremap,
	.fault = uacce_region_fault,
};

static int uacce_region_check(struct uacce_queue *q, struct vm_area_struct *vma)
{
	unsigned long length = vma->vm_end - vma->vm_start;
	unsigned long size;

	if (current->mm != q->mm)
		return -EPERM;
	if (vma->vm_pgoff >= UACCE_REGIONS || !(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	size = q->uacce->region_size[vma->vm_pgoff];
	if (!size)
		return -EOPNOTSUPP;
	switch (vma->vm_pgoff) {
	case UACCE_QFRT_SS:
		return length > size ? -E2BIG : 0;
	case UACCE_QFRT_DKO:
		return -EPERM;
	default:
		return length != size ? -EINVAL : 0;
	}
}

static int __uacce_region_map_static(struct uacce_region *region,
				     struct vm_area_struct *vma)
{
	struct uacce_static *ss = uacce_static_map(region->q, vma);

	if (IS_ERR(ss))
		return PTR_ERR(ss);
	region->ss = ss;
	return 0;
}

/* In a read section: the driver's queue stays while it maps. */
static int __uacce_region_map(struct uacce_region *region,
			      struct vm_area_struct *vma)
{
	struct uacce_queue *q = region->q;
	unsigned int type = region->qfr.type;
	int ret;

	if (READ_ONCE(q->state) == UACCE_QUEUE_ZOMBIE)
		return READ_ONCE(q->uacce->removed) ? -ENODEV : -ENXIO;
	if (q->regions[type])
		return -EEXIST;

	/* DONTCOPY can't be undone by madvise() on an IO mapping. */
	vm_flags_set(vma, VM_IO | VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &uacce_region_vm_ops;
	vma->vm_private_data = region;
	vma->vm_pgoff = 0;
	WRITE_ONCE(q->was_mapped, true);
	if (type == UACCE_QFRT_SS)
		ret = __uacce_region_map_static(region, vma);
	else
		ret = q->uacce->ops.mmap(q, vma, &region->qfr);
	if (ret)
		return ret < 0 ? ret : -EIO;

	vma->vm_ops = &uacce_region_vm_ops;
	vma->vm_private_data = region;
	vma->vm_pgoff = uacce_region_pgoff(type);
	q->regions[type] = region;
	return 0;
}

int uacce_region_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct uacce_queue *q = file->private_data;
	struct uacce_region *region;
	int ret, srcu;

	ret = uacce_region_check(q, vma);
	if (ret)
		return ret;

	region = kzalloc(sizeof(*region), GFP_KERNEL_ACCOUNT);
	if (!region)
		return -ENOMEM;
	region->q = q;
	region->users = 1;
	region->qfr.type = vma->vm_pgoff;

	srcu = srcu_read_lock(&q->uacce->srcu);
	ret = __uacce_region_map(region, vma);
	srcu_read_unlock(&q->uacce->srcu, srcu);
	trace_uacce_map(q, region->qfr.type, vma->vm_start, ret);
	if (ret)
		kfree(region);
	return ret;
}

void uacce_queue_unmap(struct uacce_queue *q, enum uacce_qfrt type)
{
	unmap_mapping_range(q->inode->i_mapping,
			    (loff_t)uacce_region_pgoff(type) << PAGE_SHIFT,
			    1ULL << (UACCE_REGION_SHIFT + PAGE_SHIFT), 1);
}
UACCE_EXPORT(uacce_queue_unmap);
