/* SPDX-License-Identifier: MIT */
/*
 * The core of every session, whatever it computes: it owns a queue, carries
 * requests through it for any number of threads, synchronously and with
 * callbacks, falls back to "sw" where that is allowed, and counts.
 */
#ifndef WD_SESSION_H
#define WD_SESSION_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <warpdrive/queue.h>

#include "event.h"

struct wd_session;

/* Called for a request that is done; see wd_session_submit(). */
typedef void wd_session_done_fn(struct wd_session *session,
				const struct wd_request *req, void *callback);

/* One operation in flight. */
struct wd_session_op {
	struct wd_request req; /* first: a request leads to its operation */
	wd_session_done_fn *done; /* NULL: somebody waits for it */
	void *callback;
	atomic_int state; /* of an operation that somebody waits for */
	uint32_t next; /* in the list of free ones */
};

struct wd_session {
	struct wd_queue queue;
	bool fallback_allowed;
	/* Of asynchronous operations: as many as the queue is deep. */
	struct wd_session_op *ops;
	/* Index of the first free one; above it a count against reuse. */
	_Atomic uint64_t free_ops;
	_Atomic uint64_t sent; /* operations, all kinds */
	_Atomic uint64_t answered; /* of these, handed out */
	/*
	 * Answers come from elsewhere, and one thread at a time receives them,
	 * marked by .receiving; else every receiver carries work out itself.
	 */
	bool exclusive;
	atomic_bool receiving;
	struct wd_event event; /* an answer was handed out, and the like */

	pthread_mutex_t fallback_lock; /* guards making .fallback */
	struct wd_queue fallback;

	_Atomic uint64_t operations;
	_Atomic uint64_t errors;
	_Atomic uint64_t fallbacks;
	_Atomic uint64_t bytes_in;
	_Atomic uint64_t bytes_out;
};

/* Requests session->queue, which the caller has filled in. */
int wd_session_open(struct wd_session *session, bool fallback_allowed);

/* Cancels, waits, calls back, and releases all but the struct. */
void wd_session_close(struct wd_session *session);

/*
 * Carries out a request and waits for it, at most as long as the queue's
 * timeout says. Returns 0 when it is answered, or why it is not.
 */
int wd_session_run(struct wd_session *session, struct wd_request *req);

/* Whether "sw" may do what the device answered with @error. */
bool wd_session_falls_back(const struct wd_session *session, int error);

/* The fallback queue, made when it is first needed; NULL if it cannot be. */
struct wd_queue *wd_session_fallback(struct wd_session *session);

/* As wd_session_run(), on the fallback queue, which has been made. */
int wd_session_run_aside(struct wd_session *session, struct wd_request *req);

/* Starts a copy of a request; @done is called with @callback when it is. */
int wd_session_submit(struct wd_session *session, const struct wd_request *req,
		      wd_session_done_fn *done, void *callback);

/* As wd_comp_poll() and wd_comp_wait(). */
int wd_session_poll(struct wd_session *session, unsigned int max);
int wd_session_wait(struct wd_session *session, uint64_t deadline);

#endif
