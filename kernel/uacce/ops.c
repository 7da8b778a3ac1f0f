// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a driver's missing operations do, so that no caller has to ask.
 */
#include <linux/errno.h>

#include "internal.h"

static int uacce_ops_get_available_instances(struct uacce_device *uacce)
{
	return -ENODEV;
}

static int uacce_ops_get_queue(struct uacce_device *uacce, unsigned long arg,
			       struct uacce_queue *q)
{
	return 0;
}

static void uacce_ops_put_queue(struct uacce_queue *q)
{
}

static int uacce_ops_start_queue(struct uacce_queue *q)
{
	return 0;
}

static void uacce_ops_stop_queue(struct uacce_queue *q)
{
}

static int uacce_ops_is_q_updated(struct uacce_queue *q)
{
	return 0;
}

static void uacce_ops_mask_notify(struct uacce_queue *q, int event_mask)
{
}

static int uacce_ops_mmap(struct uacce_queue *q, struct vm_area_struct *vma,
			  struct uacce_qfile_region *qfr)
{
	return -EOPNOTSUPP;
}

static int uacce_ops_reset(struct uacce_device *uacce)
{
	return -EOPNOTSUPP;
}

static int uacce_ops_reset_queue(struct uacce_queue *q)
{
	return -EOPNOTSUPP;
}

static long uacce_ops_ioctl(struct uacce_queue *q, unsigned int cmd,
			    unsigned long arg)
{
	return -ENOTTY;
}

/* Replaces every NULL in a driver's operations by its default. */
void uacce_ops_fill(struct uacce_ops *ops)
{
#define UACCE_OPS_DEFAULT(op)                     \
	do {                                      \
		if (!ops->op)                     \
			ops->op = uacce_ops_##op; \
	} while (0)

	UACCE_OPS_DEFAULT(get_available_instances);
	UACCE_OPS_DEFAULT(get_queue);
	UACCE_OPS_DEFAULT(put_queue);
	UACCE_OPS_DEFAULT(start_queue);
	UACCE_OPS_DEFAULT(stop_queue);
	UACCE_OPS_DEFAULT(is_q_updated);
	UACCE_OPS_DEFAULT(mask_notify);
	UACCE_OPS_DEFAULT(mmap);
	UACCE_OPS_DEFAULT(reset);
	UACCE_OPS_DEFAULT(reset_queue);
	UACCE_OPS_DEFAULT(ioctl);
#undef UACCE_OPS_DEFAULT
}
