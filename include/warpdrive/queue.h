/* SPDX-License-Identifier: MIT */
/*
 * WarpDrive: queues, the way in which requests reach a device.
 *
 * Order of calls: wd_request_queue(), then any mix of send and receive,
 * then wd_release_queue(). Nothing has to be initialised before.
 *
 * Threads. Any number of threads may use one queue at once, unless it was
 * requested with WD_QUEUE_SINGLE_THREAD: then the caller promises that at any
 * moment at most one thread is inside a call on it, and nothing on its path is
 * atomic. wd_release_queue() is called once, by one thread, when no other is
 * inside a call, except asleep in wd_recv_sync(): that one wakes with
 * -ESHUTDOWN.
 *
 * Fork. A queue belongs to the process that requested it. In a forked child
 * every call on it returns -EPERM at once and touches nothing, except that
 * wd_release_queue() frees the child's copy; the parent's queue is not
 * affected. The child may request queues of its own.
 *
 * Order of answers. A queue without workers answers in the order of sending,
 * others in any order.
 */
#ifndef WARPDRIVE_QUEUE_H
#define WARPDRIVE_QUEUE_H

#include <warpdrive/request.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum wd_queue_flags {
	/* at most one thread at a time is inside a call on this queue */
	WD_QUEUE_SINGLE_THREAD = 1u << 0,
	/*
	 * only a device on .node, or one that is tied to no node, will do; the
	 * threads of "sw" then run there
	 */
	WD_QUEUE_NODE = 1u << 1,
	/* only a device that shares the process's address space will do */
	WD_QUEUE_SVA = 1u << 2,
	/*
	 * what the device cannot reach is copied through memory that it can,
	 * and counted, see wd_get_bounces(); without this flag a request for it
	 * is refused with -EFAULT. On a device that shares the process's
	 * address space nothing is ever copied
	 */
	WD_QUEUE_BOUNCE = 1u << 3,
};

/* Special values of wd_queue.workers; a positive number is a count. */
#define WD_WORKERS_DEFAULT 0 /* WARPDRIVE_WORKERS, else none */
#define WD_WORKERS_NONE (-1) /* the work runs in the caller's wd_recv() */
#define WD_WORKERS_ALL (-2) /* one for each CPU that the process may use */
#define WD_WORKERS_MAX 1024

#define WD_QUEUE_DEPTH_DEFAULT 1024
#define WD_QUEUE_DEPTH_MAX 65536

/*
 * A queue, in the caller's storage. It may not move or be copied while it is
 * requested. The fields up to the gap say what the caller asks for and are
 * read by wd_request_queue() only, except .timeout, which every
 * wd_recv_sync() reads; the rest says what it got and is for reading only.
 */
struct wd_queue {
	const char *algorithm; /* "gzip", …, see wd_device_algorithms(); NULL:
				  any */
	const char *device; /* "sw", "vaccel-0", …; NULL: WARPDRIVE_DEVICE if
			       that is set, else the best that can */
	int node; /* NUMA node, with WD_QUEUE_NODE */
	unsigned int flags; /* enum wd_queue_flags */
	unsigned int depth; /* requests in flight at most; rounded up to a
			       power of two; 0: WD_QUEUE_DEPTH_DEFAULT */
	int workers; /* threads of the device "sw" for this queue, see above */
	uint64_t timeout; /* of wd_recv_sync(), ns; 0: none */

	struct {
		char device[64]; /* the device's name */
		unsigned int depth;
		unsigned int workers; /* 0: none */
	} got;
	void *priv; /* the library's own; NULL: not requested */
};

/*
 * Gets a queue that can do what @q asks for. @q->algorithm also becomes the
 * format of requests that name none.
 *
 * Returns 0, or
 *   -EINVAL      @q is NULL, or a field of it is out of range, or there is
 *                no such node
 *   -EOPNOTSUPP  an unknown flag, or the device's driver cannot copy
 *                (WD_QUEUE_BOUNCE)
 *   -EBUSY       @q is already requested (zero a struct wd_queue before its
 *                first use), or the device has no queue left, or it is another
 *                process's (a device that does not share address spaces works
 *                for one process at a time)
 *   -ENODEV      there is no such device
 *   -ENOENT      no device, or not the one named, can do the algorithm
 *   -ENOMEM, -EAGAIN  no memory, no thread
 *   or what opening the device answered. @q is unchanged on failure.
 */
