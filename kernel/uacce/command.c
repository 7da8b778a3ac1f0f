// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands: the ioctl calls of a queue, uacce's own from a table and the
 * driver's. What they read from user memory is copied before the queue is
 * locked and what they write after it, so that a page that somebody keeps from
 * arriving stops the caller and nobody else.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "internal.h"

/* The two fields that every structure begins with. */
struct uacce_command_head {
	__u32 argsz;
	__u32 flags;
};

union uacce_command_arg {
	struct uacce_command_head head;
	struct uacce_queue_info info;
	struct uacce_queue_event event;
	struct uacce_queue_reset reset;
	unsigned long value;
};

/*
 * struct uacce_command - one call
 * @cmd: its number, as the caller writes it
 * @min_size: of the first version of its structure; 0: the argument is a value
 * @size: of the structure that this kernel knows
 * @out: the structure goes back to the caller
 * @run: does it, with the queue locked
 */
struct uacce_command {
	unsigned int cmd;
	size_t min_size;
	size_t size;
	bool out;
	long (*run)(struct uacce_queue *q, union uacce_command_arg *arg);
};

static long uacce_command_start(struct uacce_queue *q,
				union uacce_command_arg *arg)
{
	int ret = __uacce_queue_check(q);

	return ret ? ret : __uacce_queue_start(q);
}

static long uacce_command_put(struct uacce_queue *q,
			      union uacce_command_arg *arg)
{
	if (__uacce_queue_check(q) == -ENODEV)
		return -ENODEV;
	__uacce_queue_zombie(q);
	__uacce_queue_unbind(q);
	return 0;
}

static int __uacce_command_share(struct uacce_queue *q, struct file *file)
{
	struct uacce_queue *source = file->private_data;

	if (file->f_op != &uacce_queue_fops || source == q)
		return -EINVAL;
	if (source->mm != q->mm)
		return -EPERM;
	if (!q->uacce->region_size[UACCE_QFRT_SS])
		return -EOPNOTSUPP;
	if (q->state != UACCE_QUEUE_STARTED)
		return -EINVAL;
	return uacce_static_share(q, source);
}

static long uacce_command_share(struct uacce_queue *q,
				union uacce_command_arg *arg)
{
	struct file *file;
	int ret;

	ret = __uacce_queue_check(q);
	if (ret)
		return ret;
	if (arg->value > INT_MAX)
		return -EBADF;
	file = fget(arg->value);
	if (!file)
		return -EBADF;
	ret = __uacce_command_share(q, file);
	fput(file);
	return ret;
}

static long uacce_command_info(struct uacce_queue *q,
			       union uacce_command_arg *arg)
{
	struct uacce_queue_info *info = &arg->info;
	unsigned int type;

	info->state = q->state;
	info->device_flags = q->uacce->flags;
	for (type = 0; type < UACCE_REGIONS; type++)
		info->region_size[type] = q->uacce->region_size[type];
	return 0;
}

static long uacce_command_event(struct uacce_queue *q,
				union uacce_command_arg *arg)
{
	struct eventfd_ctx *event = NULL;
	int ret;

	if (arg->event.reserved || arg->event.fd < -1)
		return -EINVAL;
	ret = __uacce_queue_check(q);
	if (ret)
		return ret;
	if (arg->event.fd >= 0) {
		event = eventfd_ctx_fdget(arg->event.fd);
		if (IS_ERR(event))
			return PTR_ERR(event);
	}
	__uacce_queue_set_event(q, event);
	return 0;
}

static long uacce_command_reset(struct uacce_queue *q,
				union uacce_command_arg *arg)
{
	int ret = __uacce_queue_check(q);

	if (ret)
		return ret;
	if (q->state != UACCE_QUEUE_STARTED)
		return -EINVAL;
	ret = q->uacce->ops.reset_queue(q);
	return ret > 0 ? -EIO : ret;
}

#define UACCE_COMMAND(number, function) \
	[_IOC_NR(number)] = { .cmd = (number), .run = (function) }

/* @last: the last member of the structure's first version. */
#define UACCE_COMMAND_STRUCT(number, type, last, output, function) \
	[_IOC_NR(number)] = { .cmd = (number),                     \
			      .min_size = offsetofend(type, last), \
			      .size = sizeof(type),                \
			      .out = (output),                     \
			      .run = (function) }

