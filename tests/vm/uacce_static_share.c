// SPDX-License-Identifier: MIT
/* Static memory that several queues share: who may, and in what order it ends. */
/* lab-modules: uacce swiommu uacce_test */
/* lab-timeout: 200 */
#include "uacce_static.h"

#define SHARED (4 * LAB_PAGE)

static int share(int fd, int source)
{
	return ioctl(fd, UACCE_CMD_SHARE_SVAS, (unsigned long)source);
}

/* Two started queues of test-a and test-b, the first with static memory. */
static bool pair_open(int a, int b, int *source, int *target,
		      unsigned int **map)
{
	*source = static_open(a);
	*target = static_open(b);
	if (*source < 0 || *target < 0)
		return false;
	*map = static_map(*source, NULL, SHARED);
	return *map != MAP_FAILED;
}

static void test_one_device(void)
{
	unsigned int *map;
	int source, target;

	KTAP_REQUIRE(pair_open(0, 0, &source, &target, &map));
	KTAP_EQ(share(target, source), 0);
	KTAP_EXPECT(static_reaches(source, map));
	KTAP_EXPECT(static_reaches(target, map + 100));
	KTAP_EQ(static_charged(), SHARED / LAB_PAGE);
	close(source);
	KTAP_EXPECT(static_reaches(target, map));
	KTAP_EQ(munmap(map, SHARED), 0);
	KTAP_EQ(static_charged(), SHARED / LAB_PAGE);
	/* It is still there for the device. */
	KTAP_EQ(static_dma(target, map + 1, map, 4), 0);
	close(target);
	KTAP_EQ(static_charged(), 0);
}

static void test_two_devices(void)
{
	unsigned int *map;
	int source, target;

	KTAP_EQ(lab_add("static"), 0);
	KTAP_REQUIRE(pair_open(0, 1, &source, &target, &map));
	KTAP_EQ(static_dma(target, map + 1, map, 4), EFAULT);
	KTAP_EQ(share(target, source), 0);
	KTAP_EXPECT(static_reaches(source, map));
	KTAP_EXPECT(static_reaches(target, map));
	close(target);
	KTAP_EXPECT(static_reaches(source, map));
	munmap(map, SHARED);
	KTAP_EQ(static_charged(), 0);
	close(source);
	KTAP_EQ(lab_del(1), 0);
}

static void test_refused(void)
{
	int pipes[2], source, target, fresh, other;
	unsigned int *map;

	KTAP_REQUIRE(pair_open(0, 0, &source, &target, &map));
	KTAP_EQ(pipe(pipes), 0);
	other = open("/dev/null", O_RDWR);
	KTAP_ERRNO(share(target, -1), EBADF);
	KTAP_ERRNO(share(target, 1000), EBADF);
	KTAP_ERRNO(ioctl(target, UACCE_CMD_SHARE_SVAS, 1ul << 32 | source),
		   EBADF);
	KTAP_ERRNO(share(target, pipes[0]), EINVAL);
	KTAP_ERRNO(share(target, other), EINVAL);
	KTAP_ERRNO(share(target, target), EINVAL);
	KTAP_ERRNO(share(source, source), EINVAL);

	/* The one has none, the other has one already. */
	KTAP_ERRNO(share(source, target), EEXIST);
	KTAP_EQ(share(target, source), 0);
	KTAP_ERRNO(share(target, source), EEXIST);
	KTAP_ERRNO((long)static_map(target, NULL, LAB_PAGE), EEXIST);

	fresh = open("/dev/test-0", O_RDWR);
	KTAP_REQUIRE(fresh >= 0);
	KTAP_ERRNO(share(fresh, source), EINVAL);
	KTAP_EQ(ioctl(fresh, UACCE_CMD_START_Q), 0);
	close(other);
	other = static_open(0);
	KTAP_ERRNO(share(fresh, other), EOPNOTSUPP);
	KTAP_EQ(share(fresh, source), 0);
	KTAP_EQ(ioctl(fresh, UACCE_CMD_PUT_Q), 0);
	KTAP_ERRNO(share(fresh, source), ENXIO);
	KTAP_ERRNO(share(other, fresh), EOPNOTSUPP);
	KTAP_EXPECT(static_reaches(target, map));
	munmap(map, SHARED);
	close(fresh);
	close(other);
	close(pipes[0]);
	close(pipes[1]);
	close(target);
	close(source);
	KTAP_EQ(static_charged(), 0);
}

