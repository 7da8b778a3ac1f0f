// SPDX-License-Identifier: MIT
/*
 * Shared-domain mode with each allocation failing in turn: taking the device
 * over, static memory, sharing it, registration. What fails leaves nothing: no
 * owner, no charge, no address in use.
 */
/* lab-modules: uacce swiommu uacce_test */
/* lab-profiles: debug */
/* lab-timeout: 400 */
#include "uacce_nth.h"
#include "uacce_static.h"

/* More than the largest block of pages, and of it the half is whole blocks. */
#define LARGE (4ul << 20)

static int fd = -1, source = -1;
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
	KTAP_EQ(lab_calls("get_queue") >= lab_calls("put_queue"), 1);
}

static int map_size(size_t size)
{
	map = static_map(fd, NULL, size);
	return map == MAP_FAILED ? -1 : 0;
}

static void unmap_size(size_t size)
{
	KTAP_EXPECT(static_reaches(fd, map));
	KTAP_EQ(munmap(map, size), 0);
	KTAP_EQ(static_charged(), 0);
}

static int run_map(void)
{
	return map_size(3 * LAB_PAGE);
}

static void undo_map(void)
{
	unmap_size(3 * LAB_PAGE);
}

static int run_map_large(void)
{
	return map_size(LARGE);
}

static void undo_map_large(void)
{
	unmap_size(LARGE);
}

static void test_map(void)
{
	fd = static_open(0);
	KTAP_REQUIRE(fd >= 0);
	sweep(&(struct path){ .run = run_map, .undo = undo_map });
	KTAP_EQ(static_charged(), 0);
	sweep(&(struct path){ .run = run_map_large, .undo = undo_map_large });
	KTAP_EQ(static_charged(), 0);
	close(fd);
}

static int run_share(void)
{
	return ioctl(fd, UACCE_CMD_SHARE_SVAS, source);
}

/* A queue leaves what it shares when it is put. */
static void undo_share(void)
{
	KTAP_EXPECT(static_reaches(fd, map));
	close(fd);
	fd = static_open(1);
	KTAP_EXPECT(fd >= 0);
}

static void test_share(void)
{
	KTAP_REQUIRE(lab_add("static") == 0);
	source = static_open(0);
	fd = static_open(1);
	KTAP_REQUIRE(source >= 0 && fd >= 0);
	map = static_map(source, NULL, 64 * LAB_PAGE);
	KTAP_REQUIRE(map != MAP_FAILED);
	sweep(&(struct path){ .run = run_share, .undo = undo_share });
	KTAP_EQ(munmap(map, 64 * LAB_PAGE), 0);
	KTAP_EQ(static_charged(), 0);
	close(fd);
	close(source);
	KTAP_EQ(lab_del(1), 0);
}

static int run_register(void)
{
	return lab_add("static");
}

static void undo_register(void)
{
	KTAP_EQ(lab_del(1), 0);
}

static void test_register(void)
{
	/*
	 * The name of the platform device or the domain that blocks; and the
	 * kernel goes on with a device that it could not bring to its IOMMU.
	 */
	sweep(&(struct path){ .run = run_register,
			      .undo = undo_register,
			      .odd = { EINVAL, ENODEV } });
	KTAP_EQ(access("/dev/test-1", F_OK), -1);
}

static bool child_opens(void *unused)
{
	(void)unused;
	fd = static_open(0);
	KTAP_EXPECT(fd >= 0);
	return true;
}

/* After all that the device is nobody's. */
static void test_free(void)
{
	KTAP_EXPECT(lab_child(child_opens, NULL));
}

static const struct ktap_test tests[] = {
	{ "open", test_open },
	{ "static memory", test_map },
	{ "sharing", test_share },
	{ "registration", test_register },
	{ "free at the end", test_free },
};

int main(void)
{
	if (lab_add("static"))
		return 1;
	if (nth_init())
		return 1;
	return KTAP_RUN(tests);
}
