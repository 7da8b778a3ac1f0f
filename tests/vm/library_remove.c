// SPDX-License-Identifier: MIT
/* lab-timeout: 300 */
/* lab-profiles: stock */
/* lab-user: lib/libwarpdrive.so.0 */
/*
 * Devices that go, and processes that end, with requests of the library in
 * flight: each request is answered once, sleepers wake, queues come back.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "library.h"

#ifndef NAME
#define NAME "vaccel-1" /* which comes and goes */
#define NUMBER "1"
#define WORDS "queues=64"
#define PLAIN "vaccel-0" /* which stays */
#define FLAGS 0
#endif
#define THREADS 4
#define JOBS 8
#define SIZE 65536

static struct wd_queue q;
static atomic_bool stop;
static atomic_uint good, gone, other;

static int make(void)
{
	return raw_write(RAW_DRIVER "new_device", WORDS);
}

static int take(void)
{
	return raw_write(RAW_DRIVER "del_device", NUMBER);
}

static void count(const struct library_job *job)
{
	if (!job->r.status)
		good++;
	else if (job->r.status == -ENODEV)
		gone++;
	else
		other++;
}

/* Sends its own jobs and receives anybody's, until told to stop. */
static void *traffic(void *how)
{
	struct library_job jobs[JOBS] = { 0 };
	uint8_t *src = raw_anonymous(SIZE), *dst = raw_anonymous(JOBS * SIZE);
	unsigned int owed[JOBS] = { 0 }, i;
	struct library_job *job;
	bool left;

	do {
		for (i = 0; i < JOBS && !stop; i++) {
			if (owed[i] !=
			    __atomic_load_n(&jobs[i].answers, __ATOMIC_ACQUIRE))
				continue;
			jobs[i].r = library_copy(dst + i * SIZE, src, SIZE);
			if (!wd_send(&q, &jobs[i].r))
				owed[i]++;
		}
		if (how && wd_drain(&q, library_deadline(LIBRARY_SECONDS)))
			other++;
		if (!library_recv(&q, &job))
			count(job);
		left = false;
		for (i = 0; i < JOBS; i++)
			left |= owed[i] != __atomic_load_n(&jobs[i].answers,
							   __ATOMIC_ACQUIRE);
	} while (!stop || left);
	for (i = 0; i < JOBS; i++)
		if (owed[i] != jobs[i].answers)
			other++;
	munmap(src, SIZE);
	munmap(dst, JOBS * SIZE);
	return NULL;
}

static void one_removal(unsigned int round)
{
	pthread_t threads[THREADS];
	struct library_job job = { 0 };
	struct wd_queue second;
	unsigned int i;

	stop = false;
	good = gone = other = 0;
	KTAP_REQUIRE(make() == 0);
	KTAP_REQUIRE(library_open(&q, NAME, FLAGS, 256) == 0);
	if (round % 3 == 2)
		KTAP_EQ(raw_inject(NAME, "stick", 20), 0);
	for (i = 0; i < THREADS; i++)
		KTAP_EQ(pthread_create(&threads[i], NULL, traffic,
				       i == 3 ? &q : NULL),
			0);
	usleep(30000 + 20000 * round);
	KTAP_EQ(take(), 0);
	usleep(20000);
	stop = true;
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ktap_note("round %u: %u good, %u gone", round, good, gone);
	KTAP_EXPECT(gone > 0);
	KTAP_EQ(other, 0);

	/* What is sent later is answered, too; then there is nothing. */
	KTAP_EQ(library_run(&q, &job), -ENODEV);
	KTAP_EQ(wd_recv_sync(&q, &(void *){ NULL }), -ENODEV);
	KTAP_EQ(library_open(&second, NAME, FLAGS, 16), -ENODEV);
	KTAP_REQUIRE(make() == 0);
	KTAP_REQUIRE(library_open(&second, NAME, FLAGS, 16) == 0);
	KTAP_EQ(library_run(&second, &job), 0);
	KTAP_EQ(library_run(&q, &job), -ENODEV);
	wd_release_queue(&q);
	KTAP_EQ(library_run(&second, &job), 0);
	wd_release_queue(&second);
	KTAP_EQ(take(), 0);
}

static void test_removal(void)
{
	unsigned int round;

	for (round = 0; round < 6; round++)
		one_removal(round);
}

static void *sleeper(void *arg)
{
	void *req;

	(void)arg;
	return (void *)(intptr_t)wd_recv_sync(&q, &req);
}

/* Asleep with nothing in flight. */
static void test_sleepers(void)
{
	pthread_t threads[THREADS];
	unsigned int i;
	double start;
	void *ret;

	KTAP_REQUIRE(make() == 0);
	KTAP_REQUIRE(library_open(&q, NAME, FLAGS, 16) == 0);
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, sleeper, NULL);
	usleep(100000);
	start = raw_now();
	KTAP_EQ(take(), 0);
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &ret);
		KTAP_EQ((intptr_t)ret, -ENODEV);
	}
	KTAP_EXPECT(raw_now() - start < 20);
	wd_release_queue(&q);
}

