// SPDX-License-Identifier: MIT
/* A device goes while its queues are open, in every state and under every use. */
/* lab-modules: uacce uacce_test */
/* lab-timeout: 240 */
#include <pthread.h>
#include <linux/userfaultfd.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#include "uacce_lab.h"

#define NODE "/dev/test-1"

static volatile unsigned int *word(void *map, int page)
{
	return (unsigned int *)((char *)map + page * LAB_PAGE);
}

static int queue_of_own_device(void)
{
	return lab_add("full") ? -1 : open(NODE, O_RDWR | O_CLOEXEC);
}

/* Everything that may still be asked of a queue whose device has gone. */
static void expect_gone(int fd)
{
	struct uacce_queue_reset reset = { .argsz = sizeof(reset) };
	struct uacce_queue_event event = { .argsz = sizeof(event), .fd = -1 };
	struct uacce_test_pair pair = { .value = 1 };

	KTAP_EQ(lab_state(fd), UACCE_QUEUE_ZOMBIE);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_START_Q), ENODEV);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_PUT_Q), ENODEV);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_SHARE_SVAS, fd), ENODEV);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_RESET_Q, &reset), ENODEV);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_SET_EVENT, &event), ENODEV);
	KTAP_ERRNO(ioctl(fd, UACCE_TEST_TWICE, &pair), ENODEV);
	KTAP_EXPECT(lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE) == MAP_FAILED);
	KTAP_EQ(errno, ENODEV);
	KTAP_EQ(lab_poll(fd, POLLIN, LAB_LONG), POLLHUP);
}

static void test_in_state(bool start, bool put)
{
	int fd = queue_of_own_device();

	KTAP_REQUIRE(fd >= 0);
	lab_clean();
	if (start)
		KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
	if (put)
		KTAP_EQ(ioctl(fd, UACCE_CMD_PUT_Q), 0);
	KTAP_EQ(lab_del(1), 0);
	KTAP_EQ(access(NODE, F_OK), -1);
	KTAP_EQ(lab_calls("stop_queue"), start);
	KTAP_EQ(lab_calls("put_queue"), 1);
	expect_gone(fd);
	close(fd);
	KTAP_EQ(lab_calls("stop_queue"), 0);
	KTAP_EQ(lab_calls("put_queue"), 0);
	KTAP_EQ(lab_calls("ioctl"), 0);
	KTAP_EQ(lab_calls("mmap"), 0);
	KTAP_EQ(lab_calls("is_q_updated"), 0);
}

static void test_init(void)
{
	test_in_state(false, false);
}

static void test_started(void)
{
	test_in_state(true, false);
}

static void test_put(void)
{
	test_in_state(true, true);
	test_in_state(false, true);
}

static void test_mapped(void)
{
	int fd = queue_of_own_device();
	void *mmio, *dus;

	KTAP_REQUIRE(fd >= 0);
	mmio = lab_map(fd, UACCE_QFRT_MMIO, LAB_MMIO_SIZE);
	dus = lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE);
	KTAP_REQUIRE(mmio != MAP_FAILED && dus != MAP_FAILED);
	*word(mmio, 0) = 1;
	*word(dus, 0) = 1;
	KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
	KTAP_EQ(lab_del(1), 0);
	/* What is there now is nobody's: zeroes, and stores go nowhere. */
	KTAP_EQ(lab_touch(word(mmio, 1), false), 0);
	KTAP_EQ(*word(mmio, 0), 0);
	KTAP_EQ(lab_touch(word(dus, 3), false), 0);
	KTAP_EQ(*word(dus, 0), 0);
	KTAP_EQ(lab_touch(word(mmio, 0), true), 0);
	KTAP_EQ(lab_touch(word(dus, 0), true), 0);
	expect_gone(fd);
	close(fd);
	KTAP_EQ(munmap(mmio, LAB_MMIO_SIZE), 0);
	KTAP_EQ(munmap(dus, LAB_DUS_SIZE), 0);
}

struct sleeper {
	int fd;
	int events;
	pthread_t thread;
};

