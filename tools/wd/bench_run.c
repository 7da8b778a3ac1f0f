// SPDX-License-Identifier: MIT
/* Measurements of wd bench. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench_lane.h"
#include "bench_run.h"
#include "message.h"
#include "monotonic.h"
#include "tick.h"

#define LATENCY_SHARE 0.25
#define WARM_SHARE 0.1
#define WARM_MAX 0.2
/* How often a lane that gets no answer looks whether it is over. */
#define LOOK_NS (NS_PER_SECOND / 10)
/* So much of a file is verified, in bytes. */
#define VERIFY_MAX (64u << 20)

struct run {
	const struct bench_config *config;
	struct bench_data data;
	unsigned int group_count;
	struct bench_group *groups;
	struct bench_lane *lanes;
	pthread_t *threads;
	atomic_bool stop;
	sem_t begun;
};

static int explain(const struct bench_config *config, int ret)
{
	const char *device = config->device ? config->device :
					      getenv("WARPDRIVE_DEVICE");

	if (ret == -ENODEV)
		message_error("there is no device '%s': 'wd list' shows what "
			      "there is",
			      device ? device : "");
	else if (ret == -ENOENT)
		message_error("%s%s cannot do %s: 'wd list' shows what can",
			      device ? "device " : "the devices here",
			      device ? device : "", config->op->algorithm);
	else if (ret == -EBUSY)
		message_error("no queue is left for %u threads: use fewer "
			      "--threads, or --shared",
			      config->threads);
	else
		message_error("cannot get a queue: %s", strerror(-ret));
	return ret;
}

static int open_queue(const struct bench_config *config, struct wd_queue *q)
{
	uint64_t depth = config->depth;

	if (config->shared)
		depth *= config->threads;
	q->algorithm = config->op->algorithm;
	q->device = config->device;
	q->workers = config->workers;
	q->depth = (unsigned int)depth;
	q->timeout = LOOK_NS;
	q->flags = WD_QUEUE_BOUNCE;
	if (!config->shared)
		q->flags |= WD_QUEUE_SINGLE_THREAD;
	return wd_request_queue(q);
}

static int open_queues(struct run *run)
{
	unsigned int count = run->config->shared ? 1 : run->config->threads;
	int ret;

	run->groups = calloc(count, sizeof(run->groups[0]));
	if (!run->groups)
		return -ENOMEM;
	for (; run->group_count < count; run->group_count++) {
		ret = open_queue(run->config,
				 &run->groups[run->group_count].queue);
		if (ret)
			return explain(run->config, ret);
	}
	return 0;
}

static int open_lanes(struct run *run)
{
	const struct bench_config *config = run->config;
	struct bench_lane *lane;
	unsigned int i;

	run->threads = calloc(config->threads, sizeof(run->threads[0]));
	run->lanes = calloc(config->threads, sizeof(run->lanes[0]));
	if (!run->threads || !run->lanes)
		return -ENOMEM;
	for (i = 0; i < config->threads; i++) {
		lane = &run->lanes[i];
		lane->op = config->op;
		lane->data = &run->data;
		lane->group = &run->groups[config->shared ? 0 : i];
		lane->stop = &run->stop;
		lane->begun = &run->begun;
		lane->burst = config->burst;
		lane->depth = config->depth;
		lane->poll = config->poll;
		if (bench_lane_open(lane, i * run->data.count / config->threads,
				    config->level)) {
			message_error("no memory for %u requests in %u threads:"
				      " use a smaller --depth or --size",
				      config->depth, config->threads);
			return -ENOMEM;
		}
	}
	return 0;
}

static void close_run(struct run *run)
{
	unsigned int i;

	for (i = 0; i < run->group_count; i++)
		wd_release_queue(&run->groups[i].queue);
	for (i = 0; run->lanes && i < run->config->threads; i++)
		bench_lane_close(&run->lanes[i]);
	free(run->groups);
	free(run->lanes);
	free(run->threads);
	bench_data_close(&run->data);
	sem_destroy(&run->begun);
}

/* All of the data in one lane, up to a limit; a round in the others. */
static int verify(struct run *run)
{
	size_t size = run->data.slices[0].plain_len, done = 0;
	unsigned int i;
	int ret;

	for (i = 0; i < run->config->threads; i++) {
		ret = bench_lane_verify(&run->lanes[i]);
		if (ret)
			return ret;
	}
	if (!run->config->op->has_data)
		return 0;
	for (; done < run->data.plain_len && done < VERIFY_MAX;
	     done += size * run->config->depth) {
		ret = bench_lane_verify(&run->lanes[0]);
		if (ret)
			return ret;
	}
	return 0;
}

static void *lane_thread(void *arg)
{
	struct bench_lane *lane = arg;

	sem_post(lane->begun);
	bench_lane_run(lane);
	return NULL;
}

static void sleep_for(double seconds)
{
	struct timespec left = {
		.tv_sec = (time_t)seconds,
		.tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9),
	};

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

