// SPDX-License-Identifier: MIT
/* Every call in every state of a queue, and the rules for their arguments. */
/* lab-modules: uacce uacce_test */
/* lab-timeout: 200 */
#include <sys/syscall.h>

#include "uacce_lab.h"

enum { INIT, STARTED, PUT, REMOVED, STATES };

static const char *const state_names[STATES] = { "INIT", "STARTED", "put",
						 "removed" };

/* A queue of a device of its own, number 1, brought into the state. */
static int queue_in(int state)
{
	int fd;

	if (lab_add("full"))
		return -1;
	fd = open("/dev/test-1", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (state == STARTED || state == PUT)
		ioctl(fd, UACCE_CMD_START_Q);
	if (state == PUT)
		ioctl(fd, UACCE_CMD_PUT_Q);
	if (state == REMOVED)
		lab_del(1);
	return fd;
}

static void queue_end(int fd, int state)
{
	if (fd >= 0)
		close(fd);
	if (state != REMOVED)
		lab_del(1);
}

static struct uacce_queue_reset reset = { .argsz = sizeof(reset) };
static struct uacce_queue_event event = { .argsz = sizeof(event), .fd = -1 };
static struct uacce_queue_info info = { .argsz = sizeof(info) };
static struct uacce_test_pair pair = { .value = 21 };

/* The errno of each call in each state; 0 for success. */
static const struct {
	const char *name;
	unsigned long cmd;
	unsigned long arg;
	int wanted[STATES];
} calls[] = {
	{ "START_Q", UACCE_CMD_START_Q, 0, { 0, EINVAL, ENXIO, ENODEV } },
	{ "PUT_Q", UACCE_CMD_PUT_Q, 0, { 0, 0, 0, ENODEV } },
	{ "SHARE_SVAS",
	  UACCE_CMD_SHARE_SVAS,
	  -1ul,
	  { EBADF, EBADF, ENXIO, ENODEV } },
	{ "GET_INFO", UACCE_CMD_GET_INFO, (unsigned long)&info, { 0, 0, 0, 0 } },
	{ "SET_EVENT",
	  UACCE_CMD_SET_EVENT,
	  (unsigned long)&event,
	  { 0, 0, ENXIO, ENODEV } },
	{ "RESET_Q",
	  UACCE_CMD_RESET_Q,
	  (unsigned long)&reset,
	  { EINVAL, 0, ENXIO, ENODEV } },
	{ "the driver's",
	  UACCE_TEST_TWICE,
	  (unsigned long)&pair,
	  { 0, 0, ENXIO, ENODEV } },
	{ "the driver's without argument",
	  UACCE_TEST_CONSUME,
	  0,
	  { 0, 0, ENXIO, ENODEV } },
	{ "number 3",
	  _IOR('W', 3, unsigned long),
	  0,
	  { ENOTTY, ENOTTY, ENOTTY, ENOTTY } },
	{ "number 4", _IO('W', 4), 0, { ENOTTY, ENOTTY, ENOTTY, ENOTTY } },
	{ "number 0x1f", _IO('W', 0x1f), 0, { ENOTTY, ENOTTY, ENOTTY, ENOTTY } },
	{ "number 0x23", _IO('W', 0x23), 0, { ENOTTY, ENOTTY, ENOTTY, ENOTTY } },
	{ "number 0xff", _IO('W', 0xff), 0, { ENOTTY, ENOTTY, ENOTTY, ENOTTY } },
	{ "START_Q with a size",
	  _IOW('W', 0, int),
	  0,
	  { ENOTTY, ENOTTY, ENOTTY, ENOTTY } },
	{ "the driver's unknown",
	  _IO('T', 77),
	  0,
	  { ENOTTY, ENOTTY, ENXIO, ENODEV } },
};

static void test_states(void)
{
	size_t i;
	int state, fd, got;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		for (state = 0; state < STATES; state++) {
			fd = queue_in(state);
			KTAP_REQUIRE(fd >= 0);
			got = ioctl(fd, calls[i].cmd, calls[i].arg) < 0 ?
				      errno :
				      0;
			if (got != calls[i].wanted[state]) {
				ktap_note("%s when %s: errno %d, not %d",
					  calls[i].name, state_names[state],
					  got, calls[i].wanted[state]);
				ktap.failed = 1;
			}
			queue_end(fd, state);
		}
	}
}

