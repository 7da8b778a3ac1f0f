// SPDX-License-Identifier: MIT
/* Bonds of queues with address spaces, on an IOMMU that makes them. */
/* lab-modules: uacce swiommu uacce_test */
/* lab-timeout: 120 */
#include <sys/syscall.h>

#include "uacce_lab.h"

#define NODE "/dev/test-1"

static int sva_open(void)
{
	return open(NODE, O_RDWR | O_CLOEXEC);
}

static void test_agreed(void)
{
	struct uacce_queue_info info = { .argsz = sizeof(info) };
	char text[16];
	int fd = sva_open();

	KTAP_REQUIRE(fd >= 0);
	lab_read_file("/sys/class/uacce/test-1/flags", text, sizeof(text));
	KTAP_EXPECT(!strcmp(text, "1\n"));
	KTAP_EQ(ioctl(fd, UACCE_CMD_GET_INFO, &info), 0);
	KTAP_EQ(info.device_flags, UACCE_DEV_SVA);
	KTAP_EXPECT(ioctl(fd, UACCE_TEST_PASID) > 0);
	close(fd);
}

static bool other_pasid(void *arg)
{
	int fd = sva_open(), pasid = ioctl(fd, UACCE_TEST_PASID);

	KTAP_EXPECT(fd >= 0);
	KTAP_EXPECT(pasid > 0);
	KTAP_EXPECT(pasid != *(int *)arg);
	return true;
}

/* One for each address space, the same for all its queues. */
static void test_pasids(void)
{
	int fds[8], i, pasid;

	for (i = 0; i < 8; i++) {
		fds[i] = sva_open();
		KTAP_REQUIRE(fds[i] >= 0);
	}
	pasid = ioctl(fds[0], UACCE_TEST_PASID);
	for (i = 1; i < 8; i++)
		KTAP_EQ(ioctl(fds[i], UACCE_TEST_PASID), pasid);
	KTAP_EXPECT(lab_child(other_pasid, &pasid));
	for (i = 0; i < 8; i++) {
		if (i % 2)
			KTAP_EQ(ioctl(fds[i], UACCE_CMD_PUT_Q), 0);
		close(fds[i]);
	}
}

/* No queue without a bond, and no bond without a queue. */
static void test_open_fails(void)
{
	int i;

	lab_set("fail_get_queue", EBUSY);
	for (i = 0; i < 100; i++)
		KTAP_ERRNO(sva_open(), EBUSY);
	lab_clean();
}

/*
 * A bond ends with its queue's PUT_Q, or with its address space: the IOMMU can
 * be taken away while descriptors are still open.
 */
static void test_bonds_end(void)
{
	int fd = sva_open(), status;
	pid_t pid;

	KTAP_REQUIRE(fd >= 0);
	KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		int own = sva_open();

		ioctl(own, UACCE_CMD_START_Q);
		/* A grandchild keeps the descriptor for a while. */
		if (!fork()) {
			lab_sleep_ms(3000);
			_exit(0);
		}
		_exit(own < 0);
	}
	waitpid(pid, &status, 0);
	KTAP_EQ(status, 0);
	KTAP_ERRNO(syscall(SYS_delete_module, "swiommu", O_NONBLOCK), EAGAIN);
	KTAP_EQ(lab_del(1), 0);
	KTAP_EQ(syscall(SYS_delete_module, "swiommu", O_NONBLOCK), 0);
	KTAP_EQ(lab_poll(fd, POLLIN, 0), POLLHUP);
	close(fd);
	KTAP_EQ(system("modprobe swiommu"), 0);
	KTAP_EQ(lab_add("sva"), 0);
	fd = sva_open();
	KTAP_EXPECT(fd >= 0);
	close(fd);
}

static void test_killed(void)
{
	int i, status;
	pid_t pid;

	fflush(stdout);
	for (i = 0; i < 30; i++) {
		pid = fork();
		if (!pid) {
			int fds[4], j;

			for (j = 0; j < 4; j++) {
				fds[j] = sva_open();
				ioctl(fds[j], UACCE_CMD_START_Q);
			}
			pause();
		}
		lab_sleep_ms(i);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	lab_set("limit", 1);
	i = sva_open();
	KTAP_EXPECT(i >= 0);
	close(i);
	lab_clean();
}

static const struct ktap_test tests[] = {
	{ "agreed on", test_agreed },	   { "PASIDs", test_pasids },
	{ "open fails", test_open_fails }, { "ends of bonds", test_bonds_end },
	{ "killed", test_killed },
};

int main(void)
{
	if (lab_add("full") || lab_add("sva"))
		return 1;
	return KTAP_RUN(tests);
}
