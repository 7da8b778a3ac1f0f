// SPDX-License-Identifier: GPL-2.0-only
/* A whole driver: each queue has a page of numbers, and adds them up. */
#include <linux/io.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#include "sum.h"
#include "uacce/uacce.h"

struct sum_queue {
	struct uacce_queue *q;
	struct sum_page *page;
	struct work_struct work;
	bool done;
};

static struct platform_device *sum_parent;
static struct uacce_device *sum_device;

/* The "hardware". The process may write to the page at any moment. */
static void sum_work(struct work_struct *work)
{
	struct sum_queue *sq = container_of(work, struct sum_queue, work);
	u32 count = min_t(u32, READ_ONCE(sq->page->count), SUM_NUMBERS);
	u32 sum = 0, i;

	for (i = 0; i < count; i++)
		sum += READ_ONCE(sq->page->numbers[i]);
	WRITE_ONCE(sq->page->sum, sum);
	smp_store_release(&sq->done, true); /* sum_is_q_updated() */
	uacce_queue_notify(sq->q);
}

static int sum_get_queue(struct uacce_device *uacce, unsigned long arg,
			 struct uacce_queue *q)
{
	struct sum_queue *sq;

	sq = kzalloc(sizeof(*sq), GFP_KERNEL);
	if (!sq)
		return -ENOMEM;
	sq->page = (void *)get_zeroed_page(GFP_KERNEL);
	if (!sq->page) {
		kfree(sq);
		return -ENOMEM;
	}
	sq->q = q;
	INIT_WORK(&sq->work, sum_work);
	q->priv = sq;
	return 0;
}

static void sum_put_queue(struct uacce_queue *q)
{
	struct sum_queue *sq = q->priv;

	free_page((unsigned long)sq->page);
	kfree(sq);
}

static void sum_stop_queue(struct uacce_queue *q)
{
	struct sum_queue *sq = q->priv;

	cancel_work_sync(&sq->work);
}

static int sum_is_q_updated(struct uacce_queue *q)
{
	struct sum_queue *sq = q->priv;

	return smp_load_acquire(&sq->done); /* sum_work() */
}

static int sum_mmap(struct uacce_queue *q, struct vm_area_struct *vma,
		    struct uacce_qfile_region *qfr)
{
	struct sum_queue *sq = q->priv;

	uacce_region_set_pages(qfr, vma, virt_to_phys(sq->page) >> PAGE_SHIFT);
	return 0;
}

static long sum_ioctl(struct uacce_queue *q, unsigned int cmd,
		      unsigned long arg)
{
	struct sum_queue *sq = q->priv;

	if (cmd != SUM_ADD)
		return -ENOTTY;
	if (!uacce_queue_is_started(q))
		return -EINVAL;
	WRITE_ONCE(sq->done, false);
	queue_work(system_unbound_wq, &sq->work);
	return 0;
}

static const struct uacce_ops sum_ops = {
	.get_queue = sum_get_queue,
	.put_queue = sum_put_queue,
	.stop_queue = sum_stop_queue,
	.is_q_updated = sum_is_q_updated,
	.mmap = sum_mmap,
	.ioctl = sum_ioctl,
};

static int __init sum_init(void)
{
	static const struct uacce_interface interface = {
		.name = "sum",
		.owner = THIS_MODULE,
		.ops = &sum_ops,
		.api = "sum-1",
		.algorithms = "sum32",
		.region_size[UACCE_QFRT_DUS] = PAGE_SIZE,
	};

	BUILD_BUG_ON(sizeof(struct sum_page) > PAGE_SIZE);
	sum_parent = platform_device_register_simple("sum", -1, NULL, 0);
	if (IS_ERR(sum_parent))
		return PTR_ERR(sum_parent);
	sum_device = uacce_register(&sum_parent->dev, &interface);
	if (!IS_ERR(sum_device))
		return 0;
	platform_device_unregister(sum_parent);
	return PTR_ERR(sum_device);
}

static void __exit sum_exit(void)
{
	uacce_unregister(sum_device);
	platform_device_unregister(sum_parent);
}

module_init(sum_init);
module_exit(sum_exit);

MODULE_DESCRIPTION("Adds numbers up, as an example of a uacce driver");
MODULE_LICENSE("GPL");
