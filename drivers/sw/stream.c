// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>

#include "deflater.h"
#include "inflater.h"
#include "sw.h"

struct sw_stream {
	struct wd_stream base;
	struct sw_deflater *deflater; /* of WD_COMPRESS */
	struct sw_inflater *inflater; /* of WD_DECOMPRESS */
	bool ended; /* or failed for good */
};

static struct sw_stream *sw_stream_of(struct wd_stream *stream)
{
	return container_of(stream, struct sw_stream, base);
}

int sw_stream_reset(struct wd_stream *stream)
{
	struct sw_stream *s = sw_stream_of(stream);

	s->ended = false;
	if (s->deflater)
		return sw_deflater_begin(s->deflater, stream->format,
					 stream->level);
	sw_inflater_begin(s->inflater, stream->format);
	return 0;
}

void sw_stream_close(struct wd_stream *stream)
{
	struct sw_stream *s = sw_stream_of(stream);

	sw_deflater_destroy(s->deflater);
	sw_inflater_destroy(s->inflater);
	free(s);
}

int sw_stream_open(struct wd_ctx *ctx, const struct wd_stream *params,
		   struct wd_stream **stream)
{
	struct sw_stream *s = calloc(1, sizeof(*s));
	int ret = -ENOMEM;

	(void)ctx;
	if (!s)
		return -ENOMEM;
	s->base.ctx = params->ctx;
	s->base.op = params->op;
	s->base.format = params->format;
	s->base.level = params->level;
	if (params->op == WD_COMPRESS)
		s->deflater = sw_deflater_create();
	else
		s->inflater = sw_inflater_create();
	if (s->deflater || s->inflater)
		ret = sw_stream_reset(&s->base);
	if (ret) {
		sw_stream_close(&s->base);
		return ret;
	}
	*stream = &s->base;
	return 0;
}

/* Whether a stream may go on after a request answered @status. */
static bool sw_stream_goes_on(const struct wd_request *req, int status)
{
	if (status == -ENOSPC || status == -ENODATA)
		return true;
	return !status && req->op == WD_COMPRESS &&
	       wd_request_flush(req) != WD_FLUSH_FINISH;
}

int sw_stream_execute(struct wd_request *req)
{
	struct sw_stream *s = sw_stream_of(req->stream);
	struct sw_cursor src;
	struct sw_cursor dst;
	int status;

	if (s->ended)
		return -EINVAL;
	sw_cursor_src(&src, req);
	sw_cursor_dst(&dst, req);
	if (s->deflater)
		status = sw_deflater_run(s->deflater, &src, &dst,
					 wd_request_flush(req));
	else
		status = sw_inflater_run(s->inflater, &src, &dst);

	req->consumed = src.done;
	req->produced = dst.done;
	s->ended = !sw_stream_goes_on(req, status);
	if (s->ended && !status)
		req->checksum = s->deflater ?
					sw_deflater_checksum(s->deflater) :
					sw_inflater_checksum(s->inflater);
	return status;
}
