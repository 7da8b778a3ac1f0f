// SPDX-License-Identifier: MIT
/* Static memory of one queue: sizes, limits, addresses, and who reaches it. */
/* lab-modules: uacce swiommu uacce_test */
/* lab-timeout: 200 */
#include "uacce_static.h"

static void test_sizes(void)
{
	static const size_t sizes[] = { LAB_PAGE, 3 * LAB_PAGE, 1 << 20,
					(4 << 20) + LAB_PAGE, STATIC_MAX };
	struct uacce_queue_info info = { .argsz = sizeof(info) };
	int fd = static_open(0);
	size_t i;

	KTAP_REQUIRE(fd >= 0);
	KTAP_EQ(ioctl(fd, UACCE_CMD_GET_INFO, &info), 0);
	KTAP_EQ(info.device_flags, 0);
	KTAP_EQ(info.region_size[UACCE_QFRT_SS], STATIC_MAX);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		unsigned int *map = static_map(fd, NULL, sizes[i]);
		unsigned int *last;

		KTAP_REQUIRE(map != MAP_FAILED);
		last = map + sizes[i] / sizeof(*map) - 2;
		KTAP_EQ(*map | *last, 0);
		KTAP_EXPECT(static_reaches(fd, map));
		KTAP_EXPECT(static_reaches(fd, last));
		KTAP_EQ(static_charged(), sizes[i] / LAB_PAGE);
		KTAP_EQ(munmap(map, sizes[i]), 0);
		KTAP_EQ(static_charged(), 0);
	}
	KTAP_ERRNO((long)static_map(fd, NULL, 0), EINVAL);
	KTAP_ERRNO((long)static_map(fd, NULL, STATIC_MAX + LAB_PAGE), E2BIG);
	KTAP_ERRNO((long)static_map(fd, NULL, 1ul << 40), E2BIG);
	KTAP_EQ(static_charged(), 0);
	close(fd);
}

