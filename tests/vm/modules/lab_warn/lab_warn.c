// SPDX-License-Identifier: GPL-2.0-only
/*
 * Misbehaves on demand, so that the lab can be shown to notice: loading it with
 * how=NAME makes the kernel warn, oops, leak, or wait for ever.
 */
#include <linux/completion.h>
#include <linux/module.h>
#include <linux/slab.h>

static char *how = "";
module_param(how, charp, 0);
MODULE_PARM_DESC(how, "warn, oops, leak or hang");

static void *forgotten;

static int __init lab_warn_leak(void)
{
	WRITE_ONCE(forgotten, kmalloc(123, GFP_KERNEL));
	if (!forgotten)
		return -ENOMEM;
	WRITE_ONCE(forgotten, NULL);
	return 0;
}

static int __init lab_warn_init(void)
{
	static DECLARE_COMPLETION(never);

	if (!strcmp(how, "warn"))
		WARN(1, "lab_warn: as asked\n");
	else if (!strcmp(how, "oops"))
		WRITE_ONCE(*(int *)8, 1);
	else if (!strcmp(how, "leak"))
		return lab_warn_leak();
	else if (!strcmp(how, "hang"))
		wait_for_completion(&never);
	else
		return -EINVAL;
	return 0;
}

static void __exit lab_warn_exit(void)
{
}

module_init(lab_warn_init);
module_exit(lab_warn_exit);
MODULE_DESCRIPTION("Misbehaves on demand, to test the lab");
MODULE_LICENSE("GPL");
