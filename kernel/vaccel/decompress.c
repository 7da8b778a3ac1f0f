// SPDX-License-Identifier: GPL-2.0-only
/* DECOMPRESS: moves a decoder between a request's input, output and state. */
#include "codec.h"
#include "vaccel.h"

/*
 * struct vaccel_expand - a DECOMPRESS at work
 * @fetched: bytes of input that were read
 * @written: bytes of z->plain before it are in the destination
 */
struct vaccel_expand {
	struct vaccel_request *rq;
	struct vaccel_codec *codec;
	struct vaccel_inflate *z;
	u32 fetched;
	u32 written;
};

static int vaccel_expand_input(struct vaccel_expand *x)
{
	u32 want = min(x->rq->src.left, VACCEL_CODEC_IN);
	u32 got;
	int ret;

	ret = vaccel_sg_read(&x->rq->src, x->codec->in, want, &got);
	if (ret)
		return ret;
	x->fetched += got;
	x->z->in = x->codec->in;
	x->z->in_end = x->codec->in + got;
	return 0;
}

/* Hands out what was decoded, and makes room for more. */
static int vaccel_expand_output(struct vaccel_expand *x)
{
	struct vaccel_inflate *z = x->z;
	u32 keep, done;
	int ret;

	vaccel_inflate_check(z);
	ret = vaccel_sg_write(&x->rq->dst, z->plain + x->written,
			      z->pos - x->written, &done);
	x->rq->cqe.produced += done;
	if (ret)
		return ret;
	x->written = z->pos;

	if (z->pos == VACCEL_CODEC_PLAIN) {
		keep = min(z->pos - z->start, VACCEL_HISTORY);
		memmove(z->plain + VACCEL_HISTORY - keep,
			z->plain + z->pos - keep, keep);
		z->start = VACCEL_HISTORY - keep;
		z->pos = VACCEL_HISTORY;
		z->checked = z->pos;
		x->written = z->pos;
	}
	z->limit = min(VACCEL_CODEC_PLAIN - z->pos, x->rq->dst.left) + z->pos;
	return 0;
}

/*
 * Whole bytes that are behind what was decoded go back: they are behind the end
 * of the stream, or will come again.
 */
static void vaccel_expand_return(struct vaccel_expand *x,
				 enum vaccel_inflate_result result)
{
	struct vaccel_stream *s = x->z->s;
	u32 unused = x->z->in_end - x->z->in;
	u32 back = 0;

	if (result != VACCEL_INFLATE_INPUT)
		back = min(s->nbits / 8, x->fetched - unused);
	s->nbits -= 8 * back;
	s->bits &= s->nbits ? GENMASK_ULL(s->nbits - 1, 0) : 0;
	x->rq->cqe.consumed = x->fetched - unused - back;
	s->total_in += x->rq->cqe.consumed;
}

/* Decodes as far as input and room go: what it stopped for, or an error. */
static int vaccel_expand_run(struct vaccel_expand *x)
{
	struct vaccel_inflate *z = x->z;
	int result;
	int ret;

	z->in = z->in_end = x->codec->in;
	for (;;) {
		result = vaccel_inflate_run(z);
		if (vaccel_engine_interrupted(x->rq->q))
			return -ECANCELED;
		if (result == VACCEL_INFLATE_INPUT && x->rq->src.left) {
			ret = vaccel_expand_input(x);
			if (ret)
				return ret;
			continue;
		}
		ret = vaccel_expand_output(x);
		if (ret)
			return ret;
		if (result != VACCEL_INFLATE_OUTPUT || z->pos == z->limit)
			break;
	}
	vaccel_expand_return(x, result);
	return result;
}

static int vaccel_expand_save(struct vaccel_expand *x)
{
	struct vaccel_inflate *z = x->z;
	struct vaccel_stream *s = z->s;
	int ret;

	s->window_len = min(z->pos - z->start, VACCEL_HISTORY);
	ret = vaccel_stream_write(x->rq, VACCEL_STREAM_WINDOW,
				  z->plain + z->pos - s->window_len,
				  s->window_len);
	return ret ? ret : vaccel_stream_save(x->rq, s);
}

static int vaccel_expand_part(struct vaccel_expand *x)
{
	struct vaccel_cqe *cqe = &x->rq->cqe;
	int result;
	int ret;

	result = vaccel_expand_run(x);
	if (result < 0)
		return vaccel_request_status(x->rq, result);
	if (result == VACCEL_INFLATE_DATA)
		return VACCEL_ST_DATA;

	ret = vaccel_expand_save(x);
	if (ret)
		return vaccel_request_status(x->rq, ret);
	cqe->result = x->z->s->check;
	if (result == VACCEL_INFLATE_END)
		cqe->flags |= VACCEL_CQE_END;
	if (result == VACCEL_INFLATE_OUTPUT)
		cqe->flags |= VACCEL_CQE_MORE;
	return VACCEL_ST_OK;
}

static int vaccel_expand_whole(struct vaccel_expand *x)
{
	int result = vaccel_expand_run(x);

	x->rq->cqe.result = x->z->s->check;
	switch (result) {
	case VACCEL_INFLATE_END:
		x->rq->cqe.flags |= VACCEL_CQE_END;
		return VACCEL_ST_OK;
	case VACCEL_INFLATE_OUTPUT:
		return VACCEL_ST_NOSPACE;
	case VACCEL_INFLATE_INPUT:
		return VACCEL_ST_TRUNCATED;
	case VACCEL_INFLATE_DATA:
		return VACCEL_ST_DATA;
	default:
		return vaccel_request_status(x->rq, result);
	}
}

/* Loads or begins the stream, with its history right before the output. */
static int vaccel_expand_begin(struct vaccel_expand *x,
			       const struct vaccel_comp_param *param)
{
	struct vaccel_inflate *z = x->z;
	struct vaccel_stream *s = z->s;
	int ret;

	if (x->rq->desc.ctx) {
		ret = vaccel_stream_load(x->rq, s, param);
		if (ret)
			return ret;
	} else {
		vaccel_stream_init(s, VACCEL_OP_DECOMPRESS, param->format,
				   param->window);
	}

	z->plain = x->codec->plain;
	z->start = VACCEL_HISTORY - s->window_len;
	z->pos = VACCEL_HISTORY;
	z->checked = z->pos;
	z->limit = z->pos + min(VACCEL_CODEC_PLAIN - z->pos, x->rq->dst.left);
	x->written = z->pos;
	if (!x->rq->desc.ctx)
		return VACCEL_ST_OK;
	if (!vaccel_inflate_resume(z))
		return VACCEL_ST_STATE;
	ret = vaccel_stream_read(x->rq, VACCEL_STREAM_WINDOW,
				 z->plain + z->start, s->window_len);
	return vaccel_request_status(x->rq, ret);
}

int vaccel_decompress(struct vaccel_request *rq)
{
	struct vaccel_comp_param param;
	struct vaccel_expand x = { .rq = rq };
	int status;

	status = vaccel_comp_param(rq, false, &param);
	if (status)
		return status;
	x.codec = vaccel_codec_get(rq->q->dev);
	if (!x.codec)
		return VACCEL_ST_IO;
	x.z = &x.codec->inflate;
	x.z->s = &x.codec->stream;

	status = vaccel_expand_begin(&x, &param);
	if (!status)
		status = rq->desc.ctx ? vaccel_expand_part(&x) :
					vaccel_expand_whole(&x);
	vaccel_codec_put(rq->q->dev, x.codec);
	return status;
}
