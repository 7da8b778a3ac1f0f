// SPDX-License-Identifier: MIT
/* Mapping the regions of a queue, rightly and in every wrong way. */
/* lab-modules: uacce uacce_test */
/* lab-timeout: 200 */
#include <pthread.h>

#include "uacce_lab.h"

#define KTAP_NO_MAP(call, wanted)                    \
	({                                           \
		errno = 0;                           \
		void *ktap_map = (call);             \
		int ktap_no = errno;                 \
                                                     \
		KTAP_EXPECT(ktap_map == MAP_FAILED); \
		KTAP_EQ(ktap_no, (wanted));          \
	})

static volatile unsigned int *word(void *map, int page, int index)
{
	return (unsigned int *)((char *)map + page * LAB_PAGE) + index;
}

static void test_right(void)
{
	int fd = lab_open(), i;
	void *mmio, *dus;

	KTAP_REQUIRE(fd >= 0);
	lab_clean();
	mmio = lab_map(fd, UACCE_QFRT_MMIO, LAB_MMIO_SIZE);
	KTAP_REQUIRE(mmio != MAP_FAILED);
	dus = lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE);
	KTAP_REQUIRE(dus != MAP_FAILED);
	for (i = 0; i < UACCE_TEST_MMIO_PAGES; i++) {
		KTAP_EQ(*word(mmio, i, 0), UACCE_TEST_MMIO_MAGIC);
		KTAP_EQ(*word(mmio, i, 1), i);
	}
	for (i = 0; i < UACCE_TEST_DUS_PAGES; i++) {
		KTAP_EQ(*word(dus, i, 0), UACCE_TEST_DUS_MAGIC);
		KTAP_EQ(*word(dus, i, 1), i);
		*word(dus, i, 2) = 77;
	}
	KTAP_EQ(lab_calls("mmap"), 2);
	KTAP_EQ(lab_calls("fault"), UACCE_TEST_MMIO_PAGES);
	KTAP_EQ(munmap(mmio, LAB_MMIO_SIZE), 0);
	KTAP_EQ(munmap(dus, LAB_DUS_SIZE), 0);
	close(fd);
}

/* Once unmapped, a region can be mapped again, and holds what it held. */
static void test_again(void)
{
	int fd = lab_open(), i;
	void *dus;

	KTAP_REQUIRE(fd >= 0);
	for (i = 0; i < 100; i++) {
		dus = lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE);
		KTAP_REQUIRE(dus != MAP_FAILED);
		KTAP_EQ(*word(dus, 3, 2), i);
		*word(dus, 3, 2) = i + 1;
		KTAP_EQ(munmap(dus, LAB_DUS_SIZE), 0);
	}
	close(fd);
}

static void test_twice(void)
{
	int fd = lab_open();
	void *dus;

	KTAP_REQUIRE(fd >= 0);
	dus = lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE);
	KTAP_REQUIRE(dus != MAP_FAILED);
	KTAP_NO_MAP(lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE), EEXIST);
	KTAP_EQ(*word(dus, 0, 0), UACCE_TEST_DUS_MAGIC);
	KTAP_EQ(munmap(dus, LAB_DUS_SIZE), 0);
	dus = lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE);
	KTAP_EXPECT(dus != MAP_FAILED);
	close(fd);
	munmap(dus, LAB_DUS_SIZE);
}

/*
 * Mapped over itself with MAP_FIXED: whether the old mapping goes first or the
 * new one is refused first, the region is mapped once or not at all.
 */
static void test_over_itself(void)
{
	int fd = lab_open();
	void *dus, *over;

	KTAP_REQUIRE(fd >= 0);
	dus = lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE);
	KTAP_REQUIRE(dus != MAP_FAILED);
	over = mmap(dus, LAB_DUS_SIZE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED, fd, UACCE_QFRT_DUS * LAB_PAGE);
	if (over != MAP_FAILED)
		KTAP_EQ(*word(over, 0, 0), UACCE_TEST_DUS_MAGIC);
	munmap(dus, LAB_DUS_SIZE);
	dus = lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE);
	KTAP_EXPECT(dus != MAP_FAILED);
	munmap(dus, LAB_DUS_SIZE);
	close(fd);
}

