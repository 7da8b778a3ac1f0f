// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>

#include "comp.h"

struct wd_comp_stream {
	struct wd_comp *comp;
	struct wd_stream *stream;
	enum wd_op op;
	bool aside; /* on the fallback queue: the device has no such streams */
	int error; /* after which the stream can only be reset or closed */
};

int wd_comp_stream_open(struct wd_comp *comp, enum wd_op op,
			struct wd_comp_stream **out)
{
	struct wd_comp_stream *stream;
	struct wd_queue *queue;
	int ret;

	if (!comp || !out)
		return -EINVAL;
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return -ENOMEM;
	stream->comp = comp;
	stream->op = op;
	queue = &comp->session.queue;
	ret = wd_stream_open(queue, op, comp->format, comp->level, 0,
			     &stream->stream);
	if (ret && wd_session_falls_back(&comp->session, ret))
		queue = wd_session_fallback(&comp->session);
	if (queue && queue != &comp->session.queue) {
		stream->aside = true;
		ret = wd_stream_open(queue, op, comp->format, comp->level, 0,
				     &stream->stream);
	}
	if (ret) {
		free(stream);
		return ret;
	}
	*out = stream;
	return 0;
}

/*
 * What a request's status means to the caller: 1 the end, 0 go on, or an error.
 * Room that ran out and input that is used up are the normal course.
 */
static int wd_comp_stream_status(const struct wd_comp_stream *stream,
				 int status, enum wd_flush flush)
{
	switch (status) {
	case 0:
		return stream->op == WD_DECOMPRESS || flush == WD_FLUSH_FINISH;
	case -ENOSPC:
	case -ENODATA:
		return 0;
	default:
		return status;
	}
}

int wd_comp_stream_run(struct wd_comp_stream *stream,
		       struct wd_comp_buffers *buffers, enum wd_flush flush)
{
	struct wd_request req;
	int ret;

	if (!stream || !buffers || (unsigned int)flush >= WD_FLUSH_COUNT)
		return -EINVAL;
	if (stream->error)
		return stream->error;

	req = (struct wd_request){
		.op = (uint8_t)stream->op,
		.flush = (uint8_t)flush,
		.src = buffers->in,
		.src_len = buffers->in_len,
		.dst = buffers->out,
		.dst_len = buffers->out_len,
		.stream = stream->stream,
	};
	ret = stream->aside ?
		      wd_session_run_aside(&stream->comp->session, &req) :
		      wd_session_run(&stream->comp->session, &req);
	if (ret == -ETIMEDOUT)
		stream->error = ret;
	if (ret)
		return ret;

	if (req.consumed) /* else it may be NULL, and so may the other */
		buffers->in = (const char *)buffers->in + req.consumed;
	buffers->in_len -= req.consumed;
	if (req.produced)
		buffers->out = (char *)buffers->out + req.produced;
	buffers->out_len -= req.produced;
	ret = wd_comp_stream_status(stream, req.status, flush);
	if (ret < 0)
		stream->error = ret;
	return ret;
}

int wd_comp_stream_reset(struct wd_comp_stream *stream)
{
	int ret;

	if (!stream)
		return -EINVAL;
	ret = wd_stream_reset(stream->stream);
	if (!ret)
		stream->error = 0;
	return ret;
}

void wd_comp_stream_close(struct wd_comp_stream *stream)
{
	if (!stream)
		return;
	wd_stream_close(stream->stream);
	free(stream);
}
