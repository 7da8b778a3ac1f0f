// SPDX-License-Identifier: MIT
/* lab-cflags: -lz */
/* lab-timeout: 120 */
/*
 * The device as one more thread of the process: faults, counted; addresses that
 * it may not touch; memory that changes under it.
 */
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "vaccel_raw.h"

#define NAME "vaccel-0"
#define PAGE 4096ul

static struct raw_queue q;
static struct vaccel_cqe cqe;

static uint64_t faults(void)
{
	return raw_counters(&q).faults;
}

static int copy(const void *src, void *dst, uint32_t len)
{
	struct vaccel_desc desc = raw_desc(VACCEL_OP_COPY, src, len, dst, len);

	return raw_run(&q, &desc, &cqe);
}

/* The page is served by neighbours' pages unless the process says no. */
static uint8_t *small_pages(size_t size)
{
	uint8_t *p = raw_anonymous(size);

	if (p != MAP_FAILED)
		madvise(p, size, MADV_NOHUGEPAGE);
	return p;
}

static void test_fault_counts(void)
{
	uint8_t *src = small_pages(64 * PAGE);
	uint8_t *dst = small_pages(64 * PAGE);
	uint64_t before;

	KTAP_REQUIRE(raw_open(&q, NAME) == 0);
	memset(src, 0x5a, 64 * PAGE);
	before = faults();
	KTAP_EQ(copy(src, dst, 64 * PAGE), VACCEL_ST_OK);
	KTAP_EQ(faults() - before, 64);
	KTAP_EQ(memcmp(src, dst, 64 * PAGE), 0);
	before = faults();
	KTAP_EQ(copy(src, dst, 64 * PAGE), VACCEL_ST_OK);
	KTAP_EQ(faults() - before, 0);
	/* Taken away, and asked for again. */
	madvise(dst, 64 * PAGE, MADV_DONTNEED);
	KTAP_EQ(copy(src, dst, 64 * PAGE), VACCEL_ST_OK);
	KTAP_EQ(faults() - before, 64);
	/* Read faults give the zero page, and are counted too. */
	madvise(src, 64 * PAGE, MADV_DONTNEED);
	KTAP_EQ(copy(src, dst, 64 * PAGE), VACCEL_ST_OK);
	KTAP_EQ(faults() - before, 128);
	KTAP_EQ(dst[64 * PAGE - 1] | dst[0], 0);
	munmap(src, 64 * PAGE);
	munmap(dst, 64 * PAGE);
	raw_close(&q);
}

static void test_thp(void)
{
	const size_t huge = 2 << 20;
	uint8_t *area = raw_anonymous(2 * huge);
	uint8_t *dst = (void *)(((uintptr_t)area + huge - 1) & ~(huge - 1));
	uint8_t *src = small_pages(huge);
	uint64_t before;

	if (access("/sys/kernel/mm/transparent_hugepage", F_OK))
		KTAP_SKIP("no transparent huge pages in this kernel");
	KTAP_REQUIRE(raw_open(&q, NAME) == 0);
	raw_text(src, huge, 7);
	madvise(dst, huge, MADV_HUGEPAGE);
	before = faults();
	KTAP_EQ(copy(src, dst, huge), VACCEL_ST_OK);
	KTAP_EQ(faults() - before, 1);
	KTAP_EQ(memcmp(src, dst, huge), 0);
	munmap(area, 2 * huge);
	munmap(src, huge);
	raw_close(&q);
}

