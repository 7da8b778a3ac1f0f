/* SPDX-License-Identifier: GPL-2.0-only */
/* A device's accesses, through swiommu if that is loaded. */
#ifndef UACCE_TEST_DMA_H
#define UACCE_TEST_DMA_H

#include "swiommu/swiommu.h"
#include "uacce_test_uapi.h"

/* Copies by way of a bounce page of the device's own, as edu does. */
static void test_dma_copy(struct swiommu_port *port,
			  size_t (*read)(struct swiommu_port *, u64, void *,
					 size_t, int *),
			  size_t (*write)(struct swiommu_port *, u64,
					  const void *, size_t, int *),
			  struct uacce_test_dma *dma, void *bounce)
{
	size_t part, done;

	dma->done = 0;
	dma->error = 0;
	while (dma->done < dma->len && !dma->error) {
		part = min_t(size_t, PAGE_SIZE, dma->len - dma->done);
		part = read(port, dma->src + dma->done, bounce, part,
			    &dma->error);
		if (!part)
			break;
		done = write(port, dma->dst + dma->done, bounce, part,
			     &dma->error);
		dma->done += done;
	}
}

static int test_dma(struct device *dev, struct uacce_test_dma *dma)
{
	int (*init)(struct swiommu_port *, struct device *, u32) =
		symbol_get(swiommu_port_init);
	size_t (*read)(struct swiommu_port *, u64, void *, size_t, int *) =
		symbol_get(swiommu_read);
	size_t (*write)(struct swiommu_port *, u64, const void *, size_t,
			int *) = symbol_get(swiommu_write);
	struct swiommu_port port;
	void *bounce = NULL;
	int ret = -ENODEV;

	if (init && read && write)
		ret = init(&port, dev, SWIOMMU_NO_PASID);
	if (!ret) {
		bounce = (void *)__get_free_page(GFP_KERNEL);
		ret = bounce ? 0 : -ENOMEM;
	}
	if (!ret)
		test_dma_copy(&port, read, write, dma, bounce);
	free_page((unsigned long)bounce);
	if (write)
		symbol_put(swiommu_write);
	if (read)
		symbol_put(swiommu_read);
	if (init)
		symbol_put(swiommu_port_init);
	return ret;
}

#endif
