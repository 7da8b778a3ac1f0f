// SPDX-License-Identifier: MIT
/* lab-timeout: 600 */
/*
 * Processes and devices that end: exit, SIGKILL and exec with work in flight
 * and faults pending; devices removed and made again with queues open; limits;
 * many processes at once; the modules unloaded and loaded again.
 */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "vaccel_raw.h"

#define NAME "vaccel-0"
#define PAGE 4096ul
#define AREA (2048 * PAGE)

static struct raw_queue q;
static struct vaccel_cqe cqe;

/* Copies into memory that was never touched: the device is mostly faulting. */
static void keep_busy(struct raw_queue *queue)
{
	uint8_t *area = raw_anonymous(AREA);
	struct vaccel_desc desc;
	unsigned int i;

	madvise(area, AREA, MADV_NOHUGEPAGE);
	for (i = 0; i < 64; i++) {
		desc = raw_desc(VACCEL_OP_COPY, area, AREA / 2, area + AREA / 2,
				AREA / 2);
		if (i % 2) {
			desc.op = VACCEL_OP_COMPRESS;
			desc.param = VACCEL_FORMAT_GZIP |
				     VACCEL_FLUSH_FINISH
					     << VACCEL_COMP_FLUSH_SHIFT;
		}
		raw_put(queue, &desc);
	}
	raw_ring(queue);
}

static void wait_gone(pid_t pid)
{
	int status;

	KTAP_EQ(waitpid(pid, &status, 0), pid);
}

static size_t available(const char *name)
{
	return raw_sysfs_number(name, "available_instances");
}

/* Closing goes on in the background for a moment after a process has ended. */
static void expect_all_free(const char *name, size_t all)
{
	KTAP_EXPECT(RAW_UNTIL(available(name) == all));
}

static void child_busy(int queues, int how)
{
	struct raw_queue mine;
	int i;

	for (i = 0; i < queues; i++) {
		if (raw_open(&mine, NAME))
			_exit(1);
		keep_busy(&mine);
	}
	switch (how) {
	case 0:
		_exit(0);
	case 1:
		raise(SIGKILL);
		break;
	case 2:
		execl("/proc/self/exe", "vaccel_life", "--pause", NULL);
		break;
	default:
		raw_unmap(&mine);
		close(mine.fd);
		usleep(1000);
		raise(SIGKILL);
	}
	_exit(1);
}

static void test_endings(void)
{
	size_t all = available(NAME);
	int how, round;
	pid_t pid;

	for (how = 0; how < 4; how++)
		for (round = 0; round < 6; round++) {
			pid = fork();
			if (!pid)
				child_busy(1 + round % 3, how);
			if (how == 2) {
				usleep(300000);
				kill(pid, SIGKILL);
			}
			wait_gone(pid);
		}
	expect_all_free(NAME, all);
}

static void test_killed_while_busy(void)
{
	size_t all = available(NAME);
	int round;
	pid_t pid;

	for (round = 0; round < 10; round++) {
		pid = fork();
		if (!pid) {
			if (raw_open(&q, NAME))
				_exit(1);
			for (;;) {
				keep_busy(&q);
				while (q.head != q.tail && raw_wait(&q, &cqe))
					;
			}
		}
		usleep(100000 + 37000 * round);
		kill(pid, SIGKILL);
		wait_gone(pid);
	}
	expect_all_free(NAME, all);
}

/* Unmapped while the queue works, by another thread and by itself. */
static void test_unmap_busy(void)
{
	int round;

	for (round = 0; round < 5; round++) {
		KTAP_REQUIRE(raw_open(&q, NAME) == 0);
		keep_busy(&q);
		munmap((void *)q.mmio, getpagesize());
		munmap(q.dus, q.dus_size);
		close(q.fd);
	}
}

static int make(const char *config)
{
	return raw_write(RAW_DRIVER "new_device", config);
}

static int take(const char *number)
{
	return raw_write(RAW_DRIVER "del_device", number);
}

