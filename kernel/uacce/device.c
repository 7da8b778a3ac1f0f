// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices: registration, and removal with queues open.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"
#include "trace.h"

/* What is shown in one page of sysfs, with room for a newline. */
#define UACCE_TEXT_MAX (PAGE_SIZE - 2)

#define UACCE_REGION_MAX (1ul << (UACCE_REGION_SHIFT + PAGE_SHIFT))

static bool uacce_text_valid(const char *text)
{
	return text && strnlen(text, UACCE_TEXT_MAX + 1) <= UACCE_TEXT_MAX;
}

static int uacce_interface_check(const struct uacce_interface *interface)
{
	unsigned int type;

	if (!interface->name || !interface->name[0] || !interface->ops ||
	    strnlen(interface->name, UACCE_NAME_MAX) == UACCE_NAME_MAX ||
	    strchr(interface->name, '/'))
		return -EINVAL;
	if (!uacce_text_valid(interface->api) ||
	    !uacce_text_valid(interface->algorithms))
		return -EINVAL;
	if (interface->flags & ~UACCE_DEV_SVA)
		return -EINVAL;
	for (type = 0; type < UACCE_REGIONS; type++)
		if (!PAGE_ALIGNED(interface->region_size[type]) ||
		    interface->region_size[type] > UACCE_REGION_MAX)
			return -EINVAL;
	return 0;
}

static void uacce_device_free(struct uacce_device *uacce)
{
	cleanup_srcu_struct(&uacce->srcu);
	kfree(uacce->api);
	kfree(uacce->algorithms);
	kfree(uacce);
}

static void uacce_device_release(struct device *dev)
{
	uacce_device_free(container_of(dev, struct uacce_device, dev));
}

static char *uacce_algorithms_copy(const char *algorithms)
{
	size_t len = strlen(algorithms);
	bool ends = len && algorithms[len - 1] == '\n';

	return kasprintf(GFP_KERNEL, "%s%s", algorithms, ends ? "" : "\n");
}

static struct uacce_device *
uacce_device_alloc(struct device *parent,
		   const struct uacce_interface *interface)
{
	struct uacce_device *uacce;

	uacce = kzalloc(sizeof(*uacce), GFP_KERNEL);
	if (!uacce)
		return NULL;
	if (init_srcu_struct(&uacce->srcu))
		goto err_free;
	uacce->api = kstrdup(interface->api, GFP_KERNEL);
	if (!uacce->api)
		goto err_cleanup_srcu;
	uacce->algorithms = uacce_algorithms_copy(interface->algorithms);
	if (!uacce->algorithms)
		goto err_free_api;

	uacce->parent = parent;
	uacce->flags = interface->flags;
	uacce->priv = interface->priv;
	uacce->owner = interface->owner;
	uacce->ops = *interface->ops;
	uacce_ops_fill(&uacce->ops);
	memcpy(uacce->region_size, interface->region_size,
	       sizeof(uacce->region_size));
	init_rwsem(&uacce->lock);
	spin_lock_init(&uacce->queues_lock);
	INIT_LIST_HEAD(&uacce->queues);
	return uacce;

err_free_api:
	kfree(uacce->api);
err_cleanup_srcu:
	cleanup_srcu_struct(&uacce->srcu);
err_free:
	kfree(uacce);
	return NULL;
}

/* From here on the device is freed with put_device(). */
static int uacce_device_name(struct uacce_device *uacce, const char *name)
{
	struct device *dev = &uacce->dev;

	device_initialize(dev);
	dev->class = &uacce_class;
	dev->parent = uacce->parent;
	dev->groups = uacce_sysfs_groups;
	dev->release = uacce_device_release;
	set_dev_node(dev, dev_to_node(uacce->parent));
	return dev_set_name(dev, "%s-%u", name, uacce->id);
}

/* No queue is opened or at work after this; files may still be open. */
static void uacce_device_withdraw(struct uacce_device *uacce)
{
	struct uacce_queue *q;
	unsigned int queues = 0;

	down_write(&uacce->lock);
	WRITE_ONCE(uacce->removed, true);
	list_for_each_entry(q, &uacce->queues, device_node) {
		mutex_lock(&q->lock);
		__uacce_queue_zombie(q);
		__uacce_queue_unbind(q);
		mutex_unlock(&q->lock);
		queues++;
	}
	up_write(&uacce->lock);
	trace_uacce_removal(uacce, queues);
}

struct uacce_device *uacce_register(struct device *parent,
				    const struct uacce_interface *interface)
{
	struct uacce_device *uacce;
	int ret;

	ret = uacce_interface_check(interface);
	if (ret)
		return ERR_PTR(ret);
	uacce = uacce_device_alloc(parent, interface);
	if (!uacce)
		return ERR_PTR(-ENOMEM);
	ret = uacce_minor_get(uacce);
	if (ret) {
		uacce_device_free(uacce);
		return ERR_PTR(ret);
	}
	uacce_sva_enable(uacce);
	ret = uacce_domain_init(uacce);
	if (ret) {
		uacce_minor_put(uacce);
		uacce_device_free(uacce);
		return ERR_PTR(ret);
	}

	ret = uacce_device_name(uacce, interface->name);
	if (ret)
		goto err_put_device;
	cdev_init(&uacce->cdev, &uacce_queue_fops);
	uacce->cdev.owner = THIS_MODULE;
	ret = cdev_device_add(&uacce->cdev, &uacce->dev);
	if (ret)
		goto err_withdraw;
	return uacce;

err_withdraw:
	/* It may have been open for a moment. */
	uacce_device_withdraw(uacce);
err_put_device:
	uacce_domain_fini(uacce);
	uacce_sva_disable(uacce);
	uacce_minor_put(uacce);
	put_device(&uacce->dev);
	return ERR_PTR(ret);
}
UACCE_EXPORT(uacce_register);

void uacce_unregister(struct uacce_device *uacce)
{
	if (IS_ERR_OR_NULL(uacce))
		return;
	/* Waits for attributes in use, so not under the lock that they take. */
	cdev_device_del(&uacce->cdev, &uacce->dev);
	uacce_device_withdraw(uacce);
	uacce_domain_fini(uacce);
	uacce_sva_disable(uacce);
	uacce_minor_put(uacce);
	uacce->parent = NULL;
	put_device(&uacce->dev);
}
UACCE_EXPORT(uacce_unregister);
