// SPDX-License-Identifier: MIT
/*
 * Fails the first allocation of a path, then the second, and so on until the
 * path comes through: open, mmap and a fault, start, an eventfd, the driver's
 * call, registration. A failure is an error that leaves nothing behind.
 */
/* lab-modules: uacce swiommu uacce_test */
/* lab-profiles: debug */
/* lab-timeout: 300 */
#include "uacce_nth.h"

static int fd = -1;
static void *map;

static int run_open(void)
{
	fd = lab_open();
	return fd < 0 ? -1 : 0;
}

static void undo_open(void)
{
	KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
	close(fd);
}

static void test_open(void)
{
	sweep(&(struct path){ .run = run_open, .undo = undo_open });
	KTAP_EQ(lab_calls("start_queue"), lab_calls("stop_queue"));
	KTAP_EQ(lab_calls("get_queue") >= lab_calls("put_queue"), 1);
	/* All are free again. */
	lab_set("limit", 1);
	KTAP_EQ(run_open(), 0);
	close(fd);
	lab_set("limit", 64);
}

/* With the bond: one that cannot be made fails the open. */
static int run_open_sva(void)
{
	fd = open("/dev/test-1", O_RDWR | O_CLOEXEC);
	return fd < 0 ? -1 : 0;
}

static void undo_open_sva(void)
{
	KTAP_EXPECT(ioctl(fd, UACCE_TEST_PASID) > 0);
	close(fd);
}

static bool child_sweeps(void *arg)
{
	(void)arg;
	alarm(0);
	close(nth_fd);
	if (nth_open())
		return false;
	/* The address space is new, and so are its PASID and its notifier. */
	sweep(&(struct path){ .run = run_open_sva, .undo = undo_open_sva });
	return true;
}

static void test_open_sva(void)
{
	KTAP_REQUIRE(lab_add("sva") == 0);
	KTAP_EXPECT(lab_child(child_sweeps, NULL));
	KTAP_EQ(lab_del(1), 0);
}

static int map_region(int type, size_t size)
{
	map = lab_map(fd, type, size);
	return map == MAP_FAILED ? -1 : 0;
}

static int run_map_dus(void)
{
	return map_region(UACCE_QFRT_DUS, LAB_DUS_SIZE);
}

static void undo_map_dus(void)
{
	KTAP_EQ(lab_touch(map, true), 0);
	KTAP_EQ(munmap(map, LAB_DUS_SIZE), 0);
}

static int run_map_mmio(void)
{
	return map_region(UACCE_QFRT_MMIO, LAB_MMIO_SIZE);
}

static void undo_map_mmio(void)
{
	KTAP_EQ(lab_touch(map, true), 0);
	KTAP_EQ(munmap(map, LAB_MMIO_SIZE), 0);
}

static void test_mmap(void)
{
	KTAP_REQUIRE(run_open() == 0);
	sweep(&(struct path){ .run = run_map_dus, .undo = undo_map_dus });
	sweep(&(struct path){ .run = run_map_mmio, .undo = undo_map_mmio });
	close(fd);
}

/* The first touch of a page, wherever it was mapped. */
static int run_fault(void)
{
	if (run_map_mmio())
		return -1;
	lab_touch(map, true);
	return 0;
}

static void test_fault(void)
{
	KTAP_REQUIRE(run_open() == 0);
	sweep(&(struct path){ .run = run_fault, .undo = undo_map_mmio });
	close(fd);
}

/* From open to close. */
static int run_life(void)
{
	struct uacce_queue_event event = { .argsz = sizeof(event) };
	struct uacce_test_pair pair = { .value = 1 };
	int ret = -1, saved;

	if (run_open())
		return -1;
	event.fd = eventfd(0, 0);
	if (event.fd >= 0 && !run_map_dus()) {
		ret = ioctl(fd, UACCE_CMD_START_Q) ||
				      ioctl(fd, UACCE_CMD_SET_EVENT, &event) ||
				      ioctl(fd, UACCE_TEST_TWICE, &pair) ||
				      lab_poll(fd, POLLIN, 0) < 0 ||
				      ioctl(fd, UACCE_CMD_PUT_Q) ?
			      -1 :
			      0;
		saved = errno;
		/* That may be what fails, but not twice. */
		if (munmap(map, LAB_DUS_SIZE))
			KTAP_EQ(munmap(map, LAB_DUS_SIZE), 0);
	} else {
		saved = errno;
	}
	if (event.fd >= 0)
		close(event.fd);
	close(fd);
	errno = saved;
	return ret;
}

static void test_life(void)
{
	sweep(&(struct path){ .run = run_life, .undo = NULL });
}

static int run_register(void)
{
	return lab_add("full");
}

static void undo_register(void)
{
	KTAP_EQ(lab_del(1), 0);
}

static void test_register(void)
{
	/* A platform device whose name could not be allocated. */
	sweep(&(struct path){ .run = run_register,
			      .undo = undo_register,
			      .odd = { EINVAL } });
	KTAP_EQ(access("/dev/test-1", F_OK), -1);
}

static const struct ktap_test tests[] = {
	{ "open", test_open },		 { "open with a bond", test_open_sva },
	{ "mmap", test_mmap },		 { "fault", test_fault },
	{ "a queue's life", test_life }, { "registration", test_register },
};

int main(void)
{
	if (lab_add("full"))
		return 1;
	if (nth_init())
		return 1;
	return KTAP_RUN(tests);
}
