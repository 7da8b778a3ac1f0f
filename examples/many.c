// SPDX-License-Identifier: MIT
/*
 * Many requests in flight, sent and received in bursts: the CRC-32 of a file,
 * computed block by block on all CPUs.
 *
 *	./many FILE
 *
 * The answers come in any order. Each is found by its own request, and the
 * check values of the blocks are joined at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <warpdrive/warpdrive.h>

#define BLOCK ((size_t)64 * 1024)
#define BURST 32

/* Receives at least one answer; returns how many. */
static int receive(struct wd_queue *q, void **done)
{
	int n = wd_recv_burst(q, done, BURST);

	if (n == 0) {
		n = wd_recv_sync(q, &done[0]);
		if (n == 0)
			n = 1;
	}
	return n;
}

/* Sends all requests and receives all answers. */
static int run(struct wd_queue *q, void **reqs, size_t count)
{
	size_t sent = 0, received = 0;
	void *done[BURST];
	int n;

	while (received < count) {
		if (sent < count) {
			n = wd_send_burst(q, reqs + sent,
					  count - sent < BURST ? count - sent :
								 BURST);
			if (n < 0)
				return n;
			sent += n;
			if (n)
				continue; /* there is room for more */
		}

		n = receive(q, done);
		if (n < 0)
			return n;
		for (int i = 0; i < n; i++) {
			struct wd_request *r = done[i];

			if (r->status)
				return r->status;
		}
		received += n;
	}
	return 0;
}

static int crc(const char *data, size_t len, uint32_t *value)
{
	size_t count = (len + BLOCK - 1) / BLOCK;
	struct wd_request *r = calloc(count + 1, sizeof(*r));
	void **reqs = calloc(count + 1, sizeof(*reqs));
	struct wd_queue q = { .algorithm = "crc32", .workers = WD_WORKERS_ALL };
	int err = -ENOMEM;

	for (size_t i = 0; r && reqs && i < count; i++) {
		r[i].op = WD_CRC32;
		r[i].src = data + i * BLOCK;
		r[i].src_len = i + 1 < count ? BLOCK : len - i * BLOCK;
		reqs[i] = &r[i];
	}

	if (r && reqs)
		err = wd_request_queue(&q);
	if (!err) {
		err = run(&q, reqs, count);
		wd_release_queue(&q); /* nothing is in use after this */
	}

	*value = 0;
	for (size_t i = 0; !err && i < count; i++)
		*value = wd_checksum_combine(
			WD_GZIP, *value, (uint32_t)r[i].result, r[i].src_len);
	free(reqs);
	free(r);
	return err;
}

int main(int argc, char **argv)
{
	struct stat st;
	uint32_t value;
	void *data = NULL;
	int fd, err;

	if (argc != 2) {
		fprintf(stderr, "usage: many FILE\n");
		return 1;
	}
	fd = open(argv[1], O_RDONLY);
	if (fd < 0 || fstat(fd, &st)) {
		perror(argv[1]);
		return 1;
	}
	if (st.st_size)
		data = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (data == MAP_FAILED) {
		perror(argv[1]);
		return 1;
	}

	err = crc(data, st.st_size, &value);
	if (err) {
		fprintf(stderr, "many: %s\n", strerror(-err));
		return 1;
	}
	printf("%08x  %s\n", value, argv[1]);
	return 0;
}
