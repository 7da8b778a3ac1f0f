/* SPDX-License-Identifier: MIT */
/*
 * What stands before the compressed data of a format: RFC 1950 section 2.2
 * (zlib), RFC 1952 section 2.3 (gzip), nothing (deflate). It may come in pieces
 * of any size, and what is wrong is refused as soon as it is seen.
 */
#ifndef SW_HEADER_H
#define SW_HEADER_H

#include "cursor.h"

struct sw_header {
	enum wd_format format;
	unsigned int field; /* that the next byte belongs to */
	unsigned int at; /* bytes of the field before it */
	uint8_t flags; /* of gzip */
	uint8_t first; /* byte of zlib */
	uint32_t extra; /* length of gzip's extra field */
	uint32_t sum; /* CRC-32 of gzip's header so far */
};

void sw_header_begin(struct sw_header *h, enum wd_format format);

/*
 * Takes what belongs to the header off @src. Returns 0 when the header is
 * complete, -ENODATA when it goes on, -EBADMSG when it is none, -EOPNOTSUPP for
 * a preset dictionary; with an error @src stands behind the byte that shows it.
 */
int sw_header_run(struct sw_header *h, struct sw_cursor *src);

#endif