static void test_make(void)
{
	static const char *const wrong[] = {
		"queues=0", "depth=7",	   "depth=48",	       "depth=8192",
		"node=77",  "sva=2",	   "algorithms=rot13", "colour=red",
		"queues=",  "queues=many", "idle_us=2000000",  "engines=100000",
	};
	unsigned int i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		KTAP_EQ(make(wrong[i]), EINVAL);
	KTAP_EQ(take("1"), ENODEV);
	KTAP_EQ(take("nought"), EINVAL);
	KTAP_EQ(make("queues=3 depth=8 engines=1 algorithms=copy,gzip"), 0);
	KTAP_EQ(available("vaccel-1"), 3);
	KTAP_REQUIRE(raw_open(&q, "vaccel-1") == 0);
	KTAP_EQ(q.entries, 8);
	KTAP_EQ(raw_reg64(&q, VACCEL_REG_OPS) >> VACCEL_OP_FILL & 1, 0);
	KTAP_EQ(raw_reg32(&q, VACCEL_REG_FORMATS), 1 << VACCEL_FORMAT_GZIP);
	raw_close(&q);
	KTAP_EQ(make("node=0 sva=0"), 0);
	KTAP_EQ(raw_sysfs_number("vaccel-2", "flags") & UACCE_DEV_SVA, 0);
	KTAP_EQ(take("2"), 0);
	KTAP_EQ(take("1"), 0);
	KTAP_EQ(access("/dev/vaccel-1", F_OK), -1);
}

static void test_limit(void)
{
	struct raw_queue queues[5];
	int i;

	KTAP_EQ(make("queues=4 depth=16"), 0);
	for (i = 0; i < 4; i++)
		KTAP_EQ(raw_open(&queues[i], "vaccel-1"), 0);
	KTAP_EQ(available("vaccel-1"), 0);
	KTAP_EQ(raw_open(&queues[4], "vaccel-1"), EBUSY);
	raw_close(&queues[2]);
	KTAP_EQ(raw_open(&queues[2], "vaccel-1"), 0);
	KTAP_EQ(raw_reg32(&queues[2], VACCEL_REG_QUEUE_ID), 2);
	for (i = 0; i < 4; i++)
		raw_close(&queues[i]);
	KTAP_EQ(available("vaccel-1"), 4);
	KTAP_EQ(take("1"), 0);
}

static void *sleeper(void *arg)
{
	struct pollfd pfd = { .fd = *(int *)arg, .events = POLLIN };

	poll(&pfd, 1, RAW_SECONDS * 1000);
	return (void *)(uintptr_t)(unsigned short)pfd.revents;
}

static int count_groups(void)
{
	DIR *dir = opendir("/sys/kernel/iommu_groups");
	int groups = 0;

	while (dir && readdir(dir))
		groups++;
	if (dir)
		closedir(dir);
	return groups;
}

/* Queues idle, asleep in poll, busy and stuck when their device goes. */
static void test_removal(void)
{
	struct raw_queue queues[4];
	pthread_t thread;
	void *revents;
	int groups = count_groups();
	int round, i;

	for (round = 0; round < 10; round++) {
		KTAP_REQUIRE(make("queues=16") == 0);
		for (i = 0; i < 3; i++)
			KTAP_REQUIRE(raw_open(&queues[i], "vaccel-1") == 0);
		KTAP_REQUIRE(raw_open_unstarted(&queues[3], "vaccel-1") == 0);
		KTAP_EQ(pthread_create(&thread, NULL, sleeper, &queues[0].fd),
			0);
		keep_busy(&queues[1]);
		if (round % 2) {
			KTAP_EQ(raw_inject("vaccel-1", "stick", 1), 0);
			keep_busy(&queues[2]);
		}
		usleep(20000 + 5000 * round);
		KTAP_EQ(take("1"), 0);
		pthread_join(thread, &revents);
		KTAP_EXPECT((uintptr_t)revents & POLLHUP);
		for (i = 0; i < 4; i++) {
			KTAP_ERRNO(ioctl(queues[i].fd, UACCE_CMD_START_Q),
				   ENODEV);
			KTAP_ERRNO(ioctl(queues[i].fd, VACCEL_IOC_COUNTERS,
					 &(struct vaccel_counters){ 0 }),
				   ENODEV);
			if (round % 3)
				raw_unmap(&queues[i]);
		}
		KTAP_EXPECT(raw_open(&q, "vaccel-1") != 0);
		/* Made again while the old queues are open. */
		KTAP_REQUIRE(make("queues=16") == 0);
		KTAP_EQ(raw_open(&q, "vaccel-1"), 0);
		KTAP_EQ(raw_run(&q, &(struct vaccel_desc){ 0 }, &cqe),
			VACCEL_ST_OK);
		raw_close(&q);
		for (i = 0; i < 4; i++) {
			if (!(round % 3))
				raw_unmap(&queues[i]);
			close(queues[i].fd);
		}
		KTAP_EQ(take("1"), 0);
	}
	KTAP_EQ(count_groups(), groups);
}