static void test_hugetlb(void)
{
	const size_t huge = 2 << 20;
	uint8_t *src, *dst;
	uint64_t before;

	raw_write("/proc/sys/vm/nr_hugepages", "2");
	dst = mmap(NULL, huge, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (dst == MAP_FAILED)
		KTAP_SKIP("no huge pages in this kernel");
	src = small_pages(huge);
	KTAP_REQUIRE(raw_open(&q, NAME) == 0);
	raw_text(src, huge, 8);
	/* The lookup of some kernels brings such a page in by itself. */
	before = faults();
	KTAP_EQ(copy(src, dst, huge), VACCEL_ST_OK);
	KTAP_EXPECT(faults() - before <= 1);
	ktap_note("%d page requests", (int)(faults() - before));
	KTAP_EQ(memcmp(src, dst, huge), 0);
	memset(src, 0, huge);
	before = faults();
	KTAP_EQ(copy(dst, src, huge), VACCEL_ST_OK);
	KTAP_EQ(faults() - before, 0);
	KTAP_EQ(memcmp(src, dst, huge), 0);
	munmap(dst, huge);
	munmap(src, huge);
	raw_close(&q);
	raw_write("/proc/sys/vm/nr_hugepages", "0");
}

/* FAULT, at this address, with this many bytes done; and the queue goes on. */
static void bad(const void *src, void *dst, uint32_t len, uint64_t address,
		uint32_t done)
{
	struct vaccel_desc noop = { .op = VACCEL_OP_NOOP };

	KTAP_EQ(copy(src, dst, len), VACCEL_ST_FAULT);
	KTAP_EQ(cqe.result, address);
	KTAP_EQ(cqe.produced, done);
	KTAP_EQ(cqe.consumed, done);
	KTAP_EQ(raw_run(&q, &noop, &cqe), VACCEL_ST_OK);
}

static void test_bad_addresses(void)
{
	static const uint64_t addresses[] = {
		0,
		64,
		0x00007ffffffff000ull,
		0x0000800000000000ull,
		0x1234567800000000ull,
		0xffff888000000000ull,
		0xffffffff81000000ull,
		0xffffffffff600000ull,
		0xfffffffffffff000ull,
		0xffffffffffffffc0ull,
	};
	uint8_t *good = small_pages(PAGE);
	unsigned int i;

	KTAP_REQUIRE(raw_open(&q, NAME) == 0);
	memset(good, 1, PAGE);
	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		/* The vsyscall page may be read, as a thread may. */
		if (addresses[i] != 0xffffffffff600000ull)
			bad((void *)addresses[i], good, 32, addresses[i], 0);
		bad(good, (void *)addresses[i], 32, addresses[i], 0);
	}
	munmap(good, PAGE);
	raw_close(&q);
}

static void test_partial(void)
{
	uint8_t *src = small_pages(8 * PAGE);
	uint8_t *dst = small_pages(8 * PAGE);
	struct vaccel_desc desc;

	KTAP_REQUIRE(raw_open(&q, NAME) == 0);
	raw_text(src, 8 * PAGE, 1);
	munmap(dst + 5 * PAGE, PAGE);
	bad(src + 3, dst + 100, 7 * PAGE, (uintptr_t)dst + 5 * PAGE,
	    5 * PAGE - 100);
	KTAP_EQ(memcmp(src + 3, dst + 100, 5 * PAGE - 100), 0);
	munmap(src + 2 * PAGE, PAGE);
	bad(src, dst, 4 * PAGE, (uintptr_t)src + 2 * PAGE, 2 * PAGE);
	mprotect(dst + PAGE, PAGE, PROT_READ);
	bad(src, dst, 2 * PAGE, (uintptr_t)dst + PAGE, PAGE);
	mprotect(dst, PAGE, PROT_NONE);
	bad(dst, src, 10, (uintptr_t)dst, 0);
	bad(src, dst, 10, (uintptr_t)dst, 0);
	/* Fill and the ones that only read say how far they came. */
	desc = raw_desc(VACCEL_OP_FILL, NULL, 0, dst + 3 * PAGE, 3 * PAGE);
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_FAULT);
	KTAP_EQ(cqe.produced, 2 * PAGE);
	desc = raw_desc(VACCEL_OP_CRC32, src + 10, 3 * PAGE, NULL, 0);
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_FAULT);
	KTAP_EQ(cqe.consumed, 2 * PAGE - 10);
	KTAP_EQ(cqe.result, (uintptr_t)src + 2 * PAGE);
	munmap(src, 8 * PAGE);
	munmap(dst, 8 * PAGE);
	raw_close(&q);
}

