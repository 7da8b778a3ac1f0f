// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device for the tests of uacce: every operation counted, made to fail or to
 * take its time by knobs in debugfs/uacce_test, and complaining when it is
 * called out of order.
 *
 *   add      write "full [NAME]", "bare [NAME]" (no operation at all), "sva
 *            [NAME]" (asks for shared addresses; behind swiommu, if that is
 *            loaded), "static [NAME]" (shared-domain mode, behind swiommu) or
 *            "dma [NAME]" (the same, with a driver that uses the DMA API):
 *            registers a device
 *   del      write the N of NAME-N: unregisters it
 *   eager    whether DUS has its pages from mmap on, or when it is touched
 *   limit    queues that a device has
 *   dma_bits width of the addresses of devices that are added
 *   fail_*   errno with which the next calls of that operation fail
 *   delay_*  milliseconds that the operation takes
 *   calls_*  how often it was called
 *
 * With the parameter full=static, "full" is "static".
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "compat/compat.h"
#include "swiommu/swiommu.h"
#include "uacce/uacce.h"
#include "dma.h"
#include "uacce_test_uapi.h"

static char *full = "full";
module_param(full, charp, 0444);

enum test_op {
	OP_AVAILABLE,
	OP_GET,
	OP_PUT,
	OP_START,
	OP_STOP,
	OP_UPDATED,
	OP_MASK,
	OP_MMAP,
	OP_FAULT,
	OP_RESET,
	OP_RESET_QUEUE,
	OP_IOCTL,
	OPS,
};

static const char *const test_op_names[OPS] = {
	[OP_AVAILABLE] = "get_available_instances",
	[OP_GET] = "get_queue",
	[OP_PUT] = "put_queue",
	[OP_START] = "start_queue",
	[OP_STOP] = "stop_queue",
	[OP_UPDATED] = "is_q_updated",
	[OP_MASK] = "mask_notify",
	[OP_MMAP] = "mmap",
	[OP_FAULT] = "fault",
	[OP_RESET] = "reset",
	[OP_RESET_QUEUE] = "reset_queue",
	[OP_IOCTL] = "ioctl",
};

static struct dentry *test_dir;
static atomic_t test_calls[OPS];
static u32 test_fail[OPS];
static u32 test_delay[OPS];
static u32 test_limit = 64;
static u32 test_dma_bits = 64;
static bool test_eager;

/* Guards the list of devices. */
static DEFINE_MUTEX(test_lock);
static LIST_HEAD(test_devices);
static DEFINE_IDA(test_ids);

struct test_device {
	struct list_head node;
	struct platform_device *pdev;
	struct uacce_device *uacce;
	atomic_t used;
};

/*
 * @lock guards results, armed
 */
struct test_queue {
	struct uacce_queue *q;
	spinlock_t lock;
	unsigned int results;
	bool armed;
	bool started;
	struct delayed_work complete;
	void *dus;
	struct uacce_buffer buffer;
	struct page *mmio[UACCE_TEST_MMIO_PAGES];
};

static int test_enter(enum test_op op)
{
	atomic_inc(&test_calls[op]);
	if (test_delay[op])
		msleep(test_delay[op]);
	return -(int)READ_ONCE(test_fail[op]);
}

static int test_get_available_instances(struct uacce_device *uacce)
{
	struct test_device *device = uacce->priv;
	int ret = test_enter(OP_AVAILABLE);

	return ret ? ret : (int)test_limit - atomic_read(&device->used);
}

static void test_complete(struct work_struct *work)
{
	struct test_queue *tq =
		container_of(work, struct test_queue, complete.work);
	bool notify;

	spin_lock_irq(&tq->lock);
	tq->results++;
	notify = tq->armed;
	tq->armed = false;
	spin_unlock_irq(&tq->lock);
	if (notify)
		uacce_queue_notify(tq->q);
}

static void test_queue_free(struct test_queue *tq)
{
	unsigned int i;

	for (i = 0; i < UACCE_TEST_MMIO_PAGES; i++)
		if (tq->mmio[i])
			__free_page(tq->mmio[i]);
	if (tq->buffer.kernel)
		uacce_buffer_free(tq->q, &tq->buffer);
	else if (tq->dus)
		free_pages_exact(tq->dus, UACCE_TEST_DUS_PAGES * PAGE_SIZE);
	kfree(tq);
}

