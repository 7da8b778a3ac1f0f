/* SPDX-License-Identifier: MIT */
/*
 * Makes a finished raw deflate stream one that goes on. libdeflate only makes
 * finished ones, whose last block says so in its first bit (RFC 1951 section
 * 3.2.3). That bit is found by decoding the stream, it is cleared, and an empty
 * stored block brings the end to a byte boundary.
 */
#ifndef SW_JOIN_H
#define SW_JOIN_H

#include <stddef.h>

struct sw_join;

/* Bytes that it may add. */
#define SW_JOIN_EXTRA 5

struct sw_join *sw_join_create(void);
void sw_join_destroy(struct sw_join *join);

/*
 * Changes the stream of *@len bytes in @data, where there is room for
 * SW_JOIN_EXTRA more. Returns 0 and its new length in *@len, or -EIO if it is
 * not a finished deflate stream.
 */
int sw_join_unfinish(struct sw_join *join, unsigned char *data, size_t *len);

#endif
