// SPDX-License-Identifier: MIT
/* Queues of an edu device: who has it, what they find, what they leave. */
/* lab-profiles: vtd */
/* lab-timeout: 120 */
#include "edu_raw.h"

#define SIZE (4 * LAB_PAGE)
#define RAISED 1000

static void test_attributes(void)
{
	char text[128];
	struct edu_raw q;

	KTAP_EXPECT(lab_read_file(EDU_SYSFS "api", text, sizeof(text)) > 0);
	KTAP_EXPECT(!strcmp(text, EDU_API "\n"));
	lab_read_file(EDU_SYSFS "algorithms", text, sizeof(text));
	KTAP_EXPECT(!strcmp(text, "copy\nfactorial\n"));
	lab_read_file(EDU_SYSFS "flags", text, sizeof(text));
	KTAP_EQ(strtol(text, NULL, 0) & UACCE_DEV_SVA, 0);
	lab_read_file(EDU_SYSFS "available_instances", text, sizeof(text));
	KTAP_EQ(atoi(text), 1);
	KTAP_REQUIRE(!edu_raw_start(&q, SIZE));
	lab_read_file(EDU_SYSFS "available_instances", text, sizeof(text));
	KTAP_EQ(atoi(text), 0);
	edu_raw_close(&q);
}

/* A piece that begins and ends inside of pages, by way of the buffer. */
static void test_copy(void)
{
	struct edu_raw q;
	size_t i;

	KTAP_REQUIRE(!edu_raw_start(&q, SIZE));
	for (i = 0; i < SIZE; i++)
		q.memory[i] = (char)(i * 7 + i / 256);
	edu_raw_in(&q, q.memory + 100, EDU_TRANSFER_MAX);
	edu_raw_out(&q, q.memory + 2 * LAB_PAGE + 50, EDU_TRANSFER_MAX);
	KTAP_EXPECT(!memcmp(q.memory + 100, q.memory + 2 * LAB_PAGE + 50,
			    EDU_TRANSFER_MAX));
	i = 2 * LAB_PAGE + 49;
	KTAP_EQ(q.memory[i], (char)(i * 7 + i / 256));
	i = 2 * LAB_PAGE + 50 + EDU_TRANSFER_MAX;
	KTAP_EQ(q.memory[i], (char)(i * 7 + i / 256));
	edu_raw_close(&q);
}

/* poll() sleeps until the end of a transfer, and answers until it was seen. */
static void test_interrupts(void)
{
	struct edu_raw q;

	KTAP_REQUIRE(!edu_raw_start(&q, SIZE));
	KTAP_EQ(lab_poll(q.fd, POLLIN, 0), 0);
	edu_raw_begin(&q, (uintptr_t)q.memory, EDU_BUFFER, 64, EDU_COMMAND_IRQ);
	KTAP_EQ(lab_poll(q.fd, POLLIN, 30000), POLLIN);
	KTAP_EQ(q.interrupts->dma, 1);
	KTAP_EQ(q.interrupts->factorial, 0);
	KTAP_EQ(edu_raw_read(&q, EDU_IRQ_STATUS), 0);
	KTAP_EQ(lab_poll(q.fd, POLLIN, 0), POLLIN);
	q.interrupts->seen = 1;
	KTAP_EQ(lab_poll(q.fd, POLLIN, 0), 0);

	edu_raw_write(&q, EDU_STATUS, EDU_STATUS_IRQ);
	edu_raw_write(&q, EDU_FACTORIAL, 10);
	KTAP_EQ(lab_poll(q.fd, POLLIN, 30000), POLLIN);
	KTAP_EQ(q.interrupts->factorial, 1);
	KTAP_EQ(edu_raw_read(&q, EDU_FACTORIAL), 3628800);
	edu_raw_close(&q);
}

/* Without the flag there is none. */
static void test_no_interrupt(void)
{
	struct edu_raw q;

	KTAP_REQUIRE(!edu_raw_start(&q, SIZE));
	edu_raw_in(&q, q.memory, 64);
	KTAP_EQ(lab_poll(q.fd, POLLIN, 300), 0);
	KTAP_EQ(q.interrupts->dma, 0);
	edu_raw_close(&q);
}

/* Many may be open, for their memory; one is started, and has the registers. */
static void test_one_is_started(void)
{
	struct edu_raw first, second;

	KTAP_REQUIRE(!edu_raw_start(&first, SIZE));
	KTAP_REQUIRE(!edu_raw_open(&second));
	KTAP_EQ(edu_raw_reserve(&second, NULL, SIZE), 0);
	KTAP_EQ(lab_touch((unsigned int *)second.registers, false), SIGBUS);
	KTAP_ERRNO(ioctl(second.fd, UACCE_CMD_START_Q), EBUSY);
	/* The device reaches the memory of both. */
	memset(second.memory, 0x21, 64);
	edu_raw_in(&first, second.memory, 64);
	edu_raw_out(&first, first.memory, 64);
	KTAP_EQ(edu_raw_count(first.memory, 0x21, 64), 64);

	edu_raw_close(&first);
	KTAP_EQ(ioctl(second.fd, UACCE_CMD_START_Q), 0);
	KTAP_EQ(edu_raw_read(&second, EDU_ID) & EDU_ID_MASK, EDU_ID_VALUE);
	KTAP_EQ(ioctl(second.fd, UACCE_CMD_PUT_Q), 0);
	KTAP_EQ(lab_touch((unsigned int *)second.registers, false), SIGBUS);
	edu_raw_close(&second);
}

