// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"
#include "vaccel.h"

int vaccel_stream_reset(struct wd_stream *stream)
{
	struct vaccel_user_stream *s = vaccel_stream_of(stream);

	/* Zeroes at the start of the state begin a stream (section 5.2). */
	memset(s->state, 0, sizeof(struct vaccel_stream));
	s->begun = false;
	s->ended = false;
	return 0;
}

void vaccel_stream_close(struct wd_stream *stream)
{
	struct vaccel_user_stream *s = vaccel_stream_of(stream);

	struct vaccel_queue *q = vaccel_queue_of(stream->ctx);

	/* A child has its copy of the pool, and nobody to share it with. */
	if (stream->ctx->owner == wd_process_id()) {
		vaccel_lock(q);
		vaccel_memory_put(q, s->state, q->stream_size);
		vaccel_unlock(q);
	} else if (!stream->ctx->reserved_only) {
		free(s->state);
	}
	free(s);
}

int vaccel_stream_open(struct wd_ctx *ctx, const struct wd_stream *params,
		       struct wd_stream **stream)
{
	struct vaccel_queue *q = vaccel_queue_of(ctx);
	struct vaccel_user_stream *s;

	if (!(q->features & VACCEL_FEAT_STREAM))
		return -EOPNOTSUPP;

	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->base.ctx = params->ctx;
	s->base.op = params->op;
	s->base.format = params->format;
	s->base.level = params->level;
	vaccel_lock(q);
	s->state = vaccel_memory_get(q, q->stream_size);
	vaccel_unlock(q);
	if (!s->state) {
		free(s);
		return -ENOMEM;
	}
	vaccel_stream_reset(&s->base);
	*stream = &s->base;
	return 0;
}