static void test_state_reported(void)
{
	static const int wanted[STATES] = { UACCE_QUEUE_INIT,
					    UACCE_QUEUE_STARTED,
					    UACCE_QUEUE_ZOMBIE,
					    UACCE_QUEUE_ZOMBIE };
	int state, fd;

	for (state = 0; state < STATES; state++) {
		fd = queue_in(state);
		KTAP_REQUIRE(fd >= 0);
		KTAP_EQ(lab_state(fd), wanted[state]);
		queue_end(fd, state);
	}
}

/* The driver refuses: the queue stays where it was and can be tried again. */
static void test_start_fails(void)
{
	int fd = lab_open();

	KTAP_REQUIRE(fd >= 0);
	lab_clean();
	lab_set("fail_start_queue", ENOSPC);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_START_Q), ENOSPC);
	KTAP_EQ(lab_state(fd), UACCE_QUEUE_INIT);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_START_Q), ENOSPC);
	lab_set("fail_start_queue", 0);
	KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
	KTAP_EQ(lab_state(fd), UACCE_QUEUE_STARTED);
	close(fd);
	KTAP_EQ(lab_calls("start_queue"), 3);
	KTAP_EQ(lab_calls("stop_queue"), 1);

	lab_set("fail_start_queue", ENOSPC);
	fd = lab_open();
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_START_Q), ENOSPC);
	close(fd);
	KTAP_EQ(lab_calls("stop_queue"), 0);
	KTAP_EQ(lab_calls("put_queue"), 2);
	lab_clean();
}

static void test_put_twice(void)
{
	int fd = lab_open();

	KTAP_REQUIRE(fd >= 0);
	lab_clean();
	KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
	KTAP_EQ(ioctl(fd, UACCE_CMD_PUT_Q), 0);
	KTAP_EQ(ioctl(fd, UACCE_CMD_PUT_Q), 0);
	KTAP_EQ(lab_calls("put_queue"), 1);
	KTAP_EQ(lab_calls("stop_queue"), 1);
	close(fd);
	KTAP_EQ(lab_calls("put_queue"), 0);
	KTAP_EQ(lab_calls("stop_queue"), 0);
}

static void test_reset_queue(void)
{
	int fd = lab_open();

	KTAP_REQUIRE(fd >= 0);
	KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
	KTAP_EQ(ioctl(fd, UACCE_TEST_COMPLETE, 0), 0);
	KTAP_EQ(lab_poll(fd, POLLIN, 0), POLLIN);
	lab_calls("reset_queue");
	KTAP_EQ(ioctl(fd, UACCE_CMD_RESET_Q, &reset), 0);
	KTAP_EQ(lab_calls("reset_queue"), 1);
	KTAP_EQ(lab_poll(fd, POLLIN, 0), 0);
	KTAP_EQ(lab_state(fd), UACCE_QUEUE_STARTED);
	lab_set("fail_reset_queue", EIO);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_RESET_Q, &reset), EIO);
	KTAP_EQ(lab_state(fd), UACCE_QUEUE_STARTED);
	lab_clean();
	close(fd);
}

