// SPDX-License-Identifier: MIT
/* Sessions of the command. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "container.h"
#include "message.h"
#include "session.h"

static unsigned int count_cpus(void)
{
	cpu_set_t set;
	long online;

	if (!sched_getaffinity(0, sizeof(set), &set))
		return (unsigned int)CPU_COUNT(&set);
	online = sysconf(_SC_NPROCESSORS_ONLN);
	return online > 0 ? (unsigned int)online : 1;
}

unsigned int session_workers(const struct codec_options *opt)
{
	if (opt->workers > 0)
		return (unsigned int)opt->workers;
	if (opt->workers == WD_WORKERS_NONE)
		return 0;
	return count_cpus();
}

static void explain(const struct codec_options *opt, enum wd_format format,
		    int error)
{
	const char *device = opt->device ? opt->device :
					   getenv("WARPDRIVE_DEVICE");
	const char *algorithm = container_name(format);

	if (error == ENODEV)
		message_error("there is no device '%s': 'wd list' shows what "
			      "there is",
			      device ? device : "");
	else if (error == ENOENT && device)
		message_error("device '%s' cannot do %s: 'wd list' shows what "
			      "can",
			      device, algorithm);
	else if (error == ENOENT)
		message_error("no device can do %s: 'wd list' shows what can",
			      algorithm);
	else if (error == EBUSY)
		message_error("device '%s' has no queue left, or is another "
			      "process's: wait, or use another with -d",
			      device ? device : "");
	else if (error == ENOMEM)
		message_error("no memory for a session on %s, or no more that "
			      "may be locked: see 'ulimit -l'",
			      device ? device : "any device");
	else
		message_error("cannot open a session for %s: %s", algorithm,
			      strerror(error));
}

int session_open(struct wd_comp **comp, const struct codec_options *opt,
		 enum wd_format format, int workers, unsigned int depth)
{
	struct wd_comp_params params = {
		.format = format,
		.level = opt->level,
		.device = opt->device,
		.workers = workers,
		.depth = depth,
		.flags = WD_COMP_FALLBACK,
	};
	sigset_t saved;
	int ret;

	/* workers that are started here leave signals to this thread */
	cleanup_hold(&saved);
	ret = wd_comp_open(comp, &params);
	cleanup_release(&saved);
	if (ret)
		explain(opt, format, -ret);
	return ret;
}

struct session_counts session_count(struct wd_comp *comp)
{
	struct session_counts counts = { 0 };
	struct wd_bounce_stats bounces;
	struct wd_comp_stats stats;

	if (comp && !wd_comp_get_stats(comp, &stats))
		counts.fallbacks = stats.fallbacks;
	if (comp && !wd_comp_get_bounces(comp, &bounces)) {
		counts.bounces = bounces.operations;
		counts.bounced_bytes = bounces.bytes;
	}
	return counts;
}

struct session_counts session_count_since(struct wd_comp *comp,
					  const struct session_counts *before)
{
	struct session_counts counts = session_count(comp);

	counts.fallbacks -= before->fallbacks;
	counts.bounces -= before->bounces;
	counts.bounced_bytes -= before->bounced_bytes;
	return counts;
}
