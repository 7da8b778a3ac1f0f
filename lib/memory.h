/* SPDX-License-Identifier: MIT */
/* Reserved memory: regions that the devices of several queues reach. */
#ifndef WD_MEMORY_H
#define WD_MEMORY_H

#include "driver.h"

struct wd_region {
	void *address;
	size_t size; /* whole pages */
	int fd; /* of the kernel's queue that holds it; -1: the process's */
	unsigned int users; /* contexts that have it */
};

/* Whether the device reaches @len bytes at @at. */
static inline bool wd_memory_reaches(const struct wd_ctx *ctx, const void *at,
				     size_t len)
{
	const struct wd_region *region;
	size_t offset;

	if (!ctx->reserved_only || !len)
		return true;
	/* Pairs with the store of who reserves or shares it. */
	region = atomic_load_explicit(&ctx->region, memory_order_acquire);
	if (!region)
		return false;
	offset = (uintptr_t)at - (uintptr_t)region->address;
	return offset < region->size && len <= region->size - offset;
}

/* Undoes a mapping. A forked child has none, only the descriptor. */
void wd_region_unmap(struct wd_region *region, bool forked);

/*
 * Counts an operation or a part of one, of which @bytes were copied. The caller
 * serialises the counting of a context; others read.
 */
static inline void wd_bounce_count(struct wd_ctx *ctx, unsigned int operations,
				   size_t bytes)
{
	uint64_t sum = operations + atomic_load_explicit(&ctx->bounces,
							 memory_order_relaxed);

	atomic_store_explicit(&ctx->bounces, sum, memory_order_relaxed);
	sum = bytes +
	      atomic_load_explicit(&ctx->bounced_bytes, memory_order_relaxed);
	atomic_store_explicit(&ctx->bounced_bytes, sum, memory_order_relaxed);
}

/*
 * The region of a context that is closed, or NULL: the last one that leaves it
 * frees it.
 */
void wd_memory_leave(struct wd_region *region, bool forked);

#endif
