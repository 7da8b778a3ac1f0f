// SPDX-License-Identifier: MIT
/* lab-timeout: 200 */
/*
 * vaccel without shared addresses: static memory at the process's own addresses
 * and nothing else, beside a device that has them.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "vaccel_raw.h"

#define SHARED "vaccel-0"
#define STATIC "vaccel-1"
#define PAGE 4096ul
#define SIZE (1ul << 20)

static struct raw_queue q;
static struct vaccel_cqe cqe;
static uint8_t *memory;

static int copy(struct raw_queue *queue, const void *src, void *dst,
		uint32_t len)
{
	struct vaccel_desc desc = raw_desc(VACCEL_OP_COPY, src, len, dst, len);

	return raw_run(queue, &desc, &cqe);
}

static void *map_static(struct raw_queue *queue, size_t size)
{
	return raw_map(queue, UACCE_QFRT_SS, size);
}

static void open_static(size_t size)
{
	KTAP_REQUIRE(raw_open(&q, STATIC) == 0);
	memory = map_static(&q, size);
	KTAP_REQUIRE(memory != MAP_FAILED);
}

static void close_static(size_t size)
{
	munmap(memory, size);
	raw_close(&q);
}

static void test_offer(void)
{
	KTAP_EQ(raw_sysfs_number(SHARED, "flags"), UACCE_DEV_SVA);
	KTAP_EQ(raw_sysfs_number(SHARED, "region_ss_size"), 0);
	KTAP_EQ(raw_sysfs_number(STATIC, "flags"), 0);
	KTAP_EQ(raw_sysfs_number(STATIC, "region_ss_size"), 1ul << 30);
	open_static(SIZE);
	KTAP_EQ(raw_reg64(&q, VACCEL_REG_FEATURES) & VACCEL_FEAT_SVA, 0);
	close_static(SIZE);
}

static void test_copy(void)
{
	struct vaccel_sge *list;

	open_static(SIZE);
	raw_text(memory, SIZE / 2, 1);
	KTAP_EQ(copy(&q, memory, memory + SIZE / 2, SIZE / 2), VACCEL_ST_OK);
	KTAP_EQ(cqe.produced, SIZE / 2);
	KTAP_EQ(memcmp(memory, memory + SIZE / 2, SIZE / 2), 0);
	KTAP_EQ(raw_counters(&q).faults, 0);

	/* The list is read by the device, so it is there as well. */
	list = (void *)(memory + SIZE / 2);
	list[0] = (struct vaccel_sge){ (uintptr_t)memory + 1, 100, 0 };
	list[1] = (struct vaccel_sge){ (uintptr_t)memory + PAGE, 50, 0 };
	{
		struct vaccel_desc desc = raw_desc(VACCEL_OP_COPY, list, 150,
						   memory + 16 * PAGE, 150);

		desc.flags = VACCEL_DESC_SRC_SGL;
		desc.src_nents = 2;
		KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
	}
	KTAP_EQ(memcmp(memory + 1, memory + 16 * PAGE, 100), 0);
	KTAP_EQ(memcmp(memory + PAGE, memory + 16 * PAGE + 100, 50), 0);
	close_static(SIZE);
}

/* Both kinds of pointer are wrong on the other kind of device. */
static void test_outside(void)
{
	uint8_t *own = raw_anonymous(2 * PAGE);
	struct raw_queue shared;

	memset(own, 3, 2 * PAGE);
	open_static(2 * PAGE);
	KTAP_REQUIRE(raw_open(&shared, SHARED) == 0);
	memset(memory, 4, PAGE);
	KTAP_EQ(copy(&q, own, memory, PAGE), VACCEL_ST_FAULT);
	KTAP_EQ(cqe.result, (uintptr_t)own);
	KTAP_EQ(copy(&q, memory, own, PAGE), VACCEL_ST_FAULT);
	KTAP_EQ(cqe.result, (uintptr_t)own);
	/* The bytes until then. */
	KTAP_EQ(copy(&q, memory, memory + PAGE, 2 * PAGE), VACCEL_ST_FAULT);
	KTAP_EQ(cqe.produced, PAGE);
	KTAP_EQ(cqe.result, (uintptr_t)memory + 2 * PAGE);
	KTAP_EQ(own[0] | own[PAGE - 1], 3);
	KTAP_EQ(memory[0], 4);
	KTAP_EQ(memory[PAGE], 4);
	KTAP_EQ(copy(&q, memory, memory + PAGE, PAGE), VACCEL_ST_OK);

	KTAP_EQ(copy(&shared, own, own + PAGE, PAGE), VACCEL_ST_OK);
	/* Static memory has no pages that page requests bring in. */
	KTAP_EQ(copy(&shared, memory, own, PAGE), VACCEL_ST_FAULT);
	KTAP_EQ(own[0], 3);
	raw_close(&shared);
	close_static(2 * PAGE);
	munmap(own, 2 * PAGE);
}

/* Submits copies of a whole region's half until told to stop. */
static volatile int flying;

static void *fly(void *arg)
{
	long *copies = arg;

	while (flying) {
		if (copy(&q, memory, memory + SIZE / 2, SIZE / 2) !=
		    VACCEL_ST_OK)
			break;
		++*copies;
	}
	return NULL;
}

