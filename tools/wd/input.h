/* SPDX-License-Identifier: MIT */
/* An input: a regular file is mapped, anything else is read. */
#ifndef WD_INPUT_H
#define WD_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct input {
	const char *name; /* for messages */
	int fd;
	struct stat st;
	bool is_stdin;
	unsigned char *map; /* the whole file; NULL: not mapped */
	size_t map_len;
	unsigned char *buffer; /* what was read, when not mapped */
	/* what input_more() made available and the user has not taken yet */
	const unsigned char *data;
	size_t len;
};

/*
 * Opens @path, "-" for standard input. Returns 0, or a negative errno after
 * saying why not. Closed by input_close(), also when it was not opened but
 * zeroed.
 */
int input_open(struct input *in, const char *path);
void input_close(struct input *in);

/* Whether all of the data is in in->data already, as the file is mapped. */
static inline bool input_is_mapped(const struct input *in)
{
	return in->map;
}

/* How many bytes there will be, 0 if that is not known. */
uint64_t input_size(const struct input *in);

/*
 * Fills @buffer with the next @len bytes of an input that is not mapped.
 * Returns how many it got, less than @len only at the end, or a negative errno
 * after saying why.
 */
ssize_t input_read(struct input *in, void *buffer, size_t len);

/*
 * Makes at least @want bytes (a small number) available in in->data, fewer
 * only at the end. Returns 0, or a negative errno after saying why.
 */
int input_want(struct input *in, size_t want);

/* Takes @len of the bytes that are available. */
static inline void input_take(struct input *in, size_t len)
{
	in->data += len;
	in->len -= len;
}

#endif
