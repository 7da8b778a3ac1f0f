// SPDX-License-Identifier: MIT
#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "deflater.h"

/* The strongest level of ISA-L; only above it does zlib make clearly less. */
#define SW_DEFLATER_ISAL_MAX 3

/*
 * Room that the codecs always get. With less, neither can tell whether a flush
 * is done, and would do it again and again.
 */
#define SW_DEFLATER_SPILL 256

struct sw_deflater {
	enum wd_format format;
	/* Output that waits for room in a destination. */
	uint8_t spill[SW_DEFLATER_SPILL];
	unsigned int spill_at;
	unsigned int spill_end;
	enum wd_flush done; /* the flush that is over once the spill is out */
	bool isal; /* which of the two is in use */
	struct isal_zstream *fast; /* made when first needed */
	uint8_t *level_buf[SW_DEFLATER_ISAL_MAX + 1]; /* likewise */
	z_stream strong;
	bool strong_open;
	int strong_level;
	enum wd_format strong_format;
};

static const uint32_t sw_level_buf_size[SW_DEFLATER_ISAL_MAX + 1] = {
	0, ISAL_DEF_LVL1_DEFAULT, ISAL_DEF_LVL2_DEFAULT, ISAL_DEF_LVL3_DEFAULT
};

struct sw_deflater *sw_deflater_create(void)
{
	return calloc(1, sizeof(struct sw_deflater));
}

void sw_deflater_destroy(struct sw_deflater *d)
{
	if (!d)
		return;
	if (d->strong_open)
		deflateEnd(&d->strong);
	for (int i = 0; i <= SW_DEFLATER_ISAL_MAX; i++)
		free(d->level_buf[i]);
	free(d->fast);
	free(d);
}

static uint16_t sw_isal_wrapper(enum wd_format format)
{
	switch (format) {
	case WD_GZIP:
		return IGZIP_GZIP;
	case WD_ZLIB:
		return IGZIP_ZLIB;
	default:
		return IGZIP_DEFLATE;
	}
}

/* Has ISA-L's state and the buffer of a level ready. */
static int sw_isal_prepare(struct sw_deflater *d, int level)
{
	if (!d->fast)
		d->fast = malloc(sizeof(*d->fast));
	if (!d->level_buf[level])
		d->level_buf[level] = malloc(sw_level_buf_size[level]);
	return d->fast && d->level_buf[level] ? 0 : -ENOMEM;
}

static void sw_isal_setup(struct sw_deflater *d, enum wd_format format,
			  int level)
{
	d->fast->level = (uint32_t)level;
	d->fast->level_buf = d->level_buf[level];
	d->fast->level_buf_size = sw_level_buf_size[level];
	d->fast->gzip_flag = sw_isal_wrapper(format);
}

static int sw_isal_begin(struct sw_deflater *d, int level)
{
	int ret = sw_isal_prepare(d, level);

	if (ret)
		return ret;
	isal_deflate_init(d->fast);
	sw_isal_setup(d, d->format, level);
	return 0;
}

static int sw_zlib_begin(struct sw_deflater *d, int level)
{
	static const int window_bits[WD_FORMAT_COUNT] = {
		[WD_DEFLATE] = -15, [WD_ZLIB] = 15, [WD_GZIP] = 15 + 16
	};

	level = level == WD_LEVEL_STORE ? 0 : level > 9 ? 9 : level;
	if (d->strong_open && d->strong_level == level &&
	    d->strong_format == d->format)
		return deflateReset(&d->strong) == Z_OK ? 0 : -EIO;

	if (d->strong_open)
		deflateEnd(&d->strong);
	d->strong = (z_stream){ .opaque = NULL };
	d->strong_open = deflateInit2(&d->strong, level, Z_DEFLATED,
				      window_bits[d->format], 8,
				      Z_DEFAULT_STRATEGY) == Z_OK;
	d->strong_level = level;
	d->strong_format = d->format;
	return d->strong_open ? 0 : -ENOMEM;
}

int sw_deflater_begin(struct sw_deflater *d, enum wd_format format, int level)
{
	d->format = format;
	d->spill_at = 0;
	d->spill_end = 0;
	d->done = WD_FLUSH_NONE;
	d->isal = level >= 1 && level <= SW_DEFLATER_ISAL_MAX;
	return d->isal ? sw_isal_begin(d, level) : sw_zlib_begin(d, level);
}

/* One step of the codec in use; *@flushed: it has done what @flush asks for. */
static int sw_isal_step(struct sw_deflater *d, struct sw_cursor *src,
			struct sw_cursor *dst, enum wd_flush flush,
			bool *flushed)
{
	static const uint16_t modes[WD_FLUSH_COUNT] = {
		[WD_FLUSH_SYNC] = SYNC_FLUSH, [WD_FLUSH_FULL] = FULL_FLUSH
	};
	struct isal_zstream *z = d->fast;
	const struct isal_zstate *state = &z->internal_state;
	uint32_t in = sw_cursor_piece(src);
	uint32_t out = sw_cursor_piece(dst);

	if (flush == WD_FLUSH_FINISH && state->state == ZSTATE_END) {
		*flushed = true;
		return 0;
	}
	z->next_in = (uint8_t *)src->at;
	z->avail_in = in;
	z->next_out = (uint8_t *)dst->at;
	z->avail_out = out;
	z->flush = modes[flush];
	z->end_of_stream = flush == WD_FLUSH_FINISH;
	if (isal_deflate(z) != COMP_OK)
		return -EIO;

	if (flush == WD_FLUSH_FINISH)
		*flushed = state->state == ZSTATE_END;
	else if (flush != WD_FLUSH_NONE)
		*flushed = !z->avail_in && state->state == ZSTATE_NEW_HDR &&
			   state->b_bytes_valid == state->b_bytes_processed;
	sw_cursor_advance(src, in - z->avail_in);
	sw_cursor_advance(dst, out - z->avail_out);
	return 0;
}

