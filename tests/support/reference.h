/* SPDX-License-Identifier: MIT */
/*
 * What the answers are held against: the system's zlib, and check values
 * computed bit by bit.
 */
#ifndef TESTS_REFERENCE_H
#define TESTS_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

#include <zlib.h>

#include <warpdrive/request.h>

/* How zlib is to compress; zeroed fields mean its defaults, level included. */
struct reference_params {
	enum wd_format format; /* 0: WD_DEFLATE */
	int level; /* 1-9, -1 for stored blocks */
	int strategy;
	int window_bits; /* 9-15 */
	int mem_level;
	gz_header *header; /* of a gzip member */
};

/* Compresses; returns the size and new memory in *@out. Aborts on errors. */
size_t reference_deflate(const struct reference_params *params, const void *in,
			 size_t in_len, unsigned char **out);

struct reference_result {
	int status; /* 0, -EBADMSG, -ENODATA, -ENOSPC, -EOPNOTSUPP */
	/*
	 * -EBADMSG for a set of code lengths, which RFC 1951 does not say has to
	 * be complete: others may accept what zlib refuses here.
	 */
	int bad_code_set;
	size_t consumed;
	size_t produced;
};

/*
 * Decompresses one object, of which a gzip one may have several members.
 * @out: NULL to throw the output away; then @out_len is ignored
 */
struct reference_result reference_inflate(enum wd_format format, const void *in,
					  size_t in_len, void *out,
					  size_t out_len);

/*
 * Whether a device may answer @status where zlib said @reference of @size
 * bytes. Valid is valid. What is both wrong and cut short may be called either,
 * as it depends on how far ahead one looks; but not when much follows what is
 * wrong, more than any block's header.
 */
int reference_agrees(int status, const struct reference_result *reference,
		     size_t size);

/* Whether @packed is one whole object and is @plain when decompressed. */
int reference_is(enum wd_format format, const void *packed, size_t packed_len,
		 const void *plain, size_t plain_len);

/* The check value of the format; 0 for WD_DEFLATE, which has none. */
uint32_t reference_checksum(enum wd_format format, const void *data,
			    size_t size);

/* CRC-32C, from the polynomial, a bit at a time. */
uint32_t reference_crc32c(uint32_t crc, const void *data, size_t size);

const char *reference_format_name(enum wd_format format);

#endif