static void *sleep_in_poll(void *arg)
{
	struct sleeper *sleeper = arg;

	sleeper->events = lab_poll(sleeper->fd, POLLIN, LAB_LONG);
	return NULL;
}

static void *sleep_in_epoll(void *arg)
{
	struct sleeper *sleeper = arg;
	struct epoll_event event = { .events = EPOLLIN };
	int epoll_fd = epoll_create1(0);

	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, sleeper->fd, &event);
	sleeper->events = epoll_wait(epoll_fd, &event, 1, LAB_LONG) == 1 ?
				  (int)event.events :
				  0;
	close(epoll_fd);
	return NULL;
}

static void *sleep_in_read(void *arg)
{
	struct sleeper *sleeper = arg;
	struct uacce_queue_event event = { .argsz = sizeof(event) };
	eventfd_t count;

	event.fd = eventfd(0, 0);
	ioctl(sleeper->fd, UACCE_CMD_SET_EVENT, &event);
	sleeper->events = eventfd_read(event.fd, &count) ? 0 : POLLHUP;
	close(event.fd);
	return NULL;
}

static void test_sleepers(void)
{
	static void *(*const kinds[])(void *) = { sleep_in_poll, sleep_in_epoll,
						  sleep_in_read };
	struct sleeper sleepers[9];
	int fd, i, started;

	for (started = 0; started < 2; started++) {
		fd = queue_of_own_device();
		KTAP_REQUIRE(fd >= 0);
		if (started)
			KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
		/* The last of the readers' eventfds is the queue's. */
		for (i = 0; i < 7; i++) {
			sleepers[i].fd = fd;
			pthread_create(&sleepers[i].thread, NULL,
				       kinds[i < 6 ? i % 2 : 2], &sleepers[i]);
		}
		lab_await_sleepers();
		KTAP_EQ(lab_del(1), 0);
		for (i = 0; i < 7; i++) {
			pthread_join(sleepers[i].thread, NULL);
			KTAP_EQ(sleepers[i].events, POLLHUP);
		}
		expect_gone(fd);
		close(fd);
	}
}

/* A call sleeps in the driver: removal waits for it, and it ends well. */
static void *call_sleeps(void *arg)
{
	return ioctl(*(int *)arg, UACCE_TEST_SLEEP, 1000) ? "failed" : NULL;
}

static void test_during_call(void)
{
	int fd = queue_of_own_device();
	pthread_t thread;
	void *complaint;

	KTAP_REQUIRE(fd >= 0);
	lab_clean();
	pthread_create(&thread, NULL, call_sleeps, &fd);
	lab_await_call("ioctl");
	KTAP_EQ(lab_del(1), 0);
	pthread_join(thread, &complaint);
	KTAP_EXPECT(!complaint);
	expect_gone(fd);
	close(fd);
}

/* Memory that arrives when somebody says so, and not before. */
static void *memory_that_waits(int *user_fd)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	void *page = mmap(NULL, LAB_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*user_fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	range.range.start = (unsigned long)page;
	range.range.len = LAB_PAGE;
	if (*user_fd < 0 || ioctl(*user_fd, UFFDIO_API, &api) ||
	    ioctl(*user_fd, UFFDIO_REGISTER, &range))
		return NULL;
	return page;
}

struct stuck_call {
	int fd;
	unsigned long cmd;
	void *memory;
	int error;
};

static void *call_is_stuck(void *arg)
{
	struct stuck_call *call = arg;

	call->error = ioctl(call->fd, call->cmd, call->memory) ? errno : 0;
	return NULL;
}

