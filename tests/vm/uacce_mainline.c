// SPDX-License-Identifier: MIT
/*
 * A program that knows only what Linux's own uacce offers: its numbers, its
 * attributes, its offsets and both orders of calls that its users have. It
 * includes nothing of ours.
 */
/* lab-modules: uacce uacce_test */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ktap.h"

#define START_Q _IO('W', 0)
#define PUT_Q _IO('W', 1)
#define REGION_MMIO 0
#define REGION_DUS 1

#define CLASS "/sys/class/uacce"

static char device[64];

static int attribute(const char *name, char *text, size_t size)
{
	char path[256];
	int fd, got;

	snprintf(path, sizeof(path), CLASS "/%s/%s", device, name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -1;
	got = read(fd, text, size - 1);
	close(fd);
	if (got <= 0)
		return -1;
	text[got - (text[got - 1] == '\n')] = 0;
	return 0;
}

static long number(const char *name)
{
	char text[64];

	return attribute(name, text, sizeof(text)) ? -1 : atol(text);
}

static int open_queue(void)
{
	char path[128];

	snprintf(path, sizeof(path), "/dev/%s", device);
	return open(path, O_RDWR | O_CLOEXEC);
}

static void *map(int fd, int type, const char *size_name)
{
	return mmap(NULL, number(size_name), PROT_READ | PROT_WRITE, MAP_SHARED,
		    fd, type * sysconf(_SC_PAGESIZE));
}

/* Looks through the class for a device whose `algorithms` has a line. */
static void test_find(void)
{
	char algorithms[384], *line, *next;
	struct dirent *entry;
	DIR *class = opendir(CLASS);

	KTAP_REQUIRE(class);
	while ((entry = readdir(class))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(device, sizeof(device), "%s", entry->d_name);
		KTAP_EQ(attribute("algorithms", algorithms, sizeof(algorithms)),
			0);
		for (line = algorithms; line; line = next) {
			next = strchr(line, '\n');
			if (next)
				*next++ = 0;
			if (!strcmp(line, "less"))
				break;
		}
		if (line)
			break;
	}
	KTAP_EXPECT(entry);
	closedir(class);
	/* The name is that of the node, and ends in a number. */
	KTAP_EXPECT(strrchr(device, '-'));
}

static void test_attributes(void)
{
	static const char *const names[] = {
		"api",
		"flags",
		"algorithms",
		"available_instances",
		"region_mmio_size",
		"region_dus_size",
		"isolate",
		"isolate_strategy",
		"numa_distance",
		"node_id",
		"id",
		"qfrs_offset",
		"dev",
		"device/numa_node",
	};
	char text[4096];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (attribute(names[i], text, sizeof(text))) {
			ktap_note("no attribute %s", names[i]);
			ktap.failed = 1;
		}
	}
	KTAP_EXPECT(number("available_instances") > 0);
	KTAP_EQ(number("isolate"), 0);
}

static void use_queue(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	KTAP_EQ(ioctl(fd, START_Q), 0);
	KTAP_EQ(poll(&poll_fd, 1, 10), 0);
	KTAP_EQ(ioctl(fd, PUT_Q), 0);
}

/* DUS, MMIO, the driver's own calls, START. */
static void test_newer_order(void)
{
	int fd = open_queue();
	void *mmio, *dus;

	KTAP_REQUIRE(fd >= 0);
	dus = map(fd, REGION_DUS, "region_dus_size");
	KTAP_EXPECT(dus != MAP_FAILED);
	mmio = map(fd, REGION_MMIO, "region_mmio_size");
	KTAP_EXPECT(mmio != MAP_FAILED);
	KTAP_EQ(ioctl(fd, _IO('T', 1)), 0);
	use_queue(fd);
	KTAP_EQ(munmap(mmio, number("region_mmio_size")), 0);
	KTAP_EQ(munmap(dus, number("region_dus_size")), 0);
	KTAP_EQ(close(fd), 0);
}

/* The driver's own calls, DUS, MMIO, START; unmapped before the queue is put. */
static void test_older_order(void)
{
	int fd = open_queue();
	void *mmio, *dus;

	KTAP_REQUIRE(fd >= 0);
	KTAP_EQ(ioctl(fd, _IO('T', 1)), 0);
	dus = map(fd, REGION_DUS, "region_dus_size");
	KTAP_EXPECT(dus != MAP_FAILED);
	mmio = map(fd, REGION_MMIO, "region_mmio_size");
	KTAP_EXPECT(mmio != MAP_FAILED);
	KTAP_EQ(ioctl(fd, START_Q), 0);
	KTAP_EQ(munmap(dus, number("region_dus_size")), 0);
	KTAP_EQ(munmap(mmio, number("region_mmio_size")), 0);
	KTAP_EQ(ioctl(fd, PUT_Q), 0);
	KTAP_EQ(close(fd), 0);
}

/* Programs end a queue by putting and closing it, or by closing it alone. */
static void test_ends(void)
{
	long instances = number("available_instances");
	int fd = open_queue();

	KTAP_REQUIRE(fd >= 0);
	KTAP_EQ(number("available_instances"), instances - 1);
	KTAP_EQ(ioctl(fd, START_Q), 0);
	close(fd);
	KTAP_EQ(number("available_instances"), instances);
}

/* What it asks of a device without static memory is refused as unknown. */
static void test_static_memory(void)
{
	unsigned long index = 0;
	int fd = open_queue();

	KTAP_REQUIRE(fd >= 0);
	KTAP_ERRNO(ioctl(fd, _IOR('W', 3, unsigned long), &index), ENOTTY);
	KTAP_EXPECT(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd,
			 2 * sysconf(_SC_PAGESIZE)) == MAP_FAILED);
	close(fd);
}

static const struct ktap_test tests[] = {
	{ "find a device", test_find },
	{ "attributes", test_attributes },
	{ "the newer order of calls", test_newer_order },
	{ "the older order of calls", test_older_order },
	{ "ends of a queue", test_ends },
	{ "static memory", test_static_memory },
};

int main(void)
{
	int fd = open("/sys/kernel/debug/uacce_test/add", O_WRONLY);

	if (fd < 0 || write(fd, "full", 4) != 4)
		return 1;
	close(fd);
	return KTAP_RUN(tests);
}
