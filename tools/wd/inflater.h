/* SPDX-License-Identifier: MIT */
/* Decompression of files of any length in constant memory. */
#ifndef WD_INFLATER_H
#define WD_INFLATER_H

#include "job.h"

struct inflater;

/* Returns 0 and the inflater in *@inflater, or -ENOMEM. */
int inflater_create(struct inflater **inflater,
		    const struct codec_options *opt);

/*
 * Decompresses job->in to job->out. Returns an exit code: a warning when
 * something follows the compressed data that does not belong to it, and an
 * error after saying what went wrong.
 */
int inflater_run(struct inflater *inflater, struct job *job);

/* NULL is ignored. */
void inflater_destroy(struct inflater *inflater);

#endif
