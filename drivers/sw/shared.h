/* SPDX-License-Identifier: MIT */
/* A queue of many threads: what it and its workers share. */
#ifndef SW_SHARED_H
#define SW_SHARED_H

#include <pthread.h>

#include "event.h"
#include "ring.h"
#include "sw.h"

/* Position of a worker that holds no request. */
#define SW_WORKER_IDLE UINT64_MAX

struct sw_worker {
	/*
	 * At most the position of the request that it holds. Set before the
	 * request is claimed, so that whoever sees the claim sees it too.
	 */
	_Alignas(WD_CACHE_LINE) _Atomic uint64_t holds;
	struct sw_shared *q;
	struct sw_scratch *scratch;
	pthread_t thread;
};

/* Scratches of a queue without workers that wait for a thread to use them. */
#define SW_SPARE_MAX 64

struct sw_shared {
	struct wd_ctx ctx;
	struct sw_ring sent;
	struct sw_ring done;
	/* Requests that receivers took from .sent and carried out themselves. */
	_Alignas(WD_CACHE_LINE) _Atomic uint64_t direct;
	/* Receivers sleep here; workers there; drainers at the third. */
	_Alignas(WD_CACHE_LINE) struct wd_event answered;
	_Alignas(WD_CACHE_LINE) struct wd_event work;
	_Alignas(WD_CACHE_LINE) struct wd_event idle;
	atomic_bool stopping; /* the workers end when there is no work */
	int node; /* that the workers run on; -1: any */
	uint64_t spin; /* ns that a thread spins before it sleeps */
	_Atomic(struct sw_scratch *) spare[SW_SPARE_MAX];
	struct sw_worker *workers; /* ctx.workers of them */
};

/* Starts ctx.workers threads: 0 or a negative errno, none then running. */
int sw_workers_start(struct sw_shared *q);

/* Ends the threads. */
void sw_workers_stop(struct sw_shared *q);

/*
 * Waits until no worker holds a request of a position below @position:
 * 0 or -ETIMEDOUT.
 */
int sw_workers_wait(struct sw_shared *q, uint64_t position, uint64_t deadline);

#endif
