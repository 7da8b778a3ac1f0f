// SPDX-License-Identifier: MIT
#include <errno.h>

#include "inflater.h"
#include "sw.h"

/*
 * Whether another gzip member follows (RFC 1952 section 2.3.1): its two magic
 * bytes, which may lie in two buffers of a list.
 */
static bool sw_member_follows(const struct sw_cursor *src)
{
	struct sw_cursor look = *src;

	if (sw_cursor_end(&look) || (uint8_t)*look.at != 0x1f)
		return false;
	sw_cursor_advance(&look, 1);
	return !sw_cursor_end(&look) && (uint8_t)*look.at == 0x8b;
}

int sw_decompress(struct sw_scratch *scratch, struct wd_request *req)
{
	enum wd_format format = wd_request_format(scratch->ctx, req);
	struct sw_inflater *inflater = scratch->inflater;
	struct sw_cursor src;
	struct sw_cursor dst;
	uint32_t sum = sw_checksum_start(format);
	int status;

	if (!inflater)
		inflater = scratch->inflater = sw_inflater_create();
	if (!inflater)
		return -ENOMEM;

	sw_cursor_src(&src, req);
	sw_cursor_dst(&dst, req);
	do {
		size_t before = dst.done;

		sw_inflater_begin(inflater, format);
		status = sw_inflater_run(inflater, &src, &dst);
		if (!status)
			sum = wd_checksum_combine(
				format, sum, sw_inflater_checksum(inflater),
				dst.done - before);
	} while (!status && format == WD_GZIP && sw_member_follows(&src));

	req->consumed = src.done;
	req->produced = dst.done;
	if (!status)
		req->checksum = sum;
	return status;
}
