/* SPDX-License-Identifier: MIT */
/*
 * WarpDrive: sessions, for whoever wants the result rather than a queue.
 *
 * A session is opened once with what its operations have in common, owns a
 * queue, takes any memory on any device, and may be used by any number of threads at once, synchronously and
 * asynchronously. In a forked child its calls return -EPERM, and
 * wd_comp_close() frees the child's copy.
 *
 *	struct wd_comp *c;
 *
 *	wd_comp_open(&c, &(struct wd_comp_params){ .format = WD_GZIP });
 *	ssize_t n = wd_compress(c, out, cap, text, len);
 *	wd_comp_close(c);
 */
#ifndef WARPDRIVE_SESSION_H
#define WARPDRIVE_SESSION_H

#include <sys/types.h>

#include <warpdrive/request.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct wd_comp;
struct wd_bounce_stats; /* <warpdrive/queue.h> */

enum wd_comp_flags {
	/*
	 * What the device cannot do (the operation, its size, or anything any
	 * more, as it is gone) is done by the device "sw", request by request,
	 * and counted in struct wd_comp_stats. A stream stays on the device on
	 * which it was opened, which is "sw" if the other has no such streams.
	 */
	WD_COMP_FALLBACK = 1u << 0,
};

/* What to open; zeroed fields are the defaults. */
struct wd_comp_params {
	enum wd_format format; /* default: WD_DEFLATE */
	int level; /* as in a request */
	const char *device; /* as in struct wd_queue */
	int workers; /* as in struct wd_queue */
	unsigned int depth; /* as in struct wd_queue */
	unsigned int flags; /* enum wd_comp_flags */
	uint64_t timeout; /* of a synchronous call, ns; 0: none */
};

/* What a session has done so far. */
struct wd_comp_stats {
	uint64_t operations; /* that have been answered */
	uint64_t errors; /* of these, with an error */
	uint64_t fallbacks; /* of these, done by "sw" in the device's place */
	uint64_t bytes_in;
	uint64_t bytes_out;
};

/*
 * Opens a session. Returns 0 and the session in *@comp, or what
 * wd_request_queue() returns.
 */
int wd_comp_open(struct wd_comp **comp, const struct wd_comp_params *params);

/*
 * Closes a session: what has not begun is cancelled, what is at work is waited
 * for, and the callbacks of both are called before it returns. No other thread
 * may be inside a call on it. NULL is ignored.
 */
void wd_comp_close(struct wd_comp *comp);

/*
 * Compress or decompress the whole of @src into @dst and wait for it.
 *
 * Return the number of bytes in @dst, or a negative errno: those of struct
 * wd_request's status and of wd_send() but -EAGAIN, and -ETIMEDOUT when
 * the session's timeout passed. After -ETIMEDOUT the buffers belong to the
 * library until wd_comp_wait() has returned 0. For wd_decompress(), bytes of
 * @src behind the end of the compressed object are left unread; a request or a
 * stream tells where it ended.
 */
ssize_t wd_compress(struct wd_comp *comp, void *dst, size_t dst_len,
		    const void *src, size_t src_len);
ssize_t wd_decompress(struct wd_comp *comp, void *dst, size_t dst_len,
		      const void *src, size_t src_len);

/*
 * Called once for every asynchronous operation that was accepted, in the thread
 * that calls wd_comp_poll(), wd_comp_wait(), wd_comp_close() or a synchronous
 * call on the session. The request lives until the function returns; it may
 * start further operations on the session, but not wait for them.
 */
typedef void (*wd_comp_callback)(struct wd_comp *comp,
				 const struct wd_request *req);

/*
 * Starts @req, of which .op is WD_COMPRESS or WD_DECOMPRESS; .format and .level
 * are the session's if 0. The request is copied, so it need not outlive the
 * call; its buffers must. req->user is the callback's to use.
 *
 * Returns 0, -EAGAIN when as many operations are in flight as the session's
 * depth allows (poll first), or as wd_send().
 */
int wd_comp_submit(struct wd_comp *comp, const struct wd_request *req,
		   wd_comp_callback callback);

/*
 * Short forms of wd_comp_submit(): the whole of @src into @dst.
 * @user: handed to the callback in req->user
 */
int wd_compress_async(struct wd_comp *comp, void *dst, size_t dst_len,
		      const void *src, size_t src_len,
		      wd_comp_callback callback, void *user);
int wd_decompress_async(struct wd_comp *comp, void *dst, size_t dst_len,
			const void *src, size_t src_len,
			wd_comp_callback callback, void *user);

/*
 * Calls the callbacks of up to @max operations that are done (0: of all), and
 * does not sleep. Returns how many, or -EINVAL, -EPERM.
 */
int wd_comp_poll(struct wd_comp *comp, unsigned int max);

/*
 * Waits until nothing is in flight and every callback has returned.
 * @deadline: CLOCK_MONOTONIC, ns; 0: none
 *
 * Returns 0, -ETIMEDOUT, -EINVAL, -EPERM.
 */
int wd_comp_wait(struct wd_comp *comp, uint64_t deadline);

/* Copies the session's counters to *@stats. Returns 0 or -EINVAL. */
int wd_comp_get_stats(struct wd_comp *comp, struct wd_comp_stats *stats);

/*
 * Copies to *@stats what was copied as the session's device cannot reach all
 * memory of the process: sessions have WD_QUEUE_BOUNCE. Returns 0 or -EINVAL,
 * -EPERM.
 */
int wd_comp_get_bounces(struct wd_comp *comp, struct wd_bounce_stats *stats);

/* Name of the session's device. */
const char *wd_comp_device(const struct wd_comp *comp);

/*
 * Streams: data of any length in pieces of any size. One stream is used by one
 * thread at a time; many streams of a session may be in use at once.
 */
struct wd_comp_stream;

/* What one call works on; it moves the pointers and shortens the lengths. */
struct wd_comp_buffers {
	const void *in;
	size_t in_len;
	void *out;
	size_t out_len;
};

/*
 * Opens a stream of a session. @op: WD_COMPRESS or WD_DECOMPRESS.
 * Returns 0 and the stream in *@stream, or a negative errno as
 * wd_stream_open(). It is closed before its session.
 */
int wd_comp_stream_open(struct wd_comp *comp, enum wd_op op,
			struct wd_comp_stream **stream);

/*
 * Works until the input is used up, the output is full, or the stream has
 * ended.
 * @flush: for WD_COMPRESS; WD_FLUSH_DEFAULT is WD_FLUSH_NONE
 *
 * Returns 1 when the stream has ended, 0 when it goes on: with more input, or,
 * if buffers->out_len is 0, with more room, the same input and the same
 * @flush. A negative errno is final: -EBADMSG, -EOPNOTSUPP (preset
 * dictionary), -EINVAL (used after the end), -EIO, -ENODEV, -ETIMEDOUT
 * (the session's; the buffers belong to the library until wd_comp_wait()
 * has returned 0, and the stream can only be closed).
 */
int wd_comp_stream_run(struct wd_comp_stream *stream,
		       struct wd_comp_buffers *buffers, enum wd_flush flush);

/* Starts anew. Returns 0 or a negative errno as wd_stream_reset(). */
int wd_comp_stream_reset(struct wd_comp_stream *stream);

/* Frees a stream; NULL is ignored. */
void wd_comp_stream_close(struct wd_comp_stream *stream);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
