/* SPDX-License-Identifier: MIT */
/*
 * Compression in blocks that are in flight together and are joined in order.
 * Where the blocks are cut depends on the level only, so the output does not
 * depend on the number of workers, nor on where the input comes from.
 */
#ifndef WD_DEFLATER_H
#define WD_DEFLATER_H

#include "job.h"

struct deflater;

/* Returns 0 and the deflater in *@deflater, or -ENOMEM. */
int deflater_create(struct deflater **deflater,
		    const struct codec_options *opt);

/*
 * Compresses job->in to job->out. Returns 0, or a negative errno after saying
 * what went wrong.
 */
int deflater_run(struct deflater *deflater, struct job *job);

/* NULL is ignored. */
void deflater_destroy(struct deflater *deflater);

#endif
