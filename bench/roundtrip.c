// SPDX-License-Identifier: MIT
/*
 * What it takes to have another thread carry out a no-op and to see its answer,
 * beside the least that two threads can do: hand one cache line back and forth.
 *
 *	bench-roundtrip [ROUNDS]
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include <warpdrive/warpdrive.h>

#include "place.h"
#include "rounds.h"

/*
 * A sample is the median of batches, as many as fit into its time: a time slice
 * that goes to somebody else then spoils a batch, not the sample.
 */
#define BATCH 32
#define BATCHES 64
#define SAMPLE_NS 4000000
#define DEPTH 64
#define FLOW 2048

static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#endif
}

struct batches {
	uint64_t begin;
	unsigned int count;
	double values[BATCHES];
};

static bool batches_more(const struct batches *b)
{
	return b->count < BATCHES &&
	       (b->count < 3 || rounds_ns() - b->begin < SAMPLE_NS);
}

static int batches_compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double batches_median(struct batches *b)
{
	qsort(b->values, b->count, sizeof(b->values[0]), batches_compare);
	return b->values[b->count / 2];
}

/* The line: odd after the one thread, even after the other. */
#define LINE_END UINT_MAX

struct line {
	_Alignas(128) _Atomic unsigned int turn;
};

static void line_set(struct line *line, unsigned int turn)
{
	atomic_store_explicit(&line->turn, turn, memory_order_release);
}

static unsigned int line_get(struct line *line)
{
	return atomic_load_explicit(&line->turn, memory_order_acquire);
}

static void *line_answer(void *arg)
{
	struct line *line = arg;
	unsigned int turn;

	place_self(1);
	for (;;) {
		turn = line_get(line);
		if (turn == LINE_END)
			return NULL;
		if (turn & 1)
			line_set(line, turn + 1);
		else
			relax();
	}
}

static double run_line(const struct round_case *c)
{
	struct batches batches = { .begin = rounds_ns() };
	struct line *line = c->object;
	unsigned int turn = 0;
	pthread_t thread;
	int ret;

	line_set(line, 0);
	ret = pthread_create(&thread, NULL, line_answer, line);
	if (ret)
		rounds_die("no thread", ret);
	while (batches_more(&batches)) {
		uint64_t begin = rounds_ns();

		for (unsigned int i = 0; i < BATCH; i++) {
			line_set(line, turn + 1);
			turn += 2;
			while (line_get(line) != turn)
				relax();
		}
		batches.values[batches.count++] =
			(double)(rounds_ns() - begin) / BATCH;
	}
	line_set(line, LINE_END);
	pthread_join(thread, NULL);
	return batches_median(&batches);
}

static int trip(struct wd_queue *q, struct wd_request *req)
{
	void *back = NULL;
	int ret = wd_send(q, req);

	if (!ret)
		ret = wd_recv_sync(q, &back);
	return ret || back != req || req->status;
}

static double run_trips(const struct round_case *c)
{
	struct wd_request *req = aligned_alloc(128, sizeof(*req));
	struct batches batches = { .begin = rounds_ns() };
	int any = 0;

	if (!req)
		return -1;
	*req = (struct wd_request){ .op = WD_NOOP };
	while (batches_more(&batches) && !any) {
		uint64_t begin = rounds_ns();

		for (unsigned int i = 0; i < BATCH; i++)
			any |= trip(c->object, req);
		batches.values[batches.count++] =
			(double)(rounds_ns() - begin) / BATCH;
	}
	free(req);
	return any ? -1 : batches_median(&batches);
}

/* Receives what there is, at least one, and sends it again: how many. */
static int turn_round(const struct round_case *c, void **slots)
{
	int n = wd_recv_burst(c->object, slots, c->burst);

	if (!n)
		n = wd_recv_sync(c->object, slots) ? -1 : 1;
	for (int i = 0; i < n; i++)
		if (((struct wd_request *)slots[i])->status)
			return -1;
	if (n > 0 && wd_send_burst(c->object, slots, (unsigned int)n) != n)
		return -1;
	return n;
}

/* Keeps DEPTH in flight; what has come back goes out again at once. */
static double run_flow(const struct round_case *c)
{
	static _Alignas(128) struct wd_request reqs[DEPTH];
	struct batches batches = { .begin = rounds_ns() };
	void *slots[DEPTH];

	for (unsigned int i = 0; i < DEPTH; i++) {
		reqs[i] = (struct wd_request){ .op = WD_NOOP };
		slots[i] = &reqs[i];
	}
	if (wd_send_burst(c->object, slots, DEPTH) != DEPTH)
		return -1;
	while (batches_more(&batches)) {
		uint64_t begin = rounds_ns();
		unsigned int done = 0;

		while (done < FLOW) {
			int n = turn_round(c, slots);

			if (n < 0)
				return -1;
			done += (unsigned int)n;
		}
		batches.values[batches.count++] =
			(double)(rounds_ns() - begin) / done;
	}
	for (unsigned int i = 0; i < DEPTH; i++)
		if (wd_recv_sync(c->object, slots))
			return -1;
	return batches_median(&batches);
}

static void request_queue(struct wd_queue *q, unsigned int flags)
{
	int ret;

	*q = (struct wd_queue){ .algorithm = "noop",
				.device = "sw",
				.workers = 1,
				.depth = DEPTH,
				.flags = flags };
	ret = wd_request_queue(q);
	if (ret)
		rounds_die("no queue", ret);
}

int main(int argc, char **argv)
{
	unsigned int rounds =
		argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 0) : 51;
	static struct line line;
	struct wd_queue single;
	struct wd_queue shared;
	struct round_case cases[] = {
		{ "line", run_line, &line, 1, BATCH, NULL },
		{ "single", run_trips, &single, 1, BATCH, NULL },
		{ "shared", run_trips, &shared, 1, BATCH, NULL },
		{ "single flow 1", run_flow, &single, 1, FLOW, NULL },
		{ "single flow 32", run_flow, &single, 32, FLOW, NULL },
		{ "shared flow 32", run_flow, &shared, 32, FLOW, NULL },
	};
	int ret;

	if (!rounds || rounds > 100000)
		rounds_die("usage: bench-roundtrip [ROUNDS]", EINVAL);
	request_queue(&single, WD_QUEUE_SINGLE_THREAD);
	request_queue(&shared, 0);
	place_all();
	ret = rounds_run(cases, sizeof(cases) / sizeof(cases[0]), rounds, "ns");
	wd_release_queue(&single);
	wd_release_queue(&shared);
	if (ret)
		rounds_die("measuring failed", ret);
	return 0;
}