static int sw_zlib_step(struct sw_deflater *d, struct sw_cursor *src,
			struct sw_cursor *dst, enum wd_flush flush,
			bool *flushed)
{
	static const int modes[WD_FLUSH_COUNT] = {
		[WD_FLUSH_NONE] = Z_NO_FLUSH,
		[WD_FLUSH_SYNC] = Z_SYNC_FLUSH,
		[WD_FLUSH_FULL] = Z_FULL_FLUSH,
		[WD_FLUSH_FINISH] = Z_FINISH
	};
	z_stream *z = &d->strong;
	uint32_t in = sw_cursor_piece(src);
	uint32_t out = sw_cursor_piece(dst);
	uint8_t none;
	int ret;

	/* zlib refuses null pointers even for no bytes. */
	z->next_in = src->at ? (uint8_t *)src->at : &none;
	z->avail_in = in;
	z->next_out = dst->at ? (uint8_t *)dst->at : &none;
	z->avail_out = out;
	ret = deflate(z, modes[flush]);
	if (ret == Z_STREAM_ERROR)
		return -EIO;

	/* Z_BUF_ERROR: there was nothing left to do. */
	if (flush == WD_FLUSH_FINISH)
		*flushed = ret == Z_STREAM_END;
	else if (flush != WD_FLUSH_NONE)
		*flushed = z->avail_out || (ret == Z_BUF_ERROR && out);
	sw_cursor_advance(src, in - z->avail_in);
	sw_cursor_advance(dst, out - z->avail_out);
	return 0;
}

/* Moves spilled output on: false when some of it has to stay. */
static bool sw_deflater_deliver(struct sw_deflater *d, struct sw_cursor *dst)
{
	while (d->spill_at < d->spill_end && !sw_cursor_end(dst)) {
		size_t n = d->spill_end - d->spill_at;

		if (n > dst->left)
			n = dst->left;
		memcpy(dst->at, d->spill + d->spill_at, n);
		d->spill_at += (unsigned int)n;
		sw_cursor_advance(dst, n);
	}
	return d->spill_at == d->spill_end;
}

/* One step of the codec, into the destination or, if that is short, beside. */
static int sw_deflater_step(struct sw_deflater *d, struct sw_cursor *src,
			    struct sw_cursor *dst, enum wd_flush flush,
			    bool *flushed)
{
	bool beside = dst->left < SW_DEFLATER_SPILL;
	struct sw_cursor spill;
	struct sw_cursor *out = beside ? &spill : dst;
	int ret;

	sw_cursor_init(&spill, d->spill, sizeof(d->spill), false);
	ret = d->isal ? sw_isal_step(d, src, out, flush, flushed) :
			sw_zlib_step(d, src, out, flush, flushed);
	if (beside) {
		d->spill_at = 0;
		d->spill_end = (unsigned int)spill.done;
	}
	return ret;
}

int sw_deflater_run(struct sw_deflater *d, struct sw_cursor *src,
		    struct sw_cursor *dst, enum wd_flush flush)
{
	for (;;) {
		bool last = !src->count && src->left <= SW_PIECE_MAX;
		enum wd_flush now = last ? flush : WD_FLUSH_NONE;
		bool flushed = false;
		int ret;

		if (!sw_deflater_deliver(d, dst))
			return -ENOSPC;
		if (sw_cursor_end(src) &&
		    (now == WD_FLUSH_NONE || now == d->done)) {
			d->done = WD_FLUSH_NONE;
			return 0;
		}
		ret = sw_deflater_step(d, src, dst, now, &flushed);
		if (ret)
			return ret;
		d->done = flushed ? now : WD_FLUSH_NONE;
	}
}

uint32_t sw_deflater_checksum(const struct sw_deflater *d)
{
	uint32_t sum;

	if (d->format == WD_DEFLATE)
		return 0;
	if (!d->isal)
		return (uint32_t)d->strong.adler;
	sum = d->fast->internal_state.crc;
	if (d->format == WD_ZLIB) /* ISA-L keeps the low half less one */
		sum = (sum & 0xffff0000) | ((sum & 0xffff) + 1) % 65521;
	return sum;
}

int sw_deflater_once(struct sw_deflater *d, enum wd_format format, int level,
		     bool whole, const void *src, size_t len, void *dst,
		     size_t room, size_t *produced)
{
	uint32_t out = room < UINT32_MAX ? (uint32_t)room : UINT32_MAX;
	int ret = sw_isal_prepare(d, level);

	if (ret)
		return ret;
	isal_deflate_stateless_init(d->fast);
	sw_isal_setup(d, format, level);
	d->fast->next_in = (uint8_t *)(uintptr_t)src;
	d->fast->avail_in = (uint32_t)len;
	d->fast->next_out = dst;
	d->fast->avail_out = out;
	d->fast->flush = whole ? NO_FLUSH : FULL_FLUSH;
	d->fast->end_of_stream = whole;
	if (isal_deflate_stateless(d->fast) != COMP_OK)
		return -ENOSPC;
	*produced = out - d->fast->avail_out;
	return 0;
}
