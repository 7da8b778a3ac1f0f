// SPDX-License-Identifier: MIT
/* A device and its attributes; opening and closing its queues. */
/* lab-modules: uacce uacce_test */
/* lab-timeout: 200 */
#include <sched.h>
#include <sys/syscall.h>

#include "uacce_lab.h"

#define SYSFS "/sys/class/uacce/"

static const char *attribute(const char *device, const char *name)
{
	static char text[4096];
	char path[128];

	snprintf(path, sizeof(path), SYSFS "%s/%s", device, name);
	if (lab_read_file(path, text, sizeof(text)) < 0)
		snprintf(text, sizeof(text), "errno %d", errno);
	return text;
}

#define EXPECT_TEXT(got, wanted)                                           \
	do {                                                               \
		const char *text = (got);                                  \
                                                                           \
		if (strcmp(text, wanted)) {                                \
			ktap_note("%s:%d: \"%s\" is not \"%s\"", __FILE__, \
				  __LINE__, text, wanted);                 \
			ktap.failed = 1;                                   \
		}                                                          \
	} while (0)

static void test_node(void)
{
	struct stat node;

	KTAP_REQUIRE(stat("/dev/test-0", &node) == 0);
	KTAP_EXPECT(S_ISCHR(node.st_mode));
	KTAP_EQ(node.st_mode & 0777, 0600);
}

static void test_attributes(void)
{
	EXPECT_TEXT(attribute("test-0", "id"), "0\n");
	EXPECT_TEXT(attribute("test-0", "api"), "uacce-test\n");
	EXPECT_TEXT(attribute("test-0", "flags"), "0\n");
	EXPECT_TEXT(attribute("test-0", "algorithms"), "nothing\nless\n");
	EXPECT_TEXT(attribute("test-0", "available_instances"), "64\n");
	EXPECT_TEXT(attribute("test-0", "node_id"), "1\n");
	EXPECT_TEXT(attribute("test-0", "region_mmio_size"), "8192\n");
	EXPECT_TEXT(attribute("test-0", "region_dus_size"), "16384\n");
	EXPECT_TEXT(
		attribute("test-0", "qfrs_offset"),
		lab_static() ?
			"0\t4096\t8192\t18446744073709551615\n" :
			"0\t4096\t18446744073709551615\t18446744073709551615\n");
	EXPECT_TEXT(attribute("test-0", "isolate"), "0\n");
	EXPECT_TEXT(attribute("test-0", "isolate_strategy"), "0\n");
}

