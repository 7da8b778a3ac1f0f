/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

struct fixture_config fixture_config = { .workers = WD_WORKERS_NONE };

uint64_t fixture_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

void fixture_sleep(uint64_t ns)
{
	struct timespec t = { .tv_sec = (time_t)(ns / SECOND),
			      .tv_nsec = (long)(ns % SECOND) };

	while (nanosleep(&t, &t))
		;
}

void fixture_request(struct wd_queue *q, const char *algorithm)
{
	memset(q, 0, sizeof(*q));
	q->algorithm = algorithm;
	q->device = fixture_config.device;
	q->workers = fixture_config.workers;
	q->flags = fixture_config.flags;
	q->depth = fixture_config.depth;
	assert_int_equal(wd_request_queue(q), 0);
}

void fixture_request_depth(struct wd_queue *q, unsigned int depth)
{
	memset(q, 0, sizeof(*q));
	q->device = fixture_config.device;
	q->workers = fixture_config.workers;
	q->flags = fixture_config.flags;
	q->depth = depth;
	assert_int_equal(wd_request_queue(q), 0);
}

static const struct wd_device *find_device(struct wd_device_list *list)
{
	const char *name = fixture_config.device;
	size_t i;

	for (i = 0; i < wd_device_list_count(list); i++) {
		const struct wd_device *device = wd_device_list_get(list, i);

		if (!name || strcmp(wd_device_name(device), name) == 0)
			return device;
	}
	fail_msg("there is no device %s", name ? name : "at all");
	return NULL;
}

bool fixture_has_workers(const struct wd_queue *q)
{
	struct wd_device_list *list;
	bool in_kernel;

	assert_int_equal(wd_device_list_open(&list), 0);
	in_kernel = wd_device_in_kernel(find_device(list));
	wd_device_list_close(list);
	return in_kernel || q->got.workers > 0;
}

void fixture_send(struct wd_queue *q, struct wd_request *r)
{
	assert_int_equal(wd_send(q, r), 0);
}

struct wd_request *fixture_recv(struct wd_queue *q)
{
	struct wd_request *r = NULL;

	assert_int_equal(wd_recv_deadline(q, (void **)&r,
					  fixture_now() + 600 * SECOND),
			 0);
	assert_non_null(r);
	return r;
}

int fixture_run(struct wd_queue *q, struct wd_request *r)
{
	fixture_send(q, r);
	assert_ptr_equal(fixture_recv(q), r);
	return r->status;
}

void fixture_assert_empty(struct wd_queue *q)
{
	void *r = q;

	assert_int_equal(wd_recv(q, &r), -EAGAIN);
	assert_ptr_equal(r, q);
}

void fixture_need_shared(void)
{
	if (fixture_config.flags & WD_QUEUE_SINGLE_THREAD)
		skip_because("the queue is promised to one thread");
}

void fixture_need_workers(void)
{
	struct wd_queue q;
	bool workers;

	fixture_request(&q, NULL);
	workers = fixture_has_workers(&q);
	wd_release_queue(&q);
	if (!workers)
		skip_because("the caller does the device's work itself");
}

void fixture_need(const char *algorithm)
{
	struct wd_device_list *list;
	bool can;

	assert_int_equal(wd_device_list_open(&list), 0);
	can = wd_device_can(find_device(list), algorithm);
	wd_device_list_close(list);
	if (!can)
		skip_because("the device has no %s", algorithm);
}

void fixture_need_in_process(void)
{
	struct wd_device_list *list;
	bool in_kernel;

	assert_int_equal(wd_device_list_open(&list), 0);
	in_kernel = wd_device_in_kernel(find_device(list));
	wd_device_list_close(list);
	if (in_kernel)
		skip_because("the device is in the kernel");
}

bool fixture_reaches_all(void)
{
	struct wd_device_list *list;
	bool all;

	assert_int_equal(wd_device_list_open(&list), 0);
	all = wd_device_has_sva(find_device(list));
	wd_device_list_close(list);
	return all;
}

struct wd_comp *fixture_session(enum wd_format format, int level)
{
	struct wd_comp_params params = {
		.format = format,
		.level = level,
		.device = fixture_config.device,
		.workers = fixture_config.workers,
		.depth = fixture_config.depth,
	};
	struct wd_comp *comp = NULL;

	assert_int_equal(wd_comp_open(&comp, &params), 0);
	assert_non_null(comp);
	return comp;
}

size_t fixture_compress(struct wd_queue *q, enum wd_format format, int level,
			const void *in, size_t in_len, unsigned char **out)
{
	size_t room = wd_compress_bound(format, in_len);
	struct wd_request r = {
		.op = WD_COMPRESS,
		.format = (uint8_t)format,
		.level = (int8_t)level,
		.src = in,
		.src_len = in_len,
		.dst_len = room,
	};

	*out = malloc(room);
	assert_non_null(*out);
	r.dst = *out;
	assert_int_equal(fixture_run(q, &r), 0);
	assert_int_equal(r.consumed, in_len);
	assert_in_range(r.produced, 1, room);
	return r.produced;
}

static unsigned int count_entries(const char *folder)
{
	unsigned int count = 0;
	struct dirent *entry;
	DIR *dir = opendir(folder);

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

unsigned int fixture_threads(void)
{
	return count_entries("/proc/self/task");
}

unsigned int fixture_files(void)
{
	return count_entries("/proc/self/fd");
}

/* Whether the thread sleeps, or is gone. */
static bool thread_sleeps(const char *tid)
{
	char path[64], line[512] = "", *end;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%.20s/stat", tid);
	file = fopen(path, "r");
	if (!file)
		return true;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	end = strrchr(line, ')');
	return !end || strncmp(end, ") S", 3) == 0;
}

static unsigned int threads_at_work(void)
{
	unsigned int count = 0;
	struct dirent *entry;
	DIR *dir = opendir("/proc/self/task");

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && atoi(entry->d_name) != gettid())
			count += !thread_sleeps(entry->d_name);
	closedir(dir);
	return count;
}

void fixture_await_idle_threads(void)
{
	uint64_t end = fixture_now() + 5 * SECOND;

	while (threads_at_work() && fixture_now() < end)
		fixture_sleep(MS);
}

void fixture_assert_threads(unsigned int threads)
{
	uint64_t end = fixture_now() + 5 * SECOND;

	while (fixture_threads() > threads && fixture_now() < end)
		fixture_sleep(MS);
	assert_in_range(fixture_threads(), 0, threads);
}
