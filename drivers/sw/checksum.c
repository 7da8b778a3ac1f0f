// SPDX-License-Identifier: MIT
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include "cursor.h"
#include "sw.h"

typedef uint32_t sw_checksum_fn(uint32_t value, const void *data, size_t len);

static uint32_t sw_checksum_crc32c(uint32_t value, const void *data, size_t len)
{
	const unsigned char *at = data;

	/* ISA-L leaves the inversions to its caller, and counts in int. */
	value = ~value;
	while (len) {
		int n = (int)(len < SW_PIECE_MAX ? len : SW_PIECE_MAX);

		value = crc32_iscsi((unsigned char *)at, n, value);
		at += n;
		len -= (size_t)n;
	}
	return ~value;
}

static uint32_t sw_checksum_crc32(uint32_t value, const void *data, size_t len)
{
	return crc32_gzip_refl(value, data, len);
}

static uint32_t sw_checksum_adler32(uint32_t value, const void *data,
				    size_t len)
{
	return isal_adler32(value, data, len);
}

static int sw_checksum_request(struct wd_request *req, sw_checksum_fn *fn)
{
	uint32_t value = (uint32_t)req->operand;
	struct sw_cursor src;

	sw_cursor_src(&src, req);
	while (!sw_cursor_end(&src)) {
		value = fn(value, src.at, src.left);
		sw_cursor_advance(&src, src.left);
	}
	req->consumed = src.done;
	req->result = value;
	return 0;
}

int sw_crc32c(struct wd_request *req)
{
	return sw_checksum_request(req, sw_checksum_crc32c);
}

int sw_crc32(struct wd_request *req)
{
	return sw_checksum_request(req, sw_checksum_crc32);
}

int sw_adler32(struct wd_request *req)
{
	return sw_checksum_request(req, sw_checksum_adler32);
}

uint32_t sw_checksum_start(enum wd_format format)
{
	return format == WD_ZLIB ? 1 : 0;
}

uint32_t sw_checksum(enum wd_format format, uint32_t start, const void *data,
		     size_t len)
{
	switch (format) {
	case WD_GZIP:
		return sw_checksum_crc32(start, data, len);
	case WD_ZLIB:
		return sw_checksum_adler32(start, data, len);
	default:
		return 0;
	}
}
