/* SPDX-License-Identifier: MIT */
/* A job: one file on its way through a codec. */
#ifndef WD_JOB_H
#define WD_JOB_H

#include <stdint.h>

#include "input.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "session.h"

struct job {
	const struct codec_options *opt;
	struct input in;
	struct output out;
	char *owned_name; /* of the output, if it was made from the input's */
	struct progress progress;
	/* the codec fills in */
	enum wd_format format;
	uint64_t bytes_in;
	const char *device; /* lives as long as the codec */
	struct session_counts counts;
};

/* What wd compress and wd decompress do differently. */
struct codec_ops {
	/*
	 * The output's name for input @path, which the caller frees; NULL after
	 * a message, with an exit code in *@code.
	 */
	char *(*output_name)(const struct codec_options *opt, const char *path,
			     int *code);
	/* Returns an exit code, after a message if that is not ok. */
	int (*run)(void *codec, struct job *job);
};

/*
 * Carries out every file of the options, going on after errors.
 * Returns the worst exit code.
 */
int job_run_all(const struct codec_options *opt, const struct codec_ops *ops,
		void *codec);

#endif
