/* SPDX-License-Identifier: MIT */
/* What the command says to its user, on standard error, a line at a time. */
#ifndef WD_MESSAGE_H
#define WD_MESSAGE_H

#include <stdbool.h>

/* Drops warnings from now on; errors always appear. */
void message_set_quiet(bool quiet);

/* "wd: …": something could not be done. Say what, and what to do about it. */
__attribute__((format(printf, 1, 2))) void message_error(const char *format,
							 ...);

/* "wd: warning: …": it was done, but the user should know this. */
__attribute__((format(printf, 1, 2))) void message_warning(const char *format,
							   ...);

/* The text of the last message since message_forget(), "" for none. */
const char *message_last(void);
void message_forget(void);

#endif
