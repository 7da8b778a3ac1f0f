/* SPDX-License-Identifier: MIT */
/*
 * What the tests of uacce share: the device of modules/uacce_test and its
 * knobs. A program that includes this has "lab-modules: uacce uacce_test".
 */
#ifndef UACCE_LAB_H
#define UACCE_LAB_H

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <uapi/uacce.h>

#include "ktap.h"
#include "modules/uacce_test/uacce_test_uapi.h"

#define LAB_DIR "/sys/kernel/debug/uacce_test/"
#define LAB_PAGE 4096ul
/* Milliseconds for what must come, on however busy a machine. */
#define LAB_LONG 100000
#define LAB_MMIO_SIZE (UACCE_TEST_MMIO_PAGES * LAB_PAGE)
#define LAB_DUS_SIZE (UACCE_TEST_DUS_PAGES * LAB_PAGE)

/* 0 or -1 and errno. */
static inline int lab_write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	int ret, saved;

	if (fd < 0)
		return -1;
	ret = write(fd, text, strlen(text)) < 0 ? -1 : 0;
	saved = errno;
	close(fd);
	errno = saved;
	return ret;
}

/* The number of bytes, or -1 and errno; `text` ends with a zero. */
static inline int lab_read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY);
	int ret, saved;

	text[0] = 0;
	if (fd < 0)
		return -1;
	ret = read(fd, text, size - 1);
	saved = errno;
	text[ret < 0 ? 0 : ret] = 0;
	close(fd);
	errno = saved;
	return ret;
}

static inline int lab_set(const char *knob, int value)
{
	char path[128], text[16];

	snprintf(path, sizeof(path), LAB_DIR "%s", knob);
	snprintf(text, sizeof(text), "%d", value);
	return lab_write_file(path, text);
}

/* Are devices of the kind "full" in shared-domain mode? */
static inline bool lab_static(void)
{
	char text[16];

	lab_read_file("/sys/module/uacce_test/parameters/full", text,
		      sizeof(text));
	return !strcmp(text, "static\n");
}

/* How often the operation has been called since it was last asked. */
static inline int lab_calls(const char *op)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), LAB_DIR "calls_%s", op);
	if (lab_read_file(path, text, sizeof(text)) < 0)
		return -1;
	lab_write_file(path, "0");
	return atoi(text);
}

static inline void lab_sleep_ms(long ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

static inline double lab_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* Waits until the operation has been called, and may be under way. */
static inline void lab_await_call(const char *op)
{
	double end = lab_now() + LAB_LONG / 1000;

	while (lab_calls(op) < 1 && lab_now() < end)
		lab_sleep_ms(1);
}

static inline int lab_add(const char *kind)
{
	return lab_write_file(LAB_DIR "add", kind);
}

static inline int lab_del(int id)
{
	return lab_set("del", id);
}

/* The first device is always number 0, called test-0. */
static inline int lab_open(void)
{
	return open("/dev/test-0", O_RDWR | O_CLOEXEC);
}

static inline void *lab_map(int fd, int type, size_t length)
{
	return mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    type * LAB_PAGE);
}

/* Whether every other thread of this process waits in the kernel. */
static inline bool lab_all_asleep(void)
{
	char path[64], text[128];
	struct dirent *entry;
	bool asleep = true;
	DIR *dir = opendir("/proc/self/task");

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || atoi(entry->d_name) == getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/self/task/%s/syscall",
			 entry->d_name);
		/* One that has ended meanwhile cannot be read. */
		if (lab_read_file(path, text, sizeof(text)) > 0 &&
		    !strncmp(text, "running", 7))
			asleep = false;
	}
	if (dir)
		closedir(dir);
	return asleep;
}

/* Until they do, which a pause of any length does not promise. */
static inline void lab_await_sleepers(void)
{
	double end = lab_now() + LAB_LONG / 1000;
	int looks = 0;

	while (looks < 3 && lab_now() < end) {
		looks = lab_all_asleep() ? looks + 1 : 0;
		lab_sleep_ms(10);
	}
}

/* The events of one poll, or -1. */
static inline int lab_poll(int fd, int events, int timeout)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };
	int ret = poll(&poll_fd, 1, timeout);

	return ret < 0 ? -1 : poll_fd.revents;
}

/* The queue's state, or -1. */
static inline int lab_state(int fd)
{
	struct uacce_queue_info info = { .argsz = sizeof(info) };

	return ioctl(fd, UACCE_CMD_GET_INFO, &info) ? -1 : (int)info.state;
}

/* Runs in a child and says whether all went well there. */
static inline bool lab_child(bool (*run)(void *), void *arg)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		alarm(LAB_LONG / 1000);
		_exit(run(arg) && !ktap.failed ? 0 : 1);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid &&
	       WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static sigjmp_buf lab_fault_back __attribute__((unused));
static volatile sig_atomic_t lab_fault_signal __attribute__((unused));

static inline void lab_fault_handler(int number)
{
	lab_fault_signal = number;
	siglongjmp(lab_fault_back, 1);
}

/* The signal that reading (or writing) the word gives, 0 for none. */
static inline int lab_touch(volatile unsigned int *word, bool write)
{
	struct sigaction action = { .sa_handler = lab_fault_handler };
	struct sigaction old_bus, old_segv;

	sigaction(SIGBUS, &action, &old_bus);
	sigaction(SIGSEGV, &action, &old_segv);
	lab_fault_signal = 0;
	if (!sigsetjmp(lab_fault_back, 1)) {
		if (write)
			*word = *word;
		else
			(void)*word;
	}
	sigaction(SIGBUS, &old_bus, NULL);
	sigaction(SIGSEGV, &old_segv, NULL);
	return lab_fault_signal;
}

/* Ends what a test left behind: knobs, and the devices, but for test-0. */
static inline void lab_clean(void)
{
	static const char *const ops[] = {
		"get_available_instances",
		"get_queue",
		"put_queue",
		"start_queue",
		"stop_queue",
		"is_q_updated",
		"mask_notify",
		"mmap",
		"fault",
		"reset",
		"reset_queue",
		"ioctl",
	};
	char knob[64];
	size_t i;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		snprintf(knob, sizeof(knob), "fail_%s", ops[i]);
		lab_set(knob, 0);
		snprintf(knob, sizeof(knob), "delay_%s", ops[i]);
		lab_set(knob, 0);
		lab_calls(ops[i]);
	}
	lab_set("eager", 0);
	lab_set("limit", 64);
}

#endif
