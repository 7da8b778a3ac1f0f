/* SPDX-License-Identifier: MIT */
/*
 * Buffers between two pages that may not be touched: whoever reads or writes
 * one byte before or behind one of these crashes.
 */
#ifndef TESTS_GUARDED_H
#define TESTS_GUARDED_H

#include <stddef.h>

enum guarded_edge {
	GUARDED_END, /* the last byte touches the page behind it */
	GUARDED_START, /* the first byte touches the page before it */
};

struct guarded {
	unsigned char *data;
	size_t size;
	void *map;
	size_t map_size;
};

/* Gets a buffer of @size bytes, which may be 0. Aborts without memory. */
struct guarded guarded_get(size_t size, enum guarded_edge edge);

/* The same, with a copy of @data in it. */
struct guarded guarded_copy(const void *data, size_t size,
			    enum guarded_edge edge);

/* Makes the buffer read-only, as a source may be. */
void guarded_protect(struct guarded *buffer);

void guarded_put(struct guarded *buffer);

#endif