static void test_chain(void)
{
	unsigned int *map;
	int a, b, c;

	KTAP_REQUIRE(pair_open(0, 0, &a, &b, &map));
	KTAP_EQ(lab_add("static"), 0);
	c = static_open(1);
	KTAP_REQUIRE(c >= 0);
	KTAP_EQ(share(b, a), 0);
	KTAP_EQ(share(c, b), 0);
	munmap(map, SHARED);
	close(a);
	KTAP_EQ(static_dma(c, map + 1, map, 4), 0);
	close(b);
	KTAP_EQ(static_dma(c, map + 1, map, 4), 0);
	KTAP_EQ(static_charged(), SHARED / LAB_PAGE);
	close(c);
	KTAP_EQ(static_charged(), 0);
	KTAP_EQ(lab_del(1), 0);
}

/* The steps that end a share, in every order. */
struct ends {
	int source, target;
	unsigned int *map;
};

static void end_step(const struct ends *ends, int step)
{
	switch (step) {
	case 0:
		ioctl(ends->source, UACCE_CMD_PUT_Q);
		break;
	case 1:
		ioctl(ends->target, UACCE_CMD_PUT_Q);
		break;
	case 2:
		munmap(ends->map, SHARED);
		break;
	case 3:
		lab_del(1);
		break;
	case 4:
		lab_del(2);
		break;
	}
}

static void test_orders(void)
{
	struct ends ends;
	int order, steps[5], i, j, rest;

	for (order = 0; order < 120; order++) {
		rest = order;
		for (i = 0; i < 5; i++) {
			steps[i] = i;
			j = rest % (i + 1);
			rest /= i + 1;
			steps[i] = steps[j];
			steps[j] = i;
		}
		KTAP_EQ(lab_add("static"), 0);
		KTAP_EQ(lab_add("static"), 0);
		KTAP_REQUIRE(
			pair_open(1, 2, &ends.source, &ends.target, &ends.map));
		KTAP_EQ(share(ends.target, ends.source), 0);
		KTAP_EXPECT(static_reaches(ends.target, ends.map));
		for (i = 0; i < 5; i++)
			end_step(&ends, steps[i]);
		KTAP_EQ(static_charged(), 0);
		close(order & 1 ? ends.source : ends.target);
		close(order & 1 ? ends.target : ends.source);
	}
}

/* The device of the source goes; the target's goes on, and the other way. */
static void test_removed(void)
{
	unsigned int *map;
	int source, target;

	KTAP_EQ(lab_add("static"), 0);
	KTAP_REQUIRE(pair_open(1, 0, &source, &target, &map));
	KTAP_EQ(share(target, source), 0);
	map[5] = 55;
	KTAP_EQ(lab_del(1), 0);
	KTAP_EQ(map[5], 55);
	KTAP_EXPECT(static_reaches(target, map));
	KTAP_ERRNO(share(source, target), ENODEV);
	close(source);
	munmap(map, SHARED);
	KTAP_EQ(static_dma(target, map + 1, map, 4), 0);
	close(target);
	KTAP_EQ(static_charged(), 0);

	KTAP_EQ(lab_add("static"), 0);
	KTAP_REQUIRE(pair_open(0, 1, &source, &target, &map));
	KTAP_EQ(share(target, source), 0);
	KTAP_EQ(lab_del(1), 0);
	KTAP_EXPECT(static_reaches(source, map));
	munmap(map, SHARED);
	KTAP_EQ(static_charged(), 0);
	close(source);
	close(target);
}

