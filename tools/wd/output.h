/* SPDX-License-Identifier: MIT */
/*
 * An output. A file appears under its name only when it is complete: until
 * then it has no name at all (O_TMPFILE) or, where the file system cannot do
 * that, a temporary one that goes when the process does.
 */
#ifndef WD_OUTPUT_H
#define WD_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct output {
	const char *name; /* for messages */
	int fd; /* -1: what is written is counted and dropped */
	char *path; /* the name it will get; NULL: it is written in place */
	char *temp; /* the temporary name; NULL: it has none */
	bool replace; /* a file of that name may be replaced */
	uint64_t written;
};

/* Flags of output_open_path() and output_commit(). */
enum output_flags {
	OUTPUT_FORCE = 1 << 0, /* replace an existing file */
	OUTPUT_SYNC = 1 << 1, /* have it on the disk before it gets its name */
};

/*
 * Opens an output: standard output, one that drops everything, or @path.
 * @input: refused as output, as it is being read; NULL: none
 * Returns 0, or a negative errno after saying why not. An output that was
 * opened is ended by one of output_commit() and output_abort().
 */
int output_open_stdout(struct output *out, const struct stat *input);
int output_open_nothing(struct output *out);
int output_open_path(struct output *out, const char *path,
		     const struct stat *input, unsigned int flags);

/* Writes all of it. Returns 0, or a negative errno after saying why. */
int output_write(struct output *out, const void *data, size_t len);

/*
 * Gives a complete output its name, and what can be kept of the owner, mode and
 * times of @like if that is a regular file. Returns 0, or a negative errno after
 * saying why; then nothing is left behind.
 */
int output_commit(struct output *out, const struct stat *like,
		  unsigned int flags);

/* Ends an output that failed: nothing is left behind. */
void output_abort(struct output *out);

#endif
