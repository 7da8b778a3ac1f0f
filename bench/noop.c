// SPDX-License-Identifier: MIT
/*
 * What handing over an operation costs, with nothing to do: cycles for each
 * no-op, beside the least that could be done, a ring of pointers with an
 * indirect call for each.
 *
 *	bench-noop [ROUNDS]
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include <warpdrive/warpdrive.h>

#include "rounds.h"

/* A sample of so many is short beside a time slice. */
#define OPS 16000
#define BURST_MAX 32
#define DEPTH 64

/* The bare ring: what is put in is called when it is taken out. */
struct bare;

typedef void bare_fn(struct wd_request *req);

struct bare {
	uint64_t head;
	uint64_t tail;
	bare_fn *ops[WD_OP_COUNT];
	void *ring[DEPTH];
};

static void bare_noop(struct wd_request *req)
{
	req->status = 0;
}

__attribute__((noinline)) static unsigned int
bare_send(struct bare *b, void *const *reqs, unsigned int n)
{
	unsigned int room = (unsigned int)(DEPTH - (b->tail - b->head));

	if (n > room)
		n = room;
	for (unsigned int i = 0; i < n; i++)
		b->ring[b->tail++ % DEPTH] = reqs[i];
	return n;
}

__attribute__((noinline)) static unsigned int
bare_recv(struct bare *b, void **reqs, unsigned int n)
{
	unsigned int filled = (unsigned int)(b->tail - b->head);

	if (n > filled)
		n = filled;
	for (unsigned int i = 0; i < n; i++) {
		struct wd_request *req = b->ring[b->head++ % DEPTH];

		b->ops[req->op](req);
		reqs[i] = req;
	}
	return n;
}

/* The requests of one thread. */
struct lane {
	struct wd_request reqs[BURST_MAX];
	void *slots[BURST_MAX];
};

static void lane_init(struct lane *lane)
{
	for (unsigned int i = 0; i < BURST_MAX; i++) {
		lane->reqs[i] = (struct wd_request){ .op = WD_NOOP };
		lane->slots[i] = &lane->reqs[i];
	}
}

static int statuses(void *const *slots, unsigned int n)
{
	int any = 0;

	for (unsigned int i = 0; i < n; i++)
		any |= ((struct wd_request *)slots[i])->status;
	return any;
}

static double run_bare(const struct round_case *c)
{
	struct bare *b = c->object;
	struct lane lane;
	int any = 0;
	uint64_t begin;

	lane_init(&lane);
	begin = rounds_ticks();
	for (unsigned int done = 0; done < c->count; done += c->burst) {
		bare_send(b, lane.slots, c->burst);
		bare_recv(b, lane.slots, c->burst);
		any |= statuses(lane.slots, c->burst);
	}
	begin = rounds_ticks() - begin;
	return any ? -1 : (double)begin / c->count;
}

/* Sends and receives until all of a thread's operations are done. */
static int go_round(struct wd_queue *q, struct lane *lane, unsigned int burst,
		    unsigned int count)
{
	int any = 0;

	for (unsigned int done = 0; done < count; done += burst) {
		int n = wd_send_burst(q, lane->slots, burst);

		any |= n ^ (int)burst;
		n = wd_recv_burst(q, lane->slots, burst);
		any |= n ^ (int)burst;
		any |= statuses(lane->slots, burst);
	}
	return any;
}

static double run_queue(const struct round_case *c)
{
	struct lane lane;
	uint64_t begin;
	int any;

	lane_init(&lane);
	begin = rounds_ticks();
	any = go_round(c->object, &lane, c->burst, c->count);
	begin = rounds_ticks() - begin;
	return any ? -1 : (double)begin / c->count;
}

/* One request in one call, as most programs will. */
static double run_single(const struct round_case *c)
{
	struct wd_request req = { .op = WD_NOOP };
	void *back = NULL;
	uint64_t begin;
	int any = 0;

	begin = rounds_ticks();
	for (unsigned int done = 0; done < c->count; done++) {
		any |= wd_send(c->object, &req);
		any |= wd_recv(c->object, &back);
		any |= back != &req || req.status;
	}
	begin = rounds_ticks() - begin;
	return any ? -1 : (double)begin / c->count;
}

/* What a program writes into a request that it uses again. */
static void write_anew(void *const *slots, unsigned int n, void *user)
{
	for (unsigned int i = 0; i < n; i++) {
		struct wd_request *req = slots[i];

		req->op = WD_NOOP;
		req->flags = 0;
		req->src = user;
		req->src_len = n;
		req->dst = user;
		req->dst_len = n;
		req->user = user;
		req->stream = NULL;
		req->deadline = 0;
	}
}

