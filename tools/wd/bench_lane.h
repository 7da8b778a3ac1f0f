/* SPDX-License-Identifier: MIT */
/*
 * A lane: one thread of a measurement, with requests that were prepared once
 * and go round and round through a queue.
 */
#ifndef WD_BENCH_LANE_H
#define WD_BENCH_LANE_H

#include <semaphore.h>
#include <stdatomic.h>

#include "bench_data.h"
#include "histogram.h"

/* What the lanes that use one queue have in common. */
struct bench_group {
	struct wd_queue queue;
	/* requests that the lanes have to receive before they may end */
	atomic_uint in_flight;
};

struct bench_lane {
	const struct bench_op *op;
	const struct bench_data *data;
	struct bench_group *group;
	const atomic_bool *stop;
	sem_t *begun; /* posted when a pass begins */
	unsigned int burst, depth;
	bool poll; /* never sleep for an answer */
	struct wd_request *reqs; /* .depth of them */
	void **slots; /* what the calls hand over */
	unsigned char *dst;
	size_t room;
	size_t next_slice;

	/* the results of a pass */
	uint64_t ops, errors, ticks, ns;
	int first_status; /* of the first operation that failed */
	int error; /* of a call on the queue */
	struct histogram *latency; /* ticks; NULL: not measured in this pass */
};

/*
 * Makes a lane with the fields up to .depth set.
 * @first_slice: which slice it begins with; @level: for compression
 * Returns 0 or -ENOMEM. Closed by bench_lane_close(), also after a failure.
 */
int bench_lane_open(struct bench_lane *lane, size_t first_slice, int level);
void bench_lane_close(struct bench_lane *lane);

/*
 * Carries the requests out once, waits for all, and compares what they did with
 * what they should have done. Returns 0, or a negative errno after saying what
 * is wrong.
 */
int bench_lane_verify(struct bench_lane *lane);

/* Carries requests out until *lane->stop, and counts. */
void bench_lane_run(struct bench_lane *lane);

#endif
