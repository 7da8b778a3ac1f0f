// SPDX-License-Identifier: MIT
/* Operations of wd bench; results are checked by other code than the device's. */
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "bench_op.h"

#define CRC32C_POLYNOMIAL 0x82f63b78u /* reversed, RFC 3720 appendix B.4 */

static const unsigned char fill_pattern[8] = "WarpDrv";

static size_t same_room(size_t len)
{
	return len;
}

static size_t deflate_room(size_t len)
{
	return wd_compress_bound(WD_DEFLATE, len);
}

static bool verify_nothing(const struct wd_request *req,
			   const struct bench_slice *slice)
{
	(void)slice;
	return !req->status;
}

static bool verify_copy(const struct wd_request *req,
			const struct bench_slice *slice)
{
	return req->produced == slice->plain_len &&
	       !memcmp(req->dst, slice->plain, slice->plain_len);
}

static bool verify_fill(const struct wd_request *req,
			const struct bench_slice *slice)
{
	const unsigned char *dst = req->dst;
	size_t i;

	if (req->produced != slice->plain_len)
		return false;
	for (i = 0; i < slice->plain_len; i++) {
		if (dst[i] != fill_pattern[i % sizeof(fill_pattern)])
			return false;
	}
	return true;
}

static bool verify_compare(const struct wd_request *req,
			   const struct bench_slice *slice)
{
	return !req->result && req->consumed == slice->plain_len;
}

static uint32_t crc32c(const unsigned char *data, size_t len)
{
	uint32_t crc = ~0u;
	int bit;

	while (len--) {
		crc ^= *data++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? CRC32C_POLYNOMIAL : 0);
	}
	return ~crc;
}

static bool verify_crc32c(const struct wd_request *req,
			  const struct bench_slice *slice)
{
	return req->result == crc32c(slice->plain, slice->plain_len);
}

static bool verify_crc32(const struct wd_request *req,
			 const struct bench_slice *slice)
{
	return req->result == crc32_z(0, slice->plain, slice->plain_len);
}

static bool verify_adler32(const struct wd_request *req,
			   const struct bench_slice *slice)
{
	return req->result == adler32_z(1, slice->plain, slice->plain_len);
}

/* What zlib makes of the compressed data. */
static bool verify_deflate(const struct wd_request *req,
			   const struct bench_slice *slice)
{
	z_stream z = {
		.next_in = req->dst,
		.avail_in = (uInt)req->produced,
		.avail_out = (uInt)slice->plain_len + 1,
	};
	unsigned char *out = malloc(slice->plain_len + 1);
	bool good = false;

	z.next_out = out;
	if (out && inflateInit2(&z, -MAX_WBITS) == Z_OK) {
		good = inflate(&z, Z_FINISH) == Z_STREAM_END && !z.avail_in &&
		       z.total_out == slice->plain_len &&
		       !memcmp(out, slice->plain, slice->plain_len);
		inflateEnd(&z);
	}
	free(out);
	return good;
}

static const struct bench_op ops[] = {
	{ .name = "noop",
	  .algorithm = "noop",
	  .op = WD_NOOP,
	  .verify = verify_nothing },
	{ .name = "copy",
	  .algorithm = "copy",
	  .op = WD_COPY,
	  .has_data = true,
	  .room = same_room,
	  .verify = verify_copy },
	{ .name = "fill",
	  .algorithm = "fill",
	  .op = WD_FILL,
	  .has_data = true,
	  .room = same_room,
	  .verify = verify_fill },
	{ .name = "compare",
	  .algorithm = "compare",
	  .op = WD_COMPARE,
	  .has_data = true,
	  .needs_twin = true,
	  .verify = verify_compare },
	{ .name = "crc32c",
	  .algorithm = "crc32c",
	  .op = WD_CRC32C,
	  .has_data = true,
	  .verify = verify_crc32c },
	{ .name = "crc32",
	  .algorithm = "crc32",
	  .op = WD_CRC32,
	  .has_data = true,
	  .verify = verify_crc32 },
	{ .name = "adler32",
	  .algorithm = "adler32",
	  .op = WD_ADLER32,
	  .has_data = true,
	  .operand = 1,
	  .verify = verify_adler32 },
	{ .name = "deflate",
	  .algorithm = "deflate",
	  .op = WD_COMPRESS,
	  .has_data = true,
	  .room = deflate_room,
	  .verify = verify_deflate },
	{ .name = "inflate",
	  .algorithm = "deflate",
	  .op = WD_DECOMPRESS,
	  .has_data = true,
	  .needs_packed = true,
	  .room = same_room,
	  .verify = verify_copy },
};

#define OP_COUNT (sizeof(ops) / sizeof(ops[0]))

const char *bench_op_name(unsigned int index)
{
	return index < OP_COUNT ? ops[index].name : NULL;
}

uint64_t bench_op_operand(const struct bench_op *op)
{
	uint64_t operand = op->operand;

	if (op->op == WD_FILL)
		memcpy(&operand, fill_pattern, sizeof(operand));
	return operand;
}

const struct bench_op *bench_op_find(const char *name)
{
	size_t i;

	for (i = 0; i < OP_COUNT; i++) {
		if (!strcmp(ops[i].name, name))
			return &ops[i];
	}
	return NULL;
}