static void test_wrong_type(void)
{
	int fd = lab_open();
	int type;

	KTAP_REQUIRE(fd >= 0);
	lab_clean();
	if (!lab_static())
		KTAP_NO_MAP(lab_map(fd, UACCE_QFRT_SS, LAB_PAGE), EOPNOTSUPP);
	KTAP_NO_MAP(lab_map(fd, UACCE_QFRT_DKO, LAB_PAGE),
		    lab_static() ? EPERM : EOPNOTSUPP);
	for (type = 4; type < 40; type++)
		KTAP_NO_MAP(lab_map(fd, type, LAB_DUS_SIZE), EINVAL);
	KTAP_NO_MAP(mmap(NULL, LAB_DUS_SIZE, PROT_READ, MAP_SHARED, fd,
			 0x7ffffffff000),
		    EINVAL);
	/* Where the second region begins in the kernel's own numbering. */
	KTAP_NO_MAP(mmap(NULL, LAB_DUS_SIZE, PROT_READ, MAP_SHARED, fd,
			 1ul << 40),
		    EINVAL);
	KTAP_EQ(lab_calls("mmap"), 0);
	close(fd);
}

static void test_wrong_size(void)
{
	static const size_t sizes[] = { 1,
					LAB_PAGE,
					LAB_DUS_SIZE - LAB_PAGE,
					LAB_DUS_SIZE + LAB_PAGE,
					2 * LAB_DUS_SIZE,
					1ul << 30 };
	int fd = lab_open();
	void *dus;
	size_t i;

	KTAP_REQUIRE(fd >= 0);
	lab_clean();
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		KTAP_NO_MAP(lab_map(fd, UACCE_QFRT_DUS, sizes[i]), EINVAL);
	KTAP_EQ(lab_calls("mmap"), 0);
	/* Bytes are rounded to pages before anybody asks. */
	dus = lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE - 1);
	KTAP_EXPECT(dus != MAP_FAILED);
	munmap(dus, LAB_DUS_SIZE);
	close(fd);
}

/* Regions have the lengths of other regions, at the wrong offsets. */
static void test_interior(void)
{
	int fd = lab_open();

	KTAP_REQUIRE(fd >= 0);
	KTAP_NO_MAP(lab_map(fd, UACCE_QFRT_MMIO, LAB_DUS_SIZE), EINVAL);
	KTAP_NO_MAP(lab_map(fd, UACCE_QFRT_DUS, LAB_MMIO_SIZE), EINVAL);
	close(fd);
}

static void test_private(void)
{
	int fd = lab_open();

	KTAP_REQUIRE(fd >= 0);
	KTAP_NO_MAP(mmap(NULL, LAB_DUS_SIZE, PROT_READ, MAP_PRIVATE, fd,
			 LAB_PAGE),
		    EINVAL);
	close(fd);
}

static void test_driver_fails(void)
{
	int fd = lab_open(), i;
	void *dus;

	KTAP_REQUIRE(fd >= 0);
	lab_set("fail_mmap", ENOSPC);
	for (i = 0; i < 20; i++)
		KTAP_NO_MAP(lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE), ENOSPC);
	lab_clean();
	dus = lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE);
	KTAP_EXPECT(dus != MAP_FAILED);
	munmap(dus, LAB_DUS_SIZE);
	close(fd);
}

static void test_fault_fails(void)
{
	int fd = lab_open();
	void *mmio;

	KTAP_REQUIRE(fd >= 0);
	mmio = lab_map(fd, UACCE_QFRT_MMIO, LAB_MMIO_SIZE);
	KTAP_REQUIRE(mmio != MAP_FAILED);
	lab_set("fail_fault", 1);
	KTAP_EQ(lab_touch(word(mmio, 0, 0), false), SIGBUS);
	lab_clean();
	KTAP_EQ(lab_touch(word(mmio, 0, 0), false), 0);
	munmap(mmio, LAB_MMIO_SIZE);
	close(fd);
}

/* The driver takes pages of one region away: only those, and they come back. */
static void test_unmapped_by_driver(void)
{
	int fd = lab_open(), other = lab_open(), i;
	void *mmio, *dus, *neighbour;

	KTAP_REQUIRE(fd >= 0 && other >= 0);
	mmio = lab_map(fd, UACCE_QFRT_MMIO, LAB_MMIO_SIZE);
	dus = lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE);
	neighbour = lab_map(other, UACCE_QFRT_MMIO, LAB_MMIO_SIZE);
	KTAP_REQUIRE(mmio != MAP_FAILED && dus != MAP_FAILED &&
		     neighbour != MAP_FAILED);
	*word(mmio, 1, 2) = 1;
	*word(neighbour, 1, 2) = 1;
	*word(mmio, 0, 2) = 1;
	lab_clean();
	for (i = 0; i < 10; i++) {
		KTAP_EQ(ioctl(fd, UACCE_TEST_UNMAP, UACCE_QFRT_MMIO), 0);
		KTAP_EQ(*word(mmio, 1, 2), 1);
		KTAP_EQ(*word(neighbour, 1, 2), 1);
		KTAP_EQ(lab_touch(word(dus, i % 4, 0), true), 0);
	}
	KTAP_EQ(lab_calls("fault"), 10);
	/* The other region's pages come back without the driver. */
	KTAP_EQ(ioctl(fd, UACCE_TEST_UNMAP, UACCE_QFRT_DUS), 0);
	for (i = 0; i < UACCE_TEST_DUS_PAGES; i++)
		KTAP_EQ(*word(dus, i, 0), UACCE_TEST_DUS_MAGIC);
	KTAP_EQ(lab_calls("fault"), 0);
	close(fd);
	close(other);
	munmap(mmio, LAB_MMIO_SIZE);
	munmap(dus, LAB_DUS_SIZE);
	munmap(neighbour, LAB_MMIO_SIZE);
}

