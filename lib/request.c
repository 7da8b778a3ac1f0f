// SPDX-License-Identifier: MIT
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <zlib.h>

#include "memory.h"

/* What an operation reads, writes and understands. */
struct wd_op_rules {
	bool src;
	bool dst;
	bool codec; /* format, level, flush and stream apply */
	bool overlap; /* src and dst may overlap */
	unsigned int flags; /* that it has */
};

#define WD_REQUEST_IOV (WD_REQUEST_SRC_IOV | WD_REQUEST_DST_IOV)
#define WD_REQUEST_ALL (WD_REQUEST_IOV | WD_REQUEST_FRAGMENT)

static const struct wd_op_rules wd_op_rules[WD_OP_COUNT] = {
	[WD_NOOP] = { .overlap = true },
	[WD_COPY] = { .src = true, .dst = true, .flags = WD_REQUEST_IOV },
	[WD_FILL] = { .dst = true, .flags = WD_REQUEST_DST_IOV },
	[WD_COMPARE] = { .src = true,
			 .dst = true,
			 .overlap = true,
			 .flags = WD_REQUEST_IOV },
	[WD_CRC32C] = { .src = true, .flags = WD_REQUEST_SRC_IOV },
	[WD_CRC32] = { .src = true, .flags = WD_REQUEST_SRC_IOV },
	[WD_ADLER32] = { .src = true, .flags = WD_REQUEST_SRC_IOV },
	[WD_COMPRESS] = { .src = true,
			  .dst = true,
			  .codec = true,
			  .flags = WD_REQUEST_ALL },
	[WD_DECOMPRESS] = { .src = true,
			    .dst = true,
			    .codec = true,
			    .flags = WD_REQUEST_IOV },
	[WD_FACTORIAL] = { .overlap = true },
};

enum wd_format wd_format_parse(const char *algorithm)
{
	static const char *const names[WD_FORMAT_COUNT] = {
		[WD_DEFLATE] = "deflate",
		[WD_ZLIB] = "zlib",
		[WD_GZIP] = "gzip",
	};

	for (int i = WD_DEFLATE; algorithm && i < WD_FORMAT_COUNT; i++)
		if (!strcmp(names[i], algorithm))
			return (enum wd_format)i;
	return WD_FORMAT_QUEUE;
}

enum wd_format wd_request_format(const struct wd_ctx *ctx,
				 const struct wd_request *req)
{
	return req->format ? (enum wd_format)req->format : ctx->format;
}

int wd_request_level(int level)
{
	return level ? level : WD_LEVEL_DEFAULT;
}

enum wd_flush wd_request_flush(const struct wd_request *req)
{
	if (req->flush)
		return (enum wd_flush)req->flush;
	return req->stream ? WD_FLUSH_NONE : WD_FLUSH_FINISH;
}

/* A side of a request, flat or scattered, as a list. */
struct wd_side {
	struct iovec flat;
	const struct iovec *iov;
	size_t count;
	size_t total; /* bytes */
};

static int wd_side_check(struct wd_side *side, const void *buffer, size_t len,
			 bool scattered)
{
	if (!buffer && len)
		return -EINVAL;

	if (!scattered) {
		if (len > SSIZE_MAX)
			return -EINVAL;
		side->flat = (struct iovec){ (void *)buffer, len };
		side->iov = &side->flat;
		side->count = 1;
		side->total = len;
		return 0;
	}

	if (len > WD_IOV_MAX)
		return -EINVAL;
	side->iov = buffer;
	side->count = len;
	side->total = 0;
	for (size_t i = 0; i < len; i++) {
		const struct iovec *v = &side->iov[i];

		if ((!v->iov_base && v->iov_len) ||
		    v->iov_len > SSIZE_MAX - side->total)
			return -EINVAL;
		side->total += v->iov_len;
	}
	return 0;
}

