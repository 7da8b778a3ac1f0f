// SPDX-License-Identifier: MIT
#include <errno.h>
#include <libdeflate.h>
#include <stdlib.h>

#include "clock.h"
#include "deflater.h"
#include "inflater.h"
#include "join.h"
#include "sw.h"

struct sw_scratch *sw_scratch_create(const struct wd_ctx *ctx)
{
	struct sw_scratch *scratch = calloc(1, sizeof(*scratch));

	if (scratch)
		scratch->ctx = ctx;
	return scratch;
}

void sw_scratch_destroy(struct sw_scratch *scratch)
{
	if (!scratch)
		return;
	sw_deflater_destroy(scratch->deflater);
	sw_inflater_destroy(scratch->inflater);
	for (int i = 0; i <= WD_LEVEL_MAX; i++)
		libdeflate_free_compressor(scratch->libdeflate[i]);
	sw_join_destroy(scratch->join);
	free(scratch);
}

/* From 34 on, 2 is a factor of n! more than 31 times. */
static int sw_factorial(struct wd_request *req)
{
	uint32_t result = 1;

	for (uint32_t n = (uint32_t)req->operand; n > 1 && result; n--)
		result *= n;
	req->result = result;
	return 0;
}

static int sw_execute_op(struct sw_scratch *scratch, struct wd_request *req)
{
	switch ((enum wd_op)req->op) {
	case WD_NOOP:
		return 0;
	case WD_COPY:
		return sw_copy(req);
	case WD_FILL:
		return sw_fill(req);
	case WD_COMPARE:
		return sw_compare(req);
	case WD_CRC32C:
		return sw_crc32c(req);
	case WD_CRC32:
		return sw_crc32(req);
	case WD_ADLER32:
		return sw_adler32(req);
	case WD_COMPRESS:
		return req->stream ? sw_stream_execute(req) :
				     sw_compress(scratch, req);
	case WD_DECOMPRESS:
		return req->stream ? sw_stream_execute(req) :
				     sw_decompress(scratch, req);
	case WD_FACTORIAL:
		return sw_factorial(req);
	case WD_OP_COUNT:
		break;
	}
	return -EINVAL;
}

void __sw_execute(struct sw_scratch *scratch, struct wd_request *req)
{
	int status;

	req->checksum = 0;
	req->consumed = 0;
	req->produced = 0;
	req->result = 0;
	if (wd_unlikely(req->deadline) && wd_clock_now() >= req->deadline)
		status = -ETIMEDOUT;
	else
		status = sw_execute_op(scratch, req);
	req->status = status;
}

void sw_cancel(struct wd_request *req)
{
	req->checksum = 0;
	req->consumed = 0;
	req->produced = 0;
	req->result = 0;
	req->status = -ECANCELED;
}