static void test_files(void)
{
	char path[] = "/tmp/vaccel-memory-XXXXXX";
	int fd = mkstemp(path);
	uint8_t *map, *buf = small_pages(4 * PAGE);
	uint8_t byte = 0;

	KTAP_REQUIRE(fd >= 0 && ftruncate(fd, PAGE + 100) == 0);
	KTAP_REQUIRE(raw_open(&q, NAME) == 0);
	map = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	raw_text(buf, 4 * PAGE, 2);
	KTAP_EQ(copy(buf, map, PAGE + 100), VACCEL_ST_OK);
	KTAP_EQ(pread(fd, &byte, 1, PAGE + 99), 1);
	KTAP_EQ(byte, buf[PAGE + 99]);
	/* The page of the last byte is there, the next is not. */
	bad(buf, map, 3 * PAGE, (uintptr_t)map + 2 * PAGE, 2 * PAGE);
	bad(map, buf, 3 * PAGE, (uintptr_t)map + 2 * PAGE, 2 * PAGE);
	munmap(map, 4 * PAGE);
	/* A private mapping keeps what is written to itself. */
	map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	memset(buf, 0xcc, PAGE);
	KTAP_EQ(copy(buf, map, PAGE), VACCEL_ST_OK);
	KTAP_EQ(map[7], 0xcc);
	KTAP_EQ(pread(fd, &byte, 1, 7), 1);
	KTAP_EXPECT(byte != 0xcc);
	/* Cut off while it is mapped. */
	KTAP_EQ(ftruncate(fd, 0), 0);
	munmap(map, PAGE);
	map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	bad(map, buf, 100, (uintptr_t)map, 0);
	munmap(map, PAGE);
	munmap(buf, 4 * PAGE);
	close(fd);
	unlink(path);
	raw_close(&q);
}

/* A page that arrives when somebody says so: the device does not wait for that. */
static void test_userfaultfd(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register area = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_zeropage zero = { .range.len = PAGE };
	uint8_t *late = small_pages(PAGE);
	uint8_t *good = small_pages(PAGE);
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	KTAP_REQUIRE(raw_open(&q, NAME) == 0);
	KTAP_REQUIRE(fd >= 0 && ioctl(fd, UFFDIO_API, &api) == 0);
	memset(good, 1, PAGE);
	area.range.start = zero.range.start = (uintptr_t)late;
	area.range.len = PAGE;
	KTAP_REQUIRE(ioctl(fd, UFFDIO_REGISTER, &area) == 0);
	bad(late, good, PAGE, (uintptr_t)late, 0);
	bad(good, late, PAGE, (uintptr_t)late, 0);
	KTAP_EQ(ioctl(fd, UFFDIO_ZEROPAGE, &zero), 0);
	KTAP_EQ(copy(good, late, PAGE), VACCEL_ST_OK);
	KTAP_EQ(late[PAGE - 1], 1);
	close(fd);
	munmap(late, PAGE);
	munmap(good, PAGE);
	raw_close(&q);
}

/* The device's own page and rings are no memory for it to reach. */
static void test_own_regions(void)
{
	uint8_t *buf = small_pages(PAGE);

	KTAP_REQUIRE(raw_open(&q, NAME) == 0);
	memset(buf, 0, PAGE);
	KTAP_EQ(copy((void *)q.mmio, buf, 64), VACCEL_ST_FAULT);
	KTAP_EQ(copy(buf, (void *)q.mmio, 64), VACCEL_ST_FAULT);
	KTAP_EQ(copy(q.dus, buf, 64), VACCEL_ST_FAULT);
	munmap(buf, PAGE);
	raw_close(&q);
}