/* A mapping keeps the queue when its descriptor is closed. */
static void test_outlives_descriptor(void)
{
	int fd = lab_open();
	void *dus;

	KTAP_REQUIRE(fd >= 0);
	lab_clean();
	dus = lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE);
	KTAP_REQUIRE(dus != MAP_FAILED);
	close(fd);
	KTAP_EQ(lab_calls("put_queue"), 0);
	KTAP_EQ(lab_touch(word(dus, 0, 0), true), 0);
	munmap(dus, LAB_DUS_SIZE);
	KTAP_EQ(lab_calls("put_queue"), 1);
}

static void test_after_put(void)
{
	int fd = lab_open(), other = lab_open();
	void *mmio, *dus, *neighbour;

	KTAP_REQUIRE(fd >= 0 && other >= 0);
	mmio = lab_map(fd, UACCE_QFRT_MMIO, LAB_MMIO_SIZE);
	dus = lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE);
	neighbour = lab_map(other, UACCE_QFRT_DUS, LAB_DUS_SIZE);
	KTAP_REQUIRE(mmio != MAP_FAILED && dus != MAP_FAILED &&
		     neighbour != MAP_FAILED);
	KTAP_EQ(lab_touch(word(mmio, 0, 0), false), 0);
	KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
	KTAP_EQ(ioctl(fd, UACCE_CMD_PUT_Q), 0);
	lab_clean();
	KTAP_EQ(lab_touch(word(mmio, 0, 0), false), SIGBUS);
	KTAP_EQ(lab_touch(word(mmio, 1, 0), true), SIGBUS);
	KTAP_EQ(lab_touch(word(dus, 0, 0), false), SIGBUS);
	KTAP_EQ(lab_touch(word(dus, 3, 0), true), SIGBUS);
	KTAP_EQ(lab_touch(word(neighbour, 3, 0), true), 0);
	KTAP_EQ(lab_calls("fault"), 0);
	KTAP_NO_MAP(lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE), ENXIO);
	munmap(mmio, LAB_MMIO_SIZE);
	munmap(dus, LAB_DUS_SIZE);
	KTAP_NO_MAP(lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE), ENXIO);
	KTAP_EQ(lab_calls("mmap"), 0);
	close(fd);
	close(other);
	munmap(neighbour, LAB_DUS_SIZE);
}

static void test_mprotect(void)
{
	int fd = lab_open();
	char *dus;

	KTAP_REQUIRE(fd >= 0);
	dus = lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE);
	KTAP_REQUIRE(dus != MAP_FAILED);
	KTAP_ERRNO(mprotect(dus, LAB_PAGE, PROT_READ), EINVAL);
	KTAP_ERRNO(mprotect(dus + LAB_PAGE, LAB_PAGE, PROT_READ), EINVAL);
	KTAP_ERRNO(mprotect(dus + LAB_PAGE, LAB_DUS_SIZE - LAB_PAGE, PROT_NONE),
		   EINVAL);
	KTAP_EQ(lab_touch(word(dus, 0, 0), true), 0);
	KTAP_EQ(mprotect(dus, LAB_DUS_SIZE, PROT_READ), 0);
	KTAP_EQ(lab_touch(word(dus, 0, 0), false), 0);
	KTAP_EQ(lab_touch(word(dus, 0, 0), true), SIGSEGV);
	KTAP_EQ(mprotect(dus, LAB_DUS_SIZE, PROT_READ | PROT_WRITE), 0);
	KTAP_EQ(lab_touch(word(dus, 0, 0), true), 0);
	munmap(dus, LAB_DUS_SIZE);
	close(fd);
}

