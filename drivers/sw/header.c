// SPDX-License-Identifier: MIT
#include <errno.h>
#include <zlib.h>

#include "header.h"

enum sw_header_field {
	SW_HEADER_FIXED,
	SW_HEADER_EXTRA_LENGTH,
	SW_HEADER_EXTRA,
	SW_HEADER_NAME,
	SW_HEADER_COMMENT,
	SW_HEADER_CHECK,
	SW_HEADER_END,
};

/* RFC 1952 section 2.3.1, FLG. */
#define SW_GZIP_FHCRC 0x02
#define SW_GZIP_FEXTRA 0x04
#define SW_GZIP_FNAME 0x08
#define SW_GZIP_FCOMMENT 0x10
#define SW_GZIP_RESERVED 0xe0
#define SW_GZIP_FIXED 10 /* bytes */

/* RFC 1950 section 2.2. */
#define SW_ZLIB_FDICT 0x20

void sw_header_begin(struct sw_header *h, enum wd_format format)
{
	*h = (struct sw_header){ .format = format,
				 .field = format == WD_DEFLATE ?
						  SW_HEADER_END :
						  SW_HEADER_FIXED };
}

static bool sw_header_has(const struct sw_header *h, unsigned int field)
{
	switch (field) {
	case SW_HEADER_EXTRA_LENGTH:
		return h->flags & SW_GZIP_FEXTRA;
	case SW_HEADER_EXTRA:
		return h->extra;
	case SW_HEADER_NAME:
		return h->flags & SW_GZIP_FNAME;
	case SW_HEADER_COMMENT:
		return h->flags & SW_GZIP_FCOMMENT;
	case SW_HEADER_CHECK:
		return h->flags & SW_GZIP_FHCRC;
	default:
		return true;
	}
}

static void sw_header_next(struct sw_header *h)
{
	h->at = 0;
	do
		h->field++;
	while (!sw_header_has(h, h->field));
}

/* The magic bytes, the method, the flags; what follows is for people. */
static int sw_header_gzip_fixed(struct sw_header *h, uint8_t byte)
{
	static const uint8_t magic[] = { 0x1f, 0x8b, 8 };

	if (h->at < sizeof(magic) && byte != magic[h->at])
		return -EBADMSG;
	if (h->at == sizeof(magic)) {
		if (byte & SW_GZIP_RESERVED)
			return -EBADMSG;
		h->flags = byte;
	}
	if (++h->at == SW_GZIP_FIXED)
		sw_header_next(h);
	return 0;
}

static int sw_header_gzip_check(struct sw_header *h, uint8_t byte)
{
	if (byte != (h->sum >> 8 * h->at & 0xff))
		return -EBADMSG;
	if (++h->at == 2)
		sw_header_next(h);
	return 0;
}

static int sw_header_gzip_byte(struct sw_header *h, uint8_t byte)
{
	if (h->field == SW_HEADER_CHECK)
		return sw_header_gzip_check(h, byte);

	h->sum = (uint32_t)crc32(h->sum, &byte, 1);
	switch (h->field) {
	case SW_HEADER_FIXED:
		return sw_header_gzip_fixed(h, byte);
	case SW_HEADER_EXTRA_LENGTH:
		h->extra |= (uint32_t)byte << 8 * h->at;
		if (++h->at == 2)
			sw_header_next(h);
		return 0;
	case SW_HEADER_EXTRA:
		if (++h->at == h->extra)
			sw_header_next(h);
		return 0;
	default: /* a name or a comment ends with a zero */
		if (!byte)
			sw_header_next(h);
		return 0;
	}
}

/* Deflate with at most 32 KiB, the check bits, and no preset dictionary. */
static int sw_header_zlib_byte(struct sw_header *h, uint8_t byte)
{
	if (h->at++ == 0) {
		h->first = byte;
		return (byte & 0x0f) == 8 && byte >> 4 <= 7 ? 0 : -EBADMSG;
	}
	if ((h->first << 8 | byte) % 31)
		return -EBADMSG;
	if (byte & SW_ZLIB_FDICT)
		return -EOPNOTSUPP;
	h->field = SW_HEADER_END;
	return 0;
}

int sw_header_run(struct sw_header *h, struct sw_cursor *src)
{
	while (h->field != SW_HEADER_END) {
		uint8_t byte;
		int ret;

		if (sw_cursor_end(src))
			return -ENODATA;
		byte = (uint8_t)*src->at;
		sw_cursor_advance(src, 1);
		ret = h->format == WD_GZIP ? sw_header_gzip_byte(h, byte) :
					     sw_header_zlib_byte(h, byte);
		if (ret)
			return ret;
	}
	return 0;
}
