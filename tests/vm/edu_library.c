// SPDX-License-Identifier: MIT
/* The library on an edu device. */
/* lab-profiles: vtd */
/* lab-timeout: 120 */
/* lab-user: lib/libwarpdrive.so.0 */
/* lab-expect-log: DMAR: (DRHD: handling fault|\[DMA (Read|Write) NO_PASID\]) */
#include <sys/mman.h>

#include "library.h"

#define DEVICE "edu-0"
#define SIZE 65536

static struct wd_queue q;
static char *memory;

static void begin(unsigned int flags)
{
	KTAP_REQUIRE(!library_open(&q, DEVICE, flags, 16));
	memory = wd_reserve_memory(&q, SIZE);
	KTAP_REQUIRE(memory);
}

static void fill(char *at, size_t len, unsigned int seed)
{
	for (size_t i = 0; i < len; i++)
		at[i] = (char)(i * 13 + i / 253 + seed);
}

/* All of a piece, more than one, and none; nothing beside it changes. */
static void copies(unsigned int flags)
{
	static const size_t lengths[] = { 0, 1, 4095, 4096, 4097, 10000 };
	struct library_job job = { 0 };
	char *to;

	begin(flags);
	to = memory + SIZE / 2 + 3;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		size_t len = lengths[i];

		fill(memory, len, (unsigned int)i);
		memset(to - 1, 0x5a, len + 2);
		job.r = library_copy(to, memory, len);
		KTAP_EQ(library_run(&q, &job), 0);
		KTAP_EQ(job.r.produced, len);
		KTAP_EXPECT(!memcmp(to, memory, len));
		KTAP_EXPECT(to[-1] == 0x5a && to[len] == 0x5a);
	}
	wd_release_queue(&q);
}

static void test_copy(void)
{
	copies(0);
}

static void test_copy_single(void)
{
	copies(WD_QUEUE_SINGLE_THREAD);
}

static void test_scatter(void)
{
	struct library_job job = { 0 };
	struct iovec from[3], to[2];

	begin(0);
	fill(memory, 6000, 9);
	from[0] = (struct iovec){ memory, 100 };
	from[1] = (struct iovec){ memory + 100, 0 };
	from[2] = (struct iovec){ memory + 100, 5900 };
	to[0] = (struct iovec){ memory + 20000, 5000 };
	to[1] = (struct iovec){ memory + 30000, 1000 };
	job.r = (struct wd_request){
		.op = WD_COPY,
		.flags = WD_REQUEST_SRC_IOV | WD_REQUEST_DST_IOV,
		.src_iov = from,
		.src_len = 3,
		.dst_iov = to,
		.dst_len = 2,
	};
	KTAP_EQ(library_run(&q, &job), 0);
	KTAP_EQ(job.r.produced, 6000);
	KTAP_EXPECT(!memcmp(memory, memory + 20000, 5000));
	KTAP_EXPECT(!memcmp(memory + 5000, memory + 30000, 1000));
	wd_release_queue(&q);
}

static void test_order(void)
{
	struct library_job jobs[8] = { 0 }, *done;

	begin(0);
	for (int i = 0; i < 8; i++) {
		fill(memory + i * 4096, 64, (unsigned int)i);
		jobs[i].r = library_copy(memory + 32768 + i * 4096,
					 memory + i * 4096, 64);
		if (i % 3 == 2)
			jobs[i].r = (struct wd_request){ .op = WD_FACTORIAL,
							 .operand = 7 };
		KTAP_EQ(wd_send(&q, &jobs[i].r), 0);
	}
	for (int i = 0; i < 8; i++) {
		KTAP_EQ(library_recv(&q, &done), 0);
		KTAP_EXPECT(done == &jobs[i] && !done->r.status);
		KTAP_EXPECT(i % 3 != 2 ?
				    !memcmp(memory + i * 4096,
					    memory + 32768 + i * 4096, 64) :
				    done->r.result == 5040);
	}
	wd_release_queue(&q);
}

