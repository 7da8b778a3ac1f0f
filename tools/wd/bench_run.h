/* SPDX-License-Identifier: MIT */
/* A measurement: queues, lanes, passes, and what comes out of them. */
#ifndef WD_BENCH_RUN_H
#define WD_BENCH_RUN_H

#include "bench_op.h"

struct bench_config {
	const struct bench_op *op;
	const char *device; /* NULL: the library's choice */
	const char *file; /* NULL: data is made up */
	size_t size;
	unsigned int burst, depth, threads;
	int workers; /* as in a queue */
	int level; /* as in a request */
	bool shared; /* all threads use one queue */
	bool poll; /* never sleep for an answer */
	double seconds;
};

struct bench_result {
	char device[64];
	const char *mode; /* where the work is done: inline, workers, device */
	size_t size; /* as the file may be shorter */
	unsigned int workers;
	bool bounced; /* memory was copied to where the device reaches it */
	uint64_t ops, errors;
	int first_status;
	double seconds;
	double ns_per_op; /* of one thread */
	double cycles_per_op; /* of one thread; negative: not known */
	double p50_ns, p99_ns, p999_ns;
};

/*
 * Measures. Results are verified before and after, the rate is measured for
 * config->seconds, and the latency for a quarter of that in a pass of its own,
 * as looking at the clock takes longer than the fastest operations.
 * Returns 0, or a negative errno after saying what went wrong.
 */
int bench_run(const struct bench_config *config, struct bench_result *result);

#endif
