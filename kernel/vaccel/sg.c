// SPDX-License-Identifier: GPL-2.0-only
/* Scatter lists: places in a request's input and output. */
#include "vaccel.h"

static int vaccel_sg_check(const struct vaccel_sg *sg)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < sg->nents && sum < sg->left; i++) {
		if (sg->list[i].rsvd)
			return -EINVAL;
		sum += sg->list[i].len;
	}
	return sum < sg->left ? -EINVAL : 0;
}

/* Reads the list, if there is one: 0, -EINVAL, or why it cannot be read. */
int vaccel_sg_init(struct vaccel_request *rq, struct vaccel_sg *sg, bool dst)
{
	struct vaccel_desc *desc = &rq->desc;
	struct vaccel_queue *q = rq->q;
	struct vaccel_sge *list = dst ? q->dst_list : q->src_list;
	u64 addr = dst ? desc->dst : desc->src;
	u32 len = dst ? desc->dst_len : desc->src_len;
	u32 nents = dst ? desc->dst_nents : desc->src_nents;
	u16 flag = dst ? VACCEL_DESC_DST_SGL : VACCEL_DESC_SRC_SGL;
	int error;

	sg->port = &q->port;
	sg->index = 0;
	sg->offset = 0;
	sg->left = len;
	if (!(desc->flags & flag)) {
		sg->flat = (struct vaccel_sge){ .addr = addr, .len = len };
		sg->list = &sg->flat;
		sg->nents = 1;
		return 0;
	}
	swiommu_read(sg->port, addr, list, nents * sizeof(*list), &error);
	if (error)
		return error;
	sg->list = list;
	sg->nents = nents;
	return vaccel_sg_check(sg);
}

/*
 * Opens a window at the place, of at most @want bytes, which must not be more
 * than are left and not 0.
 */
int vaccel_sg_open(struct vaccel_sg *sg, u32 want, bool write,
		   struct swiommu_window *window)
{
	const struct vaccel_sge *entry = &sg->list[sg->index];

	while (sg->offset == entry->len) {
		entry = &sg->list[++sg->index];
		sg->offset = 0;
	}
	return swiommu_window_open(sg->port, entry->addr + sg->offset,
				   min(want, entry->len - sg->offset), write,
				   window);
}

/* Within the entry that the window was opened in. */
void vaccel_sg_advance(struct vaccel_sg *sg, u32 bytes)
{
	sg->offset += bytes;
	sg->left -= bytes;
}

static int vaccel_sg_transfer(struct vaccel_sg *sg, void *buf, u32 len,
			      bool write, u32 *done)
{
	int error;

	*done = 0;
	while (*done < len) {
		const struct vaccel_sge *entry = &sg->list[sg->index];
		u32 part = min(len - *done, entry->len - sg->offset);
		u64 addr = entry->addr + sg->offset;
		u32 moved;

		if (!part) {
			sg->index++;
			sg->offset = 0;
			continue;
		}
		if (write)
			moved = swiommu_write(sg->port, addr, buf + *done, part,
					      &error);
		else
			moved = swiommu_read(sg->port, addr, buf + *done, part,
					     &error);
		vaccel_sg_advance(sg, moved);
		*done += moved;
		if (error)
			return error;
	}
	return 0;
}

/* Moves @len bytes, no more than are left; @done says how many it were. */
int vaccel_sg_read(struct vaccel_sg *sg, void *buf, u32 len, u32 *done)
{
	return vaccel_sg_transfer(sg, buf, len, false, done);
}

int vaccel_sg_write(struct vaccel_sg *sg, const void *buf, u32 len, u32 *done)
{
	return vaccel_sg_transfer(sg, (void *)buf, len, true, done);
}
