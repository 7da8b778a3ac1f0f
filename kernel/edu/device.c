// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hardware. Its registers belong to the process that has the queue, which
 * may write anything to them at any time; what keeps it in bounds is the IOMMU,
 * the bus master bit, and that the interrupt's handler believes nothing.
 */
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/iopoll.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include "edu.h"

/* A transfer takes 100 ms, of a machine's time that may be slow. */
#define EDU_WAIT_US (30 * USEC_PER_SEC)
#define EDU_POLL_US 1000

/* Days of work for the device: what it costs is memory, which is charged. */
#define EDU_STATIC_MAX SZ_64M

#define EDU_PROBE_WORD 0x5aa5c33c

static u32 edu_read(struct edu_device *edu, unsigned int reg)
{
	return ioread32(edu->registers + reg);
}

static void edu_write(struct edu_device *edu, unsigned int reg, u32 value)
{
	iowrite32(value, edu->registers + reg);
}

/*
 * MSI is nobody else's, so this is always handled: a process that raises
 * interrupts without a meaning, or takes them back itself, is no reason to
 * switch them off.
 */
static irqreturn_t edu_interrupt(int irq, void *data)
{
	struct edu_device *edu = data;
	u32 status = edu_read(edu, EDU_IRQ_STATUS);
	struct edu_queue *eq;

	edu_write(edu, EDU_IRQ_ACK, status);
	spin_lock(&edu->lock);
	eq = edu->served;
	if (eq) {
		if (status & EDU_IRQ_DMA)
			WRITE_ONCE(eq->page->dma, READ_ONCE(eq->page->dma) + 1);
		if (status & EDU_IRQ_FACTORIAL)
			WRITE_ONCE(eq->page->factorial,
				   READ_ONCE(eq->page->factorial) + 1);
		if (status & (EDU_IRQ_DMA | EDU_IRQ_FACTORIAL))
			uacce_queue_notify(eq->q);
	}
	spin_unlock(&edu->lock);
	return IRQ_HANDLED;
}

/* Until a transfer has ended; the device is not to be trusted if it does not. */
static int edu_device_wait(struct edu_device *edu)
{
	u32 command;
	int ret;

	ret = read_poll_timeout(edu_read, command, !(command & EDU_COMMAND_RUN),
				EDU_POLL_US, EDU_WAIT_US, false, edu,
				EDU_DMA_COMMAND);
	if (ret)
		WRITE_ONCE(edu->broken, true);
	return ret ? -EIO : 0;
}

int edu_device_stop(struct edu_device *edu)
{
	pci_clear_master(edu->pdev);
	return edu_device_wait(edu);
}

/*
 * Its buffer would tell the next process what this one has copied. QEMU clips
 * the addresses of a device that was given fewer than 64 bits of them; then this
 * is in vain, as are the transfers of the process.
 */
void edu_device_clear(struct edu_device *edu, const struct uacce_buffer *zeroes)
{
	memset(zeroes->kernel, 0, zeroes->size);
	pci_set_master(edu->pdev);
	writeq(zeroes->iova, edu->registers + EDU_DMA_SRC);
	writeq(EDU_BUFFER, edu->registers + EDU_DMA_DST);
	writeq(EDU_TRANSFER_MAX, edu->registers + EDU_DMA_COUNT);
	edu_write(edu, EDU_DMA_COMMAND, EDU_COMMAND_RUN);
	edu_device_wait(edu);
	pci_clear_master(edu->pdev);
}

/* Until a factorial has been computed: the largest takes some seconds. */
static int edu_device_compute(struct edu_device *edu)
{
	u32 status;
	int ret;

	ret = read_poll_timeout(edu_read, status,
				!(status & EDU_STATUS_COMPUTING), EDU_POLL_US,
				EDU_WAIT_US, false, edu, EDU_STATUS);
	return ret ? -EIO : 0;
}