static const struct uacce_command uacce_commands[] = {
	UACCE_COMMAND(UACCE_CMD_START_Q, uacce_command_start),
	UACCE_COMMAND(UACCE_CMD_PUT_Q, uacce_command_put),
	UACCE_COMMAND(UACCE_CMD_SHARE_SVAS, uacce_command_share),
	UACCE_COMMAND_STRUCT(UACCE_CMD_GET_INFO, struct uacce_queue_info,
			     region_size, true, uacce_command_info),
	UACCE_COMMAND_STRUCT(UACCE_CMD_SET_EVENT, struct uacce_queue_event,
			     reserved, false, uacce_command_event),
	UACCE_COMMAND_STRUCT(UACCE_CMD_RESET_Q, struct uacce_queue_reset, flags,
			     false, uacce_command_reset),
};

static const struct uacce_command *uacce_command_find(unsigned int cmd)
{
	unsigned int nr = _IOC_NR(cmd);
	const struct uacce_command *command;

	if (nr >= ARRAY_SIZE(uacce_commands))
		return NULL;
	nr = array_index_nospec(nr, ARRAY_SIZE(uacce_commands));
	command = &uacce_commands[nr];
	return command->run && command->cmd == cmd ? command : NULL;
}

static long uacce_command_run(struct uacce_queue *q,
			      const struct uacce_command *command,
			      union uacce_command_arg *arg)
{
	long ret;

	if (mutex_lock_killable(&q->lock))
		return -EINTR;
	ret = command->run(q, arg);
	mutex_unlock(&q->lock);
	return ret;
}

/* A call whose argument is a structure with argsz and flags. */
static long uacce_command_struct(struct uacce_queue *q,
				 const struct uacce_command *command,
				 void __user *user)
{
	union uacce_command_arg arg = {};
	u32 argsz;
	long ret;

	if (get_user(argsz, (u32 __user *)user))
		return -EFAULT;
	if (argsz < command->min_size)
		return -EINVAL;
	if (argsz > PAGE_SIZE)
		return -E2BIG;
	ret = copy_struct_from_user(&arg, command->size, user, argsz);
	if (ret)
		return ret;
	if (arg.head.flags)
		return -EOPNOTSUPP;

	ret = uacce_command_run(q, command, &arg);
	if (ret < 0 || !command->out)
		return ret;
	/* Not what a second read of the caller's memory may have brought. */
	arg.head.argsz = min_t(size_t, argsz, command->size);
	if (copy_to_user(user, &arg, arg.head.argsz))
		return -EFAULT;
	return ret;
}

static long uacce_command_driver_run(struct uacce_queue *q, unsigned int cmd,
				     unsigned long arg)
{
	long ret;

	if (mutex_lock_killable(&q->lock))
		return -EINTR;
	ret = __uacce_queue_check(q);
	if (!ret)
		ret = q->uacce->ops.ioctl(q, cmd, arg);
	mutex_unlock(&q->lock);
	return ret == -ENOIOCTLCMD ? -ENOTTY : ret;
}

/* A call of the driver's, with the structure that its number tells of. */
static long uacce_command_driver(struct uacce_queue *q, unsigned int cmd,
				 unsigned long arg)
{
	void __user *user = (void __user *)arg;
	size_t size = _IOC_SIZE(cmd);
	void *copy;
	long ret;

	if (!size)
		return uacce_command_driver_run(q, cmd, arg);

	copy = kzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!copy)
		return -ENOMEM;
	ret = -EFAULT;
	if ((_IOC_DIR(cmd) & _IOC_WRITE) && copy_from_user(copy, user, size))
		goto out_free;
	ret = uacce_command_driver_run(q, cmd, (unsigned long)copy);
	if (ret >= 0 && (_IOC_DIR(cmd) & _IOC_READ) &&
	    copy_to_user(user, copy, size))
		ret = -EFAULT;
out_free:
	kfree(copy);
	return ret;
}

long uacce_command_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct uacce_queue *q = file->private_data;
	union uacce_command_arg value = { .value = arg };
	const struct uacce_command *command;

	if (current->mm != q->mm)
		return -EPERM;
	if (_IOC_TYPE(cmd) != UACCE_CMD_MAGIC)
		return uacce_command_driver(q, cmd, arg);

	command = uacce_command_find(cmd);
	if (!command)
		return -ENOTTY;
	if (command->min_size)
		return uacce_command_struct(q, command, (void __user *)arg);
	return uacce_command_run(q, command, &value);
}
