// SPDX-License-Identifier: GPL-2.0-only
/*
 * COMPRESS, with the kernel's zlib. Its state has pointers and cannot live in
 * the process, so a stream's parts end at byte boundaries: what goes from one
 * part to the next is the history, and the next part shows it to zlib again.
 * Input too little to be worth that is held until there is more.
 */
#include <linux/zlib.h>

#include "codec.h"
#include "vaccel.h"

/* zlib gets its input in steps, so that it stops soon when room is short. */
#define VACCEL_SHRINK_STEP 0x2000u

/*
 * struct vaccel_shrink - a COMPRESS at work
 * @fill: bytes in codec->plain

 */
struct vaccel_shrink {
	struct vaccel_request *rq;
	struct vaccel_codec *codec;
	struct vaccel_stream *s;
	struct vaccel_comp_param param;
	struct z_stream_s zs;
	u32 fill;
};

static bool vaccel_shrink_more_input(const struct vaccel_shrink *x)
{
	return x->s->held_len || x->rq->src.left;
}

/* Output goes to the destination, and what has no room there is pending. */
static int vaccel_shrink_put(struct vaccel_shrink *x, const void *buf, u32 len)
{
	struct vaccel_request *rq = x->rq;
	struct vaccel_stream *s = x->s;
	u32 part = min(len, rq->dst.left);
	u32 done;
	int ret;

	ret = vaccel_sg_write(&rq->dst, buf, part, &done);
	rq->cqe.produced += done;
	s->total_out += done;
	if (ret)
		return ret;
	len -= part;
	if (!len)
		return 0;
	if (!rq->desc.ctx)
		return -ENOSPC;
	if (len > VACCEL_STREAM_PENDING_MAX - s->pending_len)
		return -EIO;
	memcpy(x->codec->pending + s->pending_len, buf + part, len);
	s->pending_len += len;
	return 0;
}

/* Runs zlib until it has taken its input and done the flush. */
static int vaccel_shrink_pump(struct vaccel_shrink *x, int flush, bool discard)
{
	struct z_stream_s *zs = &x->zs;
	int zret;
	int ret;

	do {
		if (vaccel_engine_interrupted(x->rq->q))
			return -ECANCELED;
		zs->next_out = x->codec->out;
		zs->avail_out = VACCEL_CODEC_OUT;
		zret = zlib_deflate(zs, flush);
		if (zret != Z_OK && zret != Z_STREAM_END && zret != Z_BUF_ERROR)
			return -EIO;
		if (discard)
			continue;
		ret = vaccel_shrink_put(x, x->codec->out,
					VACCEL_CODEC_OUT - zs->avail_out);
		if (ret)
			return ret;
	} while (!zs->avail_out || (flush == Z_FINISH && zret != Z_STREAM_END));
	return 0;
}

static int vaccel_shrink_header(struct vaccel_shrink *x)
{
	u8 head[10] = { 0x1f, 0x8b, Z_DEFLATED };
	u8 level = x->param.level;
	u32 len = 10;

	if (x->s->mode != VACCEL_SM_HEAD)
		return 0;
	x->s->mode = VACCEL_SM_BODY;
	switch (x->s->format) {
	case VACCEL_FORMAT_RAW:
		return 0;
	case VACCEL_FORMAT_ZLIB:
		head[0] = (x->s->window_bits - 8) << 4 | Z_DEFLATED;
		head[1] = (level < 2  ? 0 :
			   level < 6  ? 1 :
			   level == 6 ? 2 :
					3)
			  << 6;
		head[1] += 31 - (head[0] << 8 | head[1]) % 31;
		len = 2;
		break;
	default:
		head[8] = level == 9 ? 2 : level == 1 ? 4 : 0;
		head[9] = 3;
		break;
	}
	return vaccel_shrink_put(x, head, len);
}

static int vaccel_shrink_trailer(struct vaccel_shrink *x)
{
	struct vaccel_stream *s = x->s;
	__le32 tail[2] = { cpu_to_le32(s->check), cpu_to_le32(s->total_in) };
	__be32 adler = cpu_to_be32(s->check);

	switch (s->format) {
	case VACCEL_FORMAT_RAW:
		return 0;
	case VACCEL_FORMAT_ZLIB:
		return vaccel_shrink_put(x, &adler, sizeof(adler));
	default:
		return vaccel_shrink_put(x, tail, sizeof(tail));
	}
}

/* Plain bytes that were taken: counted and checked when they are, once. */
static void vaccel_shrink_taken(struct vaccel_shrink *x, const void *buf,
				u32 len)
{
	struct vaccel_stream *s = x->s;

	s->check = vaccel_check(s->format, s->check, buf, len);
	s->total_in += len;
	x->rq->cqe.consumed += len;
}

