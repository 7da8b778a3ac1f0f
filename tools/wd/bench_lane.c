// SPDX-License-Identifier: MIT
/* Lanes of wd bench. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench_lane.h"
#include "message.h"
#include "monotonic.h"
#include "tick.h"

/* A device that answers nothing for so long is given up. */
#define SILENCE_MAX (30 * NS_PER_SECOND)

static void prepare(struct bench_lane *lane, int level)
{
	struct wd_request *req;
	unsigned int i;

	for (i = 0; i < lane->depth; i++) {
		req = &lane->reqs[i];
		req->op = (uint8_t)lane->op->op;
		req->level = (int8_t)level;
		req->operand = bench_op_operand(lane->op);
		if (lane->room) {
			req->dst = lane->dst + i * lane->room;
			req->dst_len = lane->room;
		}
		if (lane->op->op == WD_FILL)
			req->dst_len = lane->data->slices[0].plain_len;
	}
}

int bench_lane_open(struct bench_lane *lane, size_t first_slice, int level)
{
	const struct bench_op *op = lane->op;
	size_t total;
	void *memory;

	lane->next_slice = first_slice;
	if (op->room)
		lane->room = op->room(lane->data->slices[0].plain_len);
	/* a cache line more keeps results of equal size out of one set */
	if (lane->room)
		lane->room += 64 - lane->room % 64;
	lane->slots = calloc(lane->depth, sizeof(lane->slots[0]));
	if (!lane->slots ||
	    posix_memalign(&memory, 128, lane->depth * sizeof(lane->reqs[0])))
		return -ENOMEM;
	lane->reqs = memory;
	memset(lane->reqs, 0, lane->depth * sizeof(lane->reqs[0]));
	if (__builtin_mul_overflow(lane->room, (size_t)lane->depth, &total) ||
	    posix_memalign(&memory, 4096, total ? total : 1))
		return -ENOMEM;
	lane->dst = memory;
	/* page faults are not what is measured */
	memset(lane->dst, 0x55, total);
	prepare(lane, level);
	return 0;
}

void bench_lane_close(struct bench_lane *lane)
{
	free(lane->reqs);
	free(lane->slots);
	free(lane->dst);
}

static inline const struct bench_slice *take_slice(struct bench_lane *lane)
{
	const struct bench_slice *slice = &lane->data->slices[lane->next_slice];

	if (++lane->next_slice == lane->data->count)
		lane->next_slice = 0;
	return slice;
}

/* Hands requests over, trying again while others fill a shared queue. */
static int send_all(struct bench_lane *lane, void **reqs, unsigned int n)
{
	unsigned int sent = 0;
	int ret;

	while (sent < n) {
		ret = wd_send_burst(&lane->group->queue, reqs + sent, n - sent);
		if (ret < 0 && ret != -EAGAIN)
			break;
		sent += ret > 0 ? (unsigned int)ret : 0;
	}
	if (sent == n)
		return 0;
	atomic_fetch_sub(&lane->group->in_flight, n - sent);
	lane->error = ret;
	return ret;
}

/* Receives at least one answer; 0 when there is none for now. */
static int receive_some(struct bench_lane *lane, unsigned int max)
{
	struct wd_queue *q = &lane->group->queue;
	int ret;

	ret = wd_recv_burst(q, lane->slots, max);
	if (ret || lane->poll)
		return ret;
	ret = wd_recv_sync(q, &lane->slots[0]);
	if (ret == -ETIMEDOUT || ret == -EAGAIN)
		return 0;
	return ret ? ret : 1;
}

/*
 * As receive_some(), until there is an answer or everything that is in flight
 * on a shared queue has been received by others.
 */
static int receive_or_end(struct bench_lane *lane, unsigned int max)
{
	uint64_t begin = 0, now;
	int ret;

	for (;;) {
		ret = receive_some(lane, max);
		if (ret)
			break;
		if (!atomic_load(&lane->group->in_flight) ||
		    atomic_load(lane->stop))
			return 0;
		now = monotonic_ns();
		if (!begin)
			begin = now;
		if (now - begin > SILENCE_MAX) {
			ret = -ETIMEDOUT;
			break;
		}
	}
	if (ret < 0)
		lane->error = ret;
	return ret;
}

static void count_errors(struct bench_lane *lane, unsigned int n)
{
	struct wd_request *req;
	unsigned int i;

	for (i = 0; i < n; i++) {
		req = lane->slots[i];
		if (!req->status)
			continue;
		if (!lane->errors++)
			lane->first_status = req->status;
	}
}

static inline void check_statuses(struct bench_lane *lane, unsigned int n)
{
	const struct wd_request *req;
	int32_t any = 0;
	unsigned int i;

	for (i = 0; i < n; i++) {
		req = lane->slots[i];
		any |= req->status;
	}
	if (__builtin_expect(any, 0))
		count_errors(lane, n);
}

static inline void aim_anew(struct bench_lane *lane, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		bench_op_aim(lane->op, lane->slots[i], take_slice(lane));
}

