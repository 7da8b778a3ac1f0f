// SPDX-License-Identifier: MIT
/*
 * One request on one queue: compresses a line into the gzip format and writes
 * it to the standard output.
 *
 *	./queue | gzip -d
 */
#include <stdio.h>
#include <string.h>

#include <warpdrive/warpdrive.h>

static int compress_line(struct wd_queue *q, const char *line)
{
	char out[256];
	struct wd_request r = {
		.op = WD_COMPRESS,
		.src = line,
		.src_len = strlen(line),
		.dst = out,
		.dst_len = sizeof(out),
	};
	void *done;
	int err;

	err = wd_send(q, &r);
	if (err)
		return err;

	/* From here on r and its buffers are the library's ... */
	err = wd_recv_sync(q, &done);
	if (err)
		return err;

	/* ... and now they are ours again: done == &r. */
	if (r.status == 0)
		fwrite(out, 1, r.produced, stdout);
	return r.status;
}

int main(void)
{
	struct wd_queue q = { .algorithm = "gzip" };
	int err;

	err = wd_request_queue(&q);
	if (!err) {
		err = compress_line(&q, "to be, or not to be: to be!\n");
		wd_release_queue(&q);
	}
	if (err)
		fprintf(stderr, "queue: %s\n", strerror(-err));
	return err ? 1 : 0;
}
