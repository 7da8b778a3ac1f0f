// SPDX-License-Identifier: MIT
#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>

#include "inflater.h"

struct sw_inflater {
	enum wd_format format;
	struct inflate_state state;
	unsigned int header; /* bytes of the header that were looked at */
	uint8_t first; /* of them */
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
		[WD_DEFLATE] = ISAL_DEFLATE, [WD_ZLIB] = ISAL_ZLIB, [WD_GZIP] = ISAL_GZIP
	};

	i->format = format;
	i->header = 0;
	i->spilled = false;
	i->ended = false;
	isal_inflate_init(&i->state);
	i->state.crc_flag = wrappers[format];
}

/* RFC 1952 section 2.3: magic, deflate, and no flag that is reserved. */
static int sw_inflater_gzip_byte(unsigned int position, uint8_t byte)
{
	static const uint8_t magic[] = { 0x1f, 0x8b, 8 };
	bool good = position < 3 ? byte == magic[position] : !(byte & 0xe0);

	return good ? 0 : -EBADMSG;
}

/*
 * RFC 1950 section 2.2: deflate with at most 32 KiB, the check bits, and no
 * preset dictionary.
 */
static int sw_inflater_zlib_byte(struct sw_inflater *i, unsigned int position,
				 uint8_t byte)
{
	if (position == 0) {
		i->first = byte;
		return (byte & 0x0f) == 8 && byte >> 4 <= 7 ? 0 : -EBADMSG;
	}
	if (position > 1)
		return 0;
	if ((i->first << 8 | byte) % 31)
		return -EBADMSG;
	return byte & 0x20 ? -EOPNOTSUPP : 0;
}

/*
 * Looks at the first bytes of the header as they come, since ISA-L is not
 * strict about them, and to refuse what is wrong as soon as it is.
 */
static int sw_inflater_header(struct sw_inflater *i, const uint8_t *at,
			      size_t len)
{
	int ret = 0;

	for (; !ret && len && i->header < 4; i->header++, at++, len--) {
		if (i->format == WD_GZIP)
			ret = sw_inflater_gzip_byte(i->header, *at);
		else if (i->format == WD_ZLIB)
			ret = sw_inflater_zlib_byte(i, i->header, *at);
	}
	return ret;
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
	uint32_t in = sw_cursor_piece(src);
	uint32_t out = full ? 1 : sw_cursor_piece(dst);
	uint32_t used;
	int ret;

	ret = sw_inflater_header(i, (uint8_t *)src->at, in);
	if (ret)
		return ret;
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
	case ISAL_NEED_DICT:
		return -EOPNOTSUPP;
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
