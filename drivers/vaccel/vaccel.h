/* SPDX-License-Identifier: MIT */
/*
 * The user's driver of vaccel devices, written from docs/vaccel.md; "section"
 * in a comment is one of that document.
 *
 *   device.c    the driver: recognises a device, opens and closes its queues
 *   queue.c     send, receive, sleep, drain
 *   request.c   a request as a sequence of descriptors, and its answer
 *   recover.c   cancel, reset, and answers in place of a device that gave none
 *   stream.c    the state that requests of one stream share
 *
 * Every request in flight has a slot. A slot has at most one descriptor at the
 * device, so the rings, which have at least as many entries, never overflow.
 */
#ifndef VACCEL_H
#define VACCEL_H

#include <linux/types.h>
#include <pthread.h>

#include <uapi/vaccel.h>

#include "driver.h"

/* Where a slot's request stands. */
enum vaccel_phase {
	VACCEL_PHASE_FREE,
	VACCEL_PHASE_WORK, /* what the request asks for */
	VACCEL_PHASE_SUM, /* the Adler-32 of a fragment's input */
};

struct vaccel_slot {
	struct wd_request *req;
	enum vaccel_phase phase;
	uint32_t next; /* free slot behind this one */
	/* Of its descriptor at the device. */
	uint32_t index;
	uint32_t src_len;
	uint32_t dst_len;
	uint64_t serial; /* order of sending */
	/* What earlier descriptors of the request have done. */
	size_t consumed;
	size_t produced;
	size_t member; /* of these, before the current gzip member */
	uint32_t sum; /* check value of earlier members or parts */
	bool staged; /* the request's object goes through .state in parts */
	bool last; /* the descriptor covers the rest of the source */
	bool begun; /* an earlier descriptor was carried out */
	/* Made when first needed, kept with the slot. */
	struct vaccel_sge *src_list;
	struct vaccel_sge *dst_list;
	void *state;
};

#define VACCEL_SLOT_NONE UINT32_MAX

struct vaccel_queue {
	struct wd_ctx ctx;
	int fd;
	int wake; /* eventfd: answers that the device did not announce */
	char *mmio;
	char *dus;
	size_t dus_size;

	/* Section 2, read once. */
	struct vaccel_desc *sq;
	struct vaccel_cqe *cq;
	uint32_t entries;
	uint64_t ops;
	uint64_t features;
	uint32_t formats;
	uint32_t max_sgl;
	uint32_t max_len;
	uint32_t stream_size;
	uint32_t stream_align;

	/*
	 * Guards all below; not taken on a queue of one thread. Held for a few
	 * stores, and while the queue is flushed or recovered.
	 */
	pthread_mutex_t lock;
	uint32_t sq_tail;
	uint32_t cq_head;
	uint32_t answered; /* a device in order answers this index next */
	struct vaccel_slot *slots; /* ctx.depth of them */
	uint32_t free_slots; /* the first free one */
	unsigned int at_device; /* slots that are not free */
	uint64_t serial;
	/* Answers that wait to be received, a ring of ctx.depth. */
	void **done;
	uint64_t done_head;
	uint64_t done_tail;
	unsigned int in_flight; /* sent and not received */
	int dead; /* errno of a device that is gone, else 0 */
	bool cancelling; /* what has not begun ends here */
	bool finishing; /* but what the device was at goes on */
	bool first_cancelled; /* by now */

	uint64_t spin; /* ns before a sleep */
	uint64_t stall; /* ns without an answer that a device may take */
	uint64_t stall_since; /* when the device last answered, or was idle */
	uint32_t empty; /* receives in vain since then */
};

static inline struct vaccel_queue *vaccel_queue_of(struct wd_ctx *ctx)
{
	return container_of(ctx, struct vaccel_queue, ctx);
}

static inline void vaccel_lock(struct vaccel_queue *q)
{
	if (!q->ctx.single)
		pthread_mutex_lock(&q->lock);
}

static inline void vaccel_unlock(struct vaccel_queue *q)
{
	if (!q->ctx.single)
		pthread_mutex_unlock(&q->lock);
}

