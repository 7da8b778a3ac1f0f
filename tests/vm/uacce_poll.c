// SPDX-License-Identifier: MIT
/* Waiting for results: poll, epoll and eventfd, with the device told to speak. */
/* lab-modules: uacce uacce_test */
/* lab-timeout: 200 */
#include <pthread.h>
#include <sys/epoll.h>

#include "uacce_lab.h"

static int started_queue(void)
{
	int fd = lab_open();

	if (fd >= 0)
		ioctl(fd, UACCE_CMD_START_Q);
	return fd;
}

static void test_states(void)
{
	int fd = lab_open();

	KTAP_REQUIRE(fd >= 0);
	lab_clean();
	KTAP_EQ(lab_poll(fd, POLLIN, 0), 0);
	KTAP_EQ(lab_calls("is_q_updated"), 0);
	KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
	KTAP_EQ(lab_poll(fd, POLLIN, 0), 0);
	/* Asked, told to speak, and asked again. */
	KTAP_EQ(lab_calls("is_q_updated"), 2);
	KTAP_EQ(lab_calls("mask_notify"), 1);
	KTAP_EQ(ioctl(fd, UACCE_TEST_COMPLETE, 0), 0);
	KTAP_EQ(lab_poll(fd, POLLIN | POLLRDNORM, 0), POLLIN | POLLRDNORM);
	KTAP_EQ(lab_calls("mask_notify"), 0);
	KTAP_EQ(ioctl(fd, UACCE_TEST_CONSUME), 1);
	KTAP_EQ(lab_poll(fd, POLLIN, 0), 0);
	KTAP_EQ(ioctl(fd, UACCE_CMD_PUT_Q), 0);
	lab_calls("is_q_updated");
	KTAP_EQ(lab_poll(fd, POLLIN, LAB_LONG), POLLHUP);
	KTAP_EQ(lab_poll(fd, 0, LAB_LONG), POLLHUP);
	KTAP_EQ(lab_calls("is_q_updated"), 0);
	close(fd);
}

static void test_wakes(void)
{
	int fd = started_queue(), i;

	KTAP_REQUIRE(fd >= 0);
	for (i = 0; i < 20; i++) {
		KTAP_EQ(ioctl(fd, UACCE_TEST_COMPLETE, 20), 0);
		KTAP_EQ(lab_poll(fd, POLLIN, LAB_LONG), POLLIN);
		KTAP_EQ(ioctl(fd, UACCE_TEST_CONSUME), 1);
	}
	close(fd);
}

static void test_times_out(void)
{
	int fd = started_queue();

	KTAP_REQUIRE(fd >= 0);
	KTAP_EQ(lab_poll(fd, POLLIN, 50), 0);
	close(fd);
}

struct sleeper {
	int fd;
	int events;
	pthread_t thread;
};

static void *sleeper_run(void *arg)
{
	struct sleeper *sleeper = arg;

	sleeper->events = lab_poll(sleeper->fd, POLLIN, LAB_LONG);
	return NULL;
}

#define SLEEPERS 8

static void sleepers_begin(struct sleeper *sleepers, int fd)
{
	int i;

	for (i = 0; i < SLEEPERS; i++) {
		sleepers[i].fd = fd;
		pthread_create(&sleepers[i].thread, NULL, sleeper_run,
			       &sleepers[i]);
	}
	lab_await_sleepers();
}

static void sleepers_end(struct sleeper *sleepers, int events)
{
	int i;

	for (i = 0; i < SLEEPERS; i++) {
		pthread_join(sleepers[i].thread, NULL);
		KTAP_EQ(sleepers[i].events, events);
	}
}

static void test_threads(void)
{
	struct sleeper sleepers[SLEEPERS];
	int fd = started_queue(), i;

	KTAP_REQUIRE(fd >= 0);
	for (i = 0; i < 5; i++) {
		sleepers_begin(sleepers, fd);
		KTAP_EQ(ioctl(fd, UACCE_TEST_COMPLETE, 0), 0);
		sleepers_end(sleepers, POLLIN);
		KTAP_EQ(ioctl(fd, UACCE_TEST_CONSUME), 1);
	}
	close(fd);
}