/* Shared with the device as well where it has a domain. */
static void *test_dus_alloc(struct test_queue *tq)
{
	size_t size = UACCE_TEST_DUS_PAGES * PAGE_SIZE;

	if (!tq->q->uacce->region_size[UACCE_QFRT_SS])
		return alloc_pages_exact(size, GFP_KERNEL | __GFP_ZERO);
	if (uacce_buffer_alloc(tq->q, size, &tq->buffer))
		return NULL;
	return tq->buffer.kernel;
}

static struct test_queue *test_queue_alloc(struct uacce_queue *q)
{
	struct test_queue *tq;
	unsigned int i;
	u32 *words;

	tq = kzalloc(sizeof(*tq), GFP_KERNEL);
	if (!tq)
		return NULL;
	tq->q = q;
	spin_lock_init(&tq->lock);
	INIT_DELAYED_WORK(&tq->complete, test_complete);
	tq->dus = test_dus_alloc(tq);
	if (!tq->dus)
		goto err_free;
	for (i = 0; i < UACCE_TEST_DUS_PAGES; i++) {
		words = tq->dus + i * PAGE_SIZE;
		words[0] = UACCE_TEST_DUS_MAGIC;
		words[1] = i;
	}
	for (i = 0; i < UACCE_TEST_MMIO_PAGES; i++) {
		tq->mmio[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!tq->mmio[i])
			goto err_free;
		words = page_address(tq->mmio[i]);
		words[0] = UACCE_TEST_MMIO_MAGIC;
		words[1] = i;
	}
	return tq;

err_free:
	test_queue_free(tq);
	return NULL;
}

static int test_get_queue(struct uacce_device *uacce, unsigned long arg,
			  struct uacce_queue *q)
{
	struct test_device *device = uacce->priv;
	struct test_queue *tq;
	int ret = test_enter(OP_GET);

	if (ret)
		return ret;
	if (atomic_inc_return(&device->used) > test_limit) {
		ret = -EBUSY;
		goto err_dec;
	}
	tq = test_queue_alloc(q);
	if (!tq) {
		ret = -ENOMEM;
		goto err_dec;
	}
	q->priv = tq;
	return 0;

err_dec:
	atomic_dec(&device->used);
	return ret;
}

static void test_put_queue(struct uacce_queue *q)
{
	struct test_device *device = q->uacce->priv;
	struct test_queue *tq = q->priv;

	test_enter(OP_PUT);
	WARN_ON(!tq || tq->started);
	q->priv = NULL;
	cancel_delayed_work_sync(&tq->complete);
	test_queue_free(tq);
	atomic_dec(&device->used);
}

static int test_start_queue(struct uacce_queue *q)
{
	struct test_queue *tq = q->priv;
	int ret = test_enter(OP_START);

	WARN_ON(tq->started);
	if (!ret)
		tq->started = true;
	return ret;
}

static void test_stop_queue(struct uacce_queue *q)
{
	struct test_queue *tq = q->priv;

	test_enter(OP_STOP);
	WARN_ON(!tq->started || tq->armed);
	tq->started = false;
	cancel_delayed_work_sync(&tq->complete);
}

static int test_is_q_updated(struct uacce_queue *q)
{
	struct test_queue *tq = q->priv;
	int ret;

	test_enter(OP_UPDATED);
	spin_lock_irq(&tq->lock);
	ret = tq->results > 0;
	spin_unlock_irq(&tq->lock);
	return ret;
}

static void test_mask_notify(struct uacce_queue *q, int event_mask)
{
	struct test_queue *tq = q->priv;

	test_enter(OP_MASK);
	spin_lock_irq(&tq->lock);
	tq->armed = event_mask != 0;
	spin_unlock_irq(&tq->lock);
}

static vm_fault_t test_fault(struct uacce_queue *q,
			     struct uacce_qfile_region *qfr,
			     struct vm_fault *vmf)
{
	struct test_queue *tq = q->priv;
	unsigned long page = (vmf->address - vmf->vma->vm_start) >> PAGE_SHIFT;

