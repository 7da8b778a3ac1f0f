// SPDX-License-Identifier: MIT
#include <string.h>

#include "cursor.h"
#include "sw.h"

static size_t sw_min(size_t a, size_t b)
{
	return a < b ? a : b;
}

int sw_copy(struct wd_request *req)
{
	struct sw_cursor src;
	struct sw_cursor dst;

	sw_cursor_src(&src, req);
	sw_cursor_dst(&dst, req);
	while (!sw_cursor_end(&src)) {
		size_t n = sw_min(src.left, dst.left);

		memcpy(dst.at, src.at, n);
		sw_cursor_advance(&src, n);
		sw_cursor_advance(&dst, n);
	}
	req->consumed = src.done;
	req->produced = dst.done;
	return 0;
}

/* Fills one buffer; @phase is how far into the pattern it begins. */
static void sw_fill_buffer(char *at, size_t len, const char *pattern,
			   size_t phase)
{
	size_t filled = sw_min(len, 8);

	for (size_t i = 0; i < filled; i++)
		at[i] = pattern[(phase + i) % 8];
	/* What is there repeats every eight bytes: double it. */
	while (filled < len) {
		size_t n = sw_min(len - filled, sw_min(filled, 1 << 20));

		memcpy(at + filled, at, n);
		filled += n;
	}
}

int sw_fill(struct wd_request *req)
{
	struct sw_cursor dst;
	char pattern[8];

	memcpy(pattern, &req->operand, sizeof(pattern));
	sw_cursor_dst(&dst, req);
	while (!sw_cursor_end(&dst)) {
		sw_fill_buffer(dst.at, dst.left, pattern, dst.done % 8);
		sw_cursor_advance(&dst, dst.left);
	}
	req->produced = dst.done;
	return 0;
}

/* Length of the part at the start in which two buffers are equal. */
static size_t sw_equal(const char *a, const char *b, size_t len)
{
	size_t i = 0;

	while (i < len) {
		size_t n = sw_min(len - i, 256);

		if (memcmp(a + i, b + i, n))
			break;
		i += n;
	}
	while (i < len && a[i] == b[i])
		i++;
	return i;
}

int sw_compare(struct wd_request *req)
{
	struct sw_cursor src;
	struct sw_cursor dst;

	sw_cursor_src(&src, req);
	sw_cursor_dst(&dst, req);
	while (!sw_cursor_end(&src)) {
		size_t n = sw_min(src.left, dst.left);
		size_t equal = sw_equal(src.at, dst.at, n);

		sw_cursor_advance(&src, equal);
		sw_cursor_advance(&dst, equal);
		if (equal < n) {
			req->result = 1;
			break;
		}
	}
	req->consumed = src.done;
	return 0;
}