static bool child_limits(void *unused)
{
	struct rlimit limit = { 8 * LAB_PAGE, 8 * LAB_PAGE };
	int fd = static_open(0);
	int other = static_open(0);
	void *map, *more;

	(void)unused;
	if (!KTAP_EXPECT(fd >= 0 && other >= 0))
		return false;
	KTAP_EQ(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
	/* The administrator is above it. */
	map = static_map(fd, NULL, 9 * LAB_PAGE);
	KTAP_EXPECT(map != MAP_FAILED);
	munmap(map, 9 * LAB_PAGE);

	KTAP_EQ(setuid(65534), 0);
	KTAP_ERRNO((long)static_map(fd, NULL, 9 * LAB_PAGE), EAGAIN);
	map = static_map(fd, NULL, 5 * LAB_PAGE);
	KTAP_EXPECT(map != MAP_FAILED);
	/* All queues of a process count. */
	KTAP_ERRNO((long)static_map(other, NULL, 4 * LAB_PAGE), EAGAIN);
	more = static_map(other, NULL, 3 * LAB_PAGE);
	KTAP_EXPECT(more != MAP_FAILED);
	KTAP_EQ(munmap(map, 5 * LAB_PAGE), 0);
	KTAP_EQ(munmap(more, 3 * LAB_PAGE), 0);
	/* What is given back can be had again. */
	map = static_map(fd, NULL, 8 * LAB_PAGE);
	KTAP_EXPECT(map != MAP_FAILED);
	munmap(map, 8 * LAB_PAGE);
	/* And so does what is locked otherwise. */
	map = mmap(NULL, 6 * LAB_PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	KTAP_EQ(mlock(map, 6 * LAB_PAGE), 0);
	KTAP_ERRNO((long)static_map(fd, NULL, 3 * LAB_PAGE), EAGAIN);
	more = static_map(fd, NULL, 2 * LAB_PAGE);
	KTAP_EXPECT(more != MAP_FAILED);
	return true;
}

static void test_limits(void)
{
	KTAP_EXPECT(lab_child(child_limits, NULL));
}

static void test_again(void)
{
	int fd = static_open(0);
	unsigned int *map, *same;
	void *away = (void *)0x100000000000ul;

	KTAP_REQUIRE(fd >= 0);
	map = static_map(fd, NULL, 4 * LAB_PAGE);
	KTAP_REQUIRE(map != MAP_FAILED);
	KTAP_ERRNO((long)static_map(fd, NULL, LAB_PAGE), EEXIST);
	*map = 77;
	KTAP_EQ(munmap(map, 4 * LAB_PAGE), 0);
	/* The device has lost it, and what it was given before is not there. */
	KTAP_EQ(static_dma(fd, map, map, 4), EFAULT);

	same = static_map(fd, map, 8 * LAB_PAGE);
	KTAP_REQUIRE(same == map);
	KTAP_EQ(*same, 0);
	KTAP_EXPECT(static_reaches(fd, same));
	KTAP_EQ(munmap(same, 8 * LAB_PAGE), 0);

	same = static_map(fd, away, LAB_PAGE);
	KTAP_REQUIRE(same == away);
	KTAP_EXPECT(static_reaches(fd, same));
	KTAP_EQ(static_dma(fd, same, map, 4), EFAULT);
	munmap(same, LAB_PAGE);
	close(fd);
}

/* Nothing but the region, neither before nor after, nor what is not there. */
static void test_outside(void)
{
	unsigned int word = 0x12345678;
	unsigned int *map, *page;
	int fd = static_open(0);

	KTAP_REQUIRE(fd >= 0);
	map = static_map(fd, NULL, 2 * LAB_PAGE);
	KTAP_REQUIRE(map != MAP_FAILED);
	page = mmap(NULL, LAB_PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*page = 5;
	map[0] = 0xabad1dea;
	KTAP_EQ(static_dma(fd, page, map, 4), EFAULT);
	KTAP_EQ(static_dma(fd, map, page, 4), EFAULT);
	KTAP_EQ(static_dma(fd, &word, map, 4), EFAULT);
	KTAP_EQ(static_dma(fd, map, NULL, 4), EFAULT);
	KTAP_EQ(static_dma(fd, (char *)map - 4, map, 4), EFAULT);
	KTAP_EQ(static_dma(fd, (char *)map + 2 * LAB_PAGE, map, 4), EFAULT);
	KTAP_EQ(static_dma(fd, (void *)-LAB_PAGE, map, 4), EFAULT);
	KTAP_EQ(*page, 5);
	KTAP_EQ(word, 0x12345678);
	KTAP_EQ(map[0], 0xabad1dea);
	/* And goes on. */
	KTAP_EXPECT(static_reaches(fd, map));
	munmap(page, LAB_PAGE);
	munmap(map, 2 * LAB_PAGE);
	close(fd);
}

static void test_madvise(void)
{
	unsigned int *map, sum = 0;
	int fd = static_open(0);
	size_t i;

	KTAP_REQUIRE(fd >= 0);
	map = static_map(fd, NULL, 4 * LAB_PAGE);
	KTAP_REQUIRE(map != MAP_FAILED);
	for (i = 0; i < LAB_PAGE; i++)
		map[i] = i;
	madvise(map, 4 * LAB_PAGE, MADV_DONTNEED);
	for (i = 0; i < LAB_PAGE; i++)
		sum += map[i] != i;
	KTAP_EQ(sum, 0);
	KTAP_EXPECT(static_reaches(fd, map));
	KTAP_ERRNO(madvise(map, 4 * LAB_PAGE, MADV_DOFORK), EINVAL);
	KTAP_ERRNO(munmap(map, LAB_PAGE), EINVAL);
	KTAP_ERRNO((long)mremap(map, 4 * LAB_PAGE, 8 * LAB_PAGE,
				MREMAP_MAYMOVE),
		   EFAULT);
	munmap(map, 4 * LAB_PAGE);
	close(fd);
}

/* What is put or removed leaves the process what it has, and no device. */
static void test_put_and_removed(void)
{
	unsigned int *map;
	int fd;

	KTAP_EQ(lab_add("static"), 0);
	fd = static_open(1);
	KTAP_REQUIRE(fd >= 0);
	map = static_map(fd, NULL, LAB_PAGE);
	KTAP_REQUIRE(map != MAP_FAILED);
	map[7] = 7;
	KTAP_EQ(ioctl(fd, UACCE_CMD_PUT_Q), 0);
	KTAP_EQ(lab_touch(map, true), 0);
	KTAP_EQ(map[7], 7);
	KTAP_ERRNO((long)static_map(fd, NULL, LAB_PAGE), ENXIO);
	KTAP_EQ(static_charged(), 1);
	KTAP_EQ(munmap(map, LAB_PAGE), 0);
	KTAP_EQ(static_charged(), 0);
	close(fd);

	fd = static_open(1);
	KTAP_REQUIRE(fd >= 0);
	map = static_map(fd, NULL, LAB_PAGE);
	KTAP_REQUIRE(map != MAP_FAILED);
	map[7] = 8;
	KTAP_EQ(lab_del(1), 0);
	KTAP_EQ(lab_touch(map, true), 0);
	madvise(map, LAB_PAGE, MADV_DONTNEED);
	KTAP_EQ(map[7], 8);
	close(fd);
	KTAP_EQ(map[7], 8);
	KTAP_EQ(munmap(map, LAB_PAGE), 0);
	KTAP_EQ(static_charged(), 0);
}

/* DUS is the process's, the kernel's and the device's; DKO is not the first's. */
static void test_buffers(void)
{
	struct uacce_test_buffers buffers = {};
	unsigned int *map, *dus;
	int fd = static_open(0);

	KTAP_REQUIRE(fd >= 0);
	map = static_map(fd, NULL, LAB_PAGE);
	dus = lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE);
	KTAP_REQUIRE(map != MAP_FAILED && dus != MAP_FAILED);
	KTAP_EQ(ioctl(fd, UACCE_TEST_BUFFERS, &buffers), 0);
	/* Where no process has addresses. */
	KTAP_EXPECT(buffers.dus >= 1ul << 47);
	KTAP_EXPECT(buffers.dko >= 1ul << 47);
	KTAP_EQ(buffers.dko_word, 0);
	KTAP_EQ(dus[0], UACCE_TEST_DUS_MAGIC);

	KTAP_EQ(static_dma(fd, map, (void *)buffers.dus, 4), 0);
	KTAP_EQ(map[0], UACCE_TEST_DUS_MAGIC);
	map[0] = 4711;
	KTAP_EQ(static_dma(fd, (void *)(buffers.dus + LAB_DUS_SIZE - 4), map,
			   4),
		0);
	KTAP_EQ(dus[LAB_DUS_SIZE / 4 - 1], 4711);
	KTAP_EQ(static_dma(fd, (void *)buffers.dko, map, 4), 0);
	KTAP_EQ(ioctl(fd, UACCE_TEST_BUFFERS, &buffers), 0);
	KTAP_EQ(buffers.dko_word, 4711);

	KTAP_ERRNO((long)lab_map(fd, UACCE_QFRT_DKO,
				 UACCE_TEST_DKO_PAGES * LAB_PAGE),
		   EPERM);
	munmap(dus, LAB_DUS_SIZE);
	munmap(map, LAB_PAGE);
	close(fd);
}

/* What a device cannot express, and what another queue has there. */
static void test_addresses(void)
{
	void *low = (void *)0x20000000ul;
	unsigned int *map;
	int fd;

	KTAP_EQ(lab_set("dma_bits", 32), 0);
	KTAP_EQ(lab_add("static"), 0);
	lab_set("dma_bits", 64);
	fd = static_open(1);
	KTAP_REQUIRE(fd >= 0);
	KTAP_ERRNO((long)static_map(fd, NULL, LAB_PAGE), ERANGE);
	KTAP_ERRNO((long)static_map(fd, (void *)0xfffff000ul, 2 * LAB_PAGE),
		   ERANGE);
	map = static_map(fd, (void *)0xfffff000ul, LAB_PAGE);
	KTAP_REQUIRE(map != MAP_FAILED);
	KTAP_EXPECT(static_reaches(fd, map));
	KTAP_EQ(munmap(map, LAB_PAGE), 0);
	map = static_map(fd, low, LAB_PAGE);
	KTAP_REQUIRE(map != MAP_FAILED);
	KTAP_EXPECT(static_reaches(fd, map));
	munmap(map, LAB_PAGE);
	close(fd);
	KTAP_EQ(lab_del(1), 0);
}

/* The window of interrupts, whatever part of it. */
static void test_reserved(void)
{
	char *window = (char *)0xfee00000ul;
	int fd = static_open(0);
	unsigned int *map;

	KTAP_REQUIRE(fd >= 0);
	KTAP_ERRNO((long)static_map(fd, window, LAB_PAGE), EADDRINUSE);
	KTAP_ERRNO((long)static_map(fd, window + 0xff000, LAB_PAGE),
		   EADDRINUSE);
	KTAP_ERRNO((long)static_map(fd, window - LAB_PAGE, 2 * LAB_PAGE),
		   EADDRINUSE);
	KTAP_ERRNO((long)static_map(fd, window - LAB_PAGE, 2ul << 20),
		   EADDRINUSE);
	KTAP_EQ(static_charged(), 0);
	map = static_map(fd, window - LAB_PAGE, LAB_PAGE);
	KTAP_REQUIRE(map != MAP_FAILED);
	KTAP_EXPECT(static_reaches(fd, map));
	munmap(map, LAB_PAGE);
	map = static_map(fd, window + 0x100000, LAB_PAGE);
	KTAP_REQUIRE(map != MAP_FAILED);
	KTAP_EXPECT(static_reaches(fd, map));
	munmap(map, LAB_PAGE);
	close(fd);
}

/* Buffers of such a device are low; static memory cannot lie over them. */
static void test_taken(void)
{
	struct uacce_test_buffers buffers = {};
	int fd;

	lab_set("dma_bits", 32);
	KTAP_EQ(lab_add("static"), 0);
	lab_set("dma_bits", 64);
	fd = static_open(1);
	KTAP_REQUIRE(fd >= 0);
	KTAP_EQ(ioctl(fd, UACCE_TEST_BUFFERS, &buffers), 0);
	KTAP_EXPECT(buffers.dus < 1ul << 32);
	KTAP_EXPECT(buffers.dko < 1ul << 32);
	KTAP_ERRNO((long)static_map(fd, (void *)buffers.dko, LAB_PAGE),
		   EADDRINUSE);
	KTAP_EQ(static_charged(), 0);
	close(fd);
	KTAP_EQ(lab_del(1), 0);
}

static void test_registration(void)
{
	/* Its driver has the DMA API, whose domain is not ours to take. */
	KTAP_ERRNO(lab_add("dma"), EPERM);
	KTAP_EQ(lab_add("static"), 0);
	KTAP_EQ(lab_del(1), 0);
}

/* A device with SVA, or with no domain, has no static memory. */
static void test_not_offered(void)
{
	int fd;

	KTAP_EQ(lab_add("full"), 0);
	fd = static_open(1);
	KTAP_REQUIRE(fd >= 0);
	KTAP_ERRNO((long)static_map(fd, NULL, LAB_PAGE), EOPNOTSUPP);
	KTAP_ERRNO((long)lab_map(fd, UACCE_QFRT_DKO, LAB_PAGE), EOPNOTSUPP);
	close(fd);
	KTAP_EQ(lab_del(1), 0);
}

static const struct ktap_test tests[] = {
	{ "sizes", test_sizes },
	{ "the limit of locked memory", test_limits },
	{ "mapped again", test_again },
	{ "outside of the domain", test_outside },
	{ "madvise, munmap in part, mremap", test_madvise },
	{ "put and removed", test_put_and_removed },
	{ "DUS and DKO", test_buffers },
	{ "addresses that the device cannot express", test_addresses },
	{ "addresses that the IOMMU reserves", test_reserved },
	{ "addresses in use", test_taken },
	{ "a driver that uses the DMA API", test_registration },
	{ "a device without it", test_not_offered },
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