/* The next step of input, behind the history, which has to stay there. */
static int vaccel_shrink_fetch(struct vaccel_shrink *x)
{
	struct vaccel_stream *s = x->s;
	u8 *plain = x->codec->plain;
	u32 part, done;
	int ret;

	if (x->fill > VACCEL_CODEC_PLAIN - VACCEL_SHRINK_STEP) {
		memmove(plain, plain + x->fill - VACCEL_HISTORY,
			VACCEL_HISTORY);
		x->fill = VACCEL_HISTORY;
	}
	plain += x->fill;
	if (s->held_len) {
		part = min(s->held_len, VACCEL_SHRINK_STEP);
		ret = vaccel_stream_read(x->rq, VACCEL_STREAM_HELD + s->left,
					 plain, part);
		if (ret)
			return ret;
		s->held_len -= part;
		s->left += part;
	} else {
		part = min(x->rq->src.left, VACCEL_SHRINK_STEP);
		ret = vaccel_sg_read(&x->rq->src, plain, part, &done);
		if (ret)
			return ret;
		vaccel_shrink_taken(x, plain, part);
	}
	x->zs.next_in = plain;
	x->zs.avail_in = part;
	x->fill += part;
	return 0;
}

static int vaccel_shrink_setup(struct vaccel_shrink *x)
{
	x->zs.workspace = x->codec->workspace;
	if (zlib_deflateInit2(&x->zs, x->param.level, Z_DEFLATED,
			      -x->s->window_bits, DEF_MEM_LEVEL,
			      Z_DEFAULT_STRATEGY) != Z_OK)
		return -EIO;
	if (!x->fill)
		return 0;
	x->zs.next_in = x->codec->plain;
	x->zs.avail_in = x->fill;
	return vaccel_shrink_pump(x, Z_SYNC_FLUSH, true);
}

static int vaccel_shrink_finish(struct vaccel_shrink *x)
{
	bool done = !vaccel_shrink_more_input(x);
	int ret;

	if (!done || x->param.flush < VACCEL_FLUSH_FULL)
		return vaccel_shrink_pump(x, Z_SYNC_FLUSH, false);
	if (x->param.flush == VACCEL_FLUSH_FULL) {
		ret = vaccel_shrink_pump(x, Z_FULL_FLUSH, false);
		x->fill = 0;
		return ret;
	}
	ret = vaccel_shrink_pump(x, Z_FINISH, false);
	if (!ret)
		ret = vaccel_shrink_trailer(x);
	x->s->mode = VACCEL_SM_TRAILER;
	return ret;
}

/* Compresses as far as input and room go. */
static int vaccel_shrink_run(struct vaccel_shrink *x)
{
	int ret;

	ret = vaccel_shrink_setup(x);
	if (!ret)
		ret = vaccel_shrink_header(x);
	while (!ret && !x->s->pending_len && vaccel_shrink_more_input(x)) {
		ret = vaccel_shrink_fetch(x);
		if (!ret)
			ret = vaccel_shrink_pump(x, Z_NO_FLUSH, false);
	}
	return ret ? ret : vaccel_shrink_finish(x);
}

/* Output that was left over; s->dist says where it begins. */
static int vaccel_shrink_deliver(struct vaccel_shrink *x)
{
	struct vaccel_request *rq = x->rq;
	struct vaccel_stream *s = x->s;
	u32 part, done;
	int ret;

	while (s->pending_len && rq->dst.left) {
		part = min3(s->pending_len, rq->dst.left, VACCEL_CODEC_OUT);
		ret = vaccel_stream_read(rq, VACCEL_STREAM_PENDING + s->dist,
					 x->codec->out, part);
		if (ret)
			return ret;
		ret = vaccel_sg_write(&rq->dst, x->codec->out, part, &done);
		rq->cqe.produced += done;
		s->total_out += done;
		if (ret)
			return ret;
		s->dist += part;
		s->pending_len -= part;
	}
	return 0;
}

/* Input that is kept for later. */
static int vaccel_shrink_hold(struct vaccel_shrink *x)
{
	struct vaccel_stream *s = x->s;
	u32 part, done;
	int ret;

	while (x->rq->src.left) {
		part = min(x->rq->src.left, VACCEL_CODEC_IN);
		ret = vaccel_sg_read(&x->rq->src, x->codec->in, part, &done);
		if (ret)
			return ret;
		ret = vaccel_stream_write(
			x->rq, VACCEL_STREAM_HELD + s->left + s->held_len,
			x->codec->in, part);
		if (ret)
			return ret;
		s->held_len += part;
		vaccel_shrink_taken(x, x->codec->in, part);
	}
	return 0;
}

