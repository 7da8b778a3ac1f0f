// SPDX-License-Identifier: MIT
/* Outputs that are whole or not there. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "cleanup.h"
#include "message.h"
#include "output.h"

#define OUTPUT_PIPE_LEN (1 << 20)
#define TEMP_TRIES 100

static int fail(const struct output *out, int error)
{
	message_error("%s: cannot write it: %s", out->name, strerror(error));
	return -error;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static int refuse_same(const char *name)
{
	message_error("%s: is the input as well: name another output with -o",
		      name);
	return -EINVAL;
}

int output_open_nothing(struct output *out)
{
	memset(out, 0, sizeof(*out));
	out->name = "(nothing)";
	out->fd = -1;
	return 0;
}

int output_open_stdout(struct output *out, const struct stat *input)
{
	struct stat st;

	memset(out, 0, sizeof(*out));
	out->name = "(standard output)";
	out->fd = STDOUT_FILENO;
	if (fstat(out->fd, &st))
		return fail(out, errno);
	if (S_ISFIFO(st.st_mode))
		(void)fcntl(out->fd, F_SETPIPE_SZ, OUTPUT_PIPE_LEN);
	if (input && S_ISREG(st.st_mode) && same_file(&st, input))
		return refuse_same(out->name);
	return 0;
}

/* A device or a pipe is not replaced but written to. */
static int open_in_place(struct output *out, const char *path)
{
	out->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	return out->fd < 0 ? fail(out, errno) : 0;
}

static char *dir_of(const char *path)
{
	char *copy = strdup(path), *dir;

	if (!copy)
		return NULL;
	dir = strdup(dirname(copy));
	free(copy);
	return dir;
}

/* A name that nobody has, in the folder of out->path. */
static char *temp_name(const struct output *out)
{
	char *dir = dir_of(out->path), *name = NULL;
	unsigned int tag;

	if (dir && getrandom(&tag, sizeof(tag), 0) == sizeof(tag) &&
	    asprintf(&name, "%s/.wd-%08x", dir, tag) < 0)
		name = NULL;
	free(dir);
	return name;
}

/* Makes a file under a temporary name; the caller holds the signals. */
static int __open_named(struct output *out)
{
	int tries, error = EEXIST;
	char *name;

	for (tries = 0; tries < TEMP_TRIES && error == EEXIST; tries++) {
		name = temp_name(out);
		if (!name)
			return -ENOMEM;
		out->fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			       0600);
		if (out->fd >= 0) {
			out->temp = name;
			cleanup_arm(name);
			return 0;
		}
		error = errno;
		free(name);
	}
	return -error;
}

static int open_named(struct output *out)
{
	sigset_t saved;
	int ret;

	cleanup_hold(&saved);
	ret = __open_named(out);
	cleanup_release(&saved);
	return ret;
}

/* Makes a file without a name, if it can be given one later. */
static int open_unnamed(struct output *out)
{
	char *dir;

	if (access("/proc/self/fd", X_OK))
		return -EOPNOTSUPP;
	dir = dir_of(out->path);
	if (!dir)
		return -ENOMEM;
	out->fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	free(dir);
	if (out->fd >= 0)
		return 0;
	/* EISDIR: a kernel that has never heard of O_TMPFILE */
	return errno == EISDIR || errno == EINVAL ? -EOPNOTSUPP : -errno;
}

/* What is there already; a link is followed, so that its target is replaced. */
static int check_existing(struct output *out, const struct stat *st,
			  const struct stat *input, unsigned int flags)
{
	if (input && S_ISREG(st->st_mode) && same_file(st, input))
		return refuse_same(out->name);
	if (S_ISDIR(st->st_mode)) {
		message_error("%s: is a directory: name a file in it with -o",
			      out->name);
		return -EISDIR;
	}
	if (S_ISCHR(st->st_mode) || S_ISFIFO(st->st_mode))
		return 0;
	if (!(flags & OUTPUT_FORCE)) {
		message_error("%s: exists: -f overwrites it, -o names another",
			      out->name);
		return -EEXIST;
	}
	return 0;
}

static int open_new(struct output *out)
{
	int ret;

	if (!out->path)
		return fail(out, errno);
	ret = open_unnamed(out);
	if (ret == -EOPNOTSUPP)
		ret = open_named(out);
	if (ret) {
		free(out->path);
		out->path = NULL;
		return fail(out, -ret);
	}
	return 0;
}