int wd_request_queue(struct wd_queue *q);

/*
 * Gives a queue back. Requests that have not begun are cancelled, those at
 * work are waited for, and when it returns the library touches none of their
 * buffers any more. Answers that were not received are dropped, their status
 * is set. Streams and memory of the queue must not be used any more. Does
 * nothing when @q is NULL or not requested.
 */
void wd_release_queue(struct wd_queue *q);

/*
 * Hands one request (a struct wd_request) to the queue, and never blocks.
 *
 * Returns 0, or
 *   -EAGAIN      the queue is full, or has no memory left for one more copy
 *                (WD_QUEUE_BOUNCE): receive first
 *   -EINVAL      @q is not requested, or the request is malformed: NULL, an
 *                unknown op, format, flush mode or level, a NULL buffer with a
 *                length, more than SSIZE_MAX bytes, more than WD_IOV_MAX list
 *                entries, src and dst overlapping, a stream of another queue
 *   -EOPNOTSUPP  an unknown flag, or one that the operation does not have
 *   -EFAULT      the request names memory that the device cannot reach, as it was
 *                not reserved through the queue
 *   -EBUSY       a request of the same stream is in flight
 *   -EPERM       the queue belongs to another process
 * The library holds the request only if it returned 0. When the device is gone,
 * it is taken and answers -ENODEV.
 */
int wd_send(struct wd_queue *q, void *req);

/*
 * Takes one answered request off the queue, and never blocks on another: on a
 * queue without workers the oldest request is carried out here.
 *
 * Returns 0 and the request in *@req, or -EAGAIN when nothing is done,
 * -EINVAL or -EPERM as above; *@req is then unchanged.
 */
int wd_recv(struct wd_queue *q, void **req);

/*
 * As wd_recv(), but spins for a moment and then sleeps until there is an
 * answer, for at most @q->timeout nanoseconds if that is not 0.
 *
 * Returns as wd_recv(), or -ETIMEDOUT: then everything that was in flight still
 * is, its buffers still belong to the library, and it can be received later;
 * or -ESHUTDOWN when the queue is released meanwhile; or -ENODEV when the device
 * is gone and nothing is in flight any more; or, on a queue for a single thread
 * with no timeout and nothing in flight, -EAGAIN at once, as no answer could
 * ever come.
 */
int wd_recv_sync(struct wd_queue *q, void **req);

/* As wd_recv_sync(), until @deadline (CLOCK_MONOTONIC, ns; 0: none). */
int wd_recv_deadline(struct wd_queue *q, void **req, uint64_t deadline);

/*
 * Sends up to @n requests. Returns how many, from the first on, were taken: 0
 * when the queue is full, less than @n when it became full or when the next one
 * is malformed; or a negative errno as wd_send() when the first one is.
 */
int wd_send_burst(struct wd_queue *q, void *const *reqs, unsigned int n);

/*
 * Receives up to @n answers. Returns how many, 0 for none, or a negative errno
 * as wd_recv().
 */
int wd_recv_burst(struct wd_queue *q, void **reqs, unsigned int n);

/*
 * Cancels everything that was sent and has not begun: it answers -ECANCELED.
 * What is at work is waited for and answers as it would have. When it returns,
 * every request sent before can be received without waiting, but for those that
 * another thread is carrying out inside wd_recv(), which will return them.
 */
void wd_flush(struct wd_queue *q);

