// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module: its class, its character devices' numbers, and the small file
 * system whose inodes give every queue an address space of its own.
 */
#define pr_fmt(fmt) "uacce: " fmt

#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/pseudo_fs.h>
#include <linux/xarray.h>

#include "internal.h"

#define UACCE_MINORS MINORMASK
#define UACCE_FS_MAGIC 0x55414343 /* UACC */

struct class uacce_class = {
	.name = UACCE_NAME,
};

static dev_t uacce_devt;
static DEFINE_XARRAY_ALLOC(uacce_minors);
static struct vfsmount *uacce_mount;

/* Sets uacce->id and its device number: 0, -ENOSPC or -ENOMEM. */
int uacce_minor_get(struct uacce_device *uacce)
{
	int ret;

	ret = xa_alloc(&uacce_minors, &uacce->id, uacce,
		       XA_LIMIT(0, UACCE_MINORS - 1), GFP_KERNEL);
	if (ret)
		return ret == -EBUSY ? -ENOSPC : ret;
	uacce->dev.devt = MKDEV(MAJOR(uacce_devt), uacce->id);
	return 0;
}

void uacce_minor_put(struct uacce_device *uacce)
{
	xa_erase(&uacce_minors, uacce->id);
}

/*
 * An inode whose mapping holds one queue's mappings and no other's, so that
 * they can be taken away without touching those of its neighbours, and so that
 * queues of one device share no lock. iput() ends it.
 */
struct inode *uacce_inode_create(void)
{
	return alloc_anon_inode(uacce_mount->mnt_sb);
}

static int uacce_fs_init(struct fs_context *fc)
{
	return init_pseudo(fc, UACCE_FS_MAGIC) ? 0 : -ENOMEM;
}

/*
 * No owner: the module's own mount must not keep it loaded. Inodes belong to
 * files, and these do.
 */
static struct file_system_type uacce_fs = {
	.name = UACCE_NAME,
	.init_fs_context = uacce_fs_init,
	.kill_sb = kill_anon_super,
};

/* Has somebody else, built in or loaded, a class of this name? */
static bool uacce_class_taken(void)
{
	struct path path;

	if (IS_ENABLED(CONFIG_UACCE))
		return true;
	if (kern_path("/sys/class/" UACCE_NAME, LOOKUP_FOLLOW, &path))
		return false;
	path_put(&path);
	return true;
}

static int __init uacce_init(void)
{
	int ret;

	if (uacce_class_taken()) {
		pr_err("this kernel has a uacce class of its own; not loading\n");
		return -EBUSY;
	}

	uacce_mount = kern_mount(&uacce_fs);
	if (IS_ERR(uacce_mount))
		return PTR_ERR(uacce_mount);

	ret = class_register(&uacce_class);
	if (ret)
		goto err_unmount;

	ret = alloc_chrdev_region(&uacce_devt, 0, UACCE_MINORS, UACCE_NAME);
	if (ret)
		goto err_class_unregister;

	return 0;

err_class_unregister:
	class_unregister(&uacce_class);
err_unmount:
	kern_unmount(uacce_mount);
	return ret;
}

static void __exit uacce_exit(void)
{
	unregister_chrdev_region(uacce_devt, UACCE_MINORS);
	class_unregister(&uacce_class);
	/* Spaces are freed after a grace period, by code of this module. */
	mmu_notifier_synchronize();
	kern_unmount(uacce_mount);
	xa_destroy(&uacce_minors);
}

module_init(uacce_init);
module_exit(uacce_exit);

MODULE_DESCRIPTION("Queues of accelerators in user space");
MODULE_LICENSE("GPL");
