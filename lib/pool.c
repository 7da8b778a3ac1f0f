// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pool.h"

static unsigned int wd_pool_grains(size_t size)
{
	return (unsigned int)((size + WD_POOL_GRAIN - 1) / WD_POOL_GRAIN);
}

/* First fit: the first of @n free grains in a row, WD_POOL_GRAINS if none. */
static unsigned int wd_arena_find(struct wd_arena *arena, unsigned int n)
{
	unsigned char *end = arena->taken + WD_POOL_GRAINS;
	unsigned char *at = arena->taken + arena->first;
	unsigned char *next;

	while (at < end) {
		at = memchr(at, 0, (size_t)(end - at));
		if (!at || n > end - at)
			break;
		next = memchr(at, 1, n);
		if (!next)
			return (unsigned int)(at - arena->taken);
		at = next;
	}
	return WD_POOL_GRAINS;
}

static void *wd_arena_alloc(struct wd_arena *arena, unsigned int n)
{
	unsigned int at = wd_arena_find(arena, n);

	if (at == WD_POOL_GRAINS)
		return NULL;
	memset(arena->taken + at, 1, n);
	if (at == arena->first)
		arena->first += n;
	return (char *)arena->region.address + (size_t)at * WD_POOL_GRAIN;
}

int wd_pool_grow(struct wd_pool *pool, struct wd_ctx *ctx)
{
	struct wd_arena *arena;
	int ret;

	if (pool->count == WD_POOL_ARENAS)
		return -ENOMEM;
	arena = calloc(1, sizeof(*arena));
	if (!arena)
		return -ENOMEM;
	arena->region.size = WD_POOL_MAX;
	ret = ctx->ops->region_map(ctx, &arena->region);
	if (ret) {
		free(arena);
		return ret;
	}
	pool->arenas[pool->count++] = arena;
	return 0;
}

void *wd_pool_alloc(struct wd_pool *pool, struct wd_ctx *ctx, size_t size)
{
	unsigned int n = wd_pool_grains(size);
	void *at = NULL;

	if (!n || n > WD_POOL_GRAINS)
		return NULL;
	for (unsigned int i = 0; !at && i < pool->count; i++)
		at = wd_arena_alloc(pool->arenas[i], n);
	if (!at && !wd_pool_grow(pool, ctx))
		at = wd_arena_alloc(pool->arenas[pool->count - 1], n);
	return at;
}

void wd_pool_free(struct wd_pool *pool, void *at, size_t size)
{
	for (unsigned int i = 0; at && i < pool->count; i++) {
		struct wd_arena *arena = pool->arenas[i];
		size_t offset =
			(uintptr_t)at - (uintptr_t)arena->region.address;
		unsigned int first = (unsigned int)(offset / WD_POOL_GRAIN);

		if (offset >= WD_POOL_MAX)
			continue;
		memset(arena->taken + first, 0, wd_pool_grains(size));
		if (first < arena->first)
			arena->first = first;
		return;
	}
}

void wd_pool_destroy(struct wd_pool *pool, bool forked)
{
	for (unsigned int i = 0; i < pool->count; i++) {
		wd_region_unmap(&pool->arenas[i]->region, forked);
		free(pool->arenas[i]);
	}
	pool->count = 0;
}