/* One of 64: eight queues, work on all of them, every answer checked. */
static int crowd_member(unsigned int seed)
{
	enum { QUEUES = 8, LEN = 3000 };
	const int requests = ktap_times(16);
	struct raw_queue queues[QUEUES];
	uint8_t *src = raw_anonymous(requests * LEN);
	uint8_t *dst = raw_anonymous((size_t)QUEUES * requests * LEN);
	struct vaccel_cqe answer;
	int i, j;

	raw_text(src, requests * LEN, seed + 1);
	for (i = 0; i < QUEUES; i++)
		if (raw_open(&queues[i], NAME))
			return 1;
	for (j = 0; j < requests; j++)
		for (i = 0; i < QUEUES; i++) {
			struct vaccel_desc desc =
				raw_desc(VACCEL_OP_COPY, src + j * LEN, LEN,
					 dst + (i * requests + j) * LEN, LEN);

			desc.cookie = i * 1000 + j;
			raw_submit(&queues[i], &desc);
		}
	for (i = 0; i < QUEUES; i++)
		for (j = 0; j < requests; j++) {
			if (!raw_wait_for(&queues[i], &answer, 200))
				return 2;
			if (answer.status != VACCEL_ST_OK ||
			    answer.cookie != (uint64_t)i * 1000 + j)
				return 3;
		}
	for (i = 0; i < QUEUES; i++)
		if (memcmp(src, dst + i * requests * LEN, requests * LEN))
			return 4;
	if (seed % 2)
		for (i = 0; i < QUEUES; i++)
			raw_close(&queues[i]);
	return 0;
}

static void test_crowd(void)
{
	enum { MEMBERS = 64 };
	size_t all = available(NAME);
	pid_t pids[MEMBERS];
	int i, status;

	for (i = 0; i < MEMBERS; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(crowd_member(i));
	}
	for (i = 0; i < MEMBERS; i++) {
		KTAP_EQ(waitpid(pids[i], &status, 0), pids[i]);
		KTAP_EQ(status, 0);
	}
	expect_all_free(NAME, all);
}

static int unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? errno : 0;
}

static void test_reload(void)
{
	int i;

	for (i = 0; i < 20; i++) {
		KTAP_REQUIRE(raw_open(&q, NAME) == 0);
		KTAP_EQ(raw_run(&q, &(struct vaccel_desc){ 0 }, &cqe),
			VACCEL_ST_OK);
		KTAP_EQ(unload("vaccel"), EAGAIN);
		KTAP_EQ(unload("swiommu"), EAGAIN);
		raw_close(&q);
		if (i % 2)
			KTAP_EQ(take("0"), 0);
		KTAP_EQ(unload("vaccel"), 0);
		KTAP_EQ(unload("swiommu"), 0);
		if (i % 3 == 0)
			KTAP_EQ(unload("uacce"), 0);
		KTAP_REQUIRE(system("modprobe uacce && modprobe swiommu && "
				    "modprobe vaccel devices=2 "
				    "config=queues=1024") == 0);
		KTAP_EQ(take("1"), 0);
	}
	KTAP_EXPECT(system("modprobe -r vaccel; modprobe vaccel "
			   "config=queues=0 2>/dev/null") != 0);
	KTAP_EQ(system("modprobe vaccel"), 0);
}

static const struct ktap_test tests[] = {
	{ "exit, SIGKILL, exec and close with work in flight", test_endings },
	{ "killed at any time", test_killed_while_busy },
	{ "unmapped while busy", test_unmap_busy },
	{ "devices are made and taken", test_make },
	{ "the limit of queues", test_limit },
	{ "removal with queues in every state", test_removal },
	{ "64 processes with 8 queues each", test_crowd },
	{ "unloaded and loaded 20 times", test_reload },
};

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--pause"))
		pause();
	return KTAP_RUN(tests);
}