/* Asleep before the queue is started: nobody had told the device to speak. */
static void test_started_under_sleepers(void)
{
	struct sleeper sleepers[SLEEPERS];
	int fd = lab_open();

	KTAP_REQUIRE(fd >= 0);
	sleepers_begin(sleepers, fd);
	KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
	lab_await_sleepers();
	KTAP_EQ(ioctl(fd, UACCE_TEST_COMPLETE, 0), 0);
	sleepers_end(sleepers, POLLIN);
	close(fd);
}

static void test_put_under_sleepers(void)
{
	struct sleeper sleepers[SLEEPERS];
	int fd = lab_open();

	KTAP_REQUIRE(fd >= 0);
	sleepers_begin(sleepers, fd);
	KTAP_EQ(ioctl(fd, UACCE_CMD_PUT_Q), 0);
	sleepers_end(sleepers, POLLHUP);
	close(fd);

	fd = started_queue();
	sleepers_begin(sleepers, fd);
	KTAP_EQ(ioctl(fd, UACCE_CMD_PUT_Q), 0);
	sleepers_end(sleepers, POLLHUP);
	close(fd);
}

/* One thread takes results, the others wait for more: none sleeps for ever. */
struct taker {
	int fd;
	int *left;
	pthread_t thread;
};

static void *taker_run(void *arg)
{
	struct taker *taker = arg;

	while (__atomic_load_n(taker->left, __ATOMIC_SEQ_CST) > 0) {
		if (lab_poll(taker->fd, POLLIN, LAB_LONG) != POLLIN)
			return "woken by something else";
		if (ioctl(taker->fd, UACCE_TEST_CONSUME) == 1)
			__atomic_sub_fetch(taker->left, 1, __ATOMIC_SEQ_CST);
	}
	/* Those that still sleep have nothing to wait for. */
	ioctl(taker->fd, UACCE_TEST_COMPLETE, 0);
	return NULL;
}

static void test_takers(void)
{
	struct taker takers[4];
	int left = 500, fd = started_queue(), i;
	void *complaint;

	KTAP_REQUIRE(fd >= 0);
	for (i = 0; i < 4; i++) {
		takers[i].fd = fd;
		takers[i].left = &left;
		pthread_create(&takers[i].thread, NULL, taker_run, &takers[i]);
	}
	for (i = 0; i < 500; i++)
		KTAP_EQ(ioctl(fd, UACCE_TEST_COMPLETE, 0), 0);
	for (i = 0; i < 4; i++) {
		pthread_join(takers[i].thread, &complaint);
		if (complaint)
			ktap_note("%s", (char *)complaint);
		KTAP_EXPECT(!complaint);
	}
	close(fd);
}

static void test_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll_fd = epoll_create1(0), fd = started_queue();

	KTAP_REQUIRE(fd >= 0);
	KTAP_EQ(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event), 0);
	KTAP_EQ(epoll_wait(epoll_fd, &event, 1, 20), 0);
	KTAP_EQ(ioctl(fd, UACCE_TEST_COMPLETE, 20), 0);
	KTAP_EQ(epoll_wait(epoll_fd, &event, 1, LAB_LONG), 1);
	KTAP_EQ(event.events, EPOLLIN);
	KTAP_EQ(ioctl(fd, UACCE_TEST_CONSUME), 1);
	KTAP_EQ(epoll_wait(epoll_fd, &event, 1, 20), 0);
	KTAP_EQ(ioctl(fd, UACCE_CMD_PUT_Q), 0);
	KTAP_EQ(epoll_wait(epoll_fd, &event, 1, LAB_LONG), 1);
	KTAP_EQ(event.events, EPOLLHUP);
	close(fd);
	KTAP_EQ(epoll_wait(epoll_fd, &event, 1, 0), 0);
	close(epoll_fd);
}

static int set_event(int fd, int event_fd)
{
	struct uacce_queue_event event = { .argsz = sizeof(event),
					   .fd = event_fd };

	return ioctl(fd, UACCE_CMD_SET_EVENT, &event);
}