static bool wd_side_overlaps(const struct wd_side *a, const struct wd_side *b)
{
	for (size_t i = 0; i < a->count; i++) {
		uintptr_t first = (uintptr_t)a->iov[i].iov_base;
		uintptr_t len = a->iov[i].iov_len;

		for (size_t j = 0; j < b->count; j++) {
			uintptr_t other = (uintptr_t)b->iov[j].iov_base;
			uintptr_t other_len = b->iov[j].iov_len;

			if (len && other_len && first < other + other_len &&
			    other < first + len)
				return true;
		}
	}
	return false;
}

/* Whether the device reaches all of a side; its list is read here only. */
static bool wd_side_reached(const struct wd_ctx *ctx,
			    const struct wd_side *side)
{
	for (size_t i = 0; i < side->count; i++)
		if (!wd_memory_reaches(ctx, side->iov[i].iov_base,
				       side->iov[i].iov_len))
			return false;
	return true;
}

static int wd_request_check_codec(const struct wd_ctx *ctx,
				  const struct wd_request *req)
{
	struct wd_stream *stream = req->stream;

	if (req->format >= WD_FORMAT_COUNT || req->flush >= WD_FLUSH_COUNT)
		return -EINVAL;
	if (req->op == WD_COMPRESS &&
	    (req->level < WD_LEVEL_STORE || req->level > WD_LEVEL_MAX))
		return -EINVAL;

	if (stream) {
		if (stream->ctx != ctx || stream->op != req->op ||
		    (req->flags & WD_REQUEST_FRAGMENT))
			return -EINVAL;
		return atomic_exchange(&stream->busy, true) ? -EBUSY : 0;
	}

	if (wd_request_format(ctx, req) == WD_FORMAT_QUEUE)
		return -EINVAL;
	if (wd_request_flush(req) == WD_FLUSH_FINISH)
		return 0;
	/* Without a stream only a fragment can end in another way. */
	return (req->flags & WD_REQUEST_FRAGMENT) &&
			       wd_request_flush(req) == WD_FLUSH_FULL ?
		       0 :
		       -EINVAL;
}

int wd_request_check(const struct wd_ctx *ctx, const struct wd_request *req)
{
	const struct wd_op_rules *rules;
	struct wd_side src = { .count = 0 };
	struct wd_side dst = { .count = 0 };
	int ret;

	if (req->op >= WD_OP_COUNT)
		return -EINVAL;
	rules = &wd_op_rules[req->op];
	if (req->flags & ~rules->flags)
		return -EOPNOTSUPP;
	if (!rules->codec && req->stream)
		return -EINVAL;

	if (rules->src) {
		ret = wd_side_check(&src, req->src, req->src_len,
				    req->flags & WD_REQUEST_SRC_IOV);
		if (ret)
			return ret;
	}
	if (rules->dst) {
		ret = wd_side_check(&dst, req->dst, req->dst_len,
				    req->flags & WD_REQUEST_DST_IOV);
		if (ret)
			return ret;
	}
	if (!rules->overlap && wd_side_overlaps(&src, &dst))
		return -EINVAL;
	if (req->op == WD_COPY && dst.total < src.total)
		return -EINVAL;
	if (req->op == WD_COMPARE && dst.total != src.total)
		return -EINVAL;
	if (wd_unlikely(ctx->reserved_only) && !ctx->bounce &&
	    (!wd_side_reached(ctx, &src) || !wd_side_reached(ctx, &dst)))
		return -EFAULT;
	return rules->codec ? wd_request_check_codec(ctx, req) : 0;
}

uint32_t wd_checksum_combine(enum wd_format format, uint32_t first,
			     uint32_t second, uint64_t second_len)
{
	switch (format) {
	case WD_GZIP:
		return (uint32_t)crc32_combine(first, second,
					       (z_off_t)second_len);
	case WD_ZLIB:
		return (uint32_t)adler32_combine(first, second,
						 (z_off_t)second_len);
	default:
		return 0;
	}
}

/*
 * The worst of what the codecs add: a block header for every 5000 bytes or so
 * of input, and a wrapper and the end of a fragment once.
 */
size_t wd_compress_bound(enum wd_format format, size_t len)
{
	size_t extra = len / 512 + 1024;

	(void)format;
	return len > SIZE_MAX - extra ? SIZE_MAX : len + extra;
}
