/* SPDX-License-Identifier: MIT */
/* Opening the library's sessions, and saying why one cannot be opened. */
#ifndef WD_SESSION_H
#define WD_SESSION_H

#include "options.h"

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
