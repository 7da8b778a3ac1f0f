// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fault injection: files below /sys/kernel/debug/vaccel/NAME-N/. Written, each
 * counts down to one stroke: 1 is the next.
 */
#include <linux/debugfs.h>

#include "vaccel.h"

static struct dentry *vaccel_inject_root;

bool vaccel_inject_strikes(atomic_t *countdown)
{
	return atomic_read(countdown) > 0 &&
	       atomic_dec_if_positive(countdown) == 0;
}

/* Accesses and page requests are counted where they are made. */
void vaccel_inject_arm(struct vaccel_queue *q)
{
	struct vaccel_inject *inject = &q->dev->inject;

	if (atomic_read(&inject->fail_access))
		q->port.fail_access = atomic_xchg(&inject->fail_access, 0);
	if (atomic_read(&inject->refuse_page))
		q->port.refuse = atomic_xchg(&inject->refuse_page, 0);
}

void vaccel_inject_init(struct vaccel_device *vdev)
{
	struct vaccel_inject *inject = &vdev->inject;
	struct dentry *dir;

	dir = debugfs_create_dir(dev_name(&vdev->uacce->dev),
				 vaccel_inject_root);
	inject->dir = dir;
	inject->delay_ms = 100;
	debugfs_create_atomic_t("lose_completion", 0600, dir,
				&inject->lose_completion);
	debugfs_create_atomic_t("delay_completion", 0600, dir,
				&inject->delay_completion);
	debugfs_create_atomic_t("corrupt_status", 0600, dir,
				&inject->corrupt_status);
	debugfs_create_atomic_t("stick", 0600, dir, &inject->stick);
	debugfs_create_atomic_t("fail_access", 0600, dir, &inject->fail_access);
	debugfs_create_atomic_t("refuse_page", 0600, dir, &inject->refuse_page);
	debugfs_create_u32("delay_ms", 0600, dir, &inject->delay_ms);
	debugfs_create_atomic_t("stuck", 0400, dir, &inject->stuck);
}

void vaccel_inject_fini(struct vaccel_device *vdev)
{
	debugfs_remove(vdev->inject.dir);
}

void vaccel_inject_root_init(void)
{
	vaccel_inject_root = debugfs_create_dir(VACCEL_NAME, NULL);
}

void vaccel_inject_root_fini(void)
{
	debugfs_remove(vaccel_inject_root);
}
