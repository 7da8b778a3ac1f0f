/* SPDX-License-Identifier: MIT */
/*
 * A vaccel device in this process: a thread on a file in memory, which answers
 * as docs/vaccel.md says, or as a device that has failed might. The driver
 * finds it below WARPDRIVE_SYSFS; its open() and ioctl() come here.
 */
#ifndef TESTS_UNIT_VACCEL_MODEL_H
#define TESTS_UNIT_VACCEL_MODEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uapi/vaccel.h>

#define MODEL_NAME "model-0"
#define MODEL_ENTRIES 8

enum model_fault {
	MODEL_GOOD,
	MODEL_TWICE, /* answers it twice */
	MODEL_UNKNOWN, /* first answers what was never asked */
	MODEL_TOO_LONG, /* failed, behind the end of what there was */
	MODEL_TOO_SHORT, /* says OK to a part */
	MODEL_COOKIE, /* answers an older one's of the same place */
	MODEL_STATUS, /* a status that there is not */
	MODEL_LOSE, /* does not answer it */
	MODEL_LATE, /* answers it when told so */
	MODEL_SILENT, /* stops answering, but obeys a cancel */
	MODEL_DEAF, /* stops altogether */
	MODEL_HALT, /* says that it has halted */
	MODEL_GONE, /* was taken out */
};

struct model {
	/* For the tests to set: what happens to the descriptor of an index. */
	atomic_int fault;
	atomic_uint strike;
	atomic_bool let_go; /* of what is late */
	/* What the registers hold when a queue is opened. */
	uint32_t magic;
	uint64_t features;
	uint32_t cq_offset;
	/*
	 * Without VACCEL_FEAT_SVA the device does what is asked for, within its
	 * static memory, of which so much can be had.
	 */
	size_t memory_limit;
	/* What happened. */
	atomic_uint resets;
	atomic_uint served; /* descriptors taken */
	atomic_uint faults; /* of these, outside static memory */
	atomic_uint shares;
	atomic_size_t memory; /* bytes that are mapped */
};

extern struct model model;

/* Makes the device known, good in every way. */
void model_begin(void);
/* After the queue is released: ends the thread. */
void model_end(void);

#endif