/* What the device cannot reach it is not given. */
static void test_outside(void)
{
	static char other[64];
	struct library_job job = { .r = library_copy(other, other + 32, 8) };

	KTAP_REQUIRE(!library_open(&q, DEVICE, 0, 0));
	KTAP_EQ(wd_send(&q, &job.r), -EFAULT);
	memory = wd_reserve_memory(&q, SIZE);
	KTAP_REQUIRE(memory);
	job.r = library_copy(other, memory, 8);
	KTAP_EQ(wd_send(&q, &job.r), -EFAULT);
	job.r = library_copy(memory, other, 8);
	KTAP_EQ(wd_send(&q, &job.r), -EFAULT);
	wd_release_queue(&q);
}

/*
 * Behind the library's back the memory becomes other memory: the IOMMU blocks
 * the transfers, the device says all is well, and the library does not.
 */
static void test_blocked(void)
{
	struct library_job job = { 0 };

	begin(0);
	munmap(memory, SIZE);
	KTAP_REQUIRE(mmap(memory, SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
			  0) == memory);
	fill(memory, 5000, 1);
	job.r = library_copy(memory + 8192, memory, 5000);
	KTAP_EQ(library_run(&q, &job), -EFAULT);
	KTAP_EQ(job.r.produced, 0);
	KTAP_EQ(memory[8192], 0);
	/* The queue goes on. */
	job.r = (struct wd_request){ .op = WD_FACTORIAL, .operand = 5 };
	KTAP_EQ(library_run(&q, &job), 0);
	KTAP_EQ(job.r.result, 120);
	wd_release_queue(&q);
}

static void test_flush(void)
{
	struct library_job jobs[4] = { 0 }, *done;
	int cancelled = 0;

	begin(0);
	for (int i = 0; i < 4; i++) {
		jobs[i].r = library_copy(memory + 8192, memory, 64);
		KTAP_EQ(wd_send(&q, &jobs[i].r), 0);
	}
	wd_flush(&q);
	for (int i = 0; i < 4; i++) {
		KTAP_EQ(library_recv(&q, &done), 0);
		cancelled += done->r.status == -ECANCELED;
	}
	KTAP_EQ(jobs[0].r.status, 0);
	KTAP_EQ(cancelled, 3);
	KTAP_EQ(library_run(&q, &jobs[0]), 0);
	wd_release_queue(&q);
}

/* No work is begun after its deadline, and no call waits longer than its own. */
static void test_deadlines(void)
{
	struct library_job jobs[2] = { 0 }, *done;
	void *none;

	begin(0);
	jobs[0].r = library_copy(memory + 8192, memory, 64);
	jobs[1].r = jobs[0].r;
	jobs[1].r.deadline = library_deadline(0.01);
	KTAP_EQ(wd_send(&q, &jobs[0].r), 0);
	KTAP_EQ(wd_send(&q, &jobs[1].r), 0);
	KTAP_EQ(wd_recv_deadline(&q, &none, library_deadline(0.01)),
		-ETIMEDOUT);
	KTAP_EQ(library_recv(&q, &done), 0);
	KTAP_EXPECT(done == &jobs[0] && !done->r.status);
	KTAP_EQ(library_recv(&q, &done), 0);
	KTAP_EXPECT(done == &jobs[1] && done->r.status == -ETIMEDOUT);
	wd_release_queue(&q);
}

static void test_unknown(void)
{
	struct library_job job = { .r = { .op = WD_FILL } };
	struct wd_queue other;

	begin(0);
	job.r.dst = memory;
	job.r.dst_len = 64;
	KTAP_EQ(library_run(&q, &job), -EOPNOTSUPP);
	KTAP_EQ(library_open(&other, DEVICE, WD_QUEUE_SVA, 0), -ENOENT);
	KTAP_EQ(library_open(&other, DEVICE, 0, 0), -EBUSY);
	wd_release_queue(&q);
	KTAP_EQ(library_open(&other, DEVICE, WD_QUEUE_BOUNCE, 0), -EOPNOTSUPP);
	KTAP_EQ(library_open(&other, DEVICE, 0, 0), 0);
	wd_release_queue(&other);
}

static const struct ktap_test tests[] = {
	{ "copy", test_copy },
	{ "copy on a queue of one thread", test_copy_single },
	{ "scatter lists", test_scatter },
	{ "order", test_order },
	{ "memory outside", test_outside },
	{ "blocked transfers", test_blocked },
	{ "flush", test_flush },
	{ "deadlines", test_deadlines },
	{ "what it has not", test_unknown },
};

int main(void)
{
	return KTAP_RUN(tests);
}
