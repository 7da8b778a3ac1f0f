/* SPDX-License-Identifier: MIT */
/*
 * The user's driver of QEMU's edu device, see docs/edu.md.
 *
 *   device.c    the driver: recognises a device, opens and closes its queue
 *   queue.c     send, receive, sleep, flush, drain
 *   engine.c    one request as a sequence of transfers
 *
 * The device does one thing at a time and keeps no queue, so the queue is here:
 * whoever is inside a call moves it on. The device's interrupt, counted by the
 * kernel in a page that both have, ends the sleep of who waits.
 */
#ifndef EDU_H
#define EDU_H

#include <pthread.h>

#include <uapi/edu.h>

#include "driver.h"

/* What the device is at. */
enum edu_phase {
	EDU_PHASE_IDLE,
	EDU_PHASE_IN, /* from memory into its buffer */
	EDU_PHASE_OUT, /* from its buffer into memory */
	EDU_PHASE_FACTORIAL,
};

/* Where a side of a copy stands. */
struct edu_side {
	const struct iovec *iov;
	size_t count;
	size_t offset; /* in the first of them */
	struct iovec flat;
};

/* The request at the device. */
struct edu_work {
	struct wd_request *req; /* NULL: none */
	enum edu_phase phase;
	struct edu_side src;
	struct edu_side dst;
	size_t piece; /* bytes of the transfer */
	size_t copied;
	uint64_t began; /* the phase, ns */
};

struct edu_queue {
	struct wd_ctx ctx;
	char path[80];
	int fd;
	int wake; /* eventfd: answers that the device does not announce */
	volatile char *registers;
	struct edu_interrupts *interrupts;

	/*
	 * Guards all below; not taken on a queue of one thread. Held for a few
	 * accesses to registers, and to compare a piece.
	 */
	pthread_mutex_t lock;
	struct edu_work work;
	/* Rings of ctx.depth: sent and not begun, done and not received. */
	struct wd_request **waiting;
	void **done;
	uint64_t sent; /* requests so far: the ends of the rings */
	uint64_t begun;
	uint64_t answered;
	uint64_t received;
	uint64_t cancelled; /* those before, unless begun, are not to be */
	int dead; /* errno of a device that is gone or stuck, else 0 */
};

static inline struct edu_queue *edu_queue_of(struct wd_ctx *ctx)
{
	return container_of(ctx, struct edu_queue, ctx);
}

static inline uint32_t edu_read32(const struct edu_queue *q, unsigned int reg)
{
	return *(volatile uint32_t *)(q->registers + reg);
}

static inline void edu_write32(struct edu_queue *q, unsigned int reg,
			       uint32_t value)
{
	*(volatile uint32_t *)(q->registers + reg) = value;
}

static inline void edu_write64(struct edu_queue *q, unsigned int reg,
			       uint64_t value)
{
	*(volatile uint64_t *)(q->registers + reg) = value;
}

/*
 * engine.c; the caller holds the lock. Begin starts a request, and move goes on
 * with the one that was started: each returns -EINPROGRESS while the device is at
 * it, else its status.
 */
int __edu_begin(struct edu_queue *q, struct wd_request *req);
int __edu_move(struct edu_queue *q);

/* queue.c */
unsigned int edu_send(struct wd_ctx *ctx, void *const *reqs, unsigned int n);
unsigned int edu_recv(struct wd_ctx *ctx, void **reqs, unsigned int n);
int edu_wait(struct wd_ctx *ctx, uint64_t deadline);
void edu_wake(struct wd_ctx *ctx);
void edu_flush(struct wd_ctx *ctx);
int edu_drain(struct wd_ctx *ctx, uint64_t deadline);

#endif
