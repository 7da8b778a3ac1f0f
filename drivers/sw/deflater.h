/* SPDX-License-Identifier: MIT */
/*
 * Deflate piece by piece, with state: ISA-L up to its strongest level, zlib
 * above. For streams, and for requests that one call of a faster codec cannot
 * take: lists, and more than 4 GiB.
 */
#ifndef SW_DEFLATER_H
#define SW_DEFLATER_H

#include "cursor.h"

struct sw_deflater;

struct sw_deflater *sw_deflater_create(void);
void sw_deflater_destroy(struct sw_deflater *d);

/*
 * Begins a new object. @level: 1 to WD_LEVEL_MAX or WD_LEVEL_STORE.
 * Returns 0 or -ENOMEM.
 */
int sw_deflater_begin(struct sw_deflater *d, enum wd_format format, int level);

/*
 * Takes @src until it is used up, and then does what @flush asks for.
 * Returns 0 when that is done, -ENOSPC when @dst is full before.
 */
int sw_deflater_run(struct sw_deflater *d, struct sw_cursor *src,
		    struct sw_cursor *dst, enum wd_flush flush);

/* The check value of all input so far, as the format has it. */
uint32_t sw_deflater_checksum(const struct sw_deflater *d);

/*
 * Compresses one buffer of at most SW_PIECE_MAX bytes with one call of ISA-L,
 * at ISA-L's @level, to its end or (@whole false) to a byte boundary from which
 * on nothing refers back.
 * Returns 0 and *@produced, -ENOSPC or -ENOMEM.
 */
int sw_deflater_once(struct sw_deflater *d, enum wd_format format, int level,
		     bool whole, const void *src, size_t len, void *dst,
		     size_t room, size_t *produced);

#endif
