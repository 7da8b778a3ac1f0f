// SPDX-License-Identifier: MIT
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "memory.h"
#include "queue.h"

/*
 * Guards changes of every context's .region, and .users of every region. One lock for all,
 * since sharing involves two contexts and none of this is on a data path. All
 * zeroes, which the page holds at first and in a child, is an open mutex.
 */
#define wd_memory_lock (wd_process_page.memory_lock)

/* Memory of the process, for devices that reach all of it. */
static int wd_region_map(struct wd_region *region)
{
	region->address = mmap(NULL, region->size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (region->address == MAP_FAILED)
		return -errno;
	/* As a device's mapping: a child does not inherit it. */
	madvise(region->address, region->size, MADV_DONTFORK);
	region->fd = -1;
	return 0;
}

void wd_region_unmap(struct wd_region *region, bool forked)
{
	if (!forked)
		munmap(region->address, region->size);
	if (region->fd >= 0)
		close(region->fd);
}

static int wd_memory_reserve(struct wd_ctx *ctx, size_t size)
{
	struct wd_region *region;
	int ret;

	if (ctx->region)
		return -EEXIST;

	region = calloc(1, sizeof(*region));
	if (!region)
		return -ENOMEM;
	region->size = size;
	region->users = 1;
	ret = ctx->reserved_only ? ctx->ops->region_map(ctx, region) :
				   wd_region_map(region);
	if (ret) {
		free(region);
		return ret;
	}
	atomic_store_explicit(&ctx->region, region, memory_order_release);
	return 0;
}

void *wd_reserve_memory(struct wd_queue *q, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct wd_ctx *ctx;
	int ret = wd_queue_enter(q, &ctx);

	if (!ret && !size)
		ret = -EINVAL;
	if (!ret && size > SIZE_MAX - (page - 1))
		ret = -ENOMEM;
	if (!ret) {
		size = (size + page - 1) & ~(page - 1);
		pthread_mutex_lock(&wd_memory_lock);
		ret = wd_memory_reserve(ctx, size);
		pthread_mutex_unlock(&wd_memory_lock);
	}
	if (ret) {
		errno = -ret;
		return NULL;
	}
	return ctx->region->address;
}

static int wd_memory_share(struct wd_ctx *source, struct wd_ctx *target)
{
	int ret = 0;

	if (source == target)
		return -EINVAL;
	if (!source->region)
		return -ENOENT;
	if (target->region)
		return -EEXIST;
	if (target->reserved_only)
		ret = target->ops->region_attach(target, source->region);
	if (ret)
		return ret;
	/* In this order, so that a child forked in between frees nothing twice. */
	source->region->users++;
	atomic_store_explicit(&target->region, source->region,
			      memory_order_release);
	return 0;
}

int wd_share_reserved_memory(struct wd_queue *q, struct wd_queue *target)
{
	struct wd_ctx *source_ctx;
	struct wd_ctx *target_ctx;
	int ret = wd_queue_enter(q, &source_ctx);

	if (!ret)
		ret = wd_queue_enter(target, &target_ctx);
	if (ret)
		return ret;

	pthread_mutex_lock(&wd_memory_lock);
	ret = wd_memory_share(source_ctx, target_ctx);
	pthread_mutex_unlock(&wd_memory_lock);
	return ret;
}

void wd_memory_leave(struct wd_region *region, bool forked)
{
	if (!region)
		return;
	pthread_mutex_lock(&wd_memory_lock);
	if (--region->users == 0) {
		wd_region_unmap(region, forked);
		free(region);
	}
	pthread_mutex_unlock(&wd_memory_lock);
}
