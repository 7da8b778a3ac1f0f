// SPDX-License-Identifier: GPL-2.0-only
/* Copy, fill, compare and checksums: page by page, where the pages are. */
#include <linux/crc32.h>
#include <linux/crc32c.h>
#include <linux/highmem.h>
#include <linux/zutil.h>

#include "vaccel.h"

/* The piece of a window that lies @done bytes in: its page, offset, length. */
static u32 vaccel_piece(const struct swiommu_window *window, u32 done,
			struct page **page, u32 *offset)
{
	u32 at = window->offset + done;

	*page = window->pages[at >> PAGE_SHIFT];
	*offset = at & ~PAGE_MASK;
	return min_t(u32, PAGE_SIZE - *offset, window->len - done);
}

/* From @skip bytes into the source's window on. */
static void vaccel_copy_windows(const struct swiommu_window *src, u32 skip,
				const struct swiommu_window *dst)
{
	struct page *from, *to;
	u32 from_at, to_at;
	u32 done = 0;
	u32 part;

	while (done < dst->len) {
		part = min(vaccel_piece(src, skip + done, &from, &from_at),
			   vaccel_piece(dst, done, &to, &to_at));
		memcpy_page(to, to_at, from, from_at, part);
		done += part;
	}
}

/* All of the source's window, in as many windows of the destination. */
static int vaccel_copy_window(struct vaccel_request *rq,
			      const struct swiommu_window *src)
{
	struct swiommu_window dst;
	u32 done = 0;
	int ret;

	while (done < src->len) {
		if (vaccel_engine_interrupted(rq->q))
			return -ECANCELED;
		ret = vaccel_sg_open(&rq->dst, src->len - done, true, &dst);
		if (ret)
			return ret;
		vaccel_copy_windows(src, done, &dst);
		swiommu_window_close(&dst);
		vaccel_sg_advance(&rq->src, dst.len);
		vaccel_sg_advance(&rq->dst, dst.len);
		rq->cqe.consumed += dst.len;
		rq->cqe.produced += dst.len;
		done += dst.len;
	}
	return 0;
}

int vaccel_data_copy(struct vaccel_request *rq)
{
	struct swiommu_window src;
	int ret = 0;

	if (rq->desc.dst_len < rq->desc.src_len)
		return VACCEL_ST_INVALID;
	while (rq->src.left && !ret) {
		ret = vaccel_sg_open(&rq->src, rq->src.left, false, &src);
		if (ret)
			break;
		ret = vaccel_copy_window(rq, &src);
		swiommu_window_close(&src);
	}
	return vaccel_request_status(rq, ret);
}

/* The pattern, turned so that byte 0 belongs at @phase. */
static void vaccel_fill_window(const struct swiommu_window *window, u64 pattern,
			       u32 phase)
{
	struct page *page;
	u32 done = 0;
	u32 offset;
	u32 part;
	__le64 word;
	u32 i;
	u8 *to;

	pattern = ror64(pattern, 8 * (phase & 7));
	while (done < window->len) {
		part = vaccel_piece(window, done, &page, &offset);
		to = kmap_local_page(page);
		word = cpu_to_le64(pattern);
		for (i = 0; i + 8 <= part; i += 8)
			memcpy(to + offset + i, &word, 8);
		for (; i < part; i++)
			to[offset + i] = pattern >> (8 * (i & 7));
		kunmap_local(to);
		pattern = ror64(pattern, 8 * (part & 7));
		done += part;
	}
}

int vaccel_data_fill(struct vaccel_request *rq)
{
	struct swiommu_window window;
	int ret;

	while (rq->dst.left) {
		if (vaccel_engine_interrupted(rq->q))
			return VACCEL_ST_CANCELED;
		ret = vaccel_sg_open(&rq->dst, rq->dst.left, true, &window);
		if (ret)
			return vaccel_request_status(rq, ret);
		vaccel_fill_window(&window, rq->desc.aux, rq->cqe.produced);
		vaccel_sg_advance(&rq->dst, window.len);
		rq->cqe.produced += window.len;
		swiommu_window_close(&window);
	}
	return VACCEL_ST_OK;
}