	if (test_enter(OP_FAULT))
		return VM_FAULT_SIGBUS;
	WARN_ON(qfr->type != UACCE_QFRT_MMIO || qfr->priv != tq);
	return vmf_insert_pfn(vmf->vma, vmf->address,
			      page_to_pfn(tq->mmio[page]));
}

static vm_fault_t test_buffer_fault(struct uacce_queue *q,
				    struct uacce_qfile_region *qfr,
				    struct vm_fault *vmf)
{
	struct test_queue *tq = q->priv;
	unsigned long at = vmf->address - vmf->vma->vm_start;

	return vmf_insert_pfn(vmf->vma, vmf->address,
			      vmalloc_to_pfn(tq->dus + (at & PAGE_MASK)));
}

/* As drivers do that have no use for faults, but one page at a time. */
static int test_map_eagerly(struct test_queue *tq, struct vm_area_struct *vma)
{
	unsigned long pfn = virt_to_phys(tq->dus) >> PAGE_SHIFT, i;
	int ret = 0;

	for (i = 0; !ret && i < UACCE_TEST_DUS_PAGES; i++)
		ret = remap_pfn_range(vma, vma->vm_start + i * PAGE_SIZE,
				      pfn + i, PAGE_SIZE, vma->vm_page_prot);
	return ret;
}

static int test_mmap(struct uacce_queue *q, struct vm_area_struct *vma,
		     struct uacce_qfile_region *qfr)
{
	struct test_queue *tq = q->priv;
	int ret = test_enter(OP_MMAP);

	if (ret)
		return ret;
	WARN_ON(vma->vm_pgoff);
	if (qfr->type == UACCE_QFRT_MMIO) {
		vm_flags_set(vma, VM_PFNMAP);
		qfr->priv = tq;
		qfr->fault = test_fault;
		return 0;
	}
	if (tq->buffer.kernel && test_eager)
		return uacce_buffer_mmap(&tq->buffer, vma);
	if (tq->buffer.kernel) {
		vm_flags_set(vma, VM_PFNMAP);
		qfr->fault = test_buffer_fault;
		return 0;
	}
	if (test_eager)
		return test_map_eagerly(tq, vma);
	uacce_region_set_pages(qfr, vma, virt_to_phys(tq->dus) >> PAGE_SHIFT);
	return 0;
}

static int test_reset(struct uacce_device *uacce)
{
	return test_enter(OP_RESET);
}

static int test_reset_queue(struct uacce_queue *q)
{
	struct test_queue *tq = q->priv;
	int ret = test_enter(OP_RESET_QUEUE);

	if (ret)
		return ret;
	WARN_ON(!tq->started);
	spin_lock_irq(&tq->lock);
	tq->results = 0;
	spin_unlock_irq(&tq->lock);
	return 0;
}

static int test_consume(struct test_queue *tq)
{
	int ret = 0;

	spin_lock_irq(&tq->lock);
	if (tq->results) {
		tq->results--;
		ret = 1;
	}
	spin_unlock_irq(&tq->lock);
	return ret;
}

static void test_buffers(struct test_queue *tq,
			 struct uacce_test_buffers *buffers)
{
	u32 *dko = tq->q->dko.kernel;

	buffers->dus = tq->buffer.iova;
	buffers->dko = tq->q->dko.iova;
	buffers->dko_word = dko ? READ_ONCE(*dko) : 0;
}

static long test_ioctl(struct uacce_queue *q, unsigned int cmd,
		       unsigned long arg)
{
	struct test_queue *tq = q->priv;
	struct uacce_test_pair *pair;
	int ret = test_enter(OP_IOCTL);

	if (ret)
		return ret;
	switch (cmd) {
	case UACCE_TEST_COMPLETE:
		if (!tq->started)
			return -EINVAL;
		schedule_delayed_work(&tq->complete, msecs_to_jiffies(arg));
		if (!arg)
			flush_delayed_work(&tq->complete);
		return 0;
	case UACCE_TEST_CONSUME:
		return test_consume(tq);
	case UACCE_TEST_TWICE:
		pair = (void *)arg;
		pair->twice = 2 * pair->value;
		return 0;
	case UACCE_TEST_UNMAP:
		if (arg >= UACCE_REGIONS)
			return -EINVAL;
		uacce_queue_unmap(q, arg);
		return 0;
	case UACCE_TEST_PASID:
		return q->pasid;
	case UACCE_TEST_DMA:
		return test_dma(q->uacce->parent, (void *)arg);
	case UACCE_TEST_BUFFERS:
		test_buffers(tq, (void *)arg);
		return 0;
	case UACCE_TEST_SLEEP:
		msleep(min(arg, 1000ul));
		return 0;
	default:
		return -ENOIOCTLCMD;
	}
}

