// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <uapi/uacce.h>

#include "log.h"
#include "static.h"
#include "vaccel.h"

#define VACCEL_SPIN_NS 20000

/* How long a device may be silent, see WARPDRIVE_STALL in wd(7). */
#define VACCEL_STALL_NS 10000000000ull

static bool vaccel_match(const struct wd_device *device)
{
	return !strcmp(device->api, VACCEL_API);
}

/* Size of a region as the kernel gives it. */
static int vaccel_region_size(int fd, enum uacce_qfrt type, size_t *size)
{
	struct uacce_queue_info info = { .argsz = sizeof(info) };

	if (ioctl(fd, UACCE_CMD_GET_INFO, &info))
		return -errno;
	*size = info.region_size[type];
	return *size ? 0 : -ENODEV;
}

static int vaccel_map(struct vaccel_queue *q)
{
	long page = sysconf(_SC_PAGESIZE);
	void *at;
	int ret;

	ret = vaccel_region_size(q->fd, UACCE_QFRT_DUS, &q->dus_size);
	if (ret)
		return ret;
	at = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_SHARED, q->fd,
		  UACCE_QFRT_MMIO * page);
	if (at == MAP_FAILED)
		return -errno;
	q->mmio = at;
	at = mmap(NULL, q->dus_size, PROT_READ | PROT_WRITE, MAP_SHARED, q->fd,
		  UACCE_QFRT_DUS * page);
	if (at == MAP_FAILED) {
		ret = -errno;
		munmap(q->mmio, (size_t)page);
		return ret;
	}
	q->dus = at;
	return 0;
}

static void vaccel_unmap(struct vaccel_queue *q)
{
	munmap(q->dus, q->dus_size);
	munmap(q->mmio, (size_t)sysconf(_SC_PAGESIZE));
}

static bool vaccel_power_of_two(uint32_t n)
{
	return n && !(n & (n - 1));
}

/* Section 11, points 1 and 2: own copies of what the device says, checked. */
static int vaccel_identify(struct vaccel_queue *q)
{
	uint64_t sq = vaccel_read32(q, VACCEL_REG_SQ_OFFSET);
	uint64_t cq = vaccel_read32(q, VACCEL_REG_CQ_OFFSET);

	if (vaccel_read32(q, VACCEL_REG_MAGIC) != VACCEL_MAGIC ||
	    vaccel_read32(q, VACCEL_REG_VERSION) >> 16 != VACCEL_VERSION_MAJOR)
		return -ENODEV;
	q->entries = vaccel_read32(q, VACCEL_REG_SQ_ENTRIES);
	q->ops = vaccel_read64(q, VACCEL_REG_OPS);
	q->features = vaccel_read64(q, VACCEL_REG_FEATURES);
	q->formats = vaccel_read32(q, VACCEL_REG_FORMATS);
	q->max_sgl = vaccel_read32(q, VACCEL_REG_MAX_SGL);
	q->max_len = vaccel_read32(q, VACCEL_REG_MAX_LEN);
	q->stream_size = vaccel_read32(q, VACCEL_REG_STREAM_SIZE);
	q->stream_align = vaccel_read32(q, VACCEL_REG_STREAM_ALIGN);

	if (!vaccel_power_of_two(q->entries) ||
	    q->entries != vaccel_read32(q, VACCEL_REG_CQ_ENTRIES) ||
	    sq + q->entries * sizeof(*q->sq) > q->dus_size ||
	    cq + q->entries * sizeof(*q->cq) > q->dus_size ||
	    sq % sizeof(*q->sq) || cq % sizeof(*q->cq))
		return -EIO;
	if (!q->max_len || !q->max_sgl || q->max_sgl > UINT16_MAX ||
	    ((q->features & VACCEL_FEAT_STREAM) &&
	     (!vaccel_power_of_two(q->stream_align) ||
	      q->stream_size % q->stream_align ||
	      q->stream_size < sizeof(struct vaccel_stream))))
		return -EIO;
	q->ctx.reserved_only = !(q->features & VACCEL_FEAT_SVA);
	if (q->ctx.reserved_only && q->stream_align > WD_POOL_GRAIN)
		return -EOPNOTSUPP;
	q->sq = (struct vaccel_desc *)(q->dus + sq);
	q->cq = (struct vaccel_cqe *)(q->dus + cq);
	return 0;
}

static void vaccel_free_slots(struct vaccel_queue *q)
{
	/* The pool's is gone with the pool. */
	for (unsigned int i = 0;
	     q->slots && !q->ctx.reserved_only && i < q->ctx.depth; i++)
		vaccel_slot_release(q, &q->slots[i]);
	free(q->slots);
	free(q->done);
}

