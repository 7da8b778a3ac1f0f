// SPDX-License-Identifier: MIT
/* Inputs. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "input.h"
#include "message.h"

#define INPUT_BUFFER_LEN (256u << 10)
#define INPUT_PIPE_LEN (1 << 20)

/*
 * Maps a regular file from its read position on. One that says it is empty may
 * still have something to read (/proc), and one that cannot be mapped can be
 * read, so failing is not an error.
 */
static void map_file(struct input *in)
{
	off_t at = in->is_stdin ? lseek(in->fd, 0, SEEK_CUR) : 0;
	void *map;

	if (at < 0 || at >= in->st.st_size ||
	    (uint64_t)in->st.st_size > SIZE_MAX)
		return;
	map = mmap(NULL, (size_t)in->st.st_size, PROT_READ, MAP_SHARED, in->fd,
		   0);
	if (map == MAP_FAILED)
		return;
	in->map = map;
	in->map_len = (size_t)in->st.st_size;
	in->data = in->map + at;
	in->len = in->map_len - (size_t)at;
	if (in->is_stdin && lseek(in->fd, 0, SEEK_END) < 0)
		message_warning("%s: the read position stays where it was",
				in->name);
}

static int open_path(struct input *in, const char *path)
{
	if (!strcmp(path, "-")) {
		in->is_stdin = true;
		in->name = "(standard input)";
		in->fd = STDIN_FILENO;
	} else {
		in->name = path;
		in->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	}
	if (in->fd < 0 || fstat(in->fd, &in->st))
		return -errno;
	return 0;
}

int input_open(struct input *in, const char *path)
{
	int ret;

	memset(in, 0, sizeof(*in));
	ret = open_path(in, path);
	if (!ret && S_ISDIR(in->st.st_mode))
		ret = -EISDIR;
	if (ret == -EISDIR) {
		message_error("%s: is a directory: name the files in it, or "
			      "make an archive of it with tar",
			      in->name);
	} else if (ret) {
		message_error("%s: cannot read it: %s", in->name,
			      strerror(-ret));
	}
	if (ret) {
		input_close(in);
		return ret;
	}
	if (S_ISREG(in->st.st_mode))
		map_file(in);
	else if (S_ISFIFO(in->st.st_mode))
		(void)fcntl(in->fd, F_SETPIPE_SZ, INPUT_PIPE_LEN);
	return 0;
}

void input_close(struct input *in)
{
	if (in->map)
		munmap(in->map, in->map_len);
	free(in->buffer);
	if (in->fd > STDERR_FILENO)
		close(in->fd);
	in->map = NULL;
	in->buffer = NULL;
	in->fd = -1;
}

uint64_t input_size(const struct input *in)
{
	return S_ISREG(in->st.st_mode) ? (uint64_t)in->st.st_size : 0;
}

ssize_t input_read(struct input *in, void *buffer, size_t len)
{
	size_t got = 0;
	ssize_t n;

	while (got < len) {
		n = read(in->fd, (unsigned char *)buffer + got, len - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			n = -errno;
			message_error("%s: cannot read it: %s", in->name,
				      strerror(errno));
			return n;
		}
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

/* Moves what is left to the front and reads once behind it. */
static ssize_t refill(struct input *in)
{
	ssize_t n;

	if (!in->buffer)
		in->buffer = malloc(INPUT_BUFFER_LEN);
	if (!in->buffer)
		return -ENOMEM;
	memmove(in->buffer, in->data ? in->data : in->buffer, in->len);
	in->data = in->buffer;
	do {
		n = read(in->fd, in->buffer + in->len,
			 INPUT_BUFFER_LEN - in->len);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	in->len += (size_t)n;
	return n;
}

int input_want(struct input *in, size_t want)
{
	ssize_t n = 1;

	while (!in->map && in->len < want && n > 0)
		n = refill(in);
	if (n >= 0)
		return 0;
	message_error("%s: cannot read it: %s", in->name, strerror((int)-n));
	return (int)n;
}
