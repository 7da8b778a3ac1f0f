/* SPDX-License-Identifier: MIT */
/*
 * The device "sw": work carried out in this process.
 *
 *   sw.c        the driver: the device, choice of the kind of queue
 *   inline.c    a queue of one thread, carried out in its wd_recv()
 *   pair.c      a queue of one thread with one worker
 *   shared.c    a queue of many threads, with or without workers
 *   worker.c    the workers of such a queue
 *   thread.c    starts a worker's thread
 *   execute.c   one request, by operation
 *   move.c, checksum.c, compress.c, decompress.c   the operations
 *   deflater.c, inflater.c   codecs that work piece by piece
 *   join.c      makes pieces of deflate that can be laid end to end
 *   stream.c    the state that requests of one stream share
 */
#ifndef SW_H
#define SW_H

#include "driver.h"

struct inflate_state;
struct libdeflate_compressor;
struct sw_deflater;

/*
 * Where one request at a time is carried out: what the codecs need, made when
 * first needed and kept. One thread uses it at a time.
 */
struct sw_scratch {
	const struct wd_ctx *ctx;
	struct sw_deflater *deflater; /* for requests without a stream */
	struct sw_inflater *inflater; /* likewise */
	struct libdeflate_compressor *libdeflate[WD_LEVEL_MAX + 1];
	struct sw_join *join;
};

struct sw_scratch *sw_scratch_create(const struct wd_ctx *ctx);
void sw_scratch_destroy(struct sw_scratch *scratch);

void __sw_execute(struct sw_scratch *scratch, struct wd_request *req);

/*
 * Carries out a request and fills in its answer. That of a no-op is its status
 * alone.
 */
static inline void sw_execute(struct sw_scratch *scratch,
			      struct wd_request *req)
{
	if (wd_likely(req->op == WD_NOOP && !req->deadline))
		req->status = 0;
	else
		__sw_execute(scratch, req);
}

/* Answers a request that is not carried out. */
void sw_cancel(struct wd_request *req);

/* The operations: return the request's status. */
int sw_copy(struct wd_request *req);
int sw_fill(struct wd_request *req);
int sw_compare(struct wd_request *req);
int sw_crc32c(struct wd_request *req);
int sw_crc32(struct wd_request *req);
int sw_adler32(struct wd_request *req);
int sw_compress(struct sw_scratch *scratch, struct wd_request *req);
int sw_decompress(struct sw_scratch *scratch, struct wd_request *req);

/* The check value that the format has, of one buffer; 0 if it has none. */
uint32_t sw_checksum_start(enum wd_format format);
uint32_t sw_checksum(enum wd_format format, uint32_t start, const void *data,
		     size_t len);

/* Streams, the same for all kinds of queue. */
int sw_stream_open(struct wd_ctx *ctx, const struct wd_stream *params,
		   struct wd_stream **stream);
int sw_stream_reset(struct wd_stream *stream);
void sw_stream_close(struct wd_stream *stream);
int sw_stream_execute(struct wd_request *req);

/* The kinds of queue. */
int sw_inline_open(const struct wd_ctx_params *params, struct wd_ctx **ctx);
int sw_pair_open(const struct wd_ctx_params *params, struct wd_ctx **ctx);
int sw_shared_open(const struct wd_ctx_params *params, struct wd_ctx **ctx);

#endif
