/* SPDX-License-Identifier: MIT */
/*
 * What every test of the conformance suite stands on: which device and mode is
 * under test, and the few steps that all tests repeat.
 */
#ifndef TESTS_API_FIXTURE_H
#define TESTS_API_FIXTURE_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <warpdrive/warpdrive.h>

#include "guarded.h"
#include "reference.h"
#include "runner.h"
#include "sample.h"

/* The device and mode under test, as the command line has them. */
struct fixture_config {
	const char *device;
	int workers;
	unsigned int flags; /* of the queue */
	unsigned int depth;
};

extern struct fixture_config fixture_config;

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

/* Now, on the clock that deadlines are on. */
uint64_t fixture_now(void);
void fixture_sleep(uint64_t ns);

/* Requests a queue as configured; @algorithm may be NULL. */
void fixture_request(struct wd_queue *q, const char *algorithm);

/* The same with at most @depth in flight. */
void fixture_request_depth(struct wd_queue *q, unsigned int depth);

/* Whether requests are carried out by threads of the device, not the caller. */
bool fixture_has_workers(const struct wd_queue *q);

/* Sends @r and waits for it, asserting that nothing else comes back. */
int fixture_run(struct wd_queue *q, struct wd_request *r);

/* Sends @r, which must be taken. */
void fixture_send(struct wd_queue *q, struct wd_request *r);

/* Waits for an answer, at most 600 s. */
struct wd_request *fixture_recv(struct wd_queue *q);

/* Asserts that nothing is in flight or answered. */
void fixture_assert_empty(struct wd_queue *q);

/* Skips the test unless several threads may use the queue. */
void fixture_need_shared(void);
/* Skips the test unless the device works beside the caller. */
void fixture_need_workers(void);
/* Skips the test unless the device has the algorithm. */
void fixture_need(const char *algorithm);
/* Skips the test unless the device lives in this process. */
void fixture_need_in_process(void);

/* Whether the device reaches all memory of the process. */
bool fixture_reaches_all(void);

/* Opens a session as configured. */
struct wd_comp *fixture_session(enum wd_format format, int level);

/* Compresses with room that always suffices; the caller frees *@out. */
size_t fixture_compress(struct wd_queue *q, enum wd_format format, int level,
			const void *in, size_t in_len, unsigned char **out);

/* Threads of this process, and files that it has open. */
unsigned int fixture_threads(void);
unsigned int fixture_files(void);

/* Waits until every other thread of this process sleeps, at most 5 s. */
void fixture_await_idle_threads(void);

/* Waits until there are no more than @threads, as an exit takes its time. */
void fixture_assert_threads(unsigned int threads);

/* What a program started with --probe does: prints what a queue got. */
int fixture_probe(void);

/* The formats that a request may name. */
#define for_each_format(format)                                            \
	for (enum wd_format format = WD_DEFLATE; format < WD_FORMAT_COUNT; \
	     format++)

#endif
