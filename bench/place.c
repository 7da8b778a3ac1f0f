// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "place.h"
#include "rounds.h"

/* The first and the last processor that the process had at the start. */
static int place_cpus[2] = { -1, -1 };

static void place_find(void)
{
	cpu_set_t set;

	if (place_cpus[0] >= 0)
		return;
	if (sched_getaffinity(0, sizeof(set), &set))
		rounds_die("sched_getaffinity", errno);
	for (int i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &set))
			continue;
		if (place_cpus[0] < 0)
			place_cpus[0] = i;
		place_cpus[1] = i;
	}
}

static void place(pid_t thread, int which)
{
	cpu_set_t set;

	place_find();
	CPU_ZERO(&set);
	CPU_SET(place_cpus[which], &set);
	if (sched_setaffinity(thread, sizeof(set), &set))
		rounds_die("sched_setaffinity", errno);
}

void place_self(int which)
{
	place(0, which);
}

void place_all(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *entry;

	if (!tasks)
		rounds_die("/proc/self/task", errno);
	place_find();
	while ((entry = readdir(tasks))) {
		pid_t thread = atoi(entry->d_name);

		if (thread)
			place(thread, thread == gettid() ? 0 : 1);
	}
	closedir(tasks);
}
