// SPDX-License-Identifier: MIT
#include <errno.h>

#include "queue.h"

int wd_stream_open(struct wd_queue *q, enum wd_op op, enum wd_format format,
		   int level, unsigned int flags, struct wd_stream **stream)
{
	struct wd_stream params;
	struct wd_ctx *ctx;
	int ret = wd_queue_enter(q, &ctx);

	if (ret)
		return ret;
	if (!stream || (op != WD_COMPRESS && op != WD_DECOMPRESS) ||
	    (unsigned int)format >= WD_FORMAT_COUNT || level < WD_LEVEL_STORE ||
	    level > WD_LEVEL_MAX)
		return -EINVAL;
	if (flags || !ctx->ops->stream_open)
		return -EOPNOTSUPP;

	params = (struct wd_stream){
		.ctx = ctx,
		.op = op,
		.format = format ? format : ctx->format,
		.level = wd_request_level(level),
	};
	if (params.format == WD_FORMAT_QUEUE)
		return -EINVAL;
	return ctx->ops->stream_open(ctx, &params, stream);
}

int wd_stream_reset(struct wd_stream *stream)
{
	int ret;

	if (!stream)
		return -EINVAL;
	if (stream->ctx->owner != wd_process_id())
		return -EPERM;
	if (atomic_exchange(&stream->busy, true))
		return -EBUSY;
	ret = stream->ctx->ops->stream_reset(stream);
	atomic_store(&stream->busy, false);
	return ret;
}

void wd_stream_close(struct wd_stream *stream)
{
	if (stream)
		stream->ctx->ops->stream_close(stream);
}
