// SPDX-License-Identifier: MIT
/* Cleaning up when a signal ends the process. */
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "command.h"

static const int ending[] = {
	SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXCPU, SIGBUS,
};

static const char *_Atomic armed_path;
static const char *_Atomic blamed_input;

static void remove_armed(void)
{
	const char *path = atomic_exchange(&armed_path, NULL);

	if (path)
		unlink(path);
}

static void end_by_signal(int number)
{
	remove_armed();
	/* the default action follows when this handler returns */
	signal(number, SIG_DFL);
	raise(number);
}

static void say(const char *text)
{
	ssize_t n = write(STDERR_FILENO, text, strlen(text));

	(void)n;
}

/* A mapped page that is not in its file any more. */
static void end_by_truncation(int number)
{
	const char *input = atomic_load(&blamed_input);

	if (!input) {
		end_by_signal(number);
		return;
	}
	remove_armed();
	say("wd: ");
	say(input);
	say(": cannot read it: it was cut short meanwhile, or its storage "
	    "failed\n");
	_exit(EXIT_CODE_ERROR);
}

void cleanup_install(void)
{
	struct sigaction action = { .sa_flags = SA_RESTART }, old;
	size_t i;

	sigemptyset(&action.sa_mask);
	for (i = 0; i < sizeof(ending) / sizeof(ending[0]); i++) {
		action.sa_handler = ending[i] == SIGBUS ? end_by_truncation :
							  end_by_signal;
		if (sigaction(ending[i], NULL, &old))
			continue;
		if (old.sa_handler != SIG_IGN)
			sigaction(ending[i], &action, NULL);
	}
	/* a file that grows too large is an error of write() */
	signal(SIGXFSZ, SIG_IGN);
}

void cleanup_hold(sigset_t *saved)
{
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		sigaddset(&set, ending[i]);
	sigdelset(&set, SIGBUS);
	pthread_sigmask(SIG_BLOCK, &set, saved);
}

void cleanup_release(const sigset_t *saved)
{
	pthread_sigmask(SIG_SETMASK, saved, NULL);
}

void cleanup_arm(const char *path)
{
	atomic_store(&armed_path, path);
}

void cleanup_blame(const char *input)
{
	atomic_store(&blamed_input, input);
}
