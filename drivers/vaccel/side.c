// SPDX-License-Identifier: MIT
/*
 * The two sides of a request: what of them a descriptor covers, and, where the
 * device reaches reserved memory only, the memory that takes their place.
 */
#include <errno.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "vaccel.h"

/* Most bytes of a side that are copied at a time. */
#define VACCEL_BOUNCE_MAX (128u << 10)

void *vaccel_memory_get(struct vaccel_queue *q, size_t size)
{
	/* A device without streams has no alignment for them. */
	size_t align = q->stream_align > alignof(max_align_t) ?
			       q->stream_align :
			       alignof(max_align_t);

	if (q->ctx.reserved_only)
		return wd_pool_alloc(&q->pool, &q->ctx, size);
	return aligned_alloc(align, (size + align - 1) & ~(align - 1));
}

void vaccel_memory_put(struct vaccel_queue *q, void *at, size_t size)
{
	if (q->ctx.reserved_only)
		wd_pool_free(&q->pool, at, size);
	else
		free(at);
}

static uint32_t vaccel_list_most(const struct vaccel_queue *q)
{
	return q->features & VACCEL_FEAT_SGL ? q->max_sgl : 1;
}

size_t vaccel_side_total(const struct vaccel_side *side)
{
	const struct iovec *iov = side->buffer;
	size_t total = 0;

	if (!side->list)
		return side->len;
	for (size_t i = 0; i < side->len; i++)
		total += iov[i].iov_len;
	return total;
}

static void vaccel_cover_flat(const struct vaccel_queue *q, const char *at,
			      size_t len, struct vaccel_cover *cover)
{
	cover->addr = (uintptr_t)at;
	cover->len = (uint32_t)(len < q->max_len ? len : q->max_len);
	cover->nents = 0;
	cover->whole = cover->len == len;
}

static int vaccel_cover_list(struct vaccel_queue *q,
			     const struct vaccel_side *side, size_t skip,
			     struct vaccel_place *place,
			     struct vaccel_cover *cover)
{
	uint32_t most = vaccel_list_most(q);
	const struct iovec *iov = side->buffer;
	struct vaccel_sge *list;
	size_t room = q->max_len;
	uint32_t n = 0;

	if (!place->list)
		place->list = vaccel_memory_get(q, most * sizeof(*list));
	if (!place->list)
		return -ENOMEM;
	list = place->list;

	cover->whole = true;
	for (size_t i = 0; i < side->len; i++) {
		size_t len = iov[i].iov_len;

		if (skip >= len) { /* empty ones, too */
			skip -= len;
			continue;
		}
		len -= skip;
		if (n == most || len > room)
			cover->whole = false;
		if (n == most || !room)
			break;
		if (len > room)
			len = room;
		list[n++] = (struct vaccel_sge){
			.addr = (uintptr_t)iov[i].iov_base + skip,
			.len = (uint32_t)len,
		};
		skip = 0;
		room -= len;
	}
	cover->len = q->max_len - (uint32_t)room;
	cover->nents = n > 1 ? (uint16_t)n : 0;
	cover->addr = n > 1 ? (uintptr_t)list : n ? list->addr : 0;
	return 0;
}

/* The bytes are copied, so one piece of memory covers a list as well. */
static void vaccel_cover_bounce(const struct vaccel_side *side, size_t skip,
				const struct vaccel_place *place,
				struct vaccel_cover *cover)
{
	size_t len = vaccel_side_total(side) - skip;

	cover->addr = (uintptr_t)place->bounce;
	cover->len = len < place->room ? (uint32_t)len : place->room;
	cover->nents = 0;
	cover->whole = cover->len == len;
}

int vaccel_cover(struct vaccel_queue *q, const struct vaccel_side *side,
		 size_t skip, struct vaccel_place *place,
		 struct vaccel_cover *cover)
{
	if (place->bounce)
		vaccel_cover_bounce(side, skip, place, cover);
	else if (side->list)
		return vaccel_cover_list(q, side, skip, place, cover);
	else
		vaccel_cover_flat(q, (const char *)side->buffer + skip,
				  side->len - skip, cover);
	return 0;
}

/*
 * Goes through a side from @skip on: copies @len bytes to @to, or from @from.
 */
