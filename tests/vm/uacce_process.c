// SPDX-License-Identifier: MIT
/* Whose a queue is: fork, exec, descriptors passed on, and death. */
/* lab-modules: uacce uacce_test */
/* lab-timeout: 200 */
#include <sys/epoll.h>
#include <sched.h>

#include "uacce_lab.h"

/* Everything that another address space may try with a queue. */
static bool foreigner(void *arg)
{
	struct uacce_queue_info info = { .argsz = sizeof(info) };
	struct uacce_queue_event event = { .argsz = sizeof(event), .fd = -1 };
	struct uacce_queue_reset reset = { .argsz = sizeof(reset) };
	struct uacce_test_pair pair = { .value = 1 };
	struct epoll_event seen = { .events = EPOLLIN };
	int fd = *(int *)arg, epoll_fd;

	KTAP_ERRNO(ioctl(fd, UACCE_CMD_START_Q), EPERM);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_PUT_Q), EPERM);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_SHARE_SVAS, fd), EPERM);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_GET_INFO, &info), EPERM);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_SET_EVENT, &event), EPERM);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_RESET_Q, &reset), EPERM);
	KTAP_ERRNO(ioctl(fd, UACCE_TEST_TWICE, &pair), EPERM);
	KTAP_ERRNO(ioctl(fd, UACCE_TEST_CONSUME), EPERM);
	KTAP_EXPECT(lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE) == MAP_FAILED);
	KTAP_EQ(errno, EPERM);
	KTAP_EXPECT(lab_map(fd, UACCE_QFRT_MMIO, LAB_MMIO_SIZE) == MAP_FAILED);
	KTAP_EQ(errno, EPERM);
	KTAP_EXPECT(lab_map(fd, 17, LAB_PAGE) == MAP_FAILED);
	KTAP_EQ(errno, EPERM);
	/* poll() hides POLLNVAL from who does not ask for it. */
	KTAP_EQ(lab_poll(fd, POLLIN, LAB_LONG), POLLERR);
	KTAP_EQ(lab_poll(fd, POLLIN | POLLNVAL, LAB_LONG), POLLERR | POLLNVAL);

	epoll_fd = epoll_create1(0);
	KTAP_EQ(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &seen), 0);
	KTAP_EQ(epoll_wait(epoll_fd, &seen, 1, 5000), 1);
	KTAP_EXPECT(seen.events & EPOLLERR);
	close(epoll_fd);
	return true;
}

static void test_fork(void)
{
	int fd = lab_open();

	KTAP_REQUIRE(fd >= 0);
	lab_clean();
	KTAP_EXPECT(lab_child(foreigner, &fd));
	KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
	KTAP_EXPECT(lab_child(foreigner, &fd));
	KTAP_EQ(lab_state(fd), UACCE_QUEUE_STARTED);
	KTAP_EQ(ioctl(fd, UACCE_CMD_PUT_Q), 0);
	KTAP_EXPECT(lab_child(foreigner, &fd));
	KTAP_EQ(lab_calls("put_queue"), 1);
	KTAP_EQ(lab_calls("mmap"), 0);
	KTAP_EQ(lab_calls("ioctl"), 0);
	close(fd);
}

/* A child may open queues of its own, where the device is for everybody. */
static bool child_opens(void *arg)
{
	int fd = lab_open();

	(void)arg;
	if (lab_static())
		return fd < 0 && errno == EBUSY;
	KTAP_EXPECT(fd >= 0);
	KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
	return true;
}

static void test_child_opens(void)
{
	int fd = lab_open();

	KTAP_REQUIRE(fd >= 0);
	KTAP_EXPECT(lab_child(child_opens, NULL));
	close(fd);
}

static int send_fd(int socket, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec vector = { &byte, 1 };
	struct msghdr message = { .msg_iov = &vector,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	return sendmsg(socket, &message, 0) == 1 ? 0 : -1;
}

static int receive_fd(int socket)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec vector = { &byte, 1 };
	struct msghdr message = { .msg_iov = &vector,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	int fd;

	if (recvmsg(socket, &message, 0) != 1 || !CMSG_FIRSTHDR(&message))
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return fd;
}

static bool receiver(void *arg)
{
	int *sockets = arg;
	int fd;

	close(sockets[0]);
	fd = receive_fd(sockets[1]);
	return fd >= 0 && foreigner(&fd);
}

static void test_passed(void)
{
	int sockets[2], fd = lab_open();

	KTAP_REQUIRE(fd >= 0);
	KTAP_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
	KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
	KTAP_EQ(send_fd(sockets[0], fd), 0);
	KTAP_EXPECT(lab_child(receiver, sockets));
	KTAP_EQ(lab_state(fd), UACCE_QUEUE_STARTED);
	close(sockets[0]);
	close(sockets[1]);
	close(fd);
}

/* Opens, starts and maps a queue, sends it to its parent, and waits. */
static void owner(int socket, void (*end)(void))
{
	int fd = open("/dev/test-0", O_RDWR);
	volatile unsigned int *dus = lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE);
	char byte;

	if (fd < 0 || dus == MAP_FAILED || ioctl(fd, UACCE_CMD_START_Q) ||
	    send_fd(socket, fd) || read(socket, &byte, 1) != 1)
		_exit(1);
	*dus = 1;
	end();
	_exit(0);
}

static void end_exit(void)
{
	_exit(0);
}

static void end_kill(void)
{
	kill(getpid(), SIGKILL);
}

static void end_crash(void)
{
	signal(SIGSEGV, SIG_DFL);
	*(volatile int *)8 = 1;
}

static void end_exec(void)
{
	execl("/bin/sleep", "sleep", "0", NULL);
}

