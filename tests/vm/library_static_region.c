// SPDX-License-Identifier: MIT
/* lab-timeout: 200 */
/* lab-profiles: stock debug */
/* lab-user: lib/libwarpdrive.so.0 */
/*
 * Reserved memory where it matters: between devices without SVA, within the
 * limits of a user, and with nothing else ever reaching the device.
 */
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "library.h"

#define FIRST "vaccel-1"
#define SECOND "vaccel-2"
#define SIZE (1ul << 20)
#define NOBODY 65534

static struct wd_queue a, b;
static uint8_t *memory;

static int run_copy(struct wd_queue *q, size_t to, size_t from, size_t len)
{
	struct library_job job = { .r = library_copy(memory + to, memory + from,
						     len) };

	return library_run(q, &job);
}

static void begin(unsigned int flags)
{
	KTAP_REQUIRE(library_open(&a, FIRST, flags, 16) == 0);
	KTAP_REQUIRE(library_open(&b, SECOND, flags, 16) == 0);
	memory = wd_reserve_memory(&a, SIZE);
	KTAP_REQUIRE(memory != NULL);
	raw_text(memory, 4096, 1);
}

/* Source released first, and target first. */
static void test_two_devices(void)
{
	struct wd_queue *last, *first;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		begin(0);
		KTAP_EQ(run_copy(&b, 4096, 0, 4096), -EFAULT);
		KTAP_EQ(wd_share_reserved_memory(&a, &b), 0);
		KTAP_EQ(run_copy(&a, 4096, 0, 4096), 0);
		KTAP_EQ(run_copy(&b, 8192, 4096, 4096), 0);
		KTAP_EQ(memcmp(memory, memory + 8192, 4096), 0);
		first = i % 2 ? &b : &a;
		last = i % 2 ? &a : &b;
		wd_release_queue(first);
		KTAP_EQ(run_copy(last, SIZE - 4096, 8192, 4096), 0);
		KTAP_EQ(memcmp(memory, memory + SIZE - 4096, 4096), 0);
		wd_release_queue(last);
	}
}

/* It goes on to a queue beside it, and from there to another device. */
static void test_chain(void)
{
	struct wd_queue beside;

	begin(0);
	KTAP_REQUIRE(library_open(&beside, FIRST, 0, 16) == 0);
	KTAP_EQ(wd_share_reserved_memory(&a, &beside), 0);
	wd_release_queue(&a);
	KTAP_EQ(run_copy(&beside, 4096, 0, 4096), 0);
	KTAP_EQ(wd_share_reserved_memory(&beside, &b), 0);
	wd_release_queue(&beside);
	KTAP_EQ(run_copy(&b, 8192, 4096, 4096), 0);
	KTAP_EQ(memcmp(memory, memory + 8192, 4096), 0);
	wd_release_queue(&b);
}

/* What is refused never gets there: the device has not one fault to tell of. */
static void test_refused_before_the_device(void)
{
	struct vaccel_counters counters;
	uint8_t *own = raw_anonymous(SIZE);
	struct library_job job = { .r = library_copy(own, own + 4096, 4096) };
	struct wd_bounce_stats stats;

	begin(0);
	KTAP_EQ(wd_send(&a, &job.r), -EFAULT);
	KTAP_EQ(run_copy(&a, SIZE - 4095, 0, 4096), -EFAULT);
	KTAP_EQ(library_counters(FIRST, &counters), 0);
	KTAP_EQ(counters.requests, 0);
	wd_release_queue(&a);
	wd_release_queue(&b);

	begin(WD_QUEUE_BOUNCE);
	raw_text(own + 4096, 4096, 2);
	KTAP_EQ(library_run(&a, &job), 0);
	KTAP_EQ(memcmp(own, own + 4096, 4096), 0);
	KTAP_EQ(wd_get_bounces(&a, &stats), 0);
	KTAP_EQ(stats.operations, 1);
	KTAP_EQ(stats.bytes, 8192);
	KTAP_EQ(library_counters(FIRST, &counters), 0);
	KTAP_EQ(counters.requests, 1);
	KTAP_EQ(counters.faults, 0);
	wd_release_queue(&a);
	wd_release_queue(&b);
	munmap(own, SIZE);
}

/* In a process of a user's own: what he may lock is what there is. */
static int within_limit(void)
{
	struct rlimit limit = { .rlim_cur = SIZE, .rlim_max = SIZE };

	if (setrlimit(RLIMIT_MEMLOCK, &limit) || setgid(NOBODY) ||
	    setuid(NOBODY))
		return 1;
	if (library_open(&a, FIRST, WD_QUEUE_BOUNCE, 16) != -ENOMEM)
		return 2;
	if (library_open(&a, FIRST, 0, 16))
		return 3;
	errno = 0;
	if (wd_reserve_memory(&a, SIZE + 1) || errno != ENOMEM)
		return 4;
	memory = wd_reserve_memory(&a, SIZE);
	if (!memory)
		return 5;
	if (run_copy(&a, 4096, 0, 4096))
		return 6;
	wd_release_queue(&a);
	/* What was locked can be locked again. */
	if (library_open(&a, FIRST, 0, 16) || !wd_reserve_memory(&a, SIZE))
		return 7;
	wd_release_queue(&a);
	return 0;
}

static void test_limit(void)
{
	int status = -1;
	pid_t pid;

	KTAP_EQ(chmod("/dev/" FIRST, 0666), 0);
	pid = fork();
	if (!pid)
		_exit(within_limit());
	KTAP_EQ(waitpid(pid, &status, 0), pid);
	KTAP_EQ(status, 0);
	KTAP_EQ(chmod("/dev/" FIRST, 0600), 0);
}

static const struct ktap_test tests[] = {
	{ "two devices, one region", test_two_devices },
	{ "shared on", test_chain },
	{ "nothing else gets to the device", test_refused_before_the_device },
	{ "what a user may lock", test_limit },
};

int main(void)
{
	int ret;

	if (raw_write(RAW_DRIVER "new_device", "sva=0") ||
	    raw_write(RAW_DRIVER "new_device", "sva=0"))
		return 1;
	ret = KTAP_RUN(tests);
	if (raw_write(RAW_DRIVER "del_device", "1") ||
	    raw_write(RAW_DRIVER "del_device", "2"))
		return 1;
	return ret;
}
