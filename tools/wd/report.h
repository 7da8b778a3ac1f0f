/* SPDX-License-Identifier: MIT */
/* What -v and --json say about a job. */
#ifndef WD_REPORT_H
#define WD_REPORT_H

#include "job.h"

/*
 * Reports @job as its options ask for.
 * @code: its enum exit_code; @ns: how long it took
 * @stdout_taken: the data went to standard output, so JSON goes to the other
 */
void report(const struct job *job, int code, uint64_t ns, bool stdout_taken);

#endif