static void test_read_only_descriptor(void)
{
	int fd = open("/dev/test-0", O_RDONLY);
	void *dus;

	KTAP_REQUIRE(fd >= 0);
	KTAP_NO_MAP(lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE), EACCES);
	dus = mmap(NULL, LAB_DUS_SIZE, PROT_READ, MAP_SHARED, fd, LAB_PAGE);
	KTAP_REQUIRE(dus != MAP_FAILED);
	KTAP_EQ(*word(dus, 0, 0), UACCE_TEST_DUS_MAGIC);
	KTAP_ERRNO(mprotect(dus, LAB_DUS_SIZE, PROT_READ | PROT_WRITE), EACCES);
	munmap(dus, LAB_DUS_SIZE);
	close(fd);
}

static void expect_whole(int fd, char *map, size_t size, int type)
{
	size_t i;

	for (i = 0; i < size / LAB_PAGE; i++) {
		KTAP_EQ(lab_touch(word(map, i, 0), true), 0);
		KTAP_EQ(*word(map, i, 1), i);
	}
	KTAP_NO_MAP(lab_map(fd, type, size), EEXIST);
}

static void test_mremap_of(int type, size_t size)
{
	int fd = lab_open();
	char *map, *place;

	KTAP_REQUIRE(fd >= 0);
	map = lab_map(fd, type, size);
	KTAP_REQUIRE(map != MAP_FAILED);
	place = mmap(NULL, 4 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		     0);
	/* Move. */
	KTAP_NO_MAP(mremap(map, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
			   place),
		    EPERM);
	expect_whole(fd, map, size, type);
	/* Grow, shrink, take a part, duplicate, leave the old one. */
	KTAP_EXPECT(mremap(map, size, 2 * size, MREMAP_MAYMOVE) == MAP_FAILED);
	KTAP_EXPECT(mremap(map, size, size - LAB_PAGE, MREMAP_MAYMOVE) ==
		    MAP_FAILED);
	KTAP_EXPECT(mremap(map, LAB_PAGE, LAB_PAGE,
			   MREMAP_MAYMOVE | MREMAP_FIXED, place) == MAP_FAILED);
	KTAP_EXPECT(mremap(map + LAB_PAGE, LAB_PAGE, LAB_PAGE,
			   MREMAP_MAYMOVE | MREMAP_FIXED, place) == MAP_FAILED);
	KTAP_EXPECT(mremap(map, 0, size, MREMAP_MAYMOVE) == MAP_FAILED);
	KTAP_EXPECT(mremap(map, size, size,
			   MREMAP_MAYMOVE | MREMAP_DONTUNMAP | MREMAP_FIXED,
			   place) == MAP_FAILED);
	expect_whole(fd, map, size, type);
	munmap(place, 4 * size);
	munmap(map, size);
	map = lab_map(fd, type, size);
	KTAP_REQUIRE(map != MAP_FAILED);
	expect_whole(fd, map, size, type);
	munmap(map, size);
	close(fd);
}

static void test_mremap(void)
{
	test_mremap_of(UACCE_QFRT_DUS, LAB_DUS_SIZE);
	test_mremap_of(UACCE_QFRT_MMIO, LAB_MMIO_SIZE);
}

static void test_partial_munmap(void)
{
	int fd = lab_open();
	char *dus;

	KTAP_REQUIRE(fd >= 0);
	dus = lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE);
	KTAP_REQUIRE(dus != MAP_FAILED);
	KTAP_ERRNO(munmap(dus, LAB_PAGE), EINVAL);
	KTAP_ERRNO(munmap(dus + LAB_PAGE, LAB_PAGE), EINVAL);
	KTAP_ERRNO(munmap(dus + LAB_DUS_SIZE - LAB_PAGE, LAB_PAGE), EINVAL);
	/* Something else mapped over a part of it would split it, too. */
	KTAP_EXPECT(mmap(dus + LAB_PAGE, LAB_PAGE, PROT_READ,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			 0) == MAP_FAILED);
	expect_whole(fd, dus, LAB_DUS_SIZE, UACCE_QFRT_DUS);
	KTAP_EQ(munmap(dus, LAB_DUS_SIZE), 0);
	close(fd);
}