static bool open_is_busy(void *arg)
{
	(void)arg;
	return open(EDU_NODE, O_RDWR) < 0 && errno == EBUSY;
}

static void test_one_process(void)
{
	struct edu_raw q;

	KTAP_REQUIRE(!edu_raw_open(&q));
	KTAP_EXPECT(lab_child(open_is_busy, NULL));
	edu_raw_close(&q);
	KTAP_EXPECT(!lab_child(open_is_busy, NULL));
}

/* What a process does before it dies: fills the buffer, leaves a transfer. */
static pid_t start_victim(void)
{
	struct edu_raw q;
	pid_t pid = fork();

	if (pid)
		return pid;
	if (edu_raw_start(&q, SIZE))
		_exit(1);
	memset(q.memory, 0x53, SIZE);
	edu_raw_in(&q, q.memory, EDU_TRANSFER_MAX);
	edu_raw_write(&q, EDU_FACTORIAL, 0xffffffff);
	edu_raw_begin(&q, EDU_BUFFER, (uintptr_t)q.memory, EDU_TRANSFER_MAX,
		      EDU_COMMAND_TO_MEMORY | EDU_COMMAND_IRQ);
	raise(SIGKILL);
	return 0;
}

static void test_crash_leaves_nothing(void)
{
	struct edu_raw q;
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = start_victim();
	KTAP_EQ(waitpid(pid, &status, 0), pid);
	KTAP_EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	KTAP_REQUIRE(!edu_raw_start(&q, SIZE));
	KTAP_EQ(edu_raw_read(&q, EDU_DMA_COMMAND) & EDU_COMMAND_RUN, 0);
	KTAP_EQ(edu_raw_read(&q, EDU_STATUS), 0);
	KTAP_EQ(edu_raw_read(&q, EDU_FACTORIAL), 1);
	KTAP_EQ(edu_raw_read(&q, EDU_IRQ_STATUS), 0);
	memset(q.memory, 0xff, LAB_PAGE);
	edu_raw_out(&q, q.memory, EDU_TRANSFER_MAX);
	KTAP_EQ(edu_raw_count(q.memory, 0, LAB_PAGE), EDU_TRANSFER_MAX);
	KTAP_EQ(q.interrupts->dma, 0);
	edu_raw_close(&q);
}

/* Raised by the process: the kernel takes them back, and nobody is woken. */
static void test_unknown_interrupts(void)
{
	struct edu_raw q;
	int i;

	KTAP_REQUIRE(!edu_raw_start(&q, SIZE));
	for (i = 0; i < RAISED; i++) {
		edu_raw_write(&q, EDU_IRQ_RAISE, 0x2);
		while (edu_raw_read(&q, EDU_IRQ_STATUS))
			; /* the kernel's to take back */
	}
	KTAP_EQ(q.interrupts->dma + q.interrupts->factorial, 0);
	KTAP_EQ(lab_poll(q.fd, POLLIN, 0), 0);
	edu_raw_begin(&q, (uintptr_t)q.memory, EDU_BUFFER, 64, EDU_COMMAND_IRQ);
	KTAP_EQ(lab_poll(q.fd, POLLIN, 30000), POLLIN);
	KTAP_EQ(q.interrupts->dma, 1);
	edu_raw_close(&q);
}

/* The window of interrupts is nobody's, and nor is the second mapping there. */
static void test_reserved_address(void)
{
	struct edu_raw q;

	KTAP_REQUIRE(!edu_raw_open(&q));
	KTAP_EXPECT(edu_raw_reserve(&q, (void *)0xfee00000ul, LAB_PAGE) < 0 &&
		    errno == EADDRINUSE);
	KTAP_EXPECT(edu_raw_reserve(&q, (void *)0xfedff000ul, 2 * LAB_PAGE) <
			    0 &&
		    errno == EADDRINUSE);
	KTAP_EQ(edu_raw_reserve(&q, (void *)0xfedff000ul, LAB_PAGE), 0);
	edu_raw_close(&q);
}

static const struct ktap_test tests[] = {
	{ "attributes", test_attributes },
	{ "copy", test_copy },
	{ "interrupts", test_interrupts },
	{ "no interrupt", test_no_interrupt },
	{ "one queue is started", test_one_is_started },
	{ "one process", test_one_process },
	{ "a crash leaves nothing", test_crash_leaves_nothing },
	{ "interrupts without a meaning", test_unknown_interrupts },
	{ "the window of interrupts", test_reserved_address },
};

int main(void)
{
	return KTAP_RUN(tests);
}