static int vaccel_make_slots(struct vaccel_queue *q)
{
	unsigned int depth = q->ctx.depth;

	q->slots = calloc(depth, sizeof(*q->slots));
	q->done = calloc(depth, sizeof(*q->done));
	if (!q->slots || !q->done) {
		vaccel_free_slots(q);
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < depth; i++)
		q->slots[i].next = i + 1 < depth ? i + 1 : VACCEL_SLOT_NONE;
	return 0;
}

static void vaccel_close(struct wd_ctx *ctx, bool forked)
{
	struct vaccel_queue *q = vaccel_queue_of(ctx);

	/* A child has neither the mappings nor a say over the queue. */
	if (!forked) {
		__vaccel_flush(q);
		vaccel_unmap(q);
	}
	close(q->wake);
	close(q->fd); /* the device touches nothing from here on */
	wd_pool_destroy(&q->pool, forked);
	vaccel_free_slots(q);
	free(q);
}

static int vaccel_region_map(struct wd_ctx *ctx, struct wd_region *region)
{
	return wd_static_map(vaccel_queue_of(ctx)->path, region);
}

static int vaccel_region_attach(struct wd_ctx *ctx,
				const struct wd_region *region)
{
	return wd_static_share(vaccel_queue_of(ctx)->fd, region);
}

static const struct wd_ctx_ops vaccel_ctx_ops = {
	.send = vaccel_send,
	.recv = vaccel_recv,
	.wait = vaccel_wait,
	.wake = vaccel_wake,
	.flush = vaccel_flush,
	.drain = vaccel_drain,
	.close = vaccel_close,
	.stream_open = vaccel_stream_open,
	.stream_reset = vaccel_stream_reset,
	.stream_close = vaccel_stream_close,
	.region_map = vaccel_region_map,
	.region_attach = vaccel_region_attach,
};

static uint64_t vaccel_stall(void)
{
	const char *text = secure_getenv("WARPDRIVE_STALL");
	char *end;
	long ms;

	if (!text || !*text)
		return VACCEL_STALL_NS;
	errno = 0;
	ms = strtol(text, &end, 10);
	if (errno || *end || ms < 1 || ms > 1000000000) {
		wd_log(WD_LOG_WARNING,
		       "WARPDRIVE_STALL=%s ignored: not 1 or more milliseconds",
		       text);
		return VACCEL_STALL_NS;
	}
	return (uint64_t)ms * 1000000;
}

static uint64_t vaccel_spin(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) || CPU_COUNT(&set) > 1)
		return VACCEL_SPIN_NS;
	return 0;
}

static int vaccel_start(struct vaccel_queue *q, bool bounce)
{
	int ret = vaccel_map(q);

	if (ret)
		return ret;
	ret = vaccel_identify(q);
	if (ret)
		goto err_unmap;
	if (q->ctx.depth > q->entries)
		q->ctx.depth = q->entries;
	ret = vaccel_make_slots(q);
	if (ret)
		goto err_unmap;
	/* Here rather than with the first request: it may not be allowed. */
	q->ctx.bounce = q->ctx.reserved_only && bounce;
	if (q->ctx.bounce)
		ret = wd_pool_grow(&q->pool, &q->ctx);
	if (ret)
		goto err_free_slots;
	if (ioctl(q->fd, UACCE_CMD_START_Q)) {
		ret = -errno;
		goto err_destroy_pool;
	}
	return 0;

err_destroy_pool:
	wd_pool_destroy(&q->pool, false);
err_free_slots:
	vaccel_free_slots(q);
err_unmap:
	vaccel_unmap(q);
	return ret;
}

static int vaccel_open(const struct wd_device *device,
		       const struct wd_ctx_params *params, struct wd_ctx **ctx)
{
	struct vaccel_queue *q;
	int ret;

	q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	wd_ctx_init(&q->ctx, &vaccel_ctx_ops, params);
	q->ctx.workers = 0; /* the work is the device's */
	q->spin = vaccel_spin();
	q->stall = vaccel_stall();
	pthread_mutex_init(&q->lock, NULL);

	snprintf(q->path, sizeof(q->path), "/dev/%s", device->name);
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
	ret = vaccel_start(q, params->bounce);
	if (ret)
		goto err_close_wake;
	*ctx = &q->ctx;
	return 0;

err_close_wake:
	close(q->wake);
err_close:
	close(q->fd);
err_free:
	free(q);
	return ret;
}

const struct wd_driver wd_vaccel_driver = {
	.name = "vaccel",
	.match = vaccel_match,
	.open = vaccel_open,
};
