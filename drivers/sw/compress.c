// SPDX-License-Identifier: MIT
#include <errno.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "deflater.h"
#include "join.h"
#include "sw.h"

/*
 * Which codec a level is: ISA-L's own level at the fast end, libdeflate's where
 * size counts. docs/compression.md has the measurement of where they cross.
 */
struct sw_codec {
	bool isal;
	int level;
};

static struct sw_codec sw_codec(int level)
{
	switch (level) {
	case WD_LEVEL_STORE:
		return (struct sw_codec){ false, 0 };
	case 1:
	case 2:
		return (struct sw_codec){ true, level };
	case 3:
		return (struct sw_codec){ false, 1 };
	default:
		return (struct sw_codec){ false, level };
	}
}

/* One request of one buffer, on its way through a codec. */
struct sw_job {
	enum wd_format format;
	struct sw_codec codec;
	bool fragment;
	bool whole; /* it ends the deflate stream */
	const void *src;
	size_t len;
};

static int sw_compress_isal(struct sw_scratch *scratch,
			    const struct sw_job *job, void *dst, size_t room,
			    size_t *produced)
{
	return sw_deflater_once(scratch->deflater,
				job->fragment ? WD_DEFLATE : job->format,
				job->codec.level, job->whole, job->src,
				job->len, dst, room, produced);
}

static struct libdeflate_compressor *
sw_compress_libdeflate_get(struct sw_scratch *scratch, int level)
{
	if (!scratch->libdeflate[level])
		scratch->libdeflate[level] = libdeflate_alloc_compressor(level);
	return scratch->libdeflate[level];
}

static int sw_compress_libdeflate(struct sw_scratch *scratch,
				  const struct sw_job *job, void *dst,
				  size_t room, size_t *produced)
{
	struct libdeflate_compressor *c;
	size_t n;

	c = sw_compress_libdeflate_get(scratch, job->codec.level);
	if (!c)
		return -ENOMEM;
	if (!job->whole) {
		if (!scratch->join)
			scratch->join = sw_join_create();
		if (!scratch->join)
			return -ENOMEM;
		if (room <= SW_JOIN_EXTRA)
			return -ENOSPC;
		room -= SW_JOIN_EXTRA;
	}

	if (job->fragment || job->format == WD_DEFLATE)
		n = libdeflate_deflate_compress(c, job->src, job->len, dst,
						room);
	else if (job->format == WD_ZLIB)
		n = libdeflate_zlib_compress(c, job->src, job->len, dst, room);
	else
		n = libdeflate_gzip_compress(c, job->src, job->len, dst, room);
	if (!n)
		return -ENOSPC;
	*produced = n;
	return job->whole ? 0 : sw_join_unfinish(scratch->join, dst, produced);
}

static int sw_compress_once(struct sw_scratch *scratch,
			    const struct sw_job *job, void *dst, size_t room,
			    size_t *produced)
{
	return job->codec.isal ?
		       sw_compress_isal(scratch, job, dst, room, produced) :
		       sw_compress_libdeflate(scratch, job, dst, room,
					      produced);
}

/*
 * The codecs want a few bytes more room than they fill. Where they say that it
 * does not fit, there may be just enough: try beside it, and look.
 */
static int sw_compress_tight(struct sw_scratch *scratch,
			     const struct sw_job *job, void *dst, size_t room,
			     size_t *produced)
{
	size_t bound = wd_compress_bound(job->format, job->len);
	void *beside;
	int ret;

	if (room >= bound)
		return -EIO; /* that was enough by definition */
	beside = malloc(bound);
	if (!beside)
		return -ENOMEM;
	ret = sw_compress_once(scratch, job, beside, bound, produced);
	if (!ret && *produced > room)
		ret = -ENOSPC;
	if (!ret)
		memcpy(dst, beside, *produced);
	free(beside);
	return ret;
}

/* The check value of the whole source. */
static uint32_t sw_compress_checksum(enum wd_format format,
				     const struct wd_request *req)
{
	uint32_t sum = sw_checksum_start(format);
	struct sw_cursor src;

	sw_cursor_src(&src, req);
	while (!sw_cursor_end(&src)) {
		sum = sw_checksum(format, sum, src.at, src.left);
		sw_cursor_advance(&src, src.left);
	}
	return sum;
}

/* The check value that stands in the trailer of a whole object. */
static uint32_t sw_compress_trailer(enum wd_format format, const uint8_t *end)
{
	switch (format) {
	case WD_GZIP: /* RFC 1952 section 2.3: little-endian, then the length */
		end -= 8;
		return (uint32_t)end[0] | (uint32_t)end[1] << 8 |
		       (uint32_t)end[2] << 16 | (uint32_t)end[3] << 24;
	case WD_ZLIB: /* RFC 1950 section 2.2: big-endian */
		end -= 4;
		return (uint32_t)end[0] << 24 | (uint32_t)end[1] << 16 |
		       (uint32_t)end[2] << 8 | (uint32_t)end[3];
	default:
		return 0;
	}
}

static int sw_compress_flat(struct sw_scratch *scratch, struct wd_request *req,
			    const struct sw_job *job)
{
	size_t produced = 0;
	int ret;

	ret = sw_compress_once(scratch, job, req->dst, req->dst_len, &produced);
	if (ret == -ENOSPC)
		ret = sw_compress_tight(scratch, job, req->dst, req->dst_len,
					&produced);
	if (ret)
		return ret;

	req->consumed = job->len;
	req->produced = produced;
	req->checksum =
		job->fragment ?
			sw_compress_checksum(job->format, req) :
			sw_compress_trailer(job->format,
					    (uint8_t *)req->dst + produced);
	return 0;
}

/* Lists, and what is too long for one call: piece by piece. */
static int sw_compress_pieces(struct sw_scratch *scratch,
			      struct wd_request *req, const struct sw_job *job,
			      int level)
{
	struct sw_cursor src;
	struct sw_cursor dst;
	int ret;

	ret = sw_deflater_begin(scratch->deflater,
				job->fragment ? WD_DEFLATE : job->format,
				level);
	if (ret)
		return ret;
	sw_cursor_src(&src, req);
	sw_cursor_dst(&dst, req);
	ret = sw_deflater_run(scratch->deflater, &src, &dst,
			      wd_request_flush(req));
	req->consumed = src.done;
	req->produced = dst.done;
	if (!ret)
		req->checksum = job->fragment ?
					sw_compress_checksum(job->format, req) :
					sw_deflater_checksum(scratch->deflater);
	return ret;
}

int sw_compress(struct sw_scratch *scratch, struct wd_request *req)
{
	bool scattered = req->flags & (WD_REQUEST_SRC_IOV | WD_REQUEST_DST_IOV);
	int level = wd_request_level(req->level);
	struct sw_job job = {
		.format = wd_request_format(scratch->ctx, req),
		.codec = sw_codec(level),
		.fragment = req->flags & WD_REQUEST_FRAGMENT,
		.whole = wd_request_flush(req) == WD_FLUSH_FINISH,
		.src = req->src,
		.len = req->src_len,
	};

	if (!scratch->deflater)
		scratch->deflater = sw_deflater_create();
	if (!scratch->deflater)
		return -ENOMEM;
	if (scattered || (job.codec.isal && job.len > SW_PIECE_MAX))
		return sw_compress_pieces(scratch, req, &job, level);
	return sw_compress_flat(scratch, req, &job);
}
