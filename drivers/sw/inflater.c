// SPDX-License-Identifier: MIT
#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>

#include "header.h"
#include "inflater.h"

struct sw_inflater {
	enum wd_format format;
	struct inflate_state state;
	struct sw_header header; /* ISA-L's own forgets what came in pieces */
	/*
	 * Only more room tells whether a full destination was enough, so there
	 * is room for one byte more; what comes there is the next run's first.
	 */
	bool spilled;
	uint8_t spill;
	bool ended; /* behind the spilled byte */
};

struct sw_inflater *sw_inflater_create(void)
{
	return malloc(sizeof(struct sw_inflater));
}

void sw_inflater_destroy(struct sw_inflater *i)
{
	free(i);
}

void sw_inflater_begin(struct sw_inflater *i, enum wd_format format)
{
	static const uint32_t wrappers[WD_FORMAT_COUNT] = {
		[WD_DEFLATE] = ISAL_DEFLATE,
		[WD_ZLIB] = ISAL_ZLIB_NO_HDR_VER,
		[WD_GZIP] = ISAL_GZIP_NO_HDR_VER,
	};

	i->format = format;
	sw_header_begin(&i->header, format);
	i->spilled = false;
	i->ended = false;
	isal_inflate_init(&i->state);
	i->state.crc_flag = wrappers[format];
}

/*
 * ISA-L reads ahead of what it decodes: gives back the whole bytes of this step
 * that are still in its bit buffer. Returns how many bytes the step used.
 */
static uint32_t sw_inflater_used(struct inflate_state *s, uint32_t in)
{
	uint32_t used = in >= s->avail_in ? in - s->avail_in : in;
	uint32_t ahead = 0;

	/*
	 * When it wants more input, or has only a part of a block's header, all
	 * that it has belongs to the object.
	 */
	if (s->block_state != ISAL_BLOCK_FINISH &&
	    (s->avail_out || s->tmp_in_size))
		return used;
	if (s->read_in_length > 0)
		ahead = (uint32_t)s->read_in_length / 8;
	if (ahead > used)
		ahead = used;
	s->read_in_length -= (int32_t)(8 * ahead);
	if (ahead)
		s->read_in &= (1ull << s->read_in_length) - 1;
	return used - ahead;
}

/*
 * One step of the decoder: 0 when the object has ended, -EAGAIN when it goes
 * on, else why it cannot.
 */
static int sw_inflater_step(struct sw_inflater *i, struct sw_cursor *src,
			    struct sw_cursor *dst)
{
	bool full = sw_cursor_end(dst);
	struct inflate_state *s = &i->state;
	uint32_t in, used;
	uint32_t out = full ? 1 : sw_cursor_piece(dst);
	int ret;

	ret = sw_header_run(&i->header, src);
	if (ret)
		return ret;
	in = sw_cursor_piece(src);
	s->next_in = (uint8_t *)src->at;
	s->avail_in = in;
	s->next_out = full ? &i->spill : (uint8_t *)dst->at;
	s->avail_out = out;
	ret = isal_inflate(s);
	used = sw_inflater_used(s, in);
	sw_cursor_advance(src, used);
	if (full)
		i->spilled = !s->avail_out;
	else
		sw_cursor_advance(dst, out - s->avail_out);

	switch (ret) {
	case ISAL_DECOMP_OK:
	case ISAL_END_INPUT:
	case ISAL_OUT_OVERFLOW:
		break;
	default:
		return -EBADMSG;
	}
	if (s->block_state == ISAL_BLOCK_FINISH)
		return 0;
	if (sw_cursor_end(src) && s->avail_out)
		return -ENODATA;
	/* There is input and room: it has to get on. */
	return used || out != s->avail_out ? -EAGAIN : -EBADMSG;
}

int sw_inflater_run(struct sw_inflater *i, struct sw_cursor *src,
		    struct sw_cursor *dst)
{
	int ret = -EAGAIN;

	if (i->spilled && !sw_cursor_end(dst)) {
		*dst->at = (char)i->spill;
		sw_cursor_advance(dst, 1);
		i->spilled = false;
	}
	while (ret == -EAGAIN) {
		if (i->spilled)
			return -ENOSPC;
		ret = i->ended ? 0 : sw_inflater_step(i, src, dst);
	}
	i->ended = !ret;
	return !ret && i->spilled ? -ENOSPC : ret;
}

uint32_t sw_inflater_checksum(const struct sw_inflater *i)
{
	return i->format == WD_DEFLATE ? 0 : i->state.crc;
}
