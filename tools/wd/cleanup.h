/* SPDX-License-Identifier: MIT */
/*
 * What has to happen when a signal ends the process: the temporary file goes.
 * The signals are INT, TERM, HUP, PIPE and XCPU, and BUS, which means that a
 * mapped input was cut short. XFSZ is ignored.
 */
#ifndef WD_CLEANUP_H
#define WD_CLEANUP_H

#include <signal.h>

/* Installs the handlers; a signal that is ignored stays ignored. */
void cleanup_install(void);

/*
 * Between these two calls those signals (but BUS) wait, so that making a name
 * and arming it, or renaming and disarming, are one step. Threads that are
 * started in between never take them.
 */
void cleanup_hold(sigset_t *saved);
void cleanup_release(const sigset_t *saved);

/* Removes the file @path when a signal ends the process; NULL: nothing. */
void cleanup_arm(const char *path);

/* The name of the input that SIGBUS is blamed on; NULL: none. */
void cleanup_blame(const char *input);

#endif