static u32 vaccel_same_bytes(const u8 *a, const u8 *b, u32 len)
{
	u32 i;

	if (!memcmp(a, b, len))
		return len;
	for (i = 0; i < len && a[i] == b[i]; i++)
		;
	return i;
}

/* How many bytes are the same before the first that is not. */
static u32 vaccel_compare_windows(const struct swiommu_window *a,
				  const struct swiommu_window *b, u32 len)
{
	struct page *pages[2];
	u32 offsets[2];
	u32 done = 0;
	u32 part, same;
	void *maps[2];

	while (done < len) {
		part = min(vaccel_piece(a, done, &pages[0], &offsets[0]),
			   vaccel_piece(b, done, &pages[1], &offsets[1]));
		part = min(part, len - done);
		maps[0] = kmap_local_page(pages[0]);
		maps[1] = kmap_local_page(pages[1]);
		same = vaccel_same_bytes(maps[0] + offsets[0],
					 maps[1] + offsets[1], part);
		kunmap_local(maps[1]);
		kunmap_local(maps[0]);
		done += same;
		if (same < part)
			break;
	}
	return done;
}

int vaccel_data_compare(struct vaccel_request *rq)
{
	struct swiommu_window src, dst;
	u32 part, same;
	int ret;

	if (rq->desc.dst_len != rq->desc.src_len)
		return VACCEL_ST_INVALID;
	while (rq->src.left) {
		if (vaccel_engine_interrupted(rq->q))
			return VACCEL_ST_CANCELED;
		ret = vaccel_sg_open(&rq->src, rq->src.left, false, &src);
		if (ret)
			return vaccel_request_status(rq, ret);
		ret = vaccel_sg_open(&rq->dst, src.len, false, &dst);
		if (ret) {
			swiommu_window_close(&src);
			return vaccel_request_status(rq, ret);
		}
		part = dst.len;
		same = vaccel_compare_windows(&src, &dst, part);
		swiommu_window_close(&dst);
		swiommu_window_close(&src);
		vaccel_sg_advance(&rq->src, part);
		vaccel_sg_advance(&rq->dst, part);
		rq->cqe.consumed += same;
		if (same < part) {
			rq->cqe.flags |= VACCEL_CQE_DIFFERS;
			break;
		}
	}
	return VACCEL_ST_OK;
}

static u32 vaccel_checksum(u8 op, u32 value, const void *data, u32 len)
{
	switch (op) {
	case VACCEL_OP_CRC32C:
		return ~crc32c(~value, data, len);
	case VACCEL_OP_CRC32:
		return ~crc32_le(~value, data, len);
	default:
		return zlib_adler32(value, data, len);
	}
}

static u32 vaccel_checksum_window(const struct swiommu_window *window, u8 op,
				  u32 value)
{
	struct page *page;
	u32 done = 0;
	u32 offset;
	u32 part;
	void *map;

	while (done < window->len) {
		part = vaccel_piece(window, done, &page, &offset);
		map = kmap_local_page(page);
		value = vaccel_checksum(op, value, map + offset, part);
		kunmap_local(map);
		done += part;
	}
	return value;
}

int vaccel_data_checksum(struct vaccel_request *rq)
{
	struct swiommu_window window;
	u32 value = rq->desc.aux;
	int ret;

	if (rq->desc.aux > U32_MAX)
		return VACCEL_ST_INVALID;
	while (rq->src.left) {
		if (vaccel_engine_interrupted(rq->q))
			return VACCEL_ST_CANCELED;
		ret = vaccel_sg_open(&rq->src, rq->src.left, false, &window);
		if (ret)
			return vaccel_request_status(rq, ret);
		value = vaccel_checksum_window(&window, rq->desc.op, value);
		vaccel_sg_advance(&rq->src, window.len);
		rq->cqe.consumed += window.len;
		swiommu_window_close(&window);
	}
	rq->cqe.result = value;
	return VACCEL_ST_OK;
}
