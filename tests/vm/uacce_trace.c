// SPDX-License-Identifier: MIT
/* Each tracepoint tells of what happens, once. */
/* lab-modules: uacce uacce_test */
#include "uacce_lab.h"

#define TRACING "/sys/kernel/tracing/"

static char trace[1 << 18];

/* Lines of the trace with this event and this text. */
static int lines(const char *event, const char *text)
{
	char *line, *end;
	int count = 0;

	for (line = trace; *line; line = end + 1) {
		end = strchrnul(line, '\n');
		if (!*end)
			break;
		*end = 0;
		if (strstr(line, event) && strstr(line, text))
			count++;
		*end = '\n';
	}
	return count;
}

static void record(void)
{
	int fd = open(TRACING "trace", O_RDONLY);
	size_t length = 0;
	ssize_t got;

	while (fd >= 0 &&
	       (got = read(fd, trace + length, sizeof(trace) - 1 - length)) > 0)
		length += got;
	trace[length] = 0;
	close(fd);
}

static void test_events(void)
{
	void *mmio;
	int fd;

	lab_write_file(TRACING "trace", "");
	KTAP_REQUIRE(lab_write_file(TRACING "events/uacce/enable", "1") == 0);
	KTAP_EQ(lab_add("full"), 0);
	fd = open("/dev/test-1", O_RDWR);
	KTAP_REQUIRE(fd >= 0);
	mmio = lab_map(fd, UACCE_QFRT_MMIO, LAB_MMIO_SIZE);
	KTAP_REQUIRE(mmio != MAP_FAILED);
	lab_touch(mmio, true);
	KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
	KTAP_EQ(ioctl(fd, UACCE_CMD_PUT_Q), 0);
	lab_touch(mmio, true);
	KTAP_EQ(lab_del(1), 0);
	close(fd);
	lab_set("fail_get_queue", EBUSY);
	KTAP_ERRNO(lab_open(), EBUSY);
	lab_clean();
	lab_write_file(TRACING "events/uacce/enable", "0");

	record();
	KTAP_EQ(lines("uacce_open:", " id=1 "), 1);
	KTAP_EQ(lines("uacce_open:", " id=0 "), 1);
	KTAP_EQ(lines("uacce_open:", "pasid=0 ret=0"), 1);
	KTAP_EQ(lines("uacce_open:", "ret=-16"), 1);
	KTAP_EQ(lines("uacce_map:", "type=0"), 1);
	KTAP_EQ(lines("uacce_start:", "ret=0"), 1);
	KTAP_EQ(lines("uacce_put:", "started=1"), 1);
	KTAP_EQ(lines("uacce_fault:", "type=0"), 2);
	KTAP_EQ(lines("uacce_fault:", "result=0x2"), 1);
	KTAP_EQ(lines("uacce_removal:", "id=1 queues=1"), 1);
	if (ktap.failed)
		ktap_note("%s", trace);
}

static const struct ktap_test tests[] = {
	{ "events", test_events },
};

int main(void)
{
	if (lab_add("full"))
		return 1;
	return KTAP_RUN(tests);
}
