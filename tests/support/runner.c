/* SPDX-License-Identifier: MIT */
#include "runner.h"

#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_SKIPPED 77
#define CHILD_SECONDS 120

/* Written by the child before it ends, read by the parent after that. */
struct verdict {
	char skip_reason[256];
	int child_line;
};

/*
 * The thread sanitizer ends a child that was forked beside threads and starts
 * some of its own, unless it is told not to.
 */
__attribute__((visibility("default"))) const char *__tsan_default_options(void);

const char *__tsan_default_options(void)
{
	return "die_after_fork=0";
}

static struct verdict *verdict;
static const struct CMUnitTest *current;

/* As they were before cmocka put its own in place, which hide a crash. */
static const int crash_signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS };
static struct sigaction crash_actions[ARRAY_SIZE(crash_signals)];

void skip_because(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(verdict->skip_reason, sizeof(verdict->skip_reason), format,
		  args);
	va_end(args);
	skip();
	abort(); /* skip() does not return */
}

static int child_status(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

void assert_in_child(int (*body)(void *argument), void *argument)
{
	pid_t pid;
	int status;

	verdict->child_line = 0;
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(CHILD_SECONDS);
		verdict->child_line = body(argument);
		_exit(verdict->child_line != 0);
	}
	status = child_status(pid);
	if (WIFSIGNALED(status))
		fail_msg("the child died of signal %d", WTERMSIG(status));
	if (verdict->child_line)
		fail_msg("the child failed at line %d", verdict->child_line);
	assert_int_equal(status, 0);
}

static void run_with_real_signals(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(crash_signals); i++)
		sigaction(crash_signals[i], &crash_actions[i], NULL);
	current->test_func(state);
}

/* The whole life of the process of one test. */
static void run_one(const struct CMUnitTest *test, unsigned int timeout,
		    int output)
{
	struct CMUnitTest wrapped = *test;
	int failed;

	setpgid(0, 0);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	alarm(timeout);
	current = test;
	wrapped.test_func = run_with_real_signals;
	failed = _cmocka_run_group_tests("test", &wrapped, 1, NULL, NULL);
	fflush(NULL);
	if (!failed && verdict->skip_reason[0])
		_exit(CHILD_SKIPPED); /* whatever it had not freed by then */
	exit(failed ? 1 : 0);
}

/* Prints what a test wrote, each line as a TAP comment. */
static void show_output(int fd)
{
	char *line = NULL;
	size_t size = 0;
	FILE *file;

	lseek(fd, 0, SEEK_SET);
	file = fdopen(dup(fd), "r");
	if (!file)
		return;
	while (getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		printf("# %s\n", line);
	}
	free(line);
	fclose(file);
}

/* Runs a test in its process and prints its line; returns whether it failed. */
static bool run_in_process(unsigned int number, const char *name,
			   const struct CMUnitTest *test,
			   const struct runner_options *options)
{
	int output = memfd_create("output", MFD_CLOEXEC);
	bool failed = true;
	int status;
	pid_t pid;

	memset(verdict, 0, sizeof(*verdict));
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		run_one(test, options->timeout, output);
	status = pid < 0 ? -1 : child_status(pid);
	if (pid > 0)
		kill(-pid, SIGKILL); /* what it may have left behind */

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		failed = false;
		printf("ok %u - %s\n", number, name);
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_SKIPPED) {
		failed = false;
		printf("ok %u - %s # SKIP %s\n", number, name,
		       verdict->skip_reason);
	} else {
		printf("not ok %u - %s\n", number, name);
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
			printf("# no end within %u s\n", options->timeout);
		else if (WIFSIGNALED(status))
			printf("# died of signal %d\n", WTERMSIG(status));
		else
			printf("# exit status %d\n", WEXITSTATUS(status));
	}
	if (failed || options->verbose)
		show_output(output);
	close(output);
	fflush(stdout);
	return failed;
}

static bool wanted(const char *name, const struct runner_options *options)
{
	return !options->pattern ||
	       fnmatch(options->pattern, name, FNM_EXTMATCH) == 0;
}

/*
 * Goes over all the tests that are wanted, in order; runs them if @run.
 * Returns how many there are, or, when they are run, how many failed.
 */
static unsigned int each_test(const struct suite *const *suites, size_t count,
			      const struct runner_options *options, bool run)
{
	unsigned int number = 0, failed = 0;
	char name[256];
	size_t i, j;

	for (i = 0; i < count; i++) {
		for (j = 0; j < suites[i]->count; j++) {
			const struct CMUnitTest *test = &suites[i]->tests[j];

			snprintf(name, sizeof(name), "%s.%s", suites[i]->name,
				 test->name);
			if (!wanted(name, options))
				continue;
			number++;
			if (options->list)
				puts(name);
			else if (run)
				failed += run_in_process(number, name, test,
							 options);
		}
	}
	return run ? failed : number;
}

int runner_run(const struct suite *const *suites, size_t count,
	       const struct runner_options *options)
{
	unsigned int total;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(crash_signals); i++)
		sigaction(crash_signals[i], NULL, &crash_actions[i]);
	verdict = mmap(NULL, sizeof(*verdict), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (verdict == MAP_FAILED)
		return 1;
	total = each_test(suites, count, options, false);
	if (options->list)
		return 0;
	if (!total) {
		fputs("no such test\n", stderr);
		return 1;
	}
	printf("1..%u\n", total);
	return each_test(suites, count, options, true) ? 1 : 0;
}

int runner_main(int argc, char **argv, const struct suite *const *suites,
		size_t count)
{
	struct runner_options options = { .timeout = 300 };
	int option;

	while ((option = getopt(argc, argv, "k:t:vl")) != -1) {
		switch (option) {
		case 'k':
			options.pattern = optarg;
			break;
		case 't':
			options.timeout = (unsigned int)atoi(optarg);
			break;
		case 'v':
			options.verbose = true;
			break;
		case 'l':
			options.list = true;
			break;
		default:
			return 2;
		}
	}
	return runner_run(suites, count, &options);
}
