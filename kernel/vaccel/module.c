// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module: the platform driver, and the devices that come and go through
 *
 *	/sys/bus/platform/drivers/vaccel/new_device	"queues=64 depth=256 ..."
 *	/sys/bus/platform/drivers/vaccel/del_device	the number of the node
 *
 * or are made when the module is loaded.
 */
#define pr_fmt(fmt) "vaccel: " fmt

#include <linux/idr.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "vaccel.h"

static unsigned int devices = 1;
module_param(devices, uint, 0444);
MODULE_PARM_DESC(devices, "how many to make at once");

static char *config = "";
module_param(config, charp, 0444);
MODULE_PARM_DESC(config, "what these are made of, as new_device has it");

/*
 * struct vaccel_made - a device of ours
 * @node: in vaccel_devices
 * @pdev: the device
 */
struct vaccel_made {
	struct list_head node;
	struct platform_device *pdev;
};

/* Guards vaccel_devices, and makes creation and removal one at a time. */
static DEFINE_MUTEX(vaccel_devices_lock);
static LIST_HEAD(vaccel_devices);
static DEFINE_IDA(vaccel_ida);

static int vaccel_probe(struct platform_device *pdev)
{
	const struct vaccel_config *device_config =
		dev_get_platdata(&pdev->dev);

	return device_config ? vaccel_device_probe(&pdev->dev, device_config) :
			       -ENODEV;
}

static void vaccel_remove(struct platform_device *pdev)
{
	vaccel_device_remove(&pdev->dev);
}

static struct platform_device *
vaccel_platform_device(const struct vaccel_config *device_config, int id)
{
	struct platform_device *pdev;
	int ret;

	pdev = platform_device_alloc(VACCEL_NAME, id);
	if (!pdev)
		return ERR_PTR(-ENOMEM);
	set_dev_node(&pdev->dev, device_config->node);
	ret = platform_device_add_data(pdev, device_config,
				       sizeof(*device_config));
	if (ret)
		goto err_put;
	ret = swiommu_endpoint_init(&pdev->dev);
	if (ret)
		goto err_put;
	ret = platform_device_add(pdev);
	if (ret)
		goto err_abort;
	return pdev;

err_abort:
	swiommu_endpoint_abort(&pdev->dev);
err_put:
	platform_device_put(pdev);
	return ERR_PTR(ret);
}

/* Makes a device, and has its node when it returns 0. */
static int vaccel_create(const struct vaccel_config *device_config)
{
	struct vaccel_made *made;
	int id;
	int ret;

	made = kzalloc(sizeof(*made), GFP_KERNEL);
	if (!made)
		return -ENOMEM;
	mutex_lock(&vaccel_devices_lock);
	id = ida_alloc(&vaccel_ida, GFP_KERNEL);
	if (id < 0) {
		ret = id;
		goto err_free;
	}
	made->pdev = vaccel_platform_device(device_config, id);
	if (IS_ERR(made->pdev)) {
		ret = PTR_ERR(made->pdev);
		goto err_id_free;
	}
	if (!platform_get_drvdata(made->pdev)) {
		ret = -ENXIO;
		goto err_unregister;
	}
	list_add_tail(&made->node, &vaccel_devices);
	mutex_unlock(&vaccel_devices_lock);
	return 0;

err_unregister:
	platform_device_unregister(made->pdev);
err_id_free:
	ida_free(&vaccel_ida, id);
err_free:
	mutex_unlock(&vaccel_devices_lock);
	kfree(made);
	return ret;
}

static void __vaccel_destroy(struct vaccel_made *made)
{
	int id = made->pdev->id;

	list_del(&made->node);
	platform_device_unregister(made->pdev);
	ida_free(&vaccel_ida, id);
	kfree(made);
}

