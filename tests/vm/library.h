/* SPDX-License-Identifier: MIT */
/*
 * The library on a virtual accelerator: what its tests have in common. Each
 * request is counted when it is answered, so that twice and never show.
 */
#ifndef LIBRARY_H
#define LIBRARY_H

#include <warpdrive/warpdrive.h>

#include "vaccel_raw.h"

#define LIBRARY_SECONDS 60
#define LIBRARY_NS 1000000000ull

struct library_job {
	struct wd_request r;
	unsigned int answers;
};

static inline uint64_t library_deadline(double seconds)
{
	return (uint64_t)((raw_now() + seconds) * LIBRARY_NS);
}

static inline int library_open(struct wd_queue *q, const char *device,
			       unsigned int flags, unsigned int depth)
{
	*q = (struct wd_queue){ .device = device,
				.flags = flags,
				.depth = depth };
	return wd_request_queue(q);
}

static inline struct library_job *library_job_of(void *req)
{
	return (struct library_job *)((char *)req -
				      offsetof(struct library_job, r));
}

/* Receives one answer and counts it: 0 or what the library says. */
static inline int library_recv(struct wd_queue *q, struct library_job **job)
{
	void *done = NULL;
	int ret = wd_recv_deadline(q, &done, library_deadline(LIBRARY_SECONDS));

	if (ret)
		return ret;
	*job = library_job_of(done);
	__atomic_fetch_add(&(*job)->answers, 1, __ATOMIC_RELAXED);
	return 0;
}

/* Sends one request and receives until it is answered: its status. */
static inline int library_run(struct wd_queue *q, struct library_job *job)
{
	struct library_job *done = NULL;
	int ret;

	job->answers = 0;
	ret = wd_send(q, &job->r);
	while (!ret && done != job)
		ret = library_recv(q, &done);
	return ret ? ret : job->r.status;
}

static inline struct wd_request library_copy(void *dst, const void *src,
					     size_t len)
{
	return (struct wd_request){ .op = WD_COPY,
				    .src = src,
				    .src_len = len,
				    .dst = dst,
				    .dst_len = len };
}

/* The library's own descriptor of a device: counters are behind it. */
static inline int library_counters(const char *device,
				   struct vaccel_counters *counters)
{
	char link[32], path[64];
	int fd;

	for (fd = 3; fd < 64; fd++) {
		ssize_t len;

		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		len = readlink(link, path, sizeof(path) - 1);
		if (len < 5)
			continue;
		path[len] = '\0';
		*counters = (struct vaccel_counters){
			.argsz = sizeof(*counters),
		};
		if (!strcmp(path + 5, device) &&
		    !ioctl(fd, VACCEL_IOC_COUNTERS, counters))
			return 0;
	}
	return -1;
}

#endif
