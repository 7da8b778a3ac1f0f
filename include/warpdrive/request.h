/* SPDX-License-Identifier: MIT */
/*
 * WarpDrive: a request, the unit of work that a queue carries by pointer.
 *
 * The caller owns the memory of a request and fills in its first half; the
 * driver that carries it out fills in the second. From a successful wd_send()
 * until the request comes back from wd_recv(), the request and every buffer
 * that it names belong to the library: the caller neither reads, writes nor
 * frees them. A request comes back exactly once.
 *
 * A zeroed field always means the sensible default, so a request is best
 * written as a designated initialiser that names only what matters:
 *
 *	struct wd_request r = {
 *		.op = WD_COMPRESS, .level = 1,
 *		.src = text, .src_len = n, .dst = out, .dst_len = cap,
 *	};
 */
#ifndef WARPDRIVE_REQUEST_H
#define WARPDRIVE_REQUEST_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/*
 * What to do.
 *
 * op             reads      writes   operand   answer
 * WD_NOOP        -          -        -         -
 * WD_COPY        src        dst      -         produced
 * WD_FILL        -          dst      8 bytes   produced
 * WD_COMPARE     src, dst   -        -         result, consumed
 * WD_CRC32C      src        -        initial   result, consumed
 * WD_CRC32       src        -        initial   result, consumed
 * WD_ADLER32     src        -        initial   result, consumed
 * WD_COMPRESS    src        dst      -         consumed, produced, checksum
 * WD_DECOMPRESS  src        dst      -         consumed, produced, checksum
 * WD_FACTORIAL   -          -        n         result
 *
 * WD_COPY needs at least as much room as there is source. WD_FILL repeats the
 * eight bytes of .operand, in memory order, over dst; the last repetition may be
 * cut.
 * WD_COMPARE needs equal lengths; .result is 0 when the two are equal and 1
 * otherwise, .consumed the number of equal bytes before the first difference.
 *
 * The check values, in the form in which one call's .result is the next
 * call's .operand, so that 0 starts a CRC and 1 starts an Adler-32:
 *   WD_CRC32C   Castagnoli polynomial, RFC 3720 appendix B.4
 *   WD_CRC32    the CRC of gzip and Ethernet, RFC 1952 section 8
 *   WD_ADLER32  RFC 1950 section 8.2
 *
 * WD_FACTORIAL takes the low 32 bits of .operand and answers n! modulo 2^32.
 */
enum wd_op {
	WD_NOOP,
	WD_COPY,
	WD_FILL,
	WD_COMPARE,
	WD_CRC32C,
	WD_CRC32,
	WD_ADLER32,
	WD_COMPRESS,
	WD_DECOMPRESS,
	WD_FACTORIAL,
	WD_OP_COUNT /* not an operation; grows with the list */
};

/* The format that WD_COMPRESS writes and WD_DECOMPRESS reads. */
enum wd_format {
	WD_FORMAT_QUEUE, /* the one that the queue's algorithm names */
	WD_DEFLATE, /* RFC 1951, no header, no check value */
	WD_ZLIB, /* RFC 1950 */
	WD_GZIP, /* RFC 1952; WD_DECOMPRESS takes several members in a row */
	WD_FORMAT_COUNT /* not a format */
};

/*
 * Compression levels: 1 is the fastest, 12 the smallest; 0, the default, is
 * level WD_LEVEL_DEFAULT. WD_LEVEL_STORE wraps the data uncompressed.
 */
#define WD_LEVEL_STORE (-1)
#define WD_LEVEL_DEFAULT 2
#define WD_LEVEL_MAX 12

/* Most entries of a scatter list. */
#define WD_IOV_MAX 1024

/*
 * How the output of a WD_COMPRESS request ends. Without a stream only
 * WD_FLUSH_FINISH makes a whole compressed object; see WD_REQUEST_FRAGMENT for
 * the others.
 */