/* Children come, write to what they have of it, and go. */
static void test_fork(void)
{
	uint8_t *own = raw_anonymous(SIZE);
	pthread_t thread;
	long copies = 0;
	int i, status, bad = 0;

	open_static(SIZE);
	raw_text(memory, SIZE / 2, 3);
	memset(own, 5, SIZE);
	flying = 1;
	pthread_create(&thread, NULL, fly, &copies);
	for (i = 0; i < 30 || (copies < 10 && i < 3000); i++) {
		pid_t pid = fork();

		if (!pid) {
			memset(own, 6, SIZE);
			/* There is nothing here in a child. */
			_exit(mmap(memory, SIZE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS |
					   MAP_FIXED_NOREPLACE,
				   -1, 0) != memory ||
			      !memset(memory, 7, SIZE));
		}
		waitpid(pid, &status, 0);
		bad += status != 0;
	}
	flying = 0;
	pthread_join(thread, NULL);
	ktap_note("%ld copies, %d children", copies, i);
	KTAP_EQ(bad, 0);
	KTAP_EXPECT(copies >= 10);
	KTAP_EQ(cqe.status, VACCEL_ST_OK);
	KTAP_EQ(memcmp(memory, memory + SIZE / 2, SIZE / 2), 0);
	KTAP_EQ(own[0], 5);
	close_static(SIZE);
	munmap(own, SIZE);
}

/* The region goes while the device works on it: it fails, or it was done. */
static void test_unmapped(void)
{
	struct vaccel_desc desc;
	uint8_t *old;
	int i, j, faults = 0;

	KTAP_REQUIRE(raw_open(&q, STATIC) == 0);
	for (i = 0; i < 50; i++) {
		memory = map_static(&q, SIZE);
		KTAP_REQUIRE(memory != MAP_FAILED);
		memset(memory, i, SIZE / 2);
		for (j = 0; j < 8; j++) {
			desc = raw_desc(VACCEL_OP_COPY, memory, SIZE / 2,
					memory + SIZE / 2, SIZE / 2);
			raw_put(&q, &desc);
		}
		raw_ring(&q);
		usleep(i * 200);
		munmap(memory, SIZE);
		/* What is there next is not the device's. */
		old = raw_anonymous(SIZE);
		memset(old, 0x77, SIZE);
		for (j = 0; j < 8; j++) {
			KTAP_REQUIRE(raw_wait(&q, &cqe));
			KTAP_EXPECT(cqe.status == VACCEL_ST_OK ||
				    cqe.status == VACCEL_ST_FAULT);
			faults += cqe.status == VACCEL_ST_FAULT;
		}
		for (j = 0; j < (int)SIZE; j += 512)
			if (old[j] != 0x77)
				break;
		KTAP_EQ(j, SIZE);
		munmap(old, SIZE);
	}
	ktap_note("%d of %d were too late", faults, 8 * 50);
	KTAP_EXPECT(faults > 0);
	raw_close(&q);
}

static int child_dies(int how)
{
	struct vaccel_desc desc;
	int i;

	if (raw_open(&q, STATIC))
		return 1;
	memory = map_static(&q, SIZE);
	if (memory == MAP_FAILED)
		return 1;
	for (i = 0; i < 16; i++) {
		desc = raw_desc(VACCEL_OP_COPY, memory, SIZE / 2,
				memory + SIZE / 2, SIZE / 2);
		raw_put(&q, &desc);
	}
	raw_ring(&q);
	if (how == 1)
		kill(getpid(), SIGKILL);
	if (how == 2)
		execl("/bin/true", "true", NULL);
	return 0;
}

/* With work in flight; the device is the next process's at once. */
static void test_death(void)
{
	int how, status;
	pid_t pid;

	for (how = 0; how < 9; how++) {
		fflush(stdout);
		pid = fork();
		if (!pid)
			_exit(child_dies(how % 3));
		KTAP_EQ(waitpid(pid, &status, 0), pid);
		KTAP_EQ(how % 3 == 1 ? WTERMSIG(status) : status,
			how % 3 == 1 ? SIGKILL : 0);
		open_static(SIZE);
		KTAP_EQ(memory[SIZE - 1], 0);
		KTAP_EQ(copy(&q, memory, memory + PAGE, PAGE), VACCEL_ST_OK);
		close_static(SIZE);
	}
}

/* Two devices share a region; one goes. */
static void test_two_devices(void)
{
	struct raw_queue other;

	KTAP_EQ(raw_write(RAW_DRIVER "new_device", "sva=0 queues=4"), 0);
	open_static(SIZE);
	KTAP_REQUIRE(raw_open(&other, "vaccel-2") == 0);
	KTAP_EQ(ioctl(other.fd, UACCE_CMD_SHARE_SVAS, q.fd), 0);
	raw_text(memory, PAGE, 9);
	KTAP_EQ(copy(&q, memory, memory + PAGE, PAGE), VACCEL_ST_OK);
	KTAP_EQ(copy(&other, memory + PAGE, memory + 2 * PAGE, PAGE),
		VACCEL_ST_OK);
	KTAP_EQ(memcmp(memory, memory + 2 * PAGE, PAGE), 0);
	KTAP_EQ(raw_write(RAW_DRIVER "del_device", "2"), 0);
	KTAP_EQ(copy(&q, memory, memory + 3 * PAGE, PAGE), VACCEL_ST_OK);
	raw_close(&other);
	close_static(SIZE);
}

static const struct ktap_test tests[] = {
	{ "what it offers", test_offer },
	{ "copies and lists", test_copy },
	{ "outside of the domain", test_outside },
	{ "fork with DMA in flight", test_fork },
	{ "munmap with DMA in flight", test_unmapped },
	{ "exit, SIGKILL and exec with DMA in flight", test_death },
	{ "two devices", test_two_devices },
};

int main(void)
{
	int ret;

	if (raw_write(RAW_DRIVER "new_device", "sva=0 queues=8"))
		return 1;
	ret = KTAP_RUN(tests);
	raw_write(RAW_DRIVER "del_device", "1");
	return ret;
}
