// SPDX-License-Identifier: MIT
/*
 * What the comparison of vfio and uacce is made of, once for each: linked with
 * vfio.c or uacce.c. "PROGRAM SCENE NAME" prints lines "KEY VALUE"; guest runs
 * the scenes and counts the system calls of "steps".
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "device.h"

#define PIECE 2048
#define SIZE 65536
#define ROUNDS 15
#define SECRET 0x53

static struct device device;
static const char *name;

static void die(const char *what, int error)
{
	fprintf(stderr, "compare: %s: %s\n", what, strerror(-error));
	exit(1);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void get_device(void)
{
	int ret = device_open(&device, name);

	if (ret)
		die(name, ret);
}

static void get_memory(void)
{
	int ret = device_map(&device, SIZE);

	if (ret)
		die("memory", ret);
}

static void begin(uint64_t src, uint64_t dst, uint32_t command)
{
	device_write64(&device, EDU_DMA_SRC, src);
	device_write64(&device, EDU_DMA_DST, dst);
	device_write64(&device, EDU_DMA_COUNT, PIECE);
	device_write32(&device, EDU_DMA_COMMAND, command | EDU_COMMAND_RUN);
}

static void begin_in(const char *from)
{
	begin((uintptr_t)from, EDU_BUFFER, 0);
}

static void begin_out(char *to)
{
	begin(EDU_BUFFER, (uintptr_t)to, EDU_COMMAND_TO_MEMORY);
}

static void spin(void)
{
	while (device_read32(&device, EDU_DMA_COMMAND) & EDU_COMMAND_RUN)
		;
}

static unsigned int count(const char *at, char value)
{
	unsigned int bytes = 0;

	for (int i = 0; i < PIECE; i++)
		bytes += at[i] == value;
	return bytes;
}

/* For who reads a trace of the system calls. */
static void mark(const char *step)
{
	if (write(STDERR_FILENO, step, strlen(step)) < 0)
		die("no standard error", -errno);
}

/* Everything once, with what it takes from the kernel between the marks. */
static void steps(void)
{
	mark("=open\n");
	get_device();
	mark("=map\n");
	get_memory();
	mark("=spin\n");
	memset(device.memory, SECRET, PIECE);
	begin_in(device.memory);
	spin();
	mark("=sleep\n");
	begin(EDU_BUFFER, (uintptr_t)device.memory + PIECE,
	      EDU_COMMAND_TO_MEMORY | EDU_COMMAND_IRQ);
	if (device_wait(&device))
		die("no interrupt", -EIO);
	mark("=unmap\n");
	if (count(device.memory + PIECE, SECRET) != PIECE)
		die("the copy is wrong", -EIO);
	device_unmap(&device);
	mark("=close\n");
	device_close(&device);
	mark("=end\n");
}

static int compare_doubles(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return left < right ? -1 : left > right;
}

static void print_median(const char *key, double *seconds)
{
	qsort(seconds, ROUNDS, sizeof(*seconds), compare_doubles);
	printf("%s %.0f\n", key, seconds[ROUNDS / 2] * 1e6);
}

static void times(void)
{
	double open[ROUNDS], map[ROUNDS], unmap[ROUNDS], close[ROUNDS], start;

	for (int i = 0; i < ROUNDS; i++) {
		start = now();
		get_device();
		open[i] = now() - start;
		start = now();
		get_memory();
		map[i] = now() - start;
		start = now();
		device_unmap(&device);
		unmap[i] = now() - start;
		start = now();
		device_close(&device);
		close[i] = now() - start;
	}
	print_median("open_us", open);
	print_median("map_us", map);
	print_median("unmap_us", unmap);
	print_median("close_us", close);
}

/* Dies with the device at work, and its buffer full. */
static void crash(void)
{
	get_device();
	get_memory();
	memset(device.memory, SECRET, SIZE);
	begin_in(device.memory);
	spin();
	begin_out(device.memory + SIZE - PIECE);
	raise(SIGKILL);
}

/* What another program finds in the device, and whether it works. */
static void look(void)
{
	double start = now();
	int ret;

	while ((ret = device_open(&device, name)) == -EBUSY &&
	       now() - start < 60)
		usleep(1000);
	if (ret)
		die(name, ret);
	get_memory();
	printf("runs_on %d\n",
	       !!(device_read32(&device, EDU_DMA_COMMAND) & EDU_COMMAND_RUN));
	spin();
	begin_out(device.memory);
	spin();
	printf("left_bytes %u\n", count(device.memory, SECRET));
	memset(device.memory, 7, PIECE);
	begin_in(device.memory);
	spin();
	begin_out(device.memory + PIECE);
	spin();
	printf("works_after %d\n", count(device.memory + PIECE, 7) == PIECE);
	device_close(&device);
}

static sigjmp_buf back;

static void handle(int number)
{
	(void)number;
	siglongjmp(back, 1);
}

/* In a child: a transfer into memory that is the parent's. */
static bool child_transfers(void)
{
	struct sigaction action = { .sa_handler = handle };

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	if (sigsetjmp(back, 1))
		return false;
	begin_out(device.memory);
	spin();
	return true;
}

/*
 * A fork while a transfer writes to memory: the parent, which writes to the same
 * page meanwhile, must find all of it. Then the child tries the device itself.
 */
static void forked(void)
{
	char *page;
	int status;
	pid_t pid;

	get_device();
	get_memory();
	page = device.memory + SIZE / 2;
	memset(device.memory, SECRET, PIECE);
	begin_in(device.memory);
	spin();
	begin_out(page);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	page[PIECE] = 1; /* a copy on write, if the page is shared */
	spin();
	printf("fork_whole %d\n", count(page, SECRET) == PIECE);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);

	memset(device.memory, 0, PIECE);
	pid = fork();
	if (!pid)
		_exit(child_transfers() ? 0 : 1);
	waitpid(pid, &status, 0);
	printf("child_writes %d\n",
	       !status && count(device.memory, SECRET) == PIECE);
	device_close(&device);
}

static long locked_kib(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	long kib = -1;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmLck: %ld", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

/* Memory that the process gives away without a word to the device. */
static void unmapped(void)
{
	char *at;

	get_device();
	get_memory();
	at = device.memory;
	memset(at, SECRET, PIECE);
	begin_in(at);
	spin();
	munmap(at, SIZE);
	begin_out(at);
	spin();
	printf("still_locked_kib %ld\n", locked_kib());
	device_close(&device);
}

/* Another program while this one has it. */
static void second(void)
{
	struct device other;
	int status, ret;
	pid_t pid;

	get_device();
	pid = fork();
	if (!pid) {
		ret = device_open(&other, name);
		_exit(ret < 0 ? -ret : 0);
	}
	waitpid(pid, &status, 0);
	printf("second_errno %s\n",
	       WEXITSTATUS(status) ? strerrorname_np(WEXITSTATUS(status)) :
				     "none");
	device_close(&device);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} scenes[] = {
		{ "steps", steps },   { "times", times },
		{ "crash", crash },   { "look", look },
		{ "forked", forked }, { "unmapped", unmapped },
		{ "second", second },
	};

	if (argc != 3)
		die("usage: PROGRAM SCENE NAME", -EINVAL);
	name = argv[2];
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++)
		if (!strcmp(argv[1], scenes[i].name)) {
			scenes[i].run();
			return 0;
		}
	die("no such scene", -EINVAL);
}