/* .user carries the time of sending. */
static inline void note_sent(struct bench_lane *lane, unsigned int n)
{
	uintptr_t now = (uintptr_t)tick_now();
	struct wd_request *req;
	unsigned int i;

	for (i = 0; i < n; i++) {
		req = lane->slots[i];
		req->user = (void *)now;
	}
}

static inline void note_received(struct bench_lane *lane, unsigned int n)
{
	uintptr_t now = (uintptr_t)tick_now();
	const struct wd_request *req;
	unsigned int i;

	for (i = 0; i < n; i++) {
		req = lane->slots[i];
		histogram_add(lane->latency, now - (uintptr_t)req->user);
	}
}

/* Puts all of the lane's requests on their way, in bursts. */
static int send_first(struct bench_lane *lane)
{
	unsigned int at, n, i;

	atomic_fetch_add(&lane->group->in_flight, lane->depth);
	for (at = 0; at < lane->depth; at += n) {
		n = lane->depth - at < lane->burst ? lane->depth - at :
						     lane->burst;
		for (i = 0; i < n; i++)
			lane->slots[i] = &lane->reqs[at + i];
		if (lane->op->has_data)
			aim_anew(lane, n);
		if (lane->latency)
			note_sent(lane, n);
		if (send_all(lane, lane->slots, n)) {
			atomic_fetch_sub(&lane->group->in_flight,
					 lane->depth - at - n);
			return lane->error;
		}
	}
	return 0;
}

/*
 * The loop that is measured. Requests that came back go out again as they are,
 * or, where there are more slices than requests, with another slice.
 */
static uint64_t go_round(struct bench_lane *lane, bool more_slices)
{
	struct wd_queue *q = &lane->group->queue;
	void **slots = lane->slots;
	const atomic_bool *stop = lane->stop;
	unsigned int burst = lane->burst;
	bool timed = lane->latency;
	uint64_t ops = 0;
	int n, sent;

	while (!atomic_load_explicit(stop, memory_order_relaxed)) {
		n = wd_recv_burst(q, slots, burst);
		if (__builtin_expect(n <= 0, 0)) {
			n = receive_or_end(lane, burst);
			if (n <= 0)
				break;
		}
		if (timed)
			note_received(lane, (unsigned int)n);
		check_statuses(lane, (unsigned int)n);
		ops += (unsigned int)n;
		if (more_slices)
			aim_anew(lane, (unsigned int)n);
		if (timed)
			note_sent(lane, (unsigned int)n);
		sent = wd_send_burst(q, slots, (unsigned int)n);
		if (__builtin_expect(sent == n, 1))
			continue;
		sent = sent > 0 ? sent : 0;
		if (send_all(lane, slots + sent, (unsigned int)(n - sent)))
			break;
	}
	return ops;
}

/* Receives what is in flight, whichever lane sent it. */
static uint64_t drain(struct bench_lane *lane)
{
	uint64_t ops = 0, begin = monotonic_ns();
	int n;

	while (atomic_load(&lane->group->in_flight) && !lane->error) {
		n = receive_some(lane, lane->burst);
		if (n < 0)
			lane->error = n;
		if (!n && monotonic_ns() - begin > SILENCE_MAX)
			lane->error = -ETIMEDOUT;
		if (n <= 0)
			continue;
		if (lane->latency)
			note_received(lane, (unsigned int)n);
		check_statuses(lane, (unsigned int)n);
		ops += (unsigned int)n;
		atomic_fetch_sub(&lane->group->in_flight, (unsigned int)n);
		begin = monotonic_ns();
	}
	return ops;
}

void bench_lane_run(struct bench_lane *lane)
{
	uint64_t ns = monotonic_ns(), ticks = tick_now();
	bool more = lane->op->has_data && lane->data->count > lane->depth;
	uint64_t ops = 0;

	if (!send_first(lane))
		ops = go_round(lane, more);
	ops += drain(lane);
	lane->ticks = tick_now() - ticks;
	lane->ns = monotonic_ns() - ns;
	lane->ops = ops;
}

static int verify_one(const struct bench_lane *lane, unsigned int index,
		      const struct bench_slice *slice)
{
	const struct wd_request *req = &lane->reqs[index];

	if (req->status) {
		message_error("%s failed: %s", lane->op->name,
			      strerror(-req->status));
		return req->status;
	}
	if (!lane->op->verify(req, slice)) {
		message_error("%s answered, but its result is wrong",
			      lane->op->name);
		return -EBADMSG;
	}
	return 0;
}

int bench_lane_verify(struct bench_lane *lane)
{
	size_t first = lane->next_slice;
	unsigned int i;
	int ret = 0;

	lane->error = 0;
	send_first(lane);
	drain(lane);
	if (lane->error) {
		message_error("the queue failed: %s", strerror(-lane->error));
		return lane->error;
	}
	for (i = 0; !ret && i < lane->depth; i++)
		ret = verify_one(
			lane, i,
			&lane->data->slices[(first + i) % lane->data->count]);
	/* errors that were said here are not counted again */
	lane->errors = 0;
	return ret;
}