/* Whoever waits for its memory waits alone. */
static void test_during_stuck_call(void)
{
	static const unsigned long cmds[] = { UACCE_TEST_TWICE,
					      UACCE_CMD_RESET_Q };
	struct stuck_call call;
	struct uffdio_zeropage zero = { .range.len = LAB_PAGE };
	struct pollfd fault = { .events = POLLIN };
	pthread_t thread;
	int i;

	for (i = 0; i < 2; i++) {
		call.fd = queue_of_own_device();
		KTAP_REQUIRE(call.fd >= 0);
		call.cmd = cmds[i];
		call.memory = memory_that_waits(&fault.fd);
		KTAP_REQUIRE(call.memory);
		pthread_create(&thread, NULL, call_is_stuck, &call);
		KTAP_EQ(poll(&fault, 1, LAB_LONG), 1);
		/* Would neither come back if they waited for it, too. */
		KTAP_EQ(ioctl(call.fd, UACCE_CMD_START_Q), 0);
		KTAP_EQ(lab_del(1), 0);
		zero.range.start = (unsigned long)call.memory;
		KTAP_EQ(ioctl(fault.fd, UFFDIO_ZEROPAGE, &zero), 0);
		pthread_join(thread, NULL);
		KTAP_EQ(call.error, i ? EINVAL : ENODEV);
		close(fault.fd);
		munmap(call.memory, LAB_PAGE);
		close(call.fd);
	}
}

static void *open_sleeps(void *arg)
{
	*(int *)arg = open(NODE, O_RDWR);
	return NULL;
}

static void test_during_open(void)
{
	pthread_t thread;
	int fd;

	KTAP_REQUIRE(lab_add("full") == 0);
	lab_clean();
	lab_set("delay_get_queue", 1000);
	pthread_create(&thread, NULL, open_sleeps, &fd);
	lab_await_call("get_queue");
	KTAP_EQ(lab_del(1), 0);
	pthread_join(thread, NULL);
	lab_clean();
	KTAP_REQUIRE(fd >= 0);
	expect_gone(fd);
	close(fd);
}

/* The address space is locked while the driver maps, or serves a fault. */
static void *map_sleeps(void *arg)
{
	int fd = *(int *)arg;
	void *dus = lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE);

	if (dus == MAP_FAILED)
		return "not mapped";
	return lab_touch(dus, true) ? "a signal" : NULL;
}

static void test_during_map(void)
{
	int fd = queue_of_own_device();
	pthread_t thread;
	void *complaint;

	KTAP_REQUIRE(fd >= 0);
	lab_clean();
	lab_set("delay_mmap", 1000);
	pthread_create(&thread, NULL, map_sleeps, &fd);
	lab_await_call("mmap");
	KTAP_EQ(lab_del(1), 0);
	pthread_join(thread, &complaint);
	lab_clean();
	KTAP_EXPECT(!complaint);
	expect_gone(fd);
	close(fd);
}

static void *fault_sleeps(void *arg)
{
	lab_touch(arg, true);
	return NULL;
}

static void test_during_fault(void)
{
	int fd = queue_of_own_device();
	pthread_t thread;
	void *mmio;

	KTAP_REQUIRE(fd >= 0);
	mmio = lab_map(fd, UACCE_QFRT_MMIO, LAB_MMIO_SIZE);
	KTAP_REQUIRE(mmio != MAP_FAILED);
	lab_clean();
	lab_set("delay_fault", 1000);
	pthread_create(&thread, NULL, fault_sleeps, mmio);
	lab_await_call("fault");
	KTAP_EQ(lab_del(1), 0);
	pthread_join(thread, NULL);
	lab_clean();
	KTAP_EQ(lab_touch(mmio, true), 0);
	expect_gone(fd);
	close(fd);
	munmap(mmio, LAB_MMIO_SIZE);
}

/* Sleepers of an address space that is gone, and the fd held elsewhere. */
static void test_after_owner(void)
{
	int fd, status;
	pid_t pid;

	KTAP_REQUIRE(lab_add("full") == 0);
	lab_clean();
	fflush(stdout);
	pid = fork();
	if (!pid) {
		fd = open(NODE, O_RDWR);
		ioctl(fd, UACCE_CMD_START_Q);
		if (!fork()) {
			lab_sleep_ms(300);
			_exit(0);
		}
		_exit(0);
	}
	waitpid(pid, &status, 0);
	KTAP_EQ(lab_calls("put_queue"), 1);
	KTAP_EQ(lab_del(1), 0);
	KTAP_EQ(lab_calls("put_queue"), 0);
	lab_sleep_ms(400);
}

