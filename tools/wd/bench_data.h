/* SPDX-License-Identifier: MIT */
/* What the operations work on: a file's slices, or text that is made up. */
#ifndef WD_BENCH_DATA_H
#define WD_BENCH_DATA_H

#include <stdbool.h>

#include "bench_op.h"

struct bench_data {
	struct bench_slice *slices;
	size_t count;
	unsigned char *plain;
	size_t plain_len;
	bool mapped; /* .plain is a file */
	unsigned char *twin;
	unsigned char *packed;
};

/*
 * Makes slices of @size bytes for @op: all that @file has, or at least @count
 * without one. A file shorter than that is one slice.
 * @level: for what is compressed
 * Returns 0, or a negative errno after saying why not. Closed by
 * bench_data_close(), also after a failure.
 */
int bench_data_open(struct bench_data *data, const struct bench_op *op,
		    const char *file, size_t size, size_t count, int level);
void bench_data_close(struct bench_data *data);

#endif