/* The end of a page that nothing follows. */
static char *page_end(void)
{
	char *page = mmap(NULL, 2 * LAB_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(page + LAB_PAGE, LAB_PAGE, PROT_NONE);
	return page + LAB_PAGE;
}

static void test_argsz(void)
{
	char *end = page_end();
	struct uacce_queue_info *at_end;
	struct {
		struct uacce_queue_info info;
		__u32 tail[64];
	} longer = {};
	int fd = lab_open();

	KTAP_REQUIRE(fd >= 0);
	at_end = (void *)(end - sizeof(*at_end));

	memset(at_end, 0, sizeof(*at_end));
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_GET_INFO, at_end), EINVAL);
	at_end->argsz = sizeof(*at_end) - 1;
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_GET_INFO, at_end), EINVAL);
	at_end->argsz = sizeof(*at_end);
	KTAP_EQ(ioctl(fd, UACCE_CMD_GET_INFO, at_end), 0);
	KTAP_EQ(at_end->argsz, sizeof(*at_end));
	KTAP_EQ(at_end->region_size[UACCE_QFRT_MMIO], LAB_MMIO_SIZE);
	KTAP_EQ(at_end->region_size[UACCE_QFRT_DUS], LAB_DUS_SIZE);
	KTAP_EQ(at_end->region_size[UACCE_QFRT_SS],
		lab_static() ? UACCE_TEST_SS_PAGES * LAB_PAGE : 0);
	KTAP_EQ(at_end->region_size[UACCE_QFRT_DKO],
		lab_static() ? UACCE_TEST_DKO_PAGES * LAB_PAGE : 0);
	KTAP_EQ(at_end->device_flags, 0);

	longer.info.argsz = sizeof(longer);
	KTAP_EQ(ioctl(fd, UACCE_CMD_GET_INFO, &longer), 0);
	KTAP_EQ(longer.info.argsz, sizeof(longer.info));
	longer.info.argsz = sizeof(longer);
	longer.tail[63] = 1;
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_GET_INFO, &longer), E2BIG);
	longer.info.argsz = sizeof(longer) - 4;
	KTAP_EQ(ioctl(fd, UACCE_CMD_GET_INFO, &longer), 0);
	longer.info.argsz = LAB_PAGE + 1;
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_GET_INFO, &longer), E2BIG);
	longer.info.argsz = 0xffffffff;
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_GET_INFO, &longer), E2BIG);

	at_end->argsz = sizeof(*at_end) + 1;
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_GET_INFO, at_end), EFAULT);
	memcpy(end - 4, &info.argsz, 4);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_GET_INFO, end - 4), EFAULT);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_GET_INFO, NULL), EFAULT);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_GET_INFO, -1ul), EFAULT);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_GET_INFO, 0xffff888000000000ul), EFAULT);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_RESET_Q, NULL), EFAULT);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_SET_EVENT, NULL), EFAULT);
	close(fd);
}

/* The structure is read, but cannot be written. */
static void test_read_only_argument(void)
{
	struct uacce_queue_info *page =
		mmap(NULL, LAB_PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = lab_open();

	KTAP_REQUIRE(fd >= 0);
	page->argsz = sizeof(*page);
	mprotect(page, LAB_PAGE, PROT_READ);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_GET_INFO, page), EFAULT);
	close(fd);
}

static void test_flags(void)
{
	struct uacce_queue_info bad_info = { .argsz = sizeof(bad_info),
					     .flags = 1 };
	struct uacce_queue_event bad_event = { .argsz = sizeof(bad_event),
					       .flags = 0x80000000,
					       .fd = -1 };
	struct uacce_queue_reset bad_reset = { .argsz = sizeof(bad_reset),
					       .flags = 2 };
	int fd = lab_open();

	KTAP_REQUIRE(fd >= 0);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_GET_INFO, &bad_info), EOPNOTSUPP);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_SET_EVENT, &bad_event), EOPNOTSUPP);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_RESET_Q, &bad_reset), EOPNOTSUPP);
	bad_event.flags = 0;
	bad_event.reserved = 1;
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_SET_EVENT, &bad_event), EINVAL);
	close(fd);
}