/* After fork both sides write, and each sees its own. */
static void test_fork_cow(void)
{
	uint8_t *src = small_pages(16 * PAGE);
	uint8_t *dst = small_pages(16 * PAGE);
	uint64_t before;
	int go[2], status;
	unsigned int i, wrong = 0;
	char c;
	pid_t pid;

	KTAP_REQUIRE(raw_open(&q, NAME) == 0);
	KTAP_REQUIRE(pipe(go) == 0);
	memset(src, 0xaa, 16 * PAGE);
	memset(dst, 0xbb, 16 * PAGE);
	pid = fork();
	if (!pid) {
		close(go[1]);
		if (read(go[0], &c, 1))
			_exit(2);
		for (i = 0; i < 16 * PAGE; i++)
			wrong += dst[i] != 0xbb || src[i] != 0xaa;
		_exit(wrong != 0);
	}
	close(go[0]);
	before = faults();
	KTAP_EQ(copy(src, dst, 16 * PAGE), VACCEL_ST_OK);
	KTAP_EQ(faults() - before, 16);
	KTAP_EQ(dst[16 * PAGE - 1], 0xaa);
	close(go[1]);
	KTAP_EQ(waitpid(pid, &status, 0), pid);
	KTAP_EQ(status, 0);
	munmap(src, 16 * PAGE);
	munmap(dst, 16 * PAGE);
	raw_close(&q);
}

