// SPDX-License-Identifier: MIT
/*
 * pointer DEVICE FILE OUTPUT: compresses a mapped file with one request whose
 * output nothing has ever touched, then again into the same memory, and says how
 * many pages the device had to ask for. Then keeps a queue busy between two
 * marks that a trace of this program's system calls shows.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uapi/vaccel.h>
#include <warpdrive/queue.h>
#include <warpdrive/request.h>

#define DEPTH 64
#define OPERATIONS 10000
#define PIECE 4096

static void die(const char *what)
{
	fprintf(stderr, "pointer: %s\n", what);
	exit(1);
}

static void *anonymous(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		die("no memory");
	/* Pages of the same size on every kernel, so that counts compare. */
	madvise(at, size, MADV_NOHUGEPAGE);
	return at;
}

/* The library hides its descriptor of the device: the first that is one. */
static unsigned long long faults(const char *device)
{
	struct vaccel_counters counters = { .argsz = sizeof(counters) };
	char link[32], path[64];
	ssize_t len;
	int fd;

	for (fd = 3; fd < 64; fd++) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		len = readlink(link, path, sizeof(path) - 1);
		if (len < 5)
			continue;
		path[len] = '\0';
		if (!strcmp(path + 5, device) &&
		    !ioctl(fd, VACCEL_IOC_COUNTERS, &counters))
			return counters.faults;
	}
	die("the device has no counters");
	return 0;
}

static size_t compress(struct wd_queue *q, const char *label,
		       struct wd_request *r, bool touched)
{
	unsigned long long before = faults(q->got.device);
	unsigned long long asked;
	void *done;

	if (wd_send(q, r) || wd_recv_sync(q, &done) || r->status)
		die("the device did not compress it");
	asked = faults(q->got.device) - before;
	printf("%-24s %zu -> %zu bytes, %llu pages asked for\n", label,
	       r->consumed, r->produced, asked);
	/* Pages of the output at the least; none when all are there. */
	if (touched ? asked > 0 : asked < r->produced / PIECE)
		die("that is not how many there were");
	return r->produced;
}

static void keep_busy(struct wd_queue *q)
{
	static struct wd_request requests[DEPTH];
	char *from = anonymous(DEPTH * PIECE), *to = anonymous(DEPTH * PIECE);
	unsigned int sent = 0, received = 0, i;
	void *done;

	memset(from, 1, DEPTH * PIECE);
	for (i = 0; i < DEPTH; i++)
		requests[i] = (struct wd_request){ .op = WD_COPY,
						   .src = from + i * PIECE,
						   .src_len = PIECE,
						   .dst = to + i * PIECE,
						   .dst_len = PIECE };
	if (write(STDERR_FILENO, "busy\n", 5) != 5)
		die("no standard error");
	for (i = 0; i < DEPTH; i++)
		sent += !wd_send(q, &requests[i]);
	while (received < OPERATIONS) {
		if (wd_recv(q, &done))
			continue;
		if (((struct wd_request *)done)->status)
			die("a copy failed");
		received++;
		if (sent < OPERATIONS)
			sent += !wd_send(q, done);
	}
	if (write(STDERR_FILENO, "idle\n", 5) != 5)
		die("no standard error");
}

int main(int argc, char **argv)
{
	struct wd_queue q = { .algorithm = "gzip",
			      .flags = WD_QUEUE_SINGLE_THREAD };
	struct wd_request r = { .op = WD_COMPRESS, .level = 1 };
	struct stat st;
	size_t produced;
	int fd;

	if (argc != 4)
		die("usage: pointer DEVICE FILE OUTPUT");
	q.device = argv[1];
	if (wd_request_queue(&q))
		die("no queue");
	fd = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		die("no such file");
	r.src_len = (size_t)st.st_size;
	r.src = mmap(NULL, r.src_len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (r.src == MAP_FAILED)
		die("the file cannot be mapped");
	close(fd);
	r.dst_len = wd_compress_bound(WD_GZIP, r.src_len);
	r.dst = anonymous(r.dst_len);

	compress(&q, "memory never touched:", &r, false);
	produced = compress(&q, "the same again:", &r, true);
	fd = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, r.dst, produced) != (ssize_t)produced)
		die("the output cannot be written");
	close(fd);
	keep_busy(&q);
	wd_release_queue(&q);
	return 0;
}
