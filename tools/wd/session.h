/* SPDX-License-Identifier: MIT */
/* Opening the library's sessions, and saying why one cannot be opened. */
#ifndef WD_SESSION_H
#define WD_SESSION_H

#include "options.h"

/* What a session counts that its user should hear of. */
struct session_counts {
	uint64_t fallbacks; /* operations that "sw" did in the device's place */
	uint64_t bounces; /* for which memory was copied to the device's */
	uint64_t bounced_bytes;
};

/* The session's counts so far; zeroes for NULL. */
struct session_counts session_count(struct wd_comp *comp);

/* What was added to @before. */
struct session_counts session_count_since(struct wd_comp *comp,
					  const struct session_counts *before);

/* How many workers the options mean on this machine; 0: none. */
unsigned int session_workers(const struct codec_options *opt);

/*
 * Opens a session for @format on the device that the options ask for, with
 * fallback to "sw". @workers, @depth: as in struct wd_comp_params.
 * Returns 0, or a negative errno after saying why not.
 */
int session_open(struct wd_comp **comp, const struct codec_options *opt,
		 enum wd_format format, int workers, unsigned int depth);

#endif
