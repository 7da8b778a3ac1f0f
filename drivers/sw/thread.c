// SPDX-License-Identifier: MIT
#include <numa.h>
#include <sched.h>
#include <signal.h>

#include "thread.h"

#define SW_SPIN_NS 20000

int sw_thread_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
	sigset_t all;
	sigset_t old;
	int ret;

	/*
	 * Signals are the application's: its threads take them. Those that an
	 * access to its buffers can raise must reach its handlers from here.
	 */
	sigfillset(&all);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGSEGV);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = pthread_create(thread, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -ret;
}

void sw_thread_settle(int node)
{
	if (node >= 0 && numa_available() >= 0)
		numa_run_on_node(node);
}

static unsigned int sw_thread_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 1;
	return (unsigned int)CPU_COUNT(&set);
}

uint64_t sw_thread_spin(unsigned int workers)
{
	/* Whoever spins must not keep a worker from its CPU. */
	return sw_thread_cpus() > workers ? SW_SPIN_NS : 0;
}
