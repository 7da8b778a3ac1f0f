// SPDX-License-Identifier: GPL-2.0-only
/* Has the class that a kernel with a uacce of its own would have. */
#include <linux/device.h>
#include <linux/module.h>

static struct class uacce_taken_class = {
	.name = "uacce",
};

static int __init uacce_taken_init(void)
{
	return class_register(&uacce_taken_class);
}

static void __exit uacce_taken_exit(void)
{
	class_unregister(&uacce_taken_class);
}

module_init(uacce_taken_init);
module_exit(uacce_taken_exit);

MODULE_DESCRIPTION("Stands for a kernel's own uacce");
MODULE_LICENSE("GPL");