static inline uint32_t vaccel_read32(const struct vaccel_queue *q,
				     unsigned int reg)
{
	return __atomic_load_n((uint32_t *)(q->mmio + reg), __ATOMIC_RELAXED);
}

static inline uint64_t vaccel_read64(const struct vaccel_queue *q,
				     unsigned int reg)
{
	return __atomic_load_n((uint64_t *)(q->mmio + reg), __ATOMIC_RELAXED);
}

/* A doorbell: what was written before it is seen before it. */
static inline void vaccel_write32(struct vaccel_queue *q, unsigned int reg,
				  uint32_t value)
{
	__atomic_store_n((uint32_t *)(q->mmio + reg), value, __ATOMIC_RELEASE);
}

static inline void vaccel_write64(struct vaccel_queue *q, unsigned int reg,
				  uint64_t value)
{
	__atomic_store_n((uint64_t *)(q->mmio + reg), value, __ATOMIC_RELEASE);
}

/* queue.c; the caller holds the lock. */
void __vaccel_submit(struct vaccel_queue *q, struct vaccel_slot *slot,
		     const struct vaccel_desc *desc);
void __vaccel_ring(struct vaccel_queue *q);
void __vaccel_answer(struct vaccel_queue *q, struct vaccel_slot *slot,
		     int status);
/* Takes one completion off the ring; whether there was one. */
bool __vaccel_reap(struct vaccel_queue *q);

/* queue.c: operations of the context. */
unsigned int vaccel_send(struct wd_ctx *ctx, void *const *reqs, unsigned int n);
unsigned int vaccel_recv(struct wd_ctx *ctx, void **reqs, unsigned int n);
int vaccel_wait(struct wd_ctx *ctx, uint64_t deadline);
void vaccel_wake(struct wd_ctx *ctx);
int vaccel_drain(struct wd_ctx *ctx, uint64_t deadline);

/*
 * request.c. Start begins a request in its slot, step goes on with it: each
 * fills in the next descriptor and returns 0, or the status with which the
 * request is answered at once. Finish takes a completion: -EINPROGRESS when the
 * request goes on, else its status.
 */
int vaccel_request_start(struct vaccel_queue *q, struct vaccel_slot *slot,
			 struct vaccel_desc *desc);
int vaccel_request_step(struct vaccel_queue *q, struct vaccel_slot *slot,
			struct vaccel_desc *desc);
int vaccel_request_finish(struct vaccel_queue *q, struct vaccel_slot *slot,
			  const struct vaccel_cqe *cqe);
/* What a request comes to that the device has not answered. */
void vaccel_request_fail(struct vaccel_slot *slot, int status);

/* recover.c */
void vaccel_flush(struct wd_ctx *ctx);
/* The caller holds the lock: the device is gone, everything is answered. */
void __vaccel_die(struct vaccel_queue *q, int error);
/*
 * The caller holds the lock: looks whether the device is gone, has forgotten
 * what it had, or has stopped answering.
 */
void __vaccel_check(struct vaccel_queue *q);
/* The caller holds the lock: the device has lost what it had before @index. */
void __vaccel_answer_lost(struct vaccel_queue *q, uint32_t index);
/* The caller holds the lock: brings the queue back to its first state. */
void __vaccel_reset(struct vaccel_queue *q);
/*
 * The caller holds the lock: cancels what the device has not begun and waits
 * for the rest. What it does not answer even so is answered with -EIO.
 */
void __vaccel_flush(struct vaccel_queue *q);

/* stream.c */
struct vaccel_user_stream {
	struct wd_stream base;
	void *state;
	bool begun; /* some of the stream went through the device */
	bool ended; /* or failed for good */
};
int vaccel_stream_open(struct wd_ctx *ctx, const struct wd_stream *params,
		       struct wd_stream **stream);
int vaccel_stream_reset(struct wd_stream *stream);
void vaccel_stream_close(struct wd_stream *stream);

static inline struct vaccel_user_stream *
vaccel_stream_of(struct wd_stream *stream)
{
	return container_of(stream, struct vaccel_user_stream, base);
}

#endif
