// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of a registered device, described in docs/abi/sysfs-class-uacce.
 * Removing the device waits for those that are being read, so that the driver
 * is there for all of them.
 */
#include <linux/limits.h>
#include <linux/sysfs.h>
#include <linux/topology.h>

#include "internal.h"

/* As in Linux; also keeps a sum of errors from overflowing. */
#define UACCE_ISOLATE_THRESHOLD_MAX 65535

static struct uacce_device *to_uacce(struct device *dev)
{
	return container_of(dev, struct uacce_device, dev);
}

static ssize_t id_show(struct device *dev, struct device_attribute *attr,
		       char *buf)
{
	return sysfs_emit(buf, "%u\n", to_uacce(dev)->id);
}
static DEVICE_ATTR_RO(id);

static ssize_t api_show(struct device *dev, struct device_attribute *attr,
			char *buf)
{
	return sysfs_emit(buf, "%s\n", to_uacce(dev)->api);
}
static DEVICE_ATTR_RO(api);

static ssize_t flags_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%u\n", to_uacce(dev)->flags);
}
static DEVICE_ATTR_RO(flags);

static ssize_t algorithms_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s", to_uacce(dev)->algorithms);
}
static DEVICE_ATTR_RO(algorithms);

static ssize_t available_instances_show(struct device *dev,
					struct device_attribute *attr,
					char *buf)
{
	struct uacce_device *uacce = to_uacce(dev);
	int instances = uacce->ops.get_available_instances(uacce);

	return instances < 0 ? instances : sysfs_emit(buf, "%d\n", instances);
}
static DEVICE_ATTR_RO(available_instances);

static ssize_t node_id_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%d\n", dev_to_node(to_uacce(dev)->parent));
}
static DEVICE_ATTR_RO(node_id);

/* From the processor that reads; a device without a node is near to all. */
static ssize_t numa_distance_show(struct device *dev,
				  struct device_attribute *attr, char *buf)
{
	int node = dev_to_node(to_uacce(dev)->parent);
	int distance = LOCAL_DISTANCE;

	if (node != NUMA_NO_NODE)
		distance = node_distance(cpu_to_node(raw_smp_processor_id()),
					 node);
	return sysfs_emit(buf, "%d\n", distance);
}
static DEVICE_ATTR_RO(numa_distance);

static ssize_t region_mmio_size_show(struct device *dev,
				     struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%lu\n",
			  to_uacce(dev)->region_size[UACCE_QFRT_MMIO]);
}
static DEVICE_ATTR_RO(region_mmio_size);

static ssize_t region_dus_size_show(struct device *dev,
				    struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%lu\n",
			  to_uacce(dev)->region_size[UACCE_QFRT_DUS]);
}
static DEVICE_ATTR_RO(region_dus_size);

static ssize_t region_ss_size_show(struct device *dev,
				   struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%lu\n",
			  to_uacce(dev)->region_size[UACCE_QFRT_SS]);
}
static DEVICE_ATTR_RO(region_ss_size);

static ssize_t qfrs_offset_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	struct uacce_device *uacce = to_uacce(dev);
	unsigned int type;
	ssize_t len = 0;

	for (type = 0; type < UACCE_REGIONS; type++)
		len += sysfs_emit_at(buf, len, "%lu%c",
				     type != UACCE_QFRT_DKO &&
						     uacce->region_size[type] ?
					     type * PAGE_SIZE :
					     ULONG_MAX,
				     type < UACCE_REGIONS - 1 ? '\t' : '\n');
	return len;
}
static DEVICE_ATTR_RO(qfrs_offset);

static ssize_t isolate_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(to_uacce(dev)->isolated));
}
static DEVICE_ATTR_RO(isolate);

static ssize_t isolate_strategy_show(struct device *dev,
				     struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n",
			  READ_ONCE(to_uacce(dev)->isolate_threshold));
}

static ssize_t isolate_strategy_store(struct device *dev,
				      struct device_attribute *attr,
				      const char *buf, size_t count)
{
	u32 threshold;
	int ret;

	ret = kstrtou32(buf, 0, &threshold);
	if (ret)
		return ret;
	if (threshold > UACCE_ISOLATE_THRESHOLD_MAX)
		return -EINVAL;
	WRITE_ONCE(to_uacce(dev)->isolate_threshold, threshold);
	return count;
}
static DEVICE_ATTR_RW(isolate_strategy);

static ssize_t reset_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t count)
{
	struct uacce_device *uacce = to_uacce(dev);
	bool reset;
	int ret;

	ret = kstrtobool(buf, &reset);
	if (ret)
		return ret;
	if (!reset)
		return -EINVAL;

	down_write(&uacce->lock);
	ret = uacce->ops.reset(uacce);
	if (!ret)
		WRITE_ONCE(uacce->isolated, false);
	up_write(&uacce->lock);
	if (ret)
		return ret < 0 ? ret : -EIO;
	return count;
}
static DEVICE_ATTR_WO(reset);

static struct attribute *uacce_sysfs_attrs[] = {
	&dev_attr_id.attr,
	&dev_attr_api.attr,
	&dev_attr_flags.attr,
	&dev_attr_algorithms.attr,
	&dev_attr_available_instances.attr,
	&dev_attr_node_id.attr,
	&dev_attr_numa_distance.attr,
	&dev_attr_region_mmio_size.attr,
	&dev_attr_region_dus_size.attr,
	&dev_attr_region_ss_size.attr,
	&dev_attr_qfrs_offset.attr,
	&dev_attr_isolate.attr,
	&dev_attr_isolate_strategy.attr,
	&dev_attr_reset.attr,
	NULL,
};

/* The size of a region is there where the region is. */
static umode_t uacce_sysfs_is_visible(struct kobject *kobj,
				      struct attribute *attr, int n)
{
	struct uacce_device *uacce = to_uacce(kobj_to_dev(kobj));

	if (attr == &dev_attr_region_mmio_size.attr)
		return uacce->region_size[UACCE_QFRT_MMIO] ? attr->mode : 0;
	if (attr == &dev_attr_region_dus_size.attr)
		return uacce->region_size[UACCE_QFRT_DUS] ? attr->mode : 0;
	if (attr == &dev_attr_region_ss_size.attr)
		return uacce->region_size[UACCE_QFRT_SS] ? attr->mode : 0;
	return attr->mode;
}

static const struct attribute_group uacce_sysfs_group = {
	.attrs = uacce_sysfs_attrs,
	.is_visible = uacce_sysfs_is_visible,
};

const struct attribute_group *uacce_sysfs_groups[] = {
	&uacce_sysfs_group,
	NULL,
};
