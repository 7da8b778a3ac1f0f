/* SPDX-License-Identifier: MIT */
/*
 * The user's driver of vaccel devices, written from docs/vaccel.md; "section"
 * in a comment is one of that document.
 *
 *   device.c    the driver: recognises a device, opens and closes its queues
 *   queue.c     send, receive, sleep, drain
 *   request.c   a request as a sequence of descriptors, and its answer
 *   side.c      the source and the destination of a request
 *   recover.c   cancel, reset, and answers in place of a device that gave none
 *   stream.c    the state that requests of one stream share
 *
 * Every request in flight has a slot. A slot has at most one descriptor at the
 * device, so the rings, which have at least as many entries, never overflow.
 *
 * A device without SVA reaches reserved memory only. What the driver has it read
 * and write besides the requests' memory (lists, states of streams, and copies,
 * where these are asked for) then comes from a pool of such memory.
 */
#ifndef VACCEL_H
#define VACCEL_H

#include <linux/types.h>
#include <pthread.h>

#include <uapi/vaccel.h>

#include "memory.h"
#include "pool.h"

/* Where a slot's request stands. */
enum vaccel_phase {
	VACCEL_PHASE_FREE,
	VACCEL_PHASE_WORK, /* what the request asks for */
	VACCEL_PHASE_SUM, /* the Adler-32 of a fragment's input */
};

/* Where the device finds a side; made when first needed. */
struct vaccel_place {
	struct vaccel_sge *list; /* its scatter list */
	char *bounce; /* what takes its place, NULL: it is reached */
	uint32_t room; /* there */
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
	/*
	 * Made when first needed; kept with the slot, but given back to the
	 * pool at once.
	 */
	struct vaccel_place src;
	struct vaccel_place dst;
	void *state;
};

#define VACCEL_SLOT_NONE UINT32_MAX

struct vaccel_queue {
	struct wd_ctx ctx;
	int fd;
	int wake; /* eventfd: answers that the device did not announce */
	char path[80]; /* of the device's node */
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
	 * stores, while memory is copied that the device does not reach, and
	 * while the queue is flushed or recovered.
	 */
	pthread_mutex_t lock;
	struct wd_pool pool; /* empty where the device reaches all memory */
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

/* One side of a request: a buffer, or a list of them. */
struct vaccel_side {
	const void *buffer;
	size_t len; /* bytes, or entries */
	bool list;
};

/* What a descriptor covers of a side. */
struct vaccel_cover {
	uint64_t addr;
	uint32_t len;
	uint16_t nents; /* 0: not a list */
	bool whole; /* all that is left of the side */
};

static inline struct vaccel_side vaccel_src(const struct wd_request *req)
{
	return (struct vaccel_side){ req->src, req->src_len,
				     req->flags & WD_REQUEST_SRC_IOV };
}

static inline struct vaccel_side vaccel_dst(const struct wd_request *req)
{
	return (struct vaccel_side){ req->dst, req->dst_len,
				     req->flags & WD_REQUEST_DST_IOV };
}

/* side.c; the caller holds the lock. */
size_t vaccel_side_total(const struct vaccel_side *side);
/* Covers as much of a side as a descriptor can, from @skip bytes on. */
int vaccel_cover(struct vaccel_queue *q, const struct vaccel_side *side,
		 size_t skip, struct vaccel_place *place,
		 struct vaccel_cover *cover);
/* Copies the first bytes of a side from @skip on; false if there are fewer. */
bool vaccel_peek(const struct vaccel_side *side, size_t skip, uint8_t bytes[2]);
/* Gives both sides of a request that are not reached a place: 0, -ENOMEM. */
int vaccel_bounce(struct vaccel_queue *q, struct vaccel_slot *slot);
/* @len bytes of a side, from @skip on, to its place; and back. */
void vaccel_copy_in(struct vaccel_queue *q, const struct vaccel_place *place,
		    struct vaccel_side side, size_t skip, size_t len);
void vaccel_copy_out(struct vaccel_queue *q, const struct vaccel_place *place,
		     struct vaccel_side side, size_t skip, size_t len);
/* Memory that the device reaches, aligned as states of streams are; or NULL. */
void *vaccel_memory_get(struct vaccel_queue *q, size_t size);
void vaccel_memory_put(struct vaccel_queue *q, void *at, size_t size);
/* Gives back what the slot has of it. */
void vaccel_slot_release(struct vaccel_queue *q, struct vaccel_slot *slot);

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
