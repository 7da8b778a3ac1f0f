/* SPDX-License-Identifier: MIT */
#include "reference.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CRC32C_POLYNOMIAL 0x82f63b78u /* reflected */
#define PIECE ((size_t)1 << 30) /* what fits in zlib's lengths */

static int window_bits_of(enum wd_format format, int bits)
{
	if (format == WD_GZIP)
		return bits + 16;
	return format == WD_ZLIB ? bits : -bits;
}

size_t reference_deflate(const struct reference_params *params, const void *in,
			 size_t in_len, unsigned char **out)
{
	int bits = window_bits_of(
		params->format, params->window_bits ? params->window_bits : 15);
	int level = params->level < 0 ? 0 : params->level;
	z_stream z = { 0 };
	size_t size;

	if (params->level == 0)
		level = Z_DEFAULT_COMPRESSION;
	if (deflateInit2(&z, level, Z_DEFLATED, bits,
			 params->mem_level ? params->mem_level : 8,
			 params->strategy) != Z_OK)
		abort();
	if (params->header && deflateSetHeader(&z, params->header) != Z_OK)
		abort();
	size = deflateBound(&z, in_len) + 70000;
	*out = malloc(size);
	if (!*out)
		abort();
	z.next_in = (unsigned char *)(uintptr_t)in;
	z.avail_in = (unsigned int)in_len;
	z.next_out = *out;
	z.avail_out = (unsigned int)size;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	size = z.total_out;
	deflateEnd(&z);
	return size;
}

/* Where an inflation stands; zlib's own totals start anew with each member. */
struct inflation {
	z_stream z;
	const unsigned char *in;
	size_t in_len, in_done;
	unsigned char *out;
	size_t out_len, out_done;
	unsigned char scratch[65536];
};

/* One call of inflate(), with as much as there is and fits. */
static int inflate_step(struct inflation *s)
{
	size_t in = s->in_len - s->in_done;
	size_t out = s->out ? s->out_len - s->out_done : sizeof(s->scratch);
	int result;

	in = in < PIECE ? in : PIECE;
	out = out < PIECE ? out : PIECE;
	s->z.next_in = (unsigned char *)(uintptr_t)(s->in + s->in_done);
	s->z.avail_in = (unsigned int)in;
	s->z.next_out = s->out ? s->out + s->out_done : s->scratch;
	s->z.avail_out = (unsigned int)out;
	result = inflate(&s->z, Z_NO_FLUSH);
	s->in_done += in - s->z.avail_in;
	s->out_done += out - s->z.avail_out;
	return result;
}

static bool another_member(const struct inflation *s)
{
	return s->in_len - s->in_done >= 2 && s->in[s->in_done] == 0x1f &&
	       s->in[s->in_done + 1] == 0x8b;
}

static int inflate_all(struct inflation *s, enum wd_format format)
{
	int result;

	for (;;) {
		result = inflate_step(s);
		if (result == Z_STREAM_END) {
			if (format != WD_GZIP || !another_member(s))
				return 0;
			inflateReset(&s->z);
		} else if (result == Z_BUF_ERROR) {
			return s->in_done == s->in_len && s->z.avail_out ?
				       -ENODATA :
				       -ENOSPC;
		} else if (result == Z_NEED_DICT) {
			return -EOPNOTSUPP;
		} else if (result != Z_OK) {
			return -EBADMSG;
		}
	}
}

struct reference_result reference_inflate(enum wd_format format, const void *in,
					  size_t in_len, void *out,
					  size_t out_len)
{
	static unsigned char no_room;
	struct reference_result result = { 0 };
	struct inflation *s = calloc(1, sizeof(*s));

	if (!s || inflateInit2(&s->z, window_bits_of(format, 15)) != Z_OK)
		abort();
	s->in = in;
	s->in_len = in_len;
	s->out = out;
	s->out_len = out_len;
	if (out && !out_len)
		s->out = &no_room;
	result.status = inflate_all(s, format);
	result.bad_code_set = result.status == -EBADMSG && s->z.msg &&
			      strstr(s->z.msg, " set");
	result.consumed = s->in_done;
	result.produced = s->out_done;
	inflateEnd(&s->z);
	free(s);
	return result;
}

int reference_agrees(int status, const struct reference_result *reference,
		     size_t size)
{
	enum { AHEAD = 400 };

	if (reference->bad_code_set && !status)
		return 1;
	if (!status || !reference->status || reference->status == -EOPNOTSUPP)
		return status == reference->status;
	if (status == -EOPNOTSUPP) /* zlib reads the dictionary's id first */
		return reference->status == -ENODATA ||
		       reference->status == -ENOSPC;
	if (reference->status == -EBADMSG && reference->consumed + AHEAD < size)
		return status == -EBADMSG;
	return status == -EBADMSG || status == -ENODATA || status == -ENOSPC;
}

int reference_is(enum wd_format format, const void *packed, size_t packed_len,
		 const void *plain, size_t plain_len)
{
	unsigned char *out = malloc(plain_len + 1);
	struct reference_result result;
	int same;

	if (!out)
		abort();
	result = reference_inflate(format, packed, packed_len, out,
				   plain_len + 1);
	same = result.status == 0 && result.consumed == packed_len &&
	       result.produced == plain_len &&
	       (!plain_len || memcmp(out, plain, plain_len) == 0);
	free(out);
	return same;
}

uint32_t reference_checksum(enum wd_format format, const void *data,
			    size_t size)
{
	if (format == WD_GZIP)
		return (uint32_t)crc32_z(0, size ? data : Z_NULL, size);
	if (format == WD_ZLIB)
		return size ? (uint32_t)adler32_z(1, data, size) : 1;
	return 0;
}

uint32_t reference_crc32c(uint32_t crc, const void *data, size_t size)
{
	const unsigned char *bytes = data;
	size_t i;
	int bit;

	crc = ~crc;
	for (i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? CRC32C_POLYNOMIAL : 0);
	}
	return ~crc;
}

const char *reference_format_name(enum wd_format format)
{
	static const char *const names[WD_FORMAT_COUNT] = {
		[WD_FORMAT_QUEUE] = "",
		[WD_DEFLATE] = "deflate",
		[WD_ZLIB] = "zlib",
		[WD_GZIP] = "gzip",
	};

	return names[format];
}