/* By the number of the node, which is uacce's. */
static int vaccel_destroy(u32 number)
{
	struct vaccel_made *made;
	struct vaccel_device *dev;
	int ret = -ENODEV;

	mutex_lock(&vaccel_devices_lock);
	list_for_each_entry(made, &vaccel_devices, node) {
		dev = platform_get_drvdata(made->pdev);
		if (!dev || dev->uacce->id != number)
			continue;
		__vaccel_destroy(made);
		ret = 0;
		break;
	}
	mutex_unlock(&vaccel_devices_lock);
	return ret;
}

static ssize_t new_device_store(struct device_driver *driver, const char *buf,
				size_t count)
{
	struct vaccel_config *device_config;
	char *text;
	int ret;

	device_config = kzalloc(sizeof(*device_config), GFP_KERNEL);
	text = kstrndup(buf, count, GFP_KERNEL);
	if (!device_config || !text) {
		ret = -ENOMEM;
		goto out_free;
	}
	vaccel_config_default(device_config);
	ret = vaccel_config_parse(device_config, text);
	if (!ret)
		ret = vaccel_config_check(device_config);
	if (!ret)
		ret = vaccel_create(device_config);
out_free:
	kfree(text);
	kfree(device_config);
	return ret ? ret : count;
}
static DRIVER_ATTR_WO(new_device);

static ssize_t del_device_store(struct device_driver *driver, const char *buf,
				size_t count)
{
	u32 number;
	int ret;

	ret = kstrtou32(buf, 0, &number);
	if (!ret)
		ret = vaccel_destroy(number);
	return ret ? ret : count;
}
static DRIVER_ATTR_WO(del_device);

static struct attribute *vaccel_driver_attrs[] = {
	&driver_attr_new_device.attr,
	&driver_attr_del_device.attr,
	NULL,
};
ATTRIBUTE_GROUPS(vaccel_driver);

/*
 * suppress_bind_attrs: a device goes with its driver, through del_device. Its
 * memory is reached through the IOMMU only, by domains of its own choice.
 */
static struct platform_driver vaccel_driver = {
	.probe = vaccel_probe,
	COMPAT_PLATFORM_REMOVE = vaccel_remove,
	.driver = {
		.name = VACCEL_NAME,
		.groups = vaccel_driver_groups,
		.suppress_bind_attrs = true,
	},
	.driver_managed_dma = true,
};

static void vaccel_destroy_all(void)
{
	struct vaccel_made *made, *next;

	mutex_lock(&vaccel_devices_lock);
	list_for_each_entry_safe(made, next, &vaccel_devices, node)
		__vaccel_destroy(made);
	mutex_unlock(&vaccel_devices_lock);
}

static int __init vaccel_create_first(void)
{
	struct vaccel_config *device_config;
	unsigned int i;
	char *text;
	int ret;

	device_config = kzalloc(sizeof(*device_config), GFP_KERNEL);
	text = kstrdup(config, GFP_KERNEL);
	if (!device_config || !text) {
		ret = -ENOMEM;
		goto out_free;
	}
	vaccel_config_default(device_config);
	ret = vaccel_config_parse(device_config, text);
	if (!ret)
		ret = vaccel_config_check(device_config);
	for (i = 0; !ret && i < devices; i++)
		ret = vaccel_create(device_config);
out_free:
	kfree(text);
	kfree(device_config);
	return ret;
}

static int __init vaccel_init(void)
{
	int ret;

	vaccel_inject_root_init();
	ret = platform_driver_register(&vaccel_driver);
	if (ret)
		goto err_inject;
	ret = vaccel_create_first();
	if (ret)
		goto err_destroy;
	return 0;

err_destroy:
	vaccel_destroy_all();
	platform_driver_unregister(&vaccel_driver);
err_inject:
	vaccel_inject_root_fini();
	return ret;
}

static void __exit vaccel_exit(void)
{
	vaccel_destroy_all();
	platform_driver_unregister(&vaccel_driver);
	vaccel_inject_root_fini();
	ida_destroy(&vaccel_ida);
}

module_init(vaccel_init);
module_exit(vaccel_exit);

MODULE_DESCRIPTION("A virtual accelerator");
MODULE_LICENSE("GPL");