/* A receiver that never sleeps notices, too. */
static void test_poller(void)
{
	struct library_job job = { 0 };
	double end = raw_now() + 30;
	uint8_t byte;
	void *done;
	int ret;

	KTAP_REQUIRE(make() == 0);
	KTAP_REQUIRE(library_open(&q, NAME, FLAGS | WD_QUEUE_SINGLE_THREAD,
				  16) == 0);
	KTAP_EQ(raw_inject(NAME, "stick", 1), 0);
	job.r = library_copy(&byte, &byte, 1);
	job.r.dst = &(uint8_t){ 0 };
	KTAP_EQ(wd_send(&q, &job.r), 0);
	usleep(20000);
	KTAP_EQ(take(), 0);
	do
		ret = wd_recv(&q, &done);
	while (ret == -EAGAIN && raw_now() < end);
	KTAP_EQ(ret, 0);
	KTAP_EQ(job.r.status, -ENODEV);
	wd_release_queue(&q);
}

/* A session goes on with "sw". */
static void test_session(void)
{
	struct wd_comp_params params = { .format = WD_ZLIB,
					 .device = NAME,
					 .flags = WD_COMP_FALLBACK };
	uint8_t *text = raw_anonymous(SIZE), *out = raw_anonymous(2 * SIZE);
	struct wd_comp_stats stats;
	struct wd_comp *c;

	raw_text(text, SIZE, 1);
	KTAP_REQUIRE(make() == 0);
	KTAP_REQUIRE(wd_comp_open(&c, &params) == 0);
	KTAP_EXPECT(wd_compress(c, out, 2 * SIZE, text, SIZE) > 0);
	KTAP_EQ(take(), 0);
	KTAP_EXPECT(wd_compress(c, out, 2 * SIZE, text, SIZE) > 0);
	KTAP_EQ(wd_comp_get_stats(c, &stats), 0);
	KTAP_EQ(stats.operations, 2);
	KTAP_EQ(stats.fallbacks, 1);
	wd_comp_close(c);
}

/* A process that ends one way or another with much in flight. */
static void child(int how)
{
	static struct library_job jobs[64];
	uint8_t *area = raw_anonymous(128 * SIZE);
	unsigned int i;

	if (library_open(&q, PLAIN, FLAGS, 64))
		_exit(1);
	for (i = 0; i < 64; i++) {
		jobs[i].r = library_copy(area + i * SIZE,
					 area + (64 + i) * SIZE, SIZE);
		if (i % 2) {
			jobs[i].r.op = WD_COMPRESS;
			jobs[i].r.format = WD_GZIP;
		}
		if (wd_send(&q, &jobs[i].r))
			_exit(1);
	}
	if (how == 0)
		_exit(0);
	if (how == 1)
		raise(SIGKILL);
	if (how == 2)
		execl("/bin/true", "true", NULL);
	if (how == 3) {
		wd_release_queue(&q);
		_exit(0);
	}
	_exit(1);
}

static void test_endings(void)
{
	size_t all = raw_sysfs_number(PLAIN, "available_instances");
	double end = raw_now() + 60;
	int how, status;
	pid_t pid;

	for (how = 0; how < 12; how++) {
		pid = fork();
		if (!pid)
			child(how % 4);
		KTAP_EQ(waitpid(pid, &status, 0), pid);
		KTAP_EQ(status, how % 4 == 1 ? SIGKILL : 0);
	}
	while (raw_sysfs_number(PLAIN, "available_instances") != all &&
	       raw_now() < end)
		usleep(10000);
	KTAP_EQ(raw_sysfs_number(PLAIN, "available_instances"), all);
}

/* A child has no part in its parent's queue, which goes on. */
static void test_fork(void)
{
	struct library_job job = { 0 };
	struct library_job *done = NULL;
	struct wd_queue own;
	void *req;
	int status;
	pid_t pid;

	KTAP_REQUIRE(library_open(&q, PLAIN, FLAGS, 16) == 0);
	KTAP_EQ(wd_send(&q, &job.r), 0);
	pid = fork();
	if (!pid) {
		if (wd_send(&q, &job.r) != -EPERM ||
		    wd_recv_sync(&q, &req) != -EPERM ||
		    wd_drain(&q, 0) != -EPERM)
			_exit(1);
		wd_flush(&q);
		wd_release_queue(&q);
		if (library_open(&own, "vaccel-0", 0, 16))
			_exit(2);
		job.r.op = WD_NOOP;
		_exit(library_run(&own, &job) ? 3 : 0);
	}
	KTAP_EQ(waitpid(pid, &status, 0), pid);
	KTAP_EQ(status, 0);
	KTAP_EQ(library_recv(&q, &done), 0);
	KTAP_EQ(done->r.status, 0);
	KTAP_EQ(library_run(&q, &job), 0);
	wd_release_queue(&q);
}

static const struct ktap_test tests[] = {
	{ "a device goes while threads use it, and comes back", test_removal },
	{ "sleepers wake", test_sleepers },
	{ "a poller notices", test_poller },
	{ "a session goes on without it", test_session },
	{ "exit, SIGKILL, exec and release with requests in flight",
	  test_endings },
	{ "fork", test_fork },
};

int main(void)
{
	setenv("WARPDRIVE_STALL", "2000", 1);
	return KTAP_RUN(tests);
}
