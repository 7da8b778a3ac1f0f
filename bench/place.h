/* SPDX-License-Identifier: MIT */
/*
 * Where threads run. What two threads do together is only comparable if they
 * are on two processors, and stay there.
 */
#ifndef BENCH_PLACE_H
#define BENCH_PLACE_H

/* Puts the calling thread on the first (0) or last (1) processor it may use. */
void place_self(int which);

/*
 * Puts the calling thread on the first processor and all others of the process,
 * which are the workers of its queues, on the last one.
 */
void place_all(void);

#endif