enum wd_flush {
	WD_FLUSH_DEFAULT, /* FINISH without a stream, NONE with one */
	WD_FLUSH_NONE, /* nothing: whatever is convenient may stay inside */
	WD_FLUSH_SYNC, /* all input is out, output ends on a byte */
	WD_FLUSH_FULL, /* as SYNC, and later data does not refer back */
	WD_FLUSH_FINISH, /* the end of the data */
	WD_FLUSH_COUNT /* not a flush mode */
};

/* Flags of a request; all others are refused with -EOPNOTSUPP. */
enum wd_request_flags {
	/* .src_iov/.dst_iov is used, and src_len/dst_len counts entries */
	WD_REQUEST_SRC_IOV = 1u << 0,
	WD_REQUEST_DST_IOV = 1u << 1,
	/*
	 * WD_COMPRESS without a stream: write a piece of a raw deflate stream,
	 * with neither header nor trailer. With WD_FLUSH_FULL it ends on a byte
	 * and may be followed by another piece, with WD_FLUSH_FINISH it ends
	 * the stream; pieces made independently, in any order, make one stream
	 * when laid end to end. The request's .checksum is that of its input in
	 * the request's format; wd_checksum_combine() joins them.
	 */
	WD_REQUEST_FRAGMENT = 1u << 2,
};

struct wd_stream;

/*
 * A request. The fields of the first half are the caller's to set, and the
 * library leaves them as they are; those of the second half are the answer.
 */
struct wd_request {
	uint8_t op; /* enum wd_op */
	uint8_t format; /* enum wd_format */
	int8_t level; /* see WD_LEVEL_DEFAULT */
	uint8_t flush; /* enum wd_flush */
	uint32_t flags; /* enum wd_request_flags */
	union {
		const void *src;
		const struct iovec *src_iov;
	};
	size_t src_len; /* bytes, or entries of src_iov */
	union {
		void *dst;
		const struct iovec *dst_iov;
	};
	size_t dst_len; /* bytes of room, or entries of dst_iov */
	uint64_t operand; /* see enum wd_op */
	void *user; /* the caller's own; never looked at */

	/*
	 * The answer. status is 0, or
	 *   -EBADMSG     the input is corrupt, or its check value is wrong
	 *   -ENODATA     the input ends before the compressed object does
	 *   -ENOSPC      the output does not fit; what fitted is in dst
	 *   -EFAULT      an address that the device cannot reach
	 *   -EOPNOTSUPP  the device cannot do this (a preset dictionary, say)
	 *   -ETIMEDOUT   .deadline passed before the work began
	 *   -ECANCELED   the queue was flushed or released before it began
	 *   -ENOMEM      no memory for the codec's state
	 *   -EIO         the device failed
	 *   -ENODEV      the device is gone
	 * Except for -EBADMSG, a request that failed may be sent again as it is.
	 */
	int32_t status;
	uint32_t checksum; /* of the uncompressed side, as the format has it */
	size_t consumed; /* bytes read from src */
	size_t produced; /* bytes written to dst */
	uint64_t result; /* see enum wd_op */

	/* More for the caller to set, rarely needed. */
	struct wd_stream *stream; /* carries state from request to request */
	uint64_t deadline; /* CLOCK_MONOTONIC, ns; 0: none */
	void *driver[3]; /* the driver's own while it has the request */
};

/*
 * Joins the check values of two adjacent pieces of data.
 * @format: whose check value: WD_ZLIB (Adler-32) or WD_GZIP (CRC-32)
 * @first, @second: the check values of the two pieces, each from its own start
 * @second_len: length of the second piece in bytes
 *
 * Returns the check value of the two pieces together; 0 for another format.
 */
uint32_t wd_checksum_combine(enum wd_format format, uint32_t first,
			     uint32_t second, uint64_t second_len);

/*
 * Room that is always enough for compressing @len bytes with one request of
 * @format, at any level, with any flush mode: use it to size dst.
 * Returns a number of bytes, SIZE_MAX if that does not fit in a size_t.
 */
size_t wd_compress_bound(enum wd_format format, size_t len);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
