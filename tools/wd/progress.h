/* SPDX-License-Identifier: MIT */
/* A line on a terminal that shows how far long work has come. */
#ifndef WD_PROGRESS_H
#define WD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *name;
	uint64_t total; /* bytes; 0: not known */
	uint64_t begin, next; /* ns */
	bool enabled;
};

/* Begins; nothing is ever drawn if standard error is no terminal or @quiet. */
void progress_start(struct progress *progress, const char *name, uint64_t total,
		    bool quiet);

/* @done bytes are done. Draws at most ten times a second, after a second. */
void progress_update(struct progress *progress, uint64_t done);

/* Ends, and takes the line away. */
void progress_stop(struct progress *progress);

/* Takes the line away, if there is one, to make room for a message. */
void progress_clear(void);

#endif
