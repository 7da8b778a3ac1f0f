// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues. There is one engine and one page of registers, and neither knows whose
 * work it does: so one queue at a time is started, and has all of the device.
 * Others may be open, for the static memory that they hold.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "edu.h"

static int edu_queue_available(struct uacce_device *uacce)
{
	struct edu_device *edu = uacce->priv;

	return !test_bit(0, &edu->taken) && !READ_ONCE(edu->broken);
}

static int edu_queue_get(struct uacce_device *uacce, unsigned long arg,
			 struct uacce_queue *q)
{
	struct edu_queue *eq;

	eq = kzalloc(sizeof(*eq), GFP_KERNEL_ACCOUNT);
	if (!eq)
		return -ENOMEM;
	eq->page = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!eq->page) {
		kfree(eq);
		return -ENOMEM;
	}
	eq->q = q;
	eq->edu = uacce->priv;
	q->priv = eq;
	return 0;
}

static void edu_queue_put(struct uacce_queue *q)
{
	struct edu_queue *eq = q->priv;

	free_page((unsigned long)eq->page);
	kfree(eq);
}

/* Who is told of interrupts and has the registers. */
static void edu_device_serve(struct edu_device *edu, struct edu_queue *eq)
{
	spin_lock_irq(&edu->lock);
	edu->served = eq;
	spin_unlock_irq(&edu->lock);
}

static int edu_queue_start(struct uacce_queue *q)
{
	struct edu_queue *eq = q->priv;
	struct edu_device *edu = eq->edu;
	int ret;

	if (READ_ONCE(edu->broken))
		return -EIO;
	if (test_and_set_bit_lock(0, &edu->taken))
		return -EBUSY;
	ret = edu_device_start(edu);
	if (ret) {
		clear_bit_unlock(0, &edu->taken);
		return ret;
	}
	edu_device_serve(edu, eq);
	return 0;
}

static void edu_queue_stop(struct uacce_queue *q)
{
	struct edu_queue *eq = q->priv;
	struct edu_device *edu = eq->edu;

	edu_device_serve(edu, NULL);
	if (!edu_device_stop(edu))
		edu_device_clear(edu, &q->dko);
	clear_bit_unlock(0, &edu->taken);
}

/* Interrupts that the process has not seen. */
static int edu_queue_is_updated(struct uacce_queue *q)
{
	struct edu_queue *eq = q->priv;
	struct edu_interrupts *page = eq->page;

	return READ_ONCE(page->dma) + READ_ONCE(page->factorial) !=
	       READ_ONCE(page->seen);
}

static vm_fault_t edu_queue_fault(struct uacce_queue *q,
				  struct uacce_qfile_region *qfr,
				  struct vm_fault *vmf)
{
	struct edu_queue *eq = q->priv;
	struct edu_device *edu = eq->edu;

	/* Mapped is early enough before the start, touched is not. */
	if (READ_ONCE(edu->served) != eq)
		return VM_FAULT_SIGBUS;
	return vmf_insert_pfn(vmf->vma, vmf->address,
			      PHYS_PFN(pci_resource_start(edu->pdev, 0)));
}

static int edu_queue_mmap(struct uacce_queue *q, struct vm_area_struct *vma,
			  struct uacce_qfile_region *qfr)
{
	struct edu_queue *eq = q->priv;

	if (qfr->type == UACCE_QFRT_DUS) {
		uacce_region_set_pages(qfr, vma,
				       virt_to_phys(eq->page) >> PAGE_SHIFT);
		return 0;
	}
	vm_flags_set(vma, VM_PFNMAP);
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	qfr->fault = edu_queue_fault;
	return 0;
}

const struct uacce_ops edu_queue_ops = {
	.get_available_instances = edu_queue_available,
	.get_queue = edu_queue_get,
	.put_queue = edu_queue_put,
	.start_queue = edu_queue_start,
	.stop_queue = edu_queue_stop,
	.is_q_updated = edu_queue_is_updated,
	.mmap = edu_queue_mmap,
};
