// SPDX-License-Identifier: MIT
/* A 32-bit program on a 64-bit kernel: the same calls, the same structures. */
/* lab-modules: uacce uacce_test */
/* lab-cflags: -m32 */
#include "uacce_lab.h"

_Static_assert(sizeof(void *) == 4, "this is for 32 bits");

static void test_structures(void)
{
	/* What a 64-bit program has. */
	KTAP_EQ(sizeof(struct uacce_queue_info), 48);
	KTAP_EQ(__builtin_offsetof(struct uacce_queue_info, region_size), 16);
	KTAP_EQ(sizeof(struct uacce_queue_event), 16);
	KTAP_EQ(sizeof(struct uacce_queue_reset), 8);
}

static void test_life(void)
{
	struct uacce_queue_info info = { .argsz = sizeof(info) };
	struct uacce_queue_reset reset = { .argsz = sizeof(reset) };
	struct uacce_test_pair pair = { .value = 21 };
	volatile unsigned int *mmio, *dus;
	int fd = lab_open();

	KTAP_REQUIRE(fd >= 0);
	KTAP_EQ(ioctl(fd, UACCE_CMD_GET_INFO, &info), 0);
	KTAP_EQ(info.region_size[UACCE_QFRT_DUS], LAB_DUS_SIZE);
	dus = lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE);
	mmio = lab_map(fd, UACCE_QFRT_MMIO, LAB_MMIO_SIZE);
	KTAP_REQUIRE(dus != MAP_FAILED && mmio != MAP_FAILED);
	KTAP_EQ(dus[0], UACCE_TEST_DUS_MAGIC);
	KTAP_EQ(mmio[0], UACCE_TEST_MMIO_MAGIC);
	KTAP_EQ(ioctl(fd, UACCE_TEST_TWICE, &pair), 0);
	KTAP_EQ(pair.twice, 42);
	KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
	KTAP_EQ(ioctl(fd, UACCE_CMD_RESET_Q, &reset), 0);
	KTAP_EQ(ioctl(fd, UACCE_TEST_COMPLETE, 20), 0);
	KTAP_EQ(lab_poll(fd, POLLIN, LAB_LONG), POLLIN);
	KTAP_EQ(ioctl(fd, UACCE_CMD_PUT_Q), 0);
	KTAP_EQ(lab_poll(fd, POLLIN, LAB_LONG), POLLHUP);
	close(fd);
}

static void test_event(void)
{
	struct uacce_queue_event event = { .argsz = sizeof(event) };
	int fd = lab_open();
	eventfd_t count;

	KTAP_REQUIRE(fd >= 0);
	event.fd = eventfd(0, 0);
	KTAP_EQ(ioctl(fd, UACCE_CMD_SET_EVENT, &event), 0);
	KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
	KTAP_EQ(ioctl(fd, UACCE_TEST_COMPLETE, 0), 0);
	KTAP_EQ(eventfd_read(event.fd, &count), 0);
	event.fd = -1;
	KTAP_EQ(ioctl(fd, UACCE_CMD_SET_EVENT, &event), 0);
	close(fd);
}

static void test_errors(void)
{
	struct uacce_queue_info info = { .argsz = 8 };
	int fd = lab_open();

	KTAP_REQUIRE(fd >= 0);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_GET_INFO, &info), EINVAL);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_GET_INFO, NULL), EFAULT);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_GET_INFO, (void *)-8), EFAULT);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_SHARE_SVAS, -1), EBADF);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_SHARE_SVAS, fd), EINVAL);
	KTAP_ERRNO(ioctl(fd, _IO('W', 0x7f)), ENOTTY);
	close(fd);
}

static const struct ktap_test tests[] = {
	{ "structures", test_structures },
	{ "life of a queue", test_life },
	{ "eventfd", test_event },
	{ "errors", test_errors },
};

int main(void)
{
	if (lab_add("full"))
		return 1;
	return KTAP_RUN(tests);
}
