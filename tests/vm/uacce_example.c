// SPDX-License-Identifier: MIT
/* The example of docs/kernel-driver.md works, and stands what a program does. */
/* lab-modules: uacce uacce_sum */
#include "uacce_lab.h"
#include "../../examples/kernel-driver/sum.h"

static int fd;
static struct sum_page *page;

static void begin(void)
{
	fd = open("/dev/sum-0", O_RDWR | O_CLOEXEC);
	KTAP_REQUIRE(fd >= 0);
	page = lab_map(fd, UACCE_QFRT_DUS, LAB_PAGE);
	KTAP_REQUIRE(page != MAP_FAILED);
}

static void end(void)
{
	munmap(page, LAB_PAGE);
	close(fd);
}

static unsigned int sum(void)
{
	KTAP_EQ(ioctl(fd, SUM_ADD), 0);
	KTAP_EQ(lab_poll(fd, POLLIN, LAB_LONG), POLLIN);
	return page->sum;
}

static void test_sum(void)
{
	int i;

	begin();
	KTAP_ERRNO(ioctl(fd, SUM_ADD), EINVAL);
	KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
	KTAP_EQ(lab_poll(fd, POLLIN, 0), 0);
	for (i = 0; i < SUM_NUMBERS; i++) {
		page->numbers[i] = i;
		page->count = i + 1;
		KTAP_EQ(sum(), i * (i + 1) / 2);
	}
	end();
}

static void test_wild(void)
{
	begin();
	KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
	memset(page, 0xff, LAB_PAGE);
	KTAP_EQ(sum(), -SUM_NUMBERS & 0xffffffff);
	KTAP_ERRNO(ioctl(fd, _IO('S', 9)), ENOTTY);
	end();
}

/* Closed and killed with work under way. */
static bool leaves_work(void *arg)
{
	(void)arg;
	begin();
	ioctl(fd, UACCE_CMD_START_Q);
	ioctl(fd, SUM_ADD);
	return true;
}

static void test_leaves_work(void)
{
	int i;

	for (i = 0; i < 200; i++) {
		begin();
		KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
		KTAP_EQ(ioctl(fd, SUM_ADD), 0);
		if (i % 2)
			KTAP_EQ(ioctl(fd, UACCE_CMD_PUT_Q), 0);
		end();
	}
	for (i = 0; i < 20; i++)
		KTAP_EXPECT(lab_child(leaves_work, NULL));
}

static const struct ktap_test tests[] = {
	{ "sums", test_sum },
	{ "a page of anything", test_wild },
	{ "work under way", test_leaves_work },
};

int main(void)
{
	return KTAP_RUN(tests);
}