int output_open_path(struct output *out, const char *path,
		     const struct stat *input, unsigned int flags)
{
	struct stat st;
	int ret;

	memset(out, 0, sizeof(*out));
	out->name = path;
	out->fd = -1;
	out->replace = flags & OUTPUT_FORCE;
	if (stat(path, &st)) {
		if (errno != ENOENT)
			return fail(out, errno);
		out->path = strdup(path);
		return open_new(out);
	}
	ret = check_existing(out, &st, input, flags);
	if (ret)
		return ret;
	if (!S_ISREG(st.st_mode))
		return open_in_place(out, path);
	out->path = realpath(path, NULL);
	return open_new(out);
}

int output_write(struct output *out, const void *data, size_t len)
{
	const unsigned char *at = data;
	ssize_t n;

	out->written += len;
	while (out->fd >= 0 && len) {
		n = write(out->fd, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(out, errno);
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Owner first, as changing it clears bits of the mode. */
static void keep_attributes(const struct output *out, const struct stat *like)
{
	struct timespec times[2] = { like->st_atim, like->st_mtim };
	mode_t mode = like->st_mode & 0777;
	struct stat st;

	if (fstat(out->fd, &st))
		return;
	if ((st.st_uid != like->st_uid || st.st_gid != like->st_gid) &&
	    fchown(out->fd, like->st_uid, like->st_gid) &&
	    fchown(out->fd, (uid_t)-1, like->st_gid))
		mode &= (mode_t)~070; /* it would be for another group */
	if (fchmod(out->fd, mode) || futimens(out->fd, times))
		message_warning("%s: its mode or time could not be kept: %s",
				out->name, strerror(errno));
}

static void default_attributes(const struct output *out)
{
	mode_t mask = umask(0);

	umask(mask);
	if (fchmod(out->fd, 0666 & ~mask))
		message_warning("%s: its mode stays 0600: %s", out->name,
				strerror(errno));
}

static int link_fd(int fd, const char *path)
{
	char proc[32];

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, proc, AT_FDCWD, path, AT_SYMLINK_FOLLOW))
		return -errno;
	return 0;
}

/* Gives the file without a name a temporary one; the signals are held. */
static int __link_temp(struct output *out)
{
	int tries, ret = -EEXIST;

	for (tries = 0; tries < TEMP_TRIES && ret == -EEXIST; tries++) {
		free(out->temp);
		out->temp = temp_name(out);
		if (!out->temp)
			return -ENOMEM;
		ret = link_fd(out->fd, out->temp);
	}
	return ret;
}

static int rename_temp(struct output *out)
{
	if (out->replace)
		return rename(out->temp, out->path) ? -errno : 0;
	if (!renameat2(AT_FDCWD, out->temp, AT_FDCWD, out->path,
		       RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	/* a file system that cannot rename so */
	if (link(out->temp, out->path))
		return -errno;
	unlink(out->temp);
	return 0;
}

/* Takes the temporary name away, whether or not the file still has it. */
static void drop_temp(struct output *out, bool remove)
{
	if (out->temp && remove)
		unlink(out->temp);
	cleanup_arm(NULL);
	free(out->temp);
	out->temp = NULL;
}

static int publish(struct output *out)
{
	sigset_t saved;
	int ret = 0;

	cleanup_hold(&saved);
	if (!out->temp) {
		ret = link_fd(out->fd, out->path);
		if (ret != -EEXIST || !out->replace)
			goto out_release;
		ret = __link_temp(out);
	}
	if (!ret)
		ret = rename_temp(out);
	drop_temp(out, ret);
out_release:
	cleanup_release(&saved);
	return ret;
}

static int close_fd(struct output *out)
{
	int fd = out->fd;

	out->fd = -1;
	if (fd <= STDERR_FILENO)
		return 0;
	/* after EINTR the descriptor is closed all the same */
	return close(fd) && errno != EINTR ? -errno : 0;
}

int output_commit(struct output *out, const struct stat *like,
		  unsigned int flags)
{
	int ret = 0;

	if (out->path && like && S_ISREG(like->st_mode))
		keep_attributes(out, like);
	else if (out->path)
		default_attributes(out);
	if (flags & OUTPUT_SYNC && out->fd >= 0 && fsync(out->fd) &&
	    errno != EINVAL && errno != EROFS)
		ret = -errno;
	/* a file on a network may only fail here */
	if (!ret && out->temp)
		ret = close_fd(out);
	if (!ret && out->path)
		ret = publish(out);
	if (ret == -EEXIST) {
		message_error("%s: exists by now: -f overwrites it", out->name);
		output_abort(out);
		return ret;
	}
	if (!ret)
		ret = close_fd(out);
	if (ret)
		fail(out, -ret);
	output_abort(out);
	return ret;
}

void output_abort(struct output *out)
{
	if (out->temp)
		drop_temp(out, true);
	close_fd(out);
	free(out->path);
	out->path = NULL;
}
