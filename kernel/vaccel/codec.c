// SPDX-License-Identifier: GPL-2.0-only
/* What compression and decompression share: buffers, parameters, states. */
#include <linux/crc32.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/zlib.h>
#include <linux/zutil.h>

#include "codec.h"
#include "vaccel.h"

#define VACCEL_STREAM_VERSION 1

static void vaccel_codec_free(struct vaccel_codec *codec)
{
	vfree(codec->workspace);
	kvfree(codec);
}

/* One that is free, or a new one; as many as there are engines at most. */
struct vaccel_codec *vaccel_codec_get(struct vaccel_device *vdev)
{
	struct vaccel_codec *codec;

	spin_lock(&vdev->codecs_lock);
	codec = list_first_entry_or_null(&vdev->codecs, struct vaccel_codec,
					 node);
	if (codec)
		list_del(&codec->node);
	spin_unlock(&vdev->codecs_lock);
	if (codec)
		return codec;

	codec = kvmalloc(sizeof(*codec), GFP_KERNEL);
	if (!codec)
		return NULL;
	codec->workspace =
		vzalloc(zlib_deflate_workspacesize(MAX_WBITS, MAX_MEM_LEVEL));
	if (!codec->workspace) {
		kvfree(codec);
		return NULL;
	}
	return codec;
}

void vaccel_codec_put(struct vaccel_device *vdev, struct vaccel_codec *codec)
{
	spin_lock(&vdev->codecs_lock);
	list_add(&codec->node, &vdev->codecs);
	spin_unlock(&vdev->codecs_lock);
}

void vaccel_codec_free_all(struct vaccel_device *vdev)
{
	struct vaccel_codec *codec, *next;

	list_for_each_entry_safe(codec, next, &vdev->codecs, node)
		vaccel_codec_free(codec);
	INIT_LIST_HEAD(&vdev->codecs);
}

static u8 vaccel_param_field(u32 param, unsigned int shift)
{
	return (param >> shift) & 0xf;
}

/* The parameters of a COMPRESS or DECOMPRESS, or the status that they earn. */
int vaccel_comp_param(struct vaccel_request *rq, bool compress,
		      struct vaccel_comp_param *p)
{
	u32 param = rq->desc.param;

	p->format = vaccel_param_field(param, VACCEL_COMP_FORMAT_SHIFT);
	p->level = vaccel_param_field(param, VACCEL_COMP_LEVEL_SHIFT);
	p->flush = vaccel_param_field(param, VACCEL_COMP_FLUSH_SHIFT);
	p->window = vaccel_param_field(param, VACCEL_COMP_WINDOW_SHIFT);
	if (!p->window)
		p->window = MAX_WBITS;

	if ((param & ~VACCEL_COMP_PARAM_MASK) || p->window < 9 ||
	    p->level > VACCEL_LEVEL_STORE || p->flush >= VACCEL_FLUSH_NR ||
	    p->format >= VACCEL_FORMAT_NR)
		return VACCEL_ST_INVALID;
	if (!compress && (p->level || p->flush))
		return VACCEL_ST_INVALID;
	if (compress && !rq->desc.ctx && p->flush != VACCEL_FLUSH_FINISH)
		return VACCEL_ST_INVALID;
	if (rq->desc.ctx % VACCEL_STREAM_ALIGN)
		return VACCEL_ST_INVALID;
	if (!(rq->q->dev->config.formats & BIT(p->format)))
		return VACCEL_ST_UNSUPPORTED;
	if (!p->level)
		p->level = 6;
	else if (p->level == VACCEL_LEVEL_STORE)
		p->level = Z_NO_COMPRESSION;
	return VACCEL_ST_OK;
}

u32 vaccel_check(u8 format, u32 check, const void *data, u32 len)
{
	if (format == VACCEL_FORMAT_ZLIB)
		return zlib_adler32(check, data, len);
	return ~crc32_le(~check, data, len);
}

void vaccel_stream_init(struct vaccel_stream *s, u8 kind, u8 format, u8 window)
{
	memset(s, 0, sizeof(*s));
	s->magic = VACCEL_STREAM_MAGIC;
	s->version = VACCEL_STREAM_VERSION;
	s->kind = kind;
	s->format = format;
	s->window_bits = window;
	s->check = format == VACCEL_FORMAT_ZLIB ? 1 : 0;
}

int vaccel_stream_read(struct vaccel_request *rq, u32 offset, void *buf,
		       u32 len)
{
	int error;

	swiommu_read(&rq->q->port, rq->desc.ctx + offset, buf, len, &error);
	return error;
}

int vaccel_stream_write(struct vaccel_request *rq, u32 offset, const void *buf,
			u32 len)
{
	int error;

	swiommu_write(&rq->q->port, rq->desc.ctx + offset, buf, len, &error);
	return error;
}

/* Anything may stand in the process's memory. */
static bool vaccel_stream_valid(const struct vaccel_stream *s, u8 kind,
				const struct vaccel_comp_param *param)
{
	return s->magic == VACCEL_STREAM_MAGIC &&
	       s->version == VACCEL_STREAM_VERSION && s->kind == kind &&
	       s->format == param->format && s->mode < VACCEL_SM_NR &&
	       s->mode != VACCEL_SM_END && s->window_bits >= 9 &&
	       s->window_bits <= MAX_WBITS &&
	       s->window_len <= VACCEL_STREAM_WINDOW_MAX &&
	       s->held_len <= VACCEL_STREAM_HELD_MAX &&
	       s->pending_len <= VACCEL_STREAM_PENDING_MAX;
}

/* Loads the head of a stream's state, or begins it: a status. */
int vaccel_stream_load(struct vaccel_request *rq, struct vaccel_stream *s,
		       const struct vaccel_comp_param *param)
{
	int ret;

	ret = vaccel_stream_read(rq, 0, s, sizeof(*s));
	if (ret)
		return vaccel_request_status(rq, ret);
	if (!memchr_inv(s, 0, sizeof(*s))) {
		vaccel_stream_init(s, rq->desc.op, param->format,
				   param->window);
		return VACCEL_ST_OK;
	}
	return vaccel_stream_valid(s, rq->desc.op, param) ? VACCEL_ST_OK :
							    VACCEL_ST_STATE;
}

int vaccel_stream_save(struct vaccel_request *rq, const struct vaccel_stream *s)
{
	return vaccel_stream_write(rq, 0, s, sizeof(*s));
}