/* The number is free again; the old descriptor does not see the new device. */
static void test_created_again(void)
{
	int old = queue_of_own_device(), fd;

	KTAP_REQUIRE(old >= 0);
	KTAP_EQ(lab_del(1), 0);
	KTAP_EQ(lab_add("full"), 0);
	fd = open(NODE, O_RDWR);
	KTAP_REQUIRE(fd >= 0);
	expect_gone(old);
	KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
	close(old);
	KTAP_EQ(lab_state(fd), UACCE_QUEUE_STARTED);
	KTAP_EQ(lab_del(1), 0);
	expect_gone(fd);
	close(fd);
}

static void test_many_queues(void)
{
	int fds[60], i;

	KTAP_REQUIRE(lab_add("full") == 0);
	lab_clean();
	for (i = 0; i < 60; i++) {
		fds[i] = open(NODE, O_RDWR);
		if (i % 3)
			ioctl(fds[i], UACCE_CMD_START_Q);
		if (i % 3 == 2)
			ioctl(fds[i], UACCE_CMD_PUT_Q);
	}
	KTAP_EQ(lab_calls("put_queue"), 20);
	KTAP_EQ(lab_del(1), 0);
	KTAP_EQ(lab_calls("put_queue"), 40);
	for (i = 0; i < 60; i++) {
		KTAP_EQ(lab_poll(fds[i], POLLIN, 0), POLLHUP);
		close(fds[i]);
	}
}

/* Attributes that are being read and a reset that runs do not outlive it. */
static volatile int reader_stop;

static void *attribute_reader(void *arg)
{
	char text[64];

	(void)arg;
	while (!reader_stop) {
		lab_read_file("/sys/class/uacce/test-1/available_instances",
			      text, sizeof(text));
		lab_write_file("/sys/class/uacce/test-1/reset", "1");
	}
	return NULL;
}

static void *device_user(void *arg)
{
	unsigned int seed = (unsigned long)arg;
	size_t size;
	void *map;
	int fd, type;

	while (!reader_stop) {
		fd = open(NODE, O_RDWR);
		if (fd < 0)
			continue;
		if (rand_r(&seed) % 2)
			ioctl(fd, UACCE_CMD_START_Q);
		type = rand_r(&seed) % 2;
		size = type == UACCE_QFRT_MMIO ? LAB_MMIO_SIZE : LAB_DUS_SIZE;
		map = lab_map(fd, type, size);
		if (map != MAP_FAILED)
			lab_poll(fd, POLLIN, rand_r(&seed) % 3);
		close(fd);
		if (map != MAP_FAILED)
			munmap(map, size);
	}
	return NULL;
}

static void test_storm(void)
{
	pthread_t threads[6];
	int i;

	lab_clean();
	reader_stop = 0;
	for (i = 0; i < 6; i++)
		pthread_create(&threads[i], NULL,
			       i < 2 ? attribute_reader : device_user,
			       (void *)(long)i);
	for (i = 0; i < ktap_times(100); i++) {
		KTAP_EQ(lab_add("full"), 0);
		lab_sleep_ms(i % 10);
		KTAP_EQ(lab_del(1), 0);
	}
	reader_stop = 1;
	for (i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
	KTAP_EQ(lab_calls("get_queue"), lab_calls("put_queue"));
	KTAP_EQ(lab_calls("start_queue"), lab_calls("stop_queue"));
}

static const struct ktap_test tests[] = {
	{ "INIT", test_init },
	{ "STARTED", test_started },
	{ "put", test_put },
	{ "mapped", test_mapped },
	{ "sleepers", test_sleepers },
	{ "during a call", test_during_call },
	{ "during a call that waits for memory", test_during_stuck_call },
	{ "during open", test_during_open },
	{ "during mmap", test_during_map },
	{ "during a fault", test_during_fault },
	{ "after the owner's exit", test_after_owner },
	{ "created again", test_created_again },
	{ "many queues", test_many_queues },
	{ "removed again and again under use", test_storm },
};

int main(void)
{
	if (lab_add("full"))
		return 1;
	return KTAP_RUN(tests);
}