static int vaccel_shrink_save(struct vaccel_shrink *x)
{
	struct vaccel_stream *s = x->s;
	int ret;

	s->window_len = min(x->fill, VACCEL_HISTORY);
	ret = vaccel_stream_write(x->rq, VACCEL_STREAM_WINDOW,
				  x->codec->plain + x->fill - s->window_len,
				  s->window_len);
	if (ret)
		return ret;
	return vaccel_stream_write(x->rq, VACCEL_STREAM_PENDING,
				   x->codec->pending, s->pending_len);
}

/* New blocks: the history is loaded before and stored after. */
static int vaccel_shrink_blocks(struct vaccel_shrink *x)
{
	struct vaccel_stream *s = x->s;
	int ret;

	s->dist = 0;
	x->fill = s->window_len;
	ret = vaccel_stream_read(x->rq, VACCEL_STREAM_WINDOW, x->codec->plain,
				 x->fill);
	if (!ret)
		ret = vaccel_shrink_run(x);
	if (!ret)
		ret = vaccel_shrink_save(x);
	if (ret)
		return ret;
	s->hflags = vaccel_shrink_more_input(x)		? 0 :
		    x->param.flush == VACCEL_FLUSH_FULL ? VACCEL_FLUSH_FULL :
							  VACCEL_FLUSH_SYNC;
	if (!s->held_len)
		s->left = 0;
	return 0;
}

static int vaccel_shrink_part(struct vaccel_shrink *x)
{
	struct vaccel_request *rq = x->rq;
	struct vaccel_stream *s = x->s;
	int ret;

	ret = vaccel_shrink_deliver(x);
	if (ret || s->pending_len || s->mode == VACCEL_SM_TRAILER)
		return ret;
	if (x->param.flush == VACCEL_FLUSH_NONE &&
	    s->left + s->held_len + rq->src.left <= VACCEL_STREAM_HELD_MAX)
		return vaccel_shrink_hold(x);
	/* A flush that was done, and was asked for again to fetch its output. */
	if (!vaccel_shrink_more_input(x) && x->param.flush <= s->hflags)
		return 0;
	return vaccel_shrink_blocks(x);
}

static bool vaccel_shrink_state_valid(const struct vaccel_shrink *x)
{
	const struct vaccel_stream *s = x->s;

	if (s->left > VACCEL_STREAM_HELD_MAX - s->held_len ||
	    s->dist > VACCEL_STREAM_PENDING_MAX - s->pending_len)
		return false;
	switch (s->mode) {
	case VACCEL_SM_HEAD:
	case VACCEL_SM_BODY:
		return true;
	case VACCEL_SM_TRAILER:
		return !s->held_len && !x->rq->desc.src_len &&
		       x->param.flush == VACCEL_FLUSH_FINISH;
	default:
		return false;
	}
}

static int vaccel_shrink_stream(struct vaccel_shrink *x)
{
	struct vaccel_request *rq = x->rq;
	struct vaccel_stream *s = x->s;
	int status;
	int ret;

	status = vaccel_stream_load(rq, s, &x->param);
	if (status)
		return status;
	if (!vaccel_shrink_state_valid(x))
		return VACCEL_ST_STATE;

	ret = vaccel_shrink_part(x);
	if (ret)
		return vaccel_request_status(rq, ret);
	if (s->pending_len || rq->src.left ||
	    (s->held_len && x->param.flush != VACCEL_FLUSH_NONE))
		rq->cqe.flags |= VACCEL_CQE_MORE;
	if (s->mode == VACCEL_SM_TRAILER && !s->pending_len) {
		s->mode = VACCEL_SM_END;
		rq->cqe.flags |= VACCEL_CQE_END;
	}
	rq->cqe.result = s->check;
	return vaccel_request_status(rq, vaccel_stream_save(rq, s));
}

static int vaccel_shrink_whole(struct vaccel_shrink *x)
{
	int ret;

	vaccel_stream_init(x->s, VACCEL_OP_COMPRESS, x->param.format,
			   x->param.window);
	ret = vaccel_shrink_run(x);
	if (ret == -ENOSPC)
		return VACCEL_ST_NOSPACE;
	if (ret)
		return vaccel_request_status(x->rq, ret);
	x->rq->cqe.result = x->s->check;
	x->rq->cqe.flags |= VACCEL_CQE_END;
	return VACCEL_ST_OK;
}

int vaccel_compress(struct vaccel_request *rq)
{
	struct vaccel_shrink x = { .rq = rq };
	int status;

	status = vaccel_comp_param(rq, true, &x.param);
	if (status)
		return status;
	x.codec = vaccel_codec_get(rq->q->dev);
	if (!x.codec)
		return VACCEL_ST_IO;
	x.s = &x.codec->stream;
	status = rq->desc.ctx ? vaccel_shrink_stream(&x) :
				vaccel_shrink_whole(&x);
	vaccel_codec_put(rq->q->dev, x.codec);
	return status;
}