/* Lets all lanes run for a time. */
static int pass(struct run *run, double seconds)
{
	unsigned int i, started;
	int ret = 0;

	atomic_store(&run->stop, false);
	for (started = 0; started < run->config->threads; started++) {
		ret = pthread_create(&run->threads[started], NULL, lane_thread,
				     &run->lanes[started]);
		if (ret)
			break;
	}
	/* on a busy machine a thread may begin late */
	for (i = 0; i < started; i++) {
		while (sem_wait(&run->begun))
			;
	}
	if (!ret)
		sleep_for(seconds);
	atomic_store(&run->stop, true);
	for (i = 0; i < started; i++)
		pthread_join(run->threads[i], NULL);
	if (ret) {
		message_error("cannot start %u threads: %s: use fewer "
			      "--threads",
			      run->config->threads, strerror(ret));
		return -ret;
	}
	for (i = 0; i < started && !ret; i++)
		ret = run->lanes[i].error;
	if (ret)
		message_error("the queue failed: %s", strerror(-ret));
	return ret;
}

static void collect_errors(struct run *run, struct bench_result *result)
{
	struct bench_lane *lane;
	unsigned int i;

	for (i = 0; i < run->config->threads; i++) {
		lane = &run->lanes[i];
		if (lane->errors && !result->errors)
			result->first_status = lane->first_status;
		result->errors += lane->errors;
		lane->errors = 0;
	}
}

static int measure_rate(struct run *run, struct bench_result *result)
{
	uint64_t ticks = 0, ns = 0, longest = 0;
	double warm = run->config->seconds * WARM_SHARE;
	unsigned int i;
	int ret;

	ret = pass(run, warm < WARM_MAX ? warm : WARM_MAX);
	collect_errors(run, result);
	if (!ret)
		ret = pass(run, run->config->seconds);
	collect_errors(run, result);
	if (ret)
		return ret;
	for (i = 0; i < run->config->threads; i++) {
		result->ops += run->lanes[i].ops;
		ticks += run->lanes[i].ticks;
		ns += run->lanes[i].ns;
		if (run->lanes[i].ns > longest)
			longest = run->lanes[i].ns;
	}
	result->seconds = (double)longest / (double)NS_PER_SECOND;
	result->ns_per_op = (double)ns / (double)result->ops;
	result->cycles_per_op =
		TICKS_ARE_CYCLES ? (double)ticks / (double)result->ops : -1;
	return 0;
}

static int measure_latency(struct run *run, struct bench_result *result)
{
	struct histogram *all = calloc(1, sizeof(*all));
	uint64_t ticks = 0, ns = 0;
	unsigned int i;
	double scale;
	int ret = all ? 0 : -ENOMEM;

	for (i = 0; i < run->config->threads && !ret; i++) {
		run->lanes[i].latency = calloc(1, sizeof(*all));
		if (!run->lanes[i].latency)
			ret = -ENOMEM;
	}
	if (!ret)
		ret = pass(run, run->config->seconds * LATENCY_SHARE);
	collect_errors(run, result);
	for (i = 0; i < run->config->threads; i++) {
		if (!ret)
			histogram_merge(all, run->lanes[i].latency);
		ticks += run->lanes[i].ticks;
		ns += run->lanes[i].ns;
		free(run->lanes[i].latency);
		run->lanes[i].latency = NULL;
	}
	if (!ret && ticks) {
		scale = (double)ns / (double)ticks;
		result->p50_ns = histogram_quantile(all, 0.5) * scale;
		result->p99_ns = histogram_quantile(all, 0.99) * scale;
		result->p999_ns = histogram_quantile(all, 0.999) * scale;
	}
	free(all);
	return ret;
}

static bool is_in_kernel(const char *name)
{
	struct wd_device_list *list;
	bool in_kernel = false;
	size_t i;

	if (wd_device_list_open(&list))
		return false;
	for (i = 0; i < wd_device_list_count(list); i++) {
		if (!strcmp(wd_device_name(wd_device_list_get(list, i)), name))
			in_kernel = wd_device_in_kernel(
				wd_device_list_get(list, i));
	}
	wd_device_list_close(list);
	return in_kernel;
}

static void describe(struct run *run, struct bench_result *result)
{
	const struct wd_queue *q = &run->groups[0].queue;

	memcpy(result->device, q->got.device, sizeof(result->device));
	result->workers = q->got.workers;
	result->mode = is_in_kernel(q->got.device) ? "device" :
		       q->got.workers		   ? "workers" :
						     "inline";
	result->size =
		run->config->op->has_data ? run->data.slices[0].plain_len : 0;
}

static bool is_bounced(struct run *run)
{
	struct wd_bounce_stats bounces;

	return !wd_get_bounces(&run->groups[0].queue, &bounces) &&
	       bounces.operations;
}

int bench_run(const struct bench_config *config, struct bench_result *result)
{
	struct run run = { .config = config };
	int ret;

	memset(result, 0, sizeof(*result));
	sem_init(&run.begun, 0, 0);
	ret = bench_data_open(&run.data, config->op, config->file, config->size,
			      config->depth, config->level);
	if (!ret)
		ret = open_queues(&run);
	if (!ret)
		ret = open_lanes(&run);
	if (!ret) {
		describe(&run, result);
		ret = verify(&run);
	}
	if (!ret)
		ret = measure_rate(&run, result);
	if (!ret)
		ret = measure_latency(&run, result);
	if (!ret)
		ret = verify(&run);
	if (!ret)
		result->bounced = is_bounced(&run);
	close_run(&run);
	return ret;
}
