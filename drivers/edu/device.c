// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <uapi/uacce.h>

#include "edu.h"
#include "log.h"
#include "static.h"

static bool edu_match(const struct wd_device *device)
{
	return !strcmp(device->api, EDU_API);
}

static void *edu_map(struct edu_queue *q, enum uacce_qfrt type, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, q->fd,
			type * sysconf(_SC_PAGESIZE));

	return at == MAP_FAILED ? NULL : at;
}

static int edu_start(struct edu_queue *q)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int ret;

	q->registers = edu_map(q, UACCE_QFRT_MMIO, EDU_REGISTERS_SIZE);
	if (!q->registers)
		return -errno;
	q->interrupts = edu_map(q, UACCE_QFRT_DUS, page);
	if (!q->interrupts) {
		ret = -errno;
		goto err_unmap_registers;
	}
	if (ioctl(q->fd, UACCE_CMD_START_Q)) {
		ret = -errno;
		goto err_unmap_interrupts;
	}
	return 0;

err_unmap_interrupts:
	munmap(q->interrupts, page);
err_unmap_registers:
	munmap((void *)q->registers, EDU_REGISTERS_SIZE);
	return ret;
}

static void edu_close(struct wd_ctx *ctx, bool forked)
{
	struct edu_queue *q = edu_queue_of(ctx);

	/* A child has neither the mappings nor a say over the queue. */
	if (!forked) {
		edu_flush(ctx);
		munmap(q->interrupts, (size_t)sysconf(_SC_PAGESIZE));
		munmap((void *)q->registers, EDU_REGISTERS_SIZE);
	}
	close(q->wake);
	close(q->fd); /* the device touches nothing from here on */
	free(q->waiting);
	free(q->done);
	free(q);
}

static int edu_region_map(struct wd_ctx *ctx, struct wd_region *region)
{
	return wd_static_map(edu_queue_of(ctx)->path, region);
}

static int edu_region_attach(struct wd_ctx *ctx, const struct wd_region *region)
{
	return wd_static_share(edu_queue_of(ctx)->fd, region);
}

static const struct wd_ctx_ops edu_ctx_ops = {
	.send = edu_send,
	.recv = edu_recv,
	.wait = edu_wait,
	.wake = edu_wake,
	.flush = edu_flush,
	.drain = edu_drain,
	.close = edu_close,
	.region_map = edu_region_map,
	.region_attach = edu_region_attach,
};

static struct edu_queue *edu_queue_create(const struct wd_device *device,
					  const struct wd_ctx_params *params)
{
	struct edu_queue *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	wd_ctx_init(&q->ctx, &edu_ctx_ops, params);
	q->ctx.workers = 0; /* the work is the device's */
	q->ctx.reserved_only = true;
	pthread_mutex_init(&q->lock, NULL);
	snprintf(q->path, sizeof(q->path), "/dev/%s", device->name);
	q->waiting = calloc(q->ctx.depth, sizeof(void *));
	q->done = calloc(q->ctx.depth, sizeof(void *));
	if (q->waiting && q->done)
		return q;
	free(q->waiting);
	free(q->done);
	free(q);
	return NULL;
}

static int edu_open(const struct wd_device *device,
		    const struct wd_ctx_params *params, struct wd_ctx **ctx)
{
	struct edu_queue *q = edu_queue_create(device, params);
	int ret;

	if (!q)
		return -ENOMEM;
	q->fd = open(q->path, O_RDWR | O_CLOEXEC);
	if (q->fd < 0) {
		ret = -errno;
		wd_log(WD_LOG_INFO, "%s: %s", q->path, strerror(errno));
		goto err_free;
	}
	q->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
	if (q->wake < 0) {
		ret = -errno;
		goto err_close;
	}
	ret = edu_start(q);
	if (ret)
		goto err_close_wake;
	*ctx = &q->ctx;
	return 0;

err_close_wake:
	close(q->wake);
err_close:
	close(q->fd);
err_free:
	free(q->waiting);
	free(q->done);
	free(q);
	return ret;
}

const struct wd_driver wd_edu_driver = {
	.name = "edu",
	.match = edu_match,
	.open = edu_open,
};
