// SPDX-License-Identifier: MIT
/* The driver is taken from its device, and comes back, under use. */
/* lab-profiles: vtd */
/* lab-timeout: 120 */
#include <libgen.h>

#include "edu_raw.h"

#define DRIVER "/sys/bus/pci/drivers/uacce_edu/"

static char address[64];

static void find_address(void)
{
	char link[256];
	ssize_t len = readlink(EDU_SYSFS "device", link, sizeof(link) - 1);

	KTAP_REQUIRE(len > 0);
	link[len] = '\0';
	snprintf(address, sizeof(address), "%s", basename(link));
}

static void test_while_busy(void)
{
	struct edu_raw q;

	find_address();
	KTAP_REQUIRE(!edu_raw_start(&q, 4 * LAB_PAGE));
	memset(q.memory, 0x11, LAB_PAGE);
	edu_raw_begin(&q, (uintptr_t)q.memory, EDU_BUFFER, 64, EDU_COMMAND_IRQ);
	KTAP_EQ(lab_write_file(DRIVER "unbind", address), 0);
	KTAP_EXPECT(lab_poll(q.fd, POLLIN, 0) & POLLHUP);
	KTAP_ERRNO(ioctl(q.fd, UACCE_CMD_START_Q), ENODEV);
	/* A page of zeroes, and memory that is still the process's. */
	KTAP_EQ(edu_raw_read(&q, EDU_ID), 0);
	KTAP_EQ(edu_raw_count(q.memory, 0x11, LAB_PAGE), LAB_PAGE);
	edu_raw_close(&q);
	KTAP_EQ(access(EDU_NODE, F_OK), -1);
}

static void test_back_again(void)
{
	struct edu_raw q;

	KTAP_EQ(lab_write_file(DRIVER "bind", address), 0);
	KTAP_REQUIRE(!edu_raw_start(&q, 4 * LAB_PAGE));
	memset(q.memory, 0x12, LAB_PAGE);
	edu_raw_in(&q, q.memory, 64);
	edu_raw_out(&q, q.memory + LAB_PAGE, 64);
	KTAP_EQ(edu_raw_count(q.memory + LAB_PAGE, 0x12, LAB_PAGE), 64);
	edu_raw_close(&q);
}

static void test_twenty_times(void)
{
	struct edu_raw q;
	int i;

	for (i = 0; i < 20; i++) {
		KTAP_EQ(edu_raw_open(&q), 0);
		KTAP_EQ(lab_write_file(DRIVER "unbind", address), 0);
		edu_raw_close(&q);
		KTAP_EQ(lab_write_file(DRIVER "bind", address), 0);
	}
}

static const struct ktap_test tests[] = {
	{ "while it is busy", test_while_busy },
	{ "back again", test_back_again },
	{ "twenty times", test_twenty_times },
};

int main(void)
{
	return KTAP_RUN(tests);
}