static const struct uacce_ops test_ops = {
	.get_available_instances = test_get_available_instances,
	.get_queue = test_get_queue,
	.put_queue = test_put_queue,
	.start_queue = test_start_queue,
	.stop_queue = test_stop_queue,
	.is_q_updated = test_is_q_updated,
	.mask_notify = test_mask_notify,
	.mmap = test_mmap,
	.reset = test_reset,
	.reset_queue = test_reset_queue,
	.ioctl = test_ioctl,
};

static const struct uacce_ops test_no_ops;

static struct uacce_device *test_register(struct test_device *device,
					  const char *kind, const char *name)
{
	struct uacce_interface interface = {
		.name = name,
		.owner = THIS_MODULE,
		.ops = &test_ops,
		.api = "uacce-test",
		.algorithms = "nothing\nless",
		.region_size = {
			[UACCE_QFRT_MMIO] = UACCE_TEST_MMIO_PAGES * PAGE_SIZE,
			[UACCE_QFRT_DUS] = UACCE_TEST_DUS_PAGES * PAGE_SIZE,
		},
		.priv = device,
	};

	if (!strcmp(kind, "bare")) {
		interface.ops = &test_no_ops;
		interface.region_size[UACCE_QFRT_MMIO] = 0;
	} else if (!strcmp(kind, "sva")) {
		interface.flags = UACCE_DEV_SVA;
	} else if (!strcmp(kind, "static") || !strcmp(kind, "dma")) {
		interface.region_size[UACCE_QFRT_SS] =
			UACCE_TEST_SS_PAGES * PAGE_SIZE;
		interface.region_size[UACCE_QFRT_DKO] =
			UACCE_TEST_DKO_PAGES * PAGE_SIZE;
	} else if (strcmp(kind, "full")) {
		return ERR_PTR(-EINVAL);
	}
	return uacce_register(&device->pdev->dev, &interface);
}

/* Behind swiommu, for which the module must not ask: most tests are without. */
static int test_device_attach(struct device *dev)
{
	int (*init)(struct device * dev) = symbol_get(swiommu_endpoint_init);
	int ret;

	if (!init)
		return 0;
	ret = init(dev);
	symbol_put(swiommu_endpoint_init);
	return ret;
}

static void test_device_detach(struct device *dev)
{
	void (*abort)(struct device * dev) = symbol_get(swiommu_endpoint_abort);

	if (!abort)
		return;
	abort(dev);
	symbol_put(swiommu_endpoint_abort);
}

/* A driver that has the DMA API, which is all that it does. */
static int test_dma_probe(struct platform_device *pdev)
{
	return 0;
}

static struct platform_driver test_dma_driver = {
	.probe = test_dma_probe,
	.driver = { .name = "uacce_test_dma" },
};

static bool test_device_behind(const char *kind)
{
	return !strcmp(kind, "sva") || !strcmp(kind, "static") ||
	       !strcmp(kind, "dma");
}

/* In node 1, but for a bare one, which is in none. */
static struct platform_device *test_device_parent(int id, const char *kind)
{
	bool dma = !strcmp(kind, "dma");
	struct platform_device *pdev;
	int ret;

	pdev = platform_device_alloc(
		dma ? test_dma_driver.driver.name : "uacce_test", id);
	if (!pdev)
		return ERR_PTR(-ENOMEM);
	pdev->dev.coherent_dma_mask = DMA_BIT_MASK(test_dma_bits);
	pdev->platform_dma_mask = DMA_BIT_MASK(test_dma_bits);
	if (strcmp(kind, "bare"))
		set_dev_node(&pdev->dev, 1);
	if (test_device_behind(kind)) {
		ret = test_device_attach(&pdev->dev);
		if (ret)
			goto err_put;
	}
	ret = platform_device_add(pdev);
	if (ret)
		goto err_detach;
	return pdev;

err_detach:
	if (test_device_behind(kind))
		test_device_detach(&pdev->dev);
err_put:
	platform_device_put(pdev);
	return ERR_PTR(ret);
}