/* From the processor that asks; the lab's are each in their own node. */
static void test_numa_distance(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(1, &set);
	KTAP_REQUIRE(sched_setaffinity(0, sizeof(set), &set) == 0);
	EXPECT_TEXT(attribute("test-0", "numa_distance"), "10\n");
	CPU_ZERO(&set);
	CPU_SET(0, &set);
	KTAP_REQUIRE(sched_setaffinity(0, sizeof(set), &set) == 0);
	EXPECT_TEXT(attribute("test-0", "numa_distance"), "20\n");
	CPU_SET(1, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void test_isolate_strategy(void)
{
	const char *path = SYSFS "test-0/isolate_strategy";

	KTAP_EQ(lab_write_file(path, "12"), 0);
	EXPECT_TEXT(attribute("test-0", "isolate_strategy"), "12\n");
	KTAP_ERRNO(lab_write_file(path, "65536"), EINVAL);
	KTAP_ERRNO(lab_write_file(path, "-1"), EINVAL);
	KTAP_ERRNO(lab_write_file(path, "many"), EINVAL);
	EXPECT_TEXT(attribute("test-0", "isolate_strategy"), "12\n");
	KTAP_EQ(lab_write_file(path, "0"), 0);
	KTAP_ERRNO(lab_write_file(SYSFS "test-0/isolate", "1"), EACCES);
}

static void test_reset(void)
{
	const char *path = SYSFS "test-0/reset";

	lab_calls("reset");
	KTAP_EQ(lab_write_file(path, "1"), 0);
	KTAP_EQ(lab_calls("reset"), 1);
	KTAP_ERRNO(lab_write_file(path, "0"), EINVAL);
	KTAP_ERRNO(lab_write_file(path, "x"), EINVAL);
	KTAP_EQ(lab_calls("reset"), 0);
	lab_set("fail_reset", EIO);
	KTAP_ERRNO(lab_write_file(path, "1"), EIO);
	lab_set("fail_reset", 0);
}

static void test_instances(void)
{
	int fd = lab_open();

	KTAP_REQUIRE(fd >= 0);
	EXPECT_TEXT(attribute("test-0", "available_instances"), "63\n");
	close(fd);
	EXPECT_TEXT(attribute("test-0", "available_instances"), "64\n");
	lab_set("fail_get_available_instances", EIO);
	EXPECT_TEXT(attribute("test-0", "available_instances"), "errno 5");
	lab_set("fail_get_available_instances", 0);
}

static void test_open_close(void)
{
	int fd;

	lab_clean();
	fd = lab_open();
	KTAP_REQUIRE(fd >= 0);
	KTAP_EQ(lab_state(fd), UACCE_QUEUE_INIT);
	close(fd);
	KTAP_EQ(lab_calls("get_queue"), 1);
	KTAP_EQ(lab_calls("put_queue"), 1);
	KTAP_EQ(lab_calls("start_queue"), 0);
	KTAP_EQ(lab_calls("stop_queue"), 0);
}

/* A started queue is masked and stopped, once, before it is put. */
static void test_close_started(void)
{
	int fd;

	lab_clean();
	fd = lab_open();
	KTAP_REQUIRE(fd >= 0);
	KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
	close(fd);
	KTAP_EQ(lab_calls("start_queue"), 1);
	KTAP_EQ(lab_calls("mask_notify"), 1);
	KTAP_EQ(lab_calls("stop_queue"), 1);
	KTAP_EQ(lab_calls("put_queue"), 1);
}

/* A queue ends with its last descriptor. */
static void test_dup(void)
{
	int fd, copy;

	lab_clean();
	fd = lab_open();
	KTAP_REQUIRE(fd >= 0);
	copy = dup(fd);
	close(fd);
	KTAP_EQ(lab_calls("put_queue"), 0);
	KTAP_EQ(ioctl(copy, UACCE_CMD_START_Q), 0);
	close(copy);
	KTAP_EQ(lab_calls("put_queue"), 1);
}

static void test_limit(void)
{
	int fds[64], i;

	lab_clean();
	for (i = 0; i < 64; i++) {
		fds[i] = lab_open();
		KTAP_EXPECT(fds[i] >= 0);
	}
	EXPECT_TEXT(attribute("test-0", "available_instances"), "0\n");
	KTAP_ERRNO(lab_open(), EBUSY);
	KTAP_ERRNO(lab_open(), EBUSY);
	close(fds[10]);
	fds[10] = lab_open();
	KTAP_EXPECT(fds[10] >= 0);
	KTAP_ERRNO(lab_open(), EBUSY);
	for (i = 0; i < 64; i++)
		close(fds[i]);
	EXPECT_TEXT(attribute("test-0", "available_instances"), "64\n");
	KTAP_EQ(lab_calls("get_queue"), 68);
	KTAP_EQ(lab_calls("put_queue"), 65);
}

/* A failed open leaves nothing behind, and is an error. */
static void test_open_fails(void)
{
	int i;

	lab_clean();
	lab_set("fail_get_queue", EIO);
	for (i = 0; i < 100; i++)
		KTAP_ERRNO(lab_open(), EIO);
	lab_set("fail_get_queue", 0);
	KTAP_EQ(lab_calls("put_queue"), 0);
	EXPECT_TEXT(attribute("test-0", "available_instances"), "64\n");
}

static void test_thousands(void)
{
	int i, fd;

	lab_clean();
	for (i = 0; i < 2000; i++) {
		fd = lab_open();
		KTAP_REQUIRE(fd >= 0);
		if (i % 2)
			KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
		close(fd);
	}
	KTAP_EQ(lab_calls("get_queue"), 2000);
	KTAP_EQ(lab_calls("put_queue"), 2000);
	KTAP_EQ(lab_calls("stop_queue"), 1000);
}

/* No operation at all: everything has a sensible answer. */
static void test_bare(void)
{
	struct uacce_test_pair pair = { .value = 1 };
	struct uacce_queue_reset reset = { .argsz = sizeof(reset) };
	int fd;

	KTAP_REQUIRE(lab_add("bare naked") == 0);
	EXPECT_TEXT(attribute("naked-1", "available_instances"), "errno 19");
	EXPECT_TEXT(attribute("naked-1", "node_id"), "-1\n");
	EXPECT_TEXT(attribute("naked-1", "numa_distance"), "10\n");
	EXPECT_TEXT(attribute("naked-1", "region_mmio_size"), "errno 2");
	EXPECT_TEXT(attribute("naked-1", "region_dus_size"), "16384\n");
	KTAP_ERRNO(lab_write_file(SYSFS "naked-1/reset", "1"), EOPNOTSUPP);
	fd = open("/dev/naked-1", O_RDWR);
	KTAP_REQUIRE(fd >= 0);
	KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
	KTAP_EQ(lab_state(fd), UACCE_QUEUE_STARTED);
	KTAP_ERRNO(ioctl(fd, UACCE_TEST_TWICE, &pair), ENOTTY);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_RESET_Q, &reset), EOPNOTSUPP);
	KTAP_EXPECT(lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE) == MAP_FAILED);
	KTAP_EQ(errno, EOPNOTSUPP);
	KTAP_EXPECT(lab_map(fd, UACCE_QFRT_MMIO, LAB_PAGE) == MAP_FAILED);
	KTAP_EQ(errno, EOPNOTSUPP);
	KTAP_EQ(lab_poll(fd, POLLIN, 0), 0);
	KTAP_EQ(ioctl(fd, UACCE_CMD_PUT_Q), 0);
	KTAP_EQ(lab_poll(fd, POLLIN, 0), POLLHUP);
	close(fd);
	fd = open("/dev/naked-1", O_RDWR);
	KTAP_EXPECT(fd >= 0);
	KTAP_EQ(lab_del(1), 0);
	close(fd);
}