static void test_mremap(void)
{
	uint8_t *src = small_pages(4 * PAGE);
	uint8_t *dst = small_pages(4 * PAGE);
	uint8_t *to;

	KTAP_REQUIRE(raw_open(&q, NAME) == 0);
	raw_text(src, 4 * PAGE, 3);
	KTAP_EQ(copy(src, dst, 4 * PAGE), VACCEL_ST_OK);
	to = mremap(dst, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
	KTAP_REQUIRE(to != MAP_FAILED);
	if (to != dst)
		bad(src, dst, PAGE, (uintptr_t)dst, 0);
	memset(to, 0, 8 * PAGE);
	KTAP_EQ(copy(src, to + 4 * PAGE, 4 * PAGE), VACCEL_ST_OK);
	KTAP_EQ(memcmp(src, to + 4 * PAGE, 4 * PAGE), 0);
	munmap(src, 4 * PAGE);
	munmap(to, 8 * PAGE);
	raw_close(&q);
}

struct changer {
	uint8_t *area;
	size_t size;
	volatile int stop;
};

/* Takes pages away, write-protects, replaces and asks for huge ones. */
static void *change(void *arg)
{
	struct changer *c = arg;
	uint64_t seed = 99;

	while (!c->stop) {
		size_t pages = c->size / PAGE;
		size_t first = raw_random(&seed) % pages;
		size_t n = 1 + raw_random(&seed) % (pages - first);
		uint8_t *p = c->area + first * PAGE;

		switch (raw_random(&seed) % 6) {
		case 0:
			madvise(p, n * PAGE, MADV_DONTNEED);
			break;
		case 1:
			mprotect(p, n * PAGE, PROT_READ);
			break;
		case 2:
			mprotect(p, n * PAGE, PROT_READ | PROT_WRITE);
			break;
		case 3:
			mmap(p, n * PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
			break;
		case 4:
			madvise(p, n * PAGE, MADV_PAGEOUT);
			break;
		default:
			if (raw_random(&seed) % 8)
				break;
			munmap(p, n * PAGE);
			mmap(p, n * PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		}
		usleep(50);
	}
	return NULL;
}

static void test_changing(void)
{
	struct changer c = { .size = 512 * PAGE };
	uint64_t seed = 5;
	unsigned int i, ok = 0, fault = 0, other = 0;
	pthread_t thread;
	double end;

	KTAP_REQUIRE(raw_open(&q, NAME) == 0);
	c.area = raw_anonymous(c.size);
	KTAP_REQUIRE(!pthread_create(&thread, NULL, change, &c));
	end = raw_now() + 5;
	for (i = 0; raw_now() < end; i++) {
		size_t from = raw_random(&seed) % (c.size - 40000);
		size_t to = raw_random(&seed) % (c.size - 40000);
		int status = copy(c.area + from, c.area + to,
				  raw_random(&seed) % 40000);

		ok += status == VACCEL_ST_OK;
		fault += status == VACCEL_ST_FAULT;
		other += status != VACCEL_ST_OK && status != VACCEL_ST_FAULT;
	}
	c.stop = 1;
	pthread_join(thread, NULL);
	KTAP_EQ(other, 0);
	KTAP_EXPECT(ok > 0);
	ktap_note("%u copies, %u of them FAULT, %llu page requests", i, fault,
		  (unsigned long long)faults());
	munmap(c.area, c.size);
	raw_close(&q);
}

/* Swapped out or not: what was written comes back. */
static void test_pageout(void)
{
	uint8_t *src = small_pages(32 * PAGE);
	uint8_t *dst = small_pages(32 * PAGE);
	uint8_t *copy_of = malloc(32 * PAGE);

	KTAP_REQUIRE(raw_open(&q, NAME) == 0);
	raw_text(src, 32 * PAGE, 4);
	memcpy(copy_of, src, 32 * PAGE);
	madvise(src, 32 * PAGE, MADV_PAGEOUT);
	KTAP_EQ(copy(src, dst, 32 * PAGE), VACCEL_ST_OK);
	madvise(dst, 32 * PAGE, MADV_PAGEOUT);
	KTAP_EQ(memcmp(dst, copy_of, 32 * PAGE), 0);
	free(copy_of);
	munmap(src, 32 * PAGE);
	munmap(dst, 32 * PAGE);
	raw_close(&q);
}

/* Several queues of a process share its PASID; two processes have two. */
static void test_two_processes(void)
{
	uint8_t *p = small_pages(PAGE), *other;
	struct raw_queue second;
	int status;
	pid_t pid;

	memset(p, 1, PAGE);
	pid = fork();
	if (!pid) {
		unsigned int i, wrong = 0;

		if (raw_open(&q, NAME))
			_exit(3);
		other = small_pages(PAGE);
		for (i = 0; i < (unsigned int)ktap_times(300); i++) {
			memset(p, i, PAGE);
			wrong += copy(p, other, PAGE) != VACCEL_ST_OK ||
				 other[5] != (uint8_t)i;
		}
		_exit(wrong != 0);
	}
	KTAP_REQUIRE(raw_open(&q, NAME) == 0);
	KTAP_REQUIRE(raw_open(&second, NAME) == 0);
	other = small_pages(PAGE);
	do {
		KTAP_EQ(copy(p, other, PAGE), VACCEL_ST_OK);
		KTAP_EQ(other[9], 1);
	} while (!waitpid(pid, &status, WNOHANG));
	KTAP_EQ(status, 0);
	raw_close(&q);
	q = second;
	KTAP_EQ(copy(p, other, PAGE), VACCEL_ST_OK);
	munmap(p, PAGE);
	munmap(other, PAGE);
	raw_close(&q);
}

static const struct ktap_test tests[] = {
	{ "64 untouched pages are 64 faults, then none", test_fault_counts },
	{ "a transparent huge page is one fault", test_thp },
	{ "hugetlb pages", test_hugetlb },
	{ "addresses that are nobody's", test_bad_addresses },
	{ "bytes done before a fault", test_partial },
	{ "files, and beyond their end", test_files },
	{ "a page that does not arrive", test_userfaultfd },
	{ "the device's own regions", test_own_regions },
	{ "copy on write after fork", test_fork_cow },
	{ "mremap", test_mremap },
	{ "memory that changes under the device", test_changing },
	{ "memory that was paged out", test_pageout },
	{ "two processes at once", test_two_processes },
};

int main(void)
{
	return KTAP_RUN(tests);
}
