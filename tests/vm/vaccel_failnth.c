// SPDX-License-Identifier: MIT
/* lab-profiles: debug */
/* lab-timeout: 200 */
/*
 * Each allocation of a path fails once: opening, mapping, starting and using a
 * queue; making a device. What fails leaves nothing behind, and what does not
 * works.
 */
#include "vaccel_raw.h"

#define NAME "vaccel-0"

static struct raw_queue q;
static struct vaccel_cqe cqe;
static int nth_fd = -1;

static void nth_set(int nth)
{
	char text[16];
	ssize_t ignored;

	snprintf(text, sizeof(text), "%d", nth);
	ignored = pwrite(nth_fd, text, strlen(text), 0);
	(void)ignored;
}

/* Ends the injection; true when the n-th allocation was made. */
static int nth_hit(void)
{
	char text[16] = "";
	int hit = pread(nth_fd, text, sizeof(text) - 1, 0) > 0 &&
		  atoi(text) == 0;

	nth_set(0);
	return hit;
}

static void begin(void)
{
	nth_fd = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth_fd < 0)
		KTAP_SKIP("no fault injection in this kernel");
}

static void test_queue(void)
{
	struct vaccel_desc noop = { .op = VACCEL_OP_NOOP };
	size_t all = raw_sysfs_number(NAME, "available_instances");
	int nth, hit = 1, failures = 0;

	begin();
	for (nth = 1; hit && nth < 1000; nth++) {
		int ret;

		nth_set(nth);
		ret = raw_open(&q, NAME);
		hit = nth_hit();
		if (ret) {
			failures++;
			/* Some the kernel turns into others on the way. */
			KTAP_EXPECT(ret == ENOMEM || ret == EINVAL ||
				    ret == EFAULT);
			continue;
		}
		KTAP_EQ(raw_run(&q, &noop, &cqe), VACCEL_ST_OK);
		raw_close(&q);
	}
	KTAP_EXPECT(!hit);
	KTAP_EXPECT(failures > 5);
	KTAP_EQ(raw_sysfs_number(NAME, "available_instances"), all);
	ktap_note("%d allocations, %d failures", nth - 1, failures);
	close(nth_fd);
}

static void test_device(void)
{
	int nth, hit = 1, failures = 0;

	begin();
	for (nth = 1; hit && nth < 3000; nth++) {
		int ret;

		nth_set(nth);
		ret = raw_write(RAW_DRIVER "new_device",
				"queues=4 algorithms=copy,gzip");
		hit = nth_hit();
		if (ret) {
			failures++;
			KTAP_EXPECT(ret == ENOMEM || ret == ENXIO ||
				    ret == ENODEV || ret == EEXIST ||
				    ret == EFAULT || ret == EINVAL);
			KTAP_EXPECT(access("/sys/class/uacce/vaccel-1", F_OK));
			continue;
		}
		KTAP_EQ(raw_write(RAW_DRIVER "del_device", "1"), 0);
	}
	KTAP_EXPECT(!hit);
	KTAP_EXPECT(failures > 20);
	ktap_note("%d allocations, %d failures", nth - 1, failures);
	close(nth_fd);
}

static const struct ktap_test tests[] = {
	{ "opening and starting a queue", test_queue },
	{ "making a device", test_device },
};

int main(void)
{
	return KTAP_RUN(tests);
}