/* The address is the device's until the last queue leaves it. */
static void test_address_kept(void)
{
	unsigned int *map, *other;
	int source, target;

	KTAP_REQUIRE(pair_open(0, 0, &source, &target, &map));
	KTAP_EQ(share(target, source), 0);
	munmap(map, SHARED);
	KTAP_ERRNO((long)static_map(source, map, LAB_PAGE), EADDRINUSE);
	other = static_map(source, map + SHARED / 4, LAB_PAGE);
	KTAP_REQUIRE(other == map + SHARED / 4);
	KTAP_EXPECT(static_reaches(target, other));
	munmap(other, LAB_PAGE);
	close(target);
	other = static_map(source, map, LAB_PAGE);
	KTAP_EXPECT(other == map);
	munmap(other, LAB_PAGE);
	close(source);
	KTAP_EQ(static_charged(), 0);
}

/* Of the two devices only one has domains. */
static void test_sva(void)
{
	unsigned int *map;
	int source, target;

	KTAP_EQ(lab_add("sva"), 0);
	KTAP_REQUIRE(pair_open(0, 1, &source, &target, &map));
	KTAP_ERRNO(share(target, source), EOPNOTSUPP);
	munmap(map, SHARED);
	KTAP_ERRNO(share(source, target), EOPNOTSUPP);
	close(target);
	close(source);
	KTAP_EQ(lab_del(1), 0);
}

static int passed_fd = -1;

/* The child has a queue of a device of its own, and its parent's descriptor. */
static bool child_share(void *unused)
{
	int fd = static_open(1);

	(void)unused;
	if (!KTAP_EXPECT(fd >= 0))
		return false;
	KTAP_ERRNO(share(fd, passed_fd), EPERM);
	KTAP_ERRNO(share(passed_fd, fd), EPERM);
	return true;
}

static void test_other_process(void)
{
	unsigned int *map;
	int target;

	KTAP_EQ(lab_add("static"), 0);
	KTAP_REQUIRE(pair_open(0, 0, &passed_fd, &target, &map));
	KTAP_EXPECT(lab_child(child_share, NULL));
	KTAP_EXPECT(static_reaches(passed_fd, map));
	munmap(map, SHARED);
	close(target);
	close(passed_fd);
	KTAP_EQ(lab_del(1), 0);
}

static bool child_exits(void *arg)
{
	unsigned int *map;
	int source, target;

	if (!KTAP_EXPECT(pair_open(0, 1, &source, &target, &map)))
		return false;
	KTAP_EQ(share(target, source), 0);
	if (arg)
		kill(getpid(), SIGKILL);
	return true;
}

static void test_exit(void)
{
	int i, fd;

	KTAP_EQ(lab_add("static"), 0);
	for (i = 0; i < 20; i++) {
		KTAP_EQ(lab_child(child_exits, (void *)(long)(i & 1)),
			!(i & 1));
		/* Both devices are free, at once. */
		fd = static_open(0);
		KTAP_EXPECT(fd >= 0);
		close(fd);
		fd = static_open(1);
		KTAP_EXPECT(fd >= 0);
		close(fd);
	}
	KTAP_EQ(lab_del(1), 0);
}

static const struct ktap_test tests[] = {
	{ "on one device", test_one_device },
	{ "on two devices", test_two_devices },
	{ "what is refused", test_refused },
	{ "a chain", test_chain },
	{ "put, munmap and removal in every order", test_orders },
	{ "a device is removed", test_removed },
	{ "the address stays taken", test_address_kept },
	{ "with a device that has SVA", test_sva },
	{ "with another process", test_other_process },
	{ "exit and SIGKILL", test_exit },
};

int main(void)
{
	int ret;

	if (lab_add("static"))
		return 1;
	ret = KTAP_RUN(tests);
	lab_del(0);
	return ret;
}
