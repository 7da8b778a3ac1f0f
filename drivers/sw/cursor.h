/* SPDX-License-Identifier: MIT */
/* A place in one side of a request, which is one buffer or a list of them. */
#ifndef SW_CURSOR_H
#define SW_CURSOR_H

#include "driver.h"

struct sw_cursor {
	char *at; /* of the current buffer: where, and how much is left */
	size_t left;
	const struct iovec *next; /* the buffers behind it */
	size_t count;
	size_t done; /* bytes passed so far */
};

/* Moves on to the next buffer that is not empty. */
static inline void sw_cursor_settle(struct sw_cursor *cursor)
{
	while (!cursor->left && cursor->count) {
		cursor->at = (char *)cursor->next->iov_base;
		cursor->left = cursor->next->iov_len;
		cursor->next++;
		cursor->count--;
	}
}

static inline void sw_cursor_advance(struct sw_cursor *cursor, size_t n)
{
	if (n) /* else it may be NULL */
		cursor->at += n;
	cursor->left -= n;
	cursor->done += n;
	sw_cursor_settle(cursor);
}

/* Nothing is left. */
static inline bool sw_cursor_end(const struct sw_cursor *cursor)
{
	return !cursor->left;
}

static inline void sw_cursor_init(struct sw_cursor *cursor, const void *buffer,
				  size_t len, bool scattered)
{
	*cursor = (struct sw_cursor){ .at = NULL };
	if (scattered) {
		cursor->next = (const struct iovec *)buffer;
		cursor->count = len;
		sw_cursor_settle(cursor);
	} else {
		cursor->at = (char *)(uintptr_t)buffer;
		cursor->left = len;
	}
}

static inline void sw_cursor_src(struct sw_cursor *cursor,
				 const struct wd_request *req)
{
	sw_cursor_init(cursor, req->src, req->src_len,
		       req->flags & WD_REQUEST_SRC_IOV);
}

static inline void sw_cursor_dst(struct sw_cursor *cursor,
				 const struct wd_request *req)
{
	sw_cursor_init(cursor, req->dst, req->dst_len,
		       req->flags & WD_REQUEST_DST_IOV);
}

/* The bytes that can be worked on in one piece, for codecs that count in 32
 * bits. */
#define SW_PIECE_MAX ((size_t)1 << 30)

static inline uint32_t sw_cursor_piece(const struct sw_cursor *cursor)
{
	return (uint32_t)(cursor->left < SW_PIECE_MAX ? cursor->left :
							SW_PIECE_MAX);
}

#endif
