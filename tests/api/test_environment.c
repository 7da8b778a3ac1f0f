/* SPDX-License-Identifier: MIT */
/* The environment variables of wd(7), each in a program of its own. */
#include "fixture.h"
#include "suites.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a program saw that requested a queue with nothing but defaults. */
struct probe {
	int result;
	char device[64];
	unsigned int workers;
	int explicit_result; /* the same with what is under test named */
	unsigned int explicit_workers;
	char noise[512]; /* on its standard output, before the answer */
	char log[4096]; /* on its standard error */
};

int fixture_probe(void)
{
	struct wd_queue q = { 0 };
	struct wd_queue named = { .device = "sw", .workers = 3 };
	struct wd_request bad = { .op = WD_OP_COUNT };
	int result = wd_request_queue(&q);
	int named_result = wd_request_queue(&named);

	wd_send(&q, &bad);
	printf("probe %d %s %u %d %u\n", result, result ? "-" : q.got.device,
	       q.got.workers, named_result, named.got.workers);
	wd_release_queue(&q);
	wd_release_queue(&named);
	return 0;
}

/* Reads all of a pipe; what does not fit is an error. */
static void read_all(int fd, char *text, size_t size)
{
	size_t done = 0;
	ssize_t n;

	while ((n = read(fd, text + done, size - 1 - done)) > 0)
		done += (size_t)n;
	assert_int_equal(n, 0);
	assert_in_range(done, 0, size - 2);
	text[done] = '\0';
	close(fd);
}

static void start_probe(const int *out, const int *err, const char *name,
			const char *value)
{
	unsetenv("WARPDRIVE_DEVICE");
	unsetenv("WARPDRIVE_WORKERS");
	unsetenv("WARPDRIVE_LOG");
	if (name)
		setenv(name, value, 1);
	dup2(out[1], STDOUT_FILENO);
	dup2(err[1], STDERR_FILENO);
	execl("/proc/self/exe", "conformance", "--probe", (char *)NULL);
	_exit(127);
}

static struct probe probe(const char *name, const char *value)
{
	struct probe probe = { .result = 99 };
	int out[2], err[2], status;
	char text[1024], *answer;
	pid_t pid;

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(err, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		start_probe(out, err, name, value);
	close(out[1]);
	close(err[1]);
	read_all(out[0], text, sizeof(text));
	read_all(err[0], probe.log, sizeof(probe.log));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	answer = strstr(text, "probe ");
	assert_non_null(answer);
	assert_int_equal(sscanf(answer, "probe %d %63s %u %d %u", &probe.result,
				probe.device, &probe.workers,
				&probe.explicit_result,
				&probe.explicit_workers),
			 5);
	memcpy(probe.noise, text, (size_t)(answer - text));
	return probe;
}

static void test_nothing_set(void **state)
{
	struct probe p = probe(NULL, NULL);

	(void)state;
	assert_int_equal(p.result, 0);
	assert_int_equal(p.workers, 0);
	assert_string_equal(p.log, "");
	assert_string_equal(p.noise, "");
}

static void test_device(void **state)
{
	struct probe p = probe("WARPDRIVE_DEVICE", "sw");

	(void)state;
	assert_int_equal(p.result, 0);
	assert_string_equal(p.device, "sw");
	p = probe("WARPDRIVE_DEVICE", "no-such-device");
	assert_int_equal(p.result, -ENODEV);
	/* Who names a device gets that one. */
	assert_int_equal(p.explicit_result, 0);
}

static void test_workers(void **state)
{
	struct probe p = probe("WARPDRIVE_WORKERS", "2");

	(void)state;
	assert_int_equal(p.result, 0);
	assert_int_equal(p.workers, 2);
	/* Who asks for a number gets that one. */
	assert_int_equal(p.explicit_workers, 3);
	p = probe("WARPDRIVE_WORKERS", "0");
	assert_int_equal(p.result, 0);
	assert_int_equal(p.workers, 0);
}

static void test_workers_for_every_cpu(void **state)
{
	struct probe p = probe("WARPDRIVE_WORKERS", "all");
	cpu_set_t cpus;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	assert_int_equal(p.result, 0);
	assert_int_equal(p.workers, CPU_COUNT(&cpus));
}

/* A mistake in the environment is refused, or logged, but never a crash. */
static void test_workers_that_are_none(void **state)
{
	static const char *const values[] = {
		"x", "2x", "-7", "99999", "99999999999999999999999", " ",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(values); i++) {
		struct probe p = probe("WARPDRIVE_WORKERS", values[i]);

		if (p.result == 0)
			assert_int_equal(p.workers, 0);
		else
			assert_int_equal(p.result, -EINVAL);
		assert_int_equal(p.explicit_result, 0);
		assert_int_equal(p.explicit_workers, 3);
	}
}

/* The log goes to standard error, and only when it is asked for. */
static void test_log(void **state)
{
	static const char *const values[] = { "error", "info", "debug", "x",
					      "" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(values); i++) {
		struct probe p = probe("WARPDRIVE_LOG", values[i]);

		assert_int_equal(p.result, 0);
		assert_string_equal(p.noise, "");
	}
	assert_true(strlen(probe("WARPDRIVE_LOG", "debug").log) > 0);
	assert_string_equal(probe("WARPDRIVE_LOG", "").log, "");
}

static const struct CMUnitTest environment_tests[] = {
	cmocka_unit_test(test_nothing_set),
	cmocka_unit_test(test_device),
	cmocka_unit_test(test_workers),
	cmocka_unit_test(test_workers_for_every_cpu),
	cmocka_unit_test(test_workers_that_are_none),
	cmocka_unit_test(test_log),
};

const struct suite environment_suite = SUITE("environment", environment_tests);