static void test_advice(void)
{
	int fd = lab_open();
	char *dus;

	KTAP_REQUIRE(fd >= 0);
	dus = lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE);
	KTAP_REQUIRE(dus != MAP_FAILED);
	/* Would let children have it. */
	KTAP_ERRNO(madvise(dus, LAB_DUS_SIZE, MADV_DOFORK), EINVAL);
	KTAP_ERRNO(madvise(dus, LAB_DUS_SIZE, MADV_DODUMP), EINVAL);
	KTAP_EXPECT(madvise(dus, LAB_DUS_SIZE, MADV_DONTNEED) == -1);
	KTAP_EXPECT(madvise(dus, LAB_PAGE, MADV_SEQUENTIAL) == -1);
	mlock(dus, LAB_DUS_SIZE);
	expect_whole(fd, dus, LAB_DUS_SIZE, UACCE_QFRT_DUS);
	munmap(dus, LAB_DUS_SIZE);
	close(fd);
}

static bool child_touches(void *arg)
{
	return lab_touch(arg, false) == SIGSEGV;
}

static void test_fork(void)
{
	int fd = lab_open();
	void *mmio, *dus;

	KTAP_REQUIRE(fd >= 0);
	mmio = lab_map(fd, UACCE_QFRT_MMIO, LAB_MMIO_SIZE);
	dus = lab_map(fd, UACCE_QFRT_DUS, LAB_DUS_SIZE);
	KTAP_REQUIRE(mmio != MAP_FAILED && dus != MAP_FAILED);
	KTAP_EXPECT(lab_child(child_touches, mmio));
	KTAP_EXPECT(lab_child(child_touches, dus));
	KTAP_EQ(lab_touch(word(mmio, 0, 0), true), 0);
	KTAP_EQ(lab_touch(word(dus, 0, 0), true), 0);
	expect_whole(fd, dus, LAB_DUS_SIZE, UACCE_QFRT_DUS);
	munmap(mmio, LAB_MMIO_SIZE);
	munmap(dus, LAB_DUS_SIZE);
	close(fd);
}

/*
 * One thread maps and touches, the other puts the queue at any moment: what was
 * mapped has no pages afterwards.
 */
struct race {
	int fd;
	pthread_barrier_t begin;
	void *dus;
};

static void *race_map(void *arg)
{
	struct race *race = arg;

	pthread_barrier_wait(&race->begin);
	race->dus = lab_map(race->fd, UACCE_QFRT_DUS, LAB_DUS_SIZE);
	return NULL;
}

static void race_with_put(void)
{
	struct race race;
	pthread_t thread;
	int i, mapped = 0;

	pthread_barrier_init(&race.begin, NULL, 2);
	for (i = 0; i < 300; i++) {
		race.fd = lab_open();
		KTAP_REQUIRE(race.fd >= 0);
		lab_set("delay_mmap", i % 3);
		pthread_create(&thread, NULL, race_map, &race);
		pthread_barrier_wait(&race.begin);
		if (i % 5)
			lab_sleep_ms(i % 4);
		KTAP_EQ(ioctl(race.fd, UACCE_CMD_PUT_Q), 0);
		pthread_join(thread, NULL);
		if (race.dus != MAP_FAILED) {
			mapped++;
			KTAP_EQ(lab_touch(word(race.dus, 0, 0), false), SIGBUS);
			munmap(race.dus, LAB_DUS_SIZE);
		}
		close(race.fd);
	}
	ktap_note("mapped before the put %d times of 300", mapped);
	KTAP_EXPECT(mapped > 0 && mapped < 300);
	pthread_barrier_destroy(&race.begin);
	lab_clean();
}

static void test_race_with_put(void)
{
	race_with_put();
}

/* The pages are there before the kernel knows of the mapping. */
static void test_race_with_put_eager(void)
{
	lab_set("eager", 1);
	race_with_put();
}

static const struct ktap_test tests[] = {
	{ "right", test_right },
	{ "again and again", test_again },
	{ "twice", test_twice },
	{ "over itself", test_over_itself },
	{ "wrong type", test_wrong_type },
	{ "wrong size", test_wrong_size },
	{ "another region's size", test_interior },
	{ "private", test_private },
	{ "the driver fails", test_driver_fails },
	{ "the driver's fault handler fails", test_fault_fails },
	{ "the driver unmaps", test_unmapped_by_driver },
	{ "a mapping outlives the descriptor", test_outlives_descriptor },
	{ "after put", test_after_put },
	{ "mprotect", test_mprotect },
	{ "read-only descriptor", test_read_only_descriptor },
	{ "mremap", test_mremap },
	{ "munmap in part", test_partial_munmap },
	{ "madvise", test_advice },
	{ "fork", test_fork },
	{ "race with put", test_race_with_put },
	{ "race with put, pages mapped at once", test_race_with_put_eager },
};

int main(void)
{
	if (lab_add("full"))
		return 1;
	return KTAP_RUN(tests);
}