int edu_device_start(struct edu_device *edu)
{
	int ret;

	edu_write(edu, EDU_STATUS, 0);
	ret = edu_device_compute(edu);
	if (ret)
		return ret;
	/* The last result is for nobody. */
	edu_write(edu, EDU_FACTORIAL, 0);
	ret = edu_device_compute(edu);
	if (ret)
		return ret;
	edu_write(edu, EDU_IRQ_ACK, edu_read(edu, EDU_IRQ_STATUS));
	pci_set_master(edu->pdev);
	return 0;
}

static bool edu_device_answers(struct edu_device *edu)
{
	if ((edu_read(edu, EDU_ID) & EDU_ID_MASK) != EDU_ID_VALUE)
		return false;
	edu_write(edu, EDU_LIVENESS, EDU_PROBE_WORD);
	return edu_read(edu, EDU_LIVENESS) == (u32)~EDU_PROBE_WORD;
}

static int edu_device_register(struct edu_device *edu)
{
	struct uacce_interface interface = {
		.name = "edu",
		.owner = THIS_MODULE,
		.ops = &edu_queue_ops,
		.api = EDU_API,
		.algorithms = "copy\nfactorial",
		.region_size[UACCE_QFRT_MMIO] = EDU_REGISTERS_SIZE,
		.region_size[UACCE_QFRT_DUS] = PAGE_SIZE,
		.region_size[UACCE_QFRT_SS] = EDU_STATIC_MAX,
		.region_size[UACCE_QFRT_DKO] = EDU_BUFFER_SIZE,
		.priv = edu,
	};

	edu->uacce = uacce_register(&edu->pdev->dev, &interface);
	return PTR_ERR_OR_ZERO(edu->uacce);
}

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct edu_device *edu;
	int ret;

	edu = devm_kzalloc(&pdev->dev, sizeof(*edu), GFP_KERNEL);
	if (!edu)
		return -ENOMEM;
	edu->pdev = pdev;
	spin_lock_init(&edu->lock);
	pci_set_drvdata(pdev, edu);

	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	ret = pcim_iomap_regions(pdev, BIT(0), "uacce_edu");
	if (ret)
		return ret;
	edu->registers = pcim_iomap_table(pdev)[0];
	if (pci_resource_len(pdev, 0) < EDU_REGISTERS_SIZE ||
	    !edu_device_answers(edu))
		return dev_err_probe(&pdev->dev, -ENODEV, "no edu device\n");
	ret = dma_set_mask(&pdev->dev, DMA_BIT_MASK(64));
	if (ret)
		return ret;
	ret = edu_device_stop(edu);
	if (ret)
		return ret;

	/* Not the wire, which others share: a process can raise it for ever. */
	ret = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_MSI);
	if (ret < 0)
		return ret;
	ret = request_irq(pci_irq_vector(pdev, 0), edu_interrupt, 0,
			  "uacce_edu", edu);
	if (ret)
		goto err_free_vectors;
	ret = edu_device_register(edu);
	if (ret)
		goto err_free_irq;
	return 0;

err_free_irq:
	free_irq(pci_irq_vector(pdev, 0), edu);
err_free_vectors:
	pci_free_irq_vectors(pdev);
	return ret;
}

static void edu_remove(struct pci_dev *pdev)
{
	struct edu_device *edu = pci_get_drvdata(pdev);

	uacce_unregister(edu->uacce);
	free_irq(pci_irq_vector(pdev, 0), edu);
	pci_free_irq_vectors(pdev);
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{},
};
MODULE_DEVICE_TABLE(pci, edu_ids);

static struct pci_driver edu_driver = {
	.name = "uacce_edu",
	.id_table = edu_ids,
	.probe = edu_probe,
	.remove = edu_remove,
	.driver_managed_dma = true,
};
module_pci_driver(edu_driver);

MODULE_DESCRIPTION("QEMU's edu device as a uacce device");
MODULE_LICENSE("GPL");
