/* SPDX-License-Identifier: MIT */
/* The operations that can be measured, and how their results are checked. */
#ifndef WD_BENCH_OP_H
#define WD_BENCH_OP_H

#include <stdbool.h>

#include <warpdrive/warpdrive.h>

/* A piece of data that one request works on. */
struct bench_slice {
	const unsigned char *plain;
	size_t plain_len;
	const unsigned char *twin; /* a copy of it, for compare */
	const unsigned char *packed; /* compressed, for inflate */
	size_t packed_len;
};

struct bench_op {
	const char *name;
	const char *algorithm; /* that the queue is asked for */
	enum wd_op op;
	bool has_data; /* it has a size */
	bool needs_twin;
	bool needs_packed;
	uint64_t operand; /* but see bench_op_operand() */
	/* room for the result of one request on @len bytes; NULL: none */
	size_t (*room)(size_t len);
	/* whether an answered request did to @slice what it should */
	bool (*verify)(const struct wd_request *req,
		       const struct bench_slice *slice);
};

/* The operation of that name, NULL if there is none. */
const struct bench_op *bench_op_find(const char *name);

/* Their names, one after the other; NULL at the end. */
const char *bench_op_name(unsigned int index);

/* What goes into a request's .operand. */
uint64_t bench_op_operand(const struct bench_op *op);

/* Makes @req work on @slice. The rest of it must have been prepared. */
static inline void bench_op_aim(const struct bench_op *op,
				struct wd_request *req,
				const struct bench_slice *slice)
{
	req->src = op->needs_packed ? slice->packed : slice->plain;
	req->src_len = op->needs_packed ? slice->packed_len : slice->plain_len;
	if (op->needs_twin) {
		/* WD_COMPARE only reads it */
		req->dst = (void *)(uintptr_t)slice->twin;
		req->dst_len = slice->plain_len;
	}
}

#endif
