// SPDX-License-Identifier: MIT
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "comp.h"
#include "driver.h"

static const char *wd_comp_algorithm(enum wd_format format)
{
	switch (format) {
	case WD_ZLIB:
		return "zlib";
	case WD_GZIP:
		return "gzip";
	default:
		return "deflate";
	}
}

int wd_comp_open(struct wd_comp **out, const struct wd_comp_params *params)
{
	struct wd_comp *comp;
	int ret;

	if (!out || !params ||
	    (unsigned int)params->format >= WD_FORMAT_COUNT ||
	    params->level < WD_LEVEL_STORE || params->level > WD_LEVEL_MAX)
		return -EINVAL;
	if (params->flags & ~WD_COMP_FALLBACK)
		return -EOPNOTSUPP;

	comp = calloc(1, sizeof(*comp));
	if (!comp)
		return -ENOMEM;
	comp->format = params->format ? params->format : WD_DEFLATE;
	comp->level = params->level;
	comp->session.queue = (struct wd_queue){
		.algorithm = wd_comp_algorithm(comp->format),
		.device = params->device,
		.flags = WD_QUEUE_BOUNCE,
		.workers = params->workers,
		.depth = params->depth,
		.timeout = params->timeout,
	};
	ret = wd_session_open(&comp->session, params->flags & WD_COMP_FALLBACK);
	if (ret) {
		free(comp);
		return ret;
	}
	*out = comp;
	return 0;
}

void wd_comp_close(struct wd_comp *comp)
{
	if (!comp)
		return;
	wd_session_close(&comp->session);
	free(comp);
}

/* The session's part of a request that leaves it open. */
static void wd_comp_complete(const struct wd_comp *comp, struct wd_request *req)
{
	if (!req->format)
		req->format = (uint8_t)comp->format;
	if (!req->level)
		req->level = (int8_t)comp->level;
}

static ssize_t wd_comp_run(struct wd_comp *comp, enum wd_op op, void *dst,
			   size_t dst_len, const void *src, size_t src_len)
{
	struct wd_request req = {
		.op = (uint8_t)op,
		.src = src,
		.src_len = src_len,
		.dst = dst,
		.dst_len = dst_len,
	};
	int ret;

	if (!comp)
		return -EINVAL;
	wd_comp_complete(comp, &req);
	ret = wd_session_run(&comp->session, &req);
	if (!ret)
		ret = req.status;
	return ret ? ret : (ssize_t)req.produced;
}

ssize_t wd_compress(struct wd_comp *comp, void *dst, size_t dst_len,
		    const void *src, size_t src_len)
{
	return wd_comp_run(comp, WD_COMPRESS, dst, dst_len, src, src_len);
}

ssize_t wd_decompress(struct wd_comp *comp, void *dst, size_t dst_len,
		      const void *src, size_t src_len)
{
	return wd_comp_run(comp, WD_DECOMPRESS, dst, dst_len, src, src_len);
}

static void wd_comp_done(struct wd_session *session,
			 const struct wd_request *req, void *callback)
{
	struct wd_comp *comp = container_of(session, struct wd_comp, session);

	((wd_comp_callback)callback)(comp, req);
}

int wd_comp_submit(struct wd_comp *comp, const struct wd_request *req,
		   wd_comp_callback callback)
{
	struct wd_request copy;

	if (!comp || !req || !callback ||
	    (req->op != WD_COMPRESS && req->op != WD_DECOMPRESS))
		return -EINVAL;
	copy = *req;
	wd_comp_complete(comp, &copy);
	return wd_session_submit(&comp->session, &copy, wd_comp_done,
				 (void *)callback);
}

int wd_compress_async(struct wd_comp *comp, void *dst, size_t dst_len,
		      const void *src, size_t src_len,
		      wd_comp_callback callback, void *user)
{
	struct wd_request req = {
		.op = WD_COMPRESS,
		.src = src,
		.src_len = src_len,
		.dst = dst,
		.dst_len = dst_len,
		.user = user,
	};

	return wd_comp_submit(comp, &req, callback);
}

int wd_decompress_async(struct wd_comp *comp, void *dst, size_t dst_len,
			const void *src, size_t src_len,
			wd_comp_callback callback, void *user)
{
	struct wd_request req = {
		.op = WD_DECOMPRESS,
		.src = src,
		.src_len = src_len,
		.dst = dst,
		.dst_len = dst_len,
		.user = user,
	};

	return wd_comp_submit(comp, &req, callback);
}

int wd_comp_poll(struct wd_comp *comp, unsigned int max)
{
	return comp ? wd_session_poll(&comp->session, max) : -EINVAL;
}

int wd_comp_wait(struct wd_comp *comp, uint64_t deadline)
{
	return comp ? wd_session_wait(&comp->session, deadline) : -EINVAL;
}

int wd_comp_get_stats(struct wd_comp *comp, struct wd_comp_stats *stats)
{
	if (!comp || !stats)
		return -EINVAL;
	stats->operations = atomic_load(&comp->session.operations);
	stats->errors = atomic_load(&comp->session.errors);
	stats->fallbacks = atomic_load(&comp->session.fallbacks);
	stats->bytes_in = atomic_load(&comp->session.bytes_in);
	stats->bytes_out = atomic_load(&comp->session.bytes_out);
	return 0;
}

int wd_comp_get_bounces(struct wd_comp *comp, struct wd_bounce_stats *stats)
{
	return comp ? wd_get_bounces(&comp->session.queue, stats) : -EINVAL;
}

const char *wd_comp_device(const struct wd_comp *comp)
{
	return comp->session.queue.got.device;
}
