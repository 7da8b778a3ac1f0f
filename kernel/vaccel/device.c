// SPDX-License-Identifier: GPL-2.0-only
/* A device: what its queues share, and its registration. */
#include <linux/bitmap.h>
#include <linux/dma-mapping.h>
#include <linux/slab.h>

#include "codec.h"
#include "vaccel.h"

static unsigned long vaccel_rings_size(u32 depth)
{
	return PAGE_ALIGN(depth * sizeof(struct vaccel_desc)) +
	       PAGE_ALIGN(depth * sizeof(struct vaccel_cqe));
}

static int vaccel_device_register(struct vaccel_device *vdev)
{
	struct uacce_interface interface = {
		.name = VACCEL_NAME,
		.owner = THIS_MODULE,
		.flags = vdev->config.sva ? UACCE_DEV_SVA : 0,
		.ops = &vaccel_uacce_ops,
		.api = VACCEL_API,
		.algorithms = vdev->config.algorithms,
		.region_size = {
			[UACCE_QFRT_MMIO] = PAGE_SIZE,
			[UACCE_QFRT_DUS] = vaccel_rings_size(vdev->config.depth),
			[UACCE_QFRT_SS] = VACCEL_STATIC_MAX,
		},
		.priv = vdev,
	};
	struct uacce_device *uacce;

	uacce = uacce_register(vdev->dev, &interface);
	if (IS_ERR(uacce))
		return PTR_ERR(uacce);
	vdev->uacce = uacce;
	return 0;
}

int vaccel_device_probe(struct device *dev, const struct vaccel_config *config)
{
	struct vaccel_device *vdev;
	struct swiommu_port port;
	int ret;

	/* The core goes on with a device that it could not bring to its IOMMU. */
	ret = swiommu_port_init(&port, dev, SWIOMMU_NO_PASID);
	if (ret)
		return ret;
	vdev = kzalloc_node(sizeof(*vdev), GFP_KERNEL, dev_to_node(dev));
	if (!vdev)
		return -ENOMEM;
	/* It has no wires: as wide as its IOMMU. */
	ret = dma_set_mask(dev, DMA_BIT_MASK(64));
	if (ret)
		goto err_free;
	vdev->dev = dev;
	vdev->config = *config;
	mutex_init(&vdev->lock);
	INIT_LIST_HEAD(&vdev->queues);
	spin_lock_init(&vdev->codecs_lock);
	INIT_LIST_HEAD(&vdev->codecs);
	ret = -ENOMEM;
	vdev->ids = bitmap_zalloc(config->queues, GFP_KERNEL);
	if (!vdev->ids)
		goto err_free;
	vdev->wq = alloc_workqueue("%s", WQ_UNBOUND, config->engines,
				   dev_name(dev));
	if (!vdev->wq)
		goto err_ids_free;
	ret = vaccel_device_register(vdev);
	if (ret)
		goto err_wq_destroy;
	vaccel_inject_init(vdev);
	dev_set_drvdata(dev, vdev);
	return 0;

err_wq_destroy:
	destroy_workqueue(vdev->wq);
err_ids_free:
	bitmap_free(vdev->ids);
err_free:
	kfree(vdev);
	return ret;
}

void vaccel_device_remove(struct device *dev)
{
	struct vaccel_device *vdev = dev_get_drvdata(dev);

	vaccel_inject_fini(vdev);
	uacce_unregister(vdev->uacce);
	destroy_workqueue(vdev->wq);
	vaccel_codec_free_all(vdev);
	bitmap_free(vdev->ids);
	kfree(vdev);
}
