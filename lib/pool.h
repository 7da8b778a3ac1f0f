/* SPDX-License-Identifier: MIT */
/*
 * Memory of a driver's own that a device with reserved memory only reaches: for
 * copies of what it does not reach, for lists and for states. The pool takes
 * regions from the context's region_map(), one when it is needed and no more
 * than WD_POOL_ARENAS, and hands out whole grains of them.
 */
#ifndef WD_POOL_H
#define WD_POOL_H

#include "memory.h"

#define WD_POOL_GRAIN ((size_t)4096)
#define WD_POOL_GRAINS 512u /* of a region: 2 MiB, which one large page maps */
#define WD_POOL_MAX (WD_POOL_GRAIN * WD_POOL_GRAINS) /* of one allocation */
#define WD_POOL_ARENAS 16u

struct wd_arena {
	struct wd_region region;
	unsigned int first; /* grains below are taken */
	unsigned char taken[WD_POOL_GRAINS];
};

/* All zeroes is an empty pool. The caller serialises the calls. */
struct wd_pool {
	struct wd_arena *arenas[WD_POOL_ARENAS];
	unsigned int count;
};

/* Adds a region, which is not necessary: 0 or a negative errno. */
int wd_pool_grow(struct wd_pool *pool, struct wd_ctx *ctx);

/* @size bytes, at most WD_POOL_MAX, at the start of a grain; NULL: no room. */
void *wd_pool_alloc(struct wd_pool *pool, struct wd_ctx *ctx, size_t size);

/* Gives back what wd_pool_alloc() gave for @size; NULL is ignored. */
void wd_pool_free(struct wd_pool *pool, void *at, size_t size);

/* Gives all regions back. With @forked, touches only this copy of the pool. */
void wd_pool_destroy(struct wd_pool *pool, bool forked);

#endif