static void vaccel_copy(const struct vaccel_side *side, size_t skip, char *to,
			const char *from, size_t len)
{
	struct iovec flat = { (void *)(uintptr_t)side->buffer, side->len };
	const struct iovec *iov = side->list ? side->buffer : &flat;
	const struct iovec *end = iov + (side->list ? side->len : 1);
	size_t n;

	for (; len && iov < end; iov++) {
		if (skip >= iov->iov_len) {
			skip -= iov->iov_len;
			continue;
		}
		n = iov->iov_len - skip < len ? iov->iov_len - skip : len;
		if (to) {
			memcpy(to, (char *)iov->iov_base + skip, n);
			to += n;
		} else {
			memcpy((char *)iov->iov_base + skip, from, n);
			from += n;
		}
		len -= n;
		skip = 0;
	}
}

void vaccel_copy_in(struct vaccel_queue *q, const struct vaccel_place *place,
		    struct vaccel_side side, size_t skip, size_t len)
{
	vaccel_copy(&side, skip, place->bounce, NULL, len);
	wd_bounce_count(&q->ctx, 0, len);
}

void vaccel_copy_out(struct vaccel_queue *q, const struct vaccel_place *place,
		     struct vaccel_side side, size_t skip, size_t len)
{
	vaccel_copy(&side, skip, NULL, place->bounce, len);
	wd_bounce_count(&q->ctx, 0, len);
}

static bool vaccel_side_reached(const struct vaccel_queue *q,
				const struct vaccel_side *side)
{
	const struct iovec *iov = side->buffer;

	if (!side->list)
		return wd_memory_reaches(&q->ctx, side->buffer, side->len);
	for (size_t i = 0; i < side->len; i++)
		if (!wd_memory_reaches(&q->ctx, iov[i].iov_base,
				       iov[i].iov_len))
			return false;
	return true;
}

static int vaccel_bounce_side(struct vaccel_queue *q,
			      const struct vaccel_side *side,
			      struct vaccel_place *place)
{
	size_t total;

	if (vaccel_side_reached(q, side))
		return 0;
	total = vaccel_side_total(side);
	place->room = VACCEL_BOUNCE_MAX;
	if (total < place->room)
		place->room = (uint32_t)total;
	place->bounce = vaccel_memory_get(q, place->room);
	return place->bounce ? 0 : -ENOMEM;
}

/* Of an operation that has no such side the fields mean nothing. */
int vaccel_bounce(struct vaccel_queue *q, struct vaccel_slot *slot)
{
	struct vaccel_side src = vaccel_src(slot->req);
	struct vaccel_side dst = vaccel_dst(slot->req);
	enum wd_op op = slot->req->op;
	int ret = 0;

	if (op != WD_NOOP && op != WD_FILL)
		ret = vaccel_bounce_side(q, &src, &slot->src);
	if (!ret && (op == WD_COPY || op == WD_FILL || op == WD_COMPARE ||
		     op == WD_COMPRESS || op == WD_DECOMPRESS))
		ret = vaccel_bounce_side(q, &dst, &slot->dst);
	return ret;
}

static void vaccel_place_release(struct vaccel_queue *q,
				 struct vaccel_place *place)
{
	vaccel_memory_put(q, place->list,
			  vaccel_list_most(q) * sizeof(*place->list));
	vaccel_memory_put(q, place->bounce, place->room);
	*place = (struct vaccel_place){ 0 };
}

void vaccel_slot_release(struct vaccel_queue *q, struct vaccel_slot *slot)
{
	vaccel_place_release(q, &slot->src);
	vaccel_place_release(q, &slot->dst);
	vaccel_memory_put(q, slot->state, q->stream_size);
	slot->state = NULL;
}

bool vaccel_peek(const struct vaccel_side *side, size_t skip, uint8_t bytes[2])
{
	struct iovec flat = { (void *)(uintptr_t)side->buffer, side->len };
	const struct iovec *iov = side->list ? side->buffer : &flat;
	size_t count = side->list ? side->len : 1;
	unsigned int n = 0;

	for (size_t i = 0; i < count && n < 2; i++) {
		while (n < 2 && skip < iov[i].iov_len)
			bytes[n++] = ((const uint8_t *)iov[i].iov_base)[skip++];
		skip -= iov[i].iov_len < skip ? iov[i].iov_len : skip;
	}
	return n == 2;
}