static int test_device_add(const char *kind, const char *name)
{
	struct test_device *device;
	int id, ret;

	device = kzalloc(sizeof(*device), GFP_KERNEL);
	if (!device)
		return -ENOMEM;
	id = ida_alloc(&test_ids, GFP_KERNEL);
	if (id < 0) {
		ret = id;
		goto err_free;
	}
	device->pdev = test_device_parent(id, kind);
	if (IS_ERR(device->pdev)) {
		ret = PTR_ERR(device->pdev);
		goto err_ida_free;
	}
	device->uacce = test_register(device, kind, name);
	if (IS_ERR(device->uacce)) {
		ret = PTR_ERR(device->uacce);
		goto err_unregister;
	}

	mutex_lock(&test_lock);
	list_add_tail(&device->node, &test_devices);
	mutex_unlock(&test_lock);
	return 0;

err_unregister:
	platform_device_unregister(device->pdev);
err_ida_free:
	ida_free(&test_ids, id);
err_free:
	kfree(device);
	return ret;
}

static void test_device_del(struct test_device *device)
{
	int id = device->pdev->id;

	uacce_unregister(device->uacce);
	WARN_ON(atomic_read(&device->used));
	platform_device_unregister(device->pdev);
	ida_free(&test_ids, id);
	kfree(device);
}

static ssize_t test_add_write(struct file *file, const char __user *user,
			      size_t count, loff_t *pos)
{
	char text[64] = {}, kind[8], name[40] = "test";
	int ret;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, user, count))
		return -EFAULT;
	if (sscanf(text, "%7s %39s", kind, name) < 1)
		return -EINVAL;
	if (!strcmp(kind, "full"))
		strscpy(kind, full, sizeof(kind));
	ret = test_device_add(kind, name);
	return ret ? ret : count;
}

static ssize_t test_del_write(struct file *file, const char __user *user,
			      size_t count, loff_t *pos)
{
	struct test_device *device, *found = NULL;
	u32 id;
	int ret;

	ret = kstrtou32_from_user(user, count, 0, &id);
	if (ret)
		return ret;
	mutex_lock(&test_lock);
	list_for_each_entry(device, &test_devices, node)
		if (device->uacce->id == id)
			found = device;
	if (found)
		list_del(&found->node);
	mutex_unlock(&test_lock);
	if (!found)
		return -ENODEV;
	test_device_del(found);
	return count;
}

static const struct file_operations test_add_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = test_add_write,
};

static const struct file_operations test_del_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = test_del_write,
};

static int __init test_init(void)
{
	char name[40];
	int op, ret;

	ret = platform_driver_register(&test_dma_driver);
	if (ret)
		return ret;
	test_dir = debugfs_create_dir("uacce_test", NULL);
	debugfs_create_file("add", 0200, test_dir, NULL, &test_add_fops);
	debugfs_create_file("del", 0200, test_dir, NULL, &test_del_fops);
	debugfs_create_bool("eager", 0600, test_dir, &test_eager);
	debugfs_create_u32("limit", 0600, test_dir, &test_limit);
	debugfs_create_u32("dma_bits", 0600, test_dir, &test_dma_bits);
	for (op = 0; op < OPS; op++) {
		snprintf(name, sizeof(name), "calls_%s", test_op_names[op]);
		debugfs_create_atomic_t(name, 0600, test_dir, &test_calls[op]);
		snprintf(name, sizeof(name), "fail_%s", test_op_names[op]);
		debugfs_create_u32(name, 0600, test_dir, &test_fail[op]);
		snprintf(name, sizeof(name), "delay_%s", test_op_names[op]);
		debugfs_create_u32(name, 0600, test_dir, &test_delay[op]);
	}
	return 0;
}

static void __exit test_exit(void)
{
	struct test_device *device, *next;

	debugfs_remove(test_dir);
	list_for_each_entry_safe(device, next, &test_devices, node) {
		list_del(&device->node);
		test_device_del(device);
	}
	platform_driver_unregister(&test_dma_driver);
}

module_init(test_init);
module_exit(test_exit);

MODULE_DESCRIPTION("A device for the tests of uacce");
MODULE_LICENSE("GPL");