static void test_eventfd(void)
{
	int fd = lab_open(), event_fd = eventfd(0, 0), i;
	eventfd_t count;

	KTAP_REQUIRE(fd >= 0 && event_fd >= 0);
	lab_clean();
	KTAP_EQ(set_event(fd, event_fd), 0);
	KTAP_EQ(lab_calls("mask_notify"), 0);
	KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
	KTAP_EQ(lab_calls("mask_notify"), 1);
	for (i = 0; i < 10; i++) {
		KTAP_EQ(ioctl(fd, UACCE_TEST_COMPLETE, 10), 0);
		KTAP_EQ(lab_poll(event_fd, POLLIN, LAB_LONG), POLLIN);
		KTAP_EQ(eventfd_read(event_fd, &count), 0);
		KTAP_EQ(count, 1);
		KTAP_EQ(ioctl(fd, UACCE_TEST_CONSUME), 1);
		/* Good for one notification: ask for the next. */
		KTAP_EQ(lab_poll(fd, POLLIN, 0), 0);
	}
	/* Replaced, and dropped. */
	i = eventfd(0, EFD_NONBLOCK);
	KTAP_EQ(set_event(fd, i), 0);
	KTAP_EQ(ioctl(fd, UACCE_TEST_COMPLETE, 0), 0);
	KTAP_EQ(lab_poll(event_fd, POLLIN, 50), 0);
	KTAP_EQ(eventfd_read(i, &count), 0);
	KTAP_EQ(ioctl(fd, UACCE_TEST_CONSUME), 1);
	KTAP_EQ(set_event(fd, -1), 0);
	KTAP_EQ(lab_poll(fd, POLLIN, 0), 0);
	KTAP_EQ(ioctl(fd, UACCE_TEST_COMPLETE, 0), 0);
	KTAP_ERRNO(eventfd_read(i, &count), EAGAIN);
	/* The end of the queue is told, too. */
	KTAP_EQ(set_event(fd, event_fd), 0);
	KTAP_EQ(ioctl(fd, UACCE_CMD_PUT_Q), 0);
	KTAP_EQ(lab_poll(event_fd, POLLIN, LAB_LONG), POLLIN);
	close(i);
	close(event_fd);
	close(fd);
}

static void *event_reader(void *arg)
{
	int event_fd = *(int *)arg;
	eventfd_t count, sum = 0;

	while (sum < 200) {
		if (lab_poll(event_fd, POLLIN, LAB_LONG) != POLLIN)
			return "no event";
		if (!eventfd_read(event_fd, &count))
			sum += count;
	}
	return NULL;
}

/* Several threads wait for one eventfd, results come and the fd changes. */
static void test_eventfd_threads(void)
{
	int fd = started_queue(), event_fd = eventfd(0, EFD_NONBLOCK), i;
	pthread_t threads[4];
	void *complaint;

	KTAP_REQUIRE(fd >= 0 && event_fd >= 0);
	KTAP_EQ(set_event(fd, event_fd), 0);
	pthread_create(&threads[0], NULL, event_reader, &event_fd);
	for (i = 0; i < 200; i++) {
		KTAP_EQ(lab_poll(fd, POLLIN, 0), 0);
		KTAP_EQ(ioctl(fd, UACCE_TEST_COMPLETE, 0), 0);
		KTAP_EQ(ioctl(fd, UACCE_TEST_CONSUME), 1);
		if (i % 10 == 0)
			KTAP_EQ(set_event(fd, event_fd), 0);
	}
	pthread_join(threads[0], &complaint);
	KTAP_EXPECT(!complaint);
	close(event_fd);
	close(fd);
}

/* The eventfd belongs to the queue, whoever else has closed it. */
static void test_eventfd_closed(void)
{
	int fd = started_queue(), event_fd = eventfd(0, 0);

	KTAP_REQUIRE(fd >= 0 && event_fd >= 0);
	KTAP_EQ(set_event(fd, event_fd), 0);
	close(event_fd);
	KTAP_EQ(ioctl(fd, UACCE_TEST_COMPLETE, 0), 0);
	close(fd);
}

static const struct ktap_test tests[] = {
	{ "in every state", test_states },
	{ "wakes", test_wakes },
	{ "times out", test_times_out },
	{ "threads", test_threads },
	{ "started under sleepers", test_started_under_sleepers },
	{ "put under sleepers", test_put_under_sleepers },
	{ "threads that take results", test_takers },
	{ "epoll", test_epoll },
	{ "eventfd", test_eventfd },
	{ "eventfd and threads", test_eventfd_threads },
	{ "eventfd closed", test_eventfd_closed },
};

int main(void)
{
	if (lab_add("full"))
		return 1;
	return KTAP_RUN(tests);
}