static void test_event_argument(void)
{
	struct uacce_queue_event bad = { .argsz = sizeof(bad) };
	int fd = lab_open(), file = open("/dev/null", O_RDONLY), i;

	KTAP_REQUIRE(fd >= 0);
	bad.fd = -2;
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_SET_EVENT, &bad), EINVAL);
	bad.fd = 999;
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_SET_EVENT, &bad), EBADF);
	bad.fd = file;
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_SET_EVENT, &bad), EINVAL);
	bad.fd = fd;
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_SET_EVENT, &bad), EINVAL);
	for (i = 0; i < 100; i++) {
		bad.fd = eventfd(0, 0);
		KTAP_EQ(ioctl(fd, UACCE_CMD_SET_EVENT, &bad), 0);
		close(bad.fd);
	}
	close(file);
	close(fd);
}

static void test_share(void)
{
	int fd = lab_open(), other = lab_open(), pair_fds[2];
	int file = open("/dev/null", O_RDONLY);

	KTAP_REQUIRE(fd >= 0 && other >= 0);
	KTAP_EQ(pipe(pair_fds), 0);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_SHARE_SVAS, -1), EBADF);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_SHARE_SVAS, 999), EBADF);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_SHARE_SVAS, 0x100000000ul | other),
		   EBADF);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_SHARE_SVAS, file), EINVAL);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_SHARE_SVAS, pair_fds[0]), EINVAL);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_SHARE_SVAS, fd), EINVAL);
	KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_SHARE_SVAS, other), EOPNOTSUPP);
	close(pair_fds[0]);
	close(pair_fds[1]);
	close(file);
	close(other);
	close(fd);
}

/* The driver sees a copy; what goes back is what it wrote. */
static void test_driver_structure(void)
{
	struct uacce_test_pair twice = { .value = 21 };
	int fd = lab_open();

	KTAP_REQUIRE(fd >= 0);
	KTAP_EQ(ioctl(fd, UACCE_TEST_TWICE, &twice), 0);
	KTAP_EQ(twice.twice, 42);
	KTAP_ERRNO(ioctl(fd, UACCE_TEST_TWICE, NULL), EFAULT);
	KTAP_ERRNO(ioctl(fd, UACCE_TEST_TWICE, page_end() - 4), EFAULT);
	/* The largest structure that a number can tell of. */
	KTAP_ERRNO(ioctl(fd, _IOC(_IOC_READ, 'T', 2, 16383), &twice), ENOTTY);
	lab_set("fail_ioctl", EIO);
	twice.twice = 0;
	KTAP_ERRNO(ioctl(fd, UACCE_TEST_TWICE, &twice), EIO);
	KTAP_EQ(twice.twice, 0);
	lab_clean();
	close(fd);
}

/* Files that are queues know nothing of read, write or seek. */
static void test_other_calls(void)
{
	char byte = 0;
	int fd = lab_open();

	KTAP_REQUIRE(fd >= 0);
	KTAP_ERRNO(read(fd, &byte, 1), EINVAL);
	KTAP_ERRNO(write(fd, &byte, 1), EINVAL);
	KTAP_ERRNO(lseek(fd, 0, SEEK_SET), ESPIPE);
	KTAP_ERRNO(ftruncate(fd, 0), EINVAL);
	KTAP_ERRNO(fsync(fd), EINVAL);
	KTAP_ERRNO(fallocate(fd, 0, 0, 1), ENODEV);
	close(fd);
}

static const struct ktap_test tests[] = {
	{ "every call in every state", test_states },
	{ "GET_INFO tells the state", test_state_reported },
	{ "start_queue fails", test_start_fails },
	{ "PUT_Q twice", test_put_twice },
	{ "RESET_Q", test_reset_queue },
	{ "argsz", test_argsz },
	{ "an argument that cannot be written", test_read_only_argument },
	{ "unknown flags, reserved fields", test_flags },
	{ "SET_EVENT's argument", test_event_argument },
	{ "SHARE_SVAS", test_share },
	{ "a structure of the driver's", test_driver_structure },
	{ "other system calls", test_other_calls },
};

int main(void)
{
	if (lab_add("full"))
		return 1;
	return KTAP_RUN(tests);
}
