/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * QEMU's edu device as a uacce device.
 *
 *   device.c   the hardware: probe, interrupt, transfers of the kernel's own
 *   queue.c    the operations of its queues
 */
#ifndef WARPDRIVE_KERNEL_EDU_H
#define WARPDRIVE_KERNEL_EDU_H

#include <linux/pci.h>
#include <linux/spinlock.h>

#include <uapi/edu.h>

#include "uacce/uacce.h"

/**
 * struct edu_device - one edu device
 * @pdev: its PCI device
 * @registers: the first page of its BAR
 * @uacce: what uacce_register() returned
 * @taken: bit 0: a queue is started, or is about to be or to end
 * @broken: it did not end a transfer; no queue is started any more
 * @lock: guards @served
 * @served: the queue that is started
 */
struct edu_device {
	struct pci_dev *pdev;
	void __iomem *registers;
	struct uacce_device *uacce;
	unsigned long taken;
	bool broken;
	spinlock_t lock;
	struct edu_queue *served;
};

/**
 * struct edu_queue - one queue
 * @q: what uacce calls it
 * @edu: its device
 * @page: of region DUS
 */
struct edu_queue {
	struct uacce_queue *q;
	struct edu_device *edu;
	struct edu_interrupts *page;
};

/*
 * Takes the device away from memory and waits until what it was at has ended:
 * when this returns it touches nothing, and is idle. 0, or -EIO if it is stuck.
 */
int edu_device_stop(struct edu_device *edu);

/*
 * Clears the buffer of a device that is stopped, and stops it again. @zeroes is
 * memory of the queue that only the kernel and the device have.
 */
void edu_device_clear(struct edu_device *edu,
		      const struct uacce_buffer *zeroes);

/*
 * Clears the registers of a device that is stopped, and lets it reach what its
 * IOMMU's domain has. 0 or -EIO.
 */
int edu_device_start(struct edu_device *edu);

extern const struct uacce_ops edu_queue_ops;

#endif