/*
 * The owner ends while somebody else has the descriptor, so that it is not
 * closed: the device has stopped nevertheless, before the pages were freed.
 */
static void death(void (*end)(void))
{
	int sockets[2], fd, status;
	pid_t pid;

	lab_clean();
	KTAP_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
	fflush(stdout);
	pid = fork();
	if (!pid)
		owner(sockets[1], end);
	close(sockets[1]);
	fd = receive_fd(sockets[0]);
	KTAP_REQUIRE(fd >= 0);
	KTAP_EQ(lab_calls("stop_queue"), 0);
	KTAP_EQ(write(sockets[0], "", 1), 1);
	waitpid(pid, &status, 0);
	close(sockets[0]);
	KTAP_EQ(lab_calls("stop_queue"), 1);
	KTAP_EQ(lab_calls("put_queue"), 1);
	KTAP_EXPECT(foreigner(&fd));
	close(fd);
	KTAP_EQ(lab_calls("stop_queue"), 0);
	KTAP_EQ(lab_calls("put_queue"), 0);
}

static void test_exit(void)
{
	death(end_exit);
}

static void test_kill(void)
{
	death(end_kill);
}

static void test_crash(void)
{
	death(end_crash);
}

static void test_exec(void)
{
	death(end_exec);
}

/* A child that inherited the descriptor does not keep the queue at work. */
static void test_orphan(void)
{
	int sockets[2], status;
	pid_t pid;
	char byte;

	lab_clean();
	KTAP_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		int fd = open("/dev/test-0", O_RDWR);

		ioctl(fd, UACCE_CMD_START_Q);
		if (fork())
			_exit(0);
		/* The grandchild tells when it ends. */
		read(sockets[1], &byte, 1);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	KTAP_EQ(lab_calls("stop_queue"), 1);
	KTAP_EQ(lab_calls("put_queue"), 1);
	KTAP_EQ(write(sockets[0], "", 1), 1);
	close(sockets[1]);
	read(sockets[0], &byte, 1);
	close(sockets[0]);
}

/* Threads and vfork share the address space: nothing ends with them. */
static int shares(void *arg)
{
	return ioctl(*(int *)arg, UACCE_CMD_START_Q) ? 1 : 0;
}

static void test_clone_vm(void)
{
	static char stack[65536];
	int fd = lab_open(), status;
	pid_t pid;

	KTAP_REQUIRE(fd >= 0);
	lab_clean();
	pid = clone(shares, stack + sizeof(stack) - 64, CLONE_VM | SIGCHLD,
		    &fd);
	KTAP_REQUIRE(pid > 0);
	KTAP_EQ(waitpid(pid, &status, 0), pid);
	KTAP_EQ(status, 0);
	KTAP_EQ(lab_state(fd), UACCE_QUEUE_STARTED);
	KTAP_EQ(lab_calls("stop_queue"), 0);
	close(fd);
}

/* Many processes, each with queues in all states, killed at any moment. */
static void busy(unsigned int seed)
{
	int fds[4] = { -1, -1, -1, -1 };
	void *maps[4] = { MAP_FAILED, MAP_FAILED, MAP_FAILED, MAP_FAILED };
	int i;

	for (;;) {
		i = rand_r(&seed) % 4;
		if (fds[i] < 0) {
			fds[i] = lab_open();
			continue;
		}
		switch (rand_r(&seed) % 5) {
		case 0:
			ioctl(fds[i], UACCE_CMD_START_Q);
			break;
		case 1:
			ioctl(fds[i], UACCE_CMD_PUT_Q);
			break;
		case 2:
			if (maps[i] == MAP_FAILED)
				maps[i] = lab_map(fds[i], UACCE_QFRT_MMIO,
						  LAB_MMIO_SIZE);
			else
				lab_touch(maps[i], true);
			break;
		case 3:
			lab_poll(fds[i], POLLIN, 1);
			break;
		case 4:
			if (maps[i] != MAP_FAILED)
				munmap(maps[i], LAB_MMIO_SIZE);
			maps[i] = MAP_FAILED;
			close(fds[i]);
			fds[i] = -1;
			break;
		}
	}
}

static void test_killed_at_work(void)
{
	pid_t pids[12];
	int round, i, status;

	lab_clean();
	for (round = 0; round < 5; round++) {
		fflush(stdout);
		for (i = 0; i < 12; i++) {
			pids[i] = fork();
			if (!pids[i])
				busy(round * 100 + i);
		}
		for (i = 0; i < 12; i++) {
			lab_sleep_ms(20);
			kill(pids[i], SIGKILL);
			waitpid(pids[i], &status, 0);
			KTAP_EXPECT(WIFSIGNALED(status) &&
				    WTERMSIG(status) == SIGKILL);
		}
	}
	KTAP_EQ(lab_calls("get_queue"), lab_calls("put_queue"));
	/* All are free again. */
	lab_set("limit", 1);
	i = lab_open();
	KTAP_EXPECT(i >= 0);
	close(i);
	lab_clean();
}

static const struct ktap_test tests[] = {
	{ "fork", test_fork },
	{ "a child's own queue", test_child_opens },
	{ "passed over a socket", test_passed },
	{ "the owner exits", test_exit },
	{ "the owner is killed", test_kill },
	{ "the owner crashes", test_crash },
	{ "the owner execs", test_exec },
	{ "an orphaned descriptor", test_orphan },
	{ "a task that shares the address space", test_clone_vm },
	{ "processes killed at work", test_killed_at_work },
};

int main(void)
{
	if (lab_add("full"))
		return 1;
	return KTAP_RUN(tests);
}