/* Each request is written anew, as DPDK's program does. */
static double run_anew(const struct round_case *c)
{
	struct lane lane;
	uint64_t begin;
	int any = 0;

	lane_init(&lane);
	begin = rounds_ticks();
	for (unsigned int done = 0; done < c->count; done += c->burst) {
		write_anew(lane.slots, c->burst, &lane);
		any |= go_round(c->object, &lane, c->burst, c->burst);
	}
	begin = rounds_ticks() - begin;
	return any ? -1 : (double)begin / c->count;
}

/* Two threads on one queue; each receives what either of them sent. */
struct pair {
	const struct round_case *c;
	pthread_barrier_t *start;
	uint64_t ticks;
	int any;
};

/* As many as there are for each of the two, however often it has to ask. */
static int pair_send(struct wd_queue *q, struct lane *lane, unsigned int burst)
{
	for (unsigned int at = 0; at < burst;) {
		int n = wd_send_burst(q, lane->slots + at, burst - at);

		if (n < 0 && n != -EAGAIN)
			return n;
		at += n > 0 ? (unsigned int)n : 0;
	}
	return 0;
}

static int pair_recv(struct wd_queue *q, struct lane *lane, unsigned int burst)
{
	for (unsigned int at = 0; at < burst;) {
		int n = wd_recv_burst(q, lane->slots + at, burst - at);

		if (n < 0)
			return n;
		at += (unsigned int)n;
	}
	return 0;
}

static void *pair_main(void *arg)
{
	struct pair *p = arg;
	const struct round_case *c = p->c;
	struct lane *lane = aligned_alloc(128, sizeof(*lane));
	struct wd_queue *q = c->object;
	unsigned int done = 0;
	uint64_t begin;

	if (lane)
		lane_init(lane);
	else
		p->any = ENOMEM;
	pthread_barrier_wait(p->start);
	begin = rounds_ticks();
	while (done < c->count && !p->any) {
		p->any |= pair_send(q, lane, c->burst);
		p->any |= pair_recv(q, lane, c->burst);
		p->any |= statuses(lane->slots, c->burst);
		done += c->burst;
	}
	p->ticks = rounds_ticks() - begin;
	/* its requests may still be in the other's hands */
	pthread_barrier_wait(p->start);
	free(lane);
	return NULL;
}

static double run_pair(const struct round_case *c)
{
	pthread_barrier_t start;
	struct pair pairs[2] = { { .c = c, .start = &start },
				 { .c = c, .start = &start } };
	pthread_t thread;
	int ret;

	pthread_barrier_init(&start, NULL, 2);
	ret = pthread_create(&thread, NULL, pair_main, &pairs[1]);
	if (ret)
		rounds_die("no thread", ret);
	pair_main(&pairs[0]);
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&start);
	if (pairs[0].any || pairs[1].any)
		return -1;
	return (double)(pairs[0].ticks + pairs[1].ticks) / 2 / c->count;
}

static void request_queue(struct wd_queue *q, unsigned int flags)
{
	int ret;

	*q = (struct wd_queue){ .algorithm = "noop",
				.device = "sw",
				.workers = WD_WORKERS_NONE,
				.depth = 2 * DEPTH,
				.flags = flags };
	ret = wd_request_queue(q);
	if (ret)
		rounds_die("no queue", ret);
}

int main(int argc, char **argv)
{
	unsigned int rounds =
		argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 0) : 101;
	struct bare bare = { .ops = { [WD_NOOP] = bare_noop } };
	struct wd_queue single;
	struct wd_queue shared;
	struct round_case cases[] = {
		{ "bare 1", run_bare, &bare, 1, OPS, NULL },
		{ "inline 1", run_queue, &single, 1, OPS, NULL },
		{ "inline 1 anew", run_anew, &single, 1, OPS, NULL },
		{ "inline 1 call", run_single, &single, 1, OPS, NULL },
		{ "shared 1", run_queue, &shared, 1, OPS, NULL },
		{ "shared 1 threads 2", run_pair, &shared, 1, OPS, NULL },
		{ "bare 32", run_bare, &bare, 32, OPS, NULL },
		{ "inline 32", run_queue, &single, 32, OPS, NULL },
		{ "inline 32 anew", run_anew, &single, 32, OPS, NULL },
		{ "shared 32", run_queue, &shared, 32, OPS, NULL },
		{ "shared 32 threads 2", run_pair, &shared, 32, OPS, NULL },
	};
	int ret;

	if (!rounds || rounds > 100000)
		rounds_die("usage: bench-noop [ROUNDS]", EINVAL);
	request_queue(&single, WD_QUEUE_SINGLE_THREAD);
	request_queue(&shared, 0);
	ret = rounds_run(cases, sizeof(cases) / sizeof(cases[0]), rounds,
			 "cycles");
	wd_release_queue(&single);
	wd_release_queue(&shared);
	if (ret)
		rounds_die("measuring failed", ret);
	return 0;
}