/*
 * Waits until every request sent before has been carried out, so that no
 * buffer of theirs will be touched any more; the answers remain to be received.
 * On a queue without workers this thread carries out what no wd_recv() has; what
 * another thread is at inside wd_recv() is for that call to finish.
 * @deadline: CLOCK_MONOTONIC, ns; 0: none
 *
 * Returns 0, -ETIMEDOUT, -EINVAL or -EPERM.
 */
int wd_drain(struct wd_queue *q, uint64_t deadline);

/*
 * Reserves memory that the device of the queue can reach, zeroed and aligned to
 * a page; @size is rounded up to whole pages. On a device that does not share
 * the process's address space a request names this memory and no other, but for
 * its lists and its stream, which may lie anywhere; see also WD_QUEUE_BOUNCE.
 * There the memory is locked, counts against RLIMIT_MEMLOCK, and takes one more
 * queue of the device, which holds it. The call works on every device, with the
 * same rules. A queue has at most one such region. It lives until the last queue
 * that has it is released; it is not inherited by a forked child.
 *
 * Returns its address, or NULL and errno: EINVAL (not requested, or size 0),
 * EEXIST (the queue has a region), ENOMEM (also beyond what may be locked),
 * EPERM, or what the device answered.
 */
void *wd_reserve_memory(struct wd_queue *q, size_t size);

/*
 * Lets the device of @target reach the memory that @q has, which may be
 * reserved or itself shared.
 *
 * Returns 0, -EINVAL (not requested, or both are the same queue), -ENOENT
 * (@q has no region), -EEXIST (@target has one), -EOPNOTSUPP (@target reaches
 * reserved memory only, and @q's comes from a device that reaches all), -EPERM,
 * or what the device answered.
 */
int wd_share_reserved_memory(struct wd_queue *q, struct wd_queue *target);

/* What was copied because of WD_QUEUE_BOUNCE. */
struct wd_bounce_stats {
	uint64_t operations; /* of which some memory was copied */
	uint64_t bytes; /* copied, both ways */
};

/*
 * Copies the queue's counters to *@stats. Returns 0, or -EINVAL (not requested,
 * or @stats is NULL), -EPERM.
 */
int wd_get_bounces(struct wd_queue *q, struct wd_bounce_stats *stats);

/*
 * A stream: the state that lets many requests compress or decompress one piece
 * of data of any length, in pieces of any size. Requests of one stream name it
 * in .stream; at most one of them is in flight at a time (wd_send() refuses
 * another with -EBUSY), and they agree with it in .op.
 *
 * A WD_COMPRESS request takes input until it is used up or the output is full;
 * it is done with a flush mode when status is 0. Status -ENOSPC means more
 * output room is needed to do what it asks for: go on with what is left of the
 * input and the same flush mode. After WD_FLUSH_FINISH answered 0 the stream
 * has ended, and -EINVAL answers any more until wd_stream_reset().
 *
 * A WD_DECOMPRESS request answers 0 when the object has ended, at .consumed;
 * -ENODATA when it wants more input, -ENOSPC when it wants more room. Both are
 * the normal course. WD_GZIP ends with the member: reset to read another.
 */
enum wd_stream_flags {
	WD_STREAM_FLAGS_NONE = 0 /* none is defined yet */
};

/*
 * Makes a stream for use on queue @q.
 * @op: WD_COMPRESS or WD_DECOMPRESS; @format, @level: as in a request
 * @flags: none is defined: 0
 *
 * Returns 0 and the stream in *@stream, or -EINVAL, -EOPNOTSUPP (flags, or the
 * device has no streams), -ENOMEM, -EPERM. The stream is closed by the caller,
 * before the queue is released.
 */
int wd_stream_open(struct wd_queue *q, enum wd_op op, enum wd_format format,
		   int level, unsigned int flags, struct wd_stream **stream);

/*
 * Makes the stream new again, as after wd_stream_open(). No request of it may
 * be in flight. Returns 0, -EBUSY if one is, -EINVAL or -EPERM.
 */
int wd_stream_reset(struct wd_stream *stream);

/* Frees a stream. No request of it may be in flight; NULL is ignored. */
void wd_stream_close(struct wd_stream *stream);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