/*
 * There is no IOMMU, unless the devices of this test are behind it: what is
 * agreed on leaves the flag out, and works.
 */
static void test_sva_not_possible(void)
{
	int fd;

	KTAP_REQUIRE(lab_add("sva hopeful") == 0);
	EXPECT_TEXT(attribute("hopeful-1", "flags"),
		    lab_static() ? "1\n" : "0\n");
	fd = open("/dev/hopeful-1", O_RDWR);
	KTAP_EXPECT(fd >= 0);
	KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
	close(fd);
	KTAP_EQ(lab_del(1), 0);
}

static void test_names(void)
{
	KTAP_ERRNO(lab_add("full a/b"), EINVAL);
	KTAP_ERRNO(lab_add("full this-name-is-thirty-three-long-.."), EINVAL);
	KTAP_ERRNO(lab_add("odd"), EINVAL);
	KTAP_EQ(access("/dev/test-1", F_OK), -1);
	/* The lowest free number is taken, whatever the name. */
	KTAP_EQ(lab_add("full one"), 0);
	KTAP_EQ(lab_add("full two"), 0);
	KTAP_EQ(access("/dev/one-1", F_OK), 0);
	KTAP_EQ(access("/dev/two-2", F_OK), 0);
	KTAP_EQ(lab_del(1), 0);
	KTAP_EQ(lab_add("full three"), 0);
	KTAP_EQ(access("/dev/three-1", F_OK), 0);
	KTAP_EQ(lab_del(1), 0);
	KTAP_EQ(lab_del(2), 0);
	KTAP_ERRNO(lab_del(2), ENODEV);
}

/* The driver cannot go while it has a queue; it can when that is put. */
static void test_module_reference(void)
{
	int fd = lab_open();

	KTAP_REQUIRE(fd >= 0);
	KTAP_ERRNO(syscall(SYS_delete_module, "uacce_test", O_NONBLOCK),
		   EAGAIN);
	KTAP_ERRNO(syscall(SYS_delete_module, "uacce", O_NONBLOCK), EAGAIN);
	KTAP_EQ(ioctl(fd, UACCE_CMD_PUT_Q), 0);
	KTAP_EQ(syscall(SYS_delete_module, "uacce_test", O_NONBLOCK), 0);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_PUT_Q), ENODEV);
	/* The descriptor keeps what it needs. */
	KTAP_ERRNO(syscall(SYS_delete_module, "uacce", O_NONBLOCK), EAGAIN);
	close(fd);
	KTAP_EQ(system("modprobe uacce_test"), 0);
}

static const struct ktap_test tests[] = {
	{ "node", test_node },
	{ "attributes", test_attributes },
	{ "NUMA distance", test_numa_distance },
	{ "isolate_strategy", test_isolate_strategy },
	{ "reset through sysfs", test_reset },
	{ "available instances", test_instances },
	{ "open and close", test_open_close },
	{ "close of a started queue", test_close_started },
	{ "dup", test_dup },
	{ "limit of queues", test_limit },
	{ "get_queue fails", test_open_fails },
	{ "2000 opens", test_thousands },
	{ "device without operations", test_bare },
	{ "SVA that is not possible", test_sva_not_possible },
	{ "names and numbers", test_names },
	{ "module references", test_module_reference },
};

int main(void)
{
	if (lab_add("full"))
		return 1;
	return KTAP_RUN(tests);
}
