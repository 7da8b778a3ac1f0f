// SPDX-License-Identifier: MIT
/*
 * A stream: compresses or decompresses (-d) data of any length from the
 * standard input to the standard output, in the gzip format and in constant
 * memory.
 *
 *	./stream < FILE > FILE.gz
 *	./stream -d < FILE.gz
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <warpdrive/warpdrive.h>

static char in[65536];
static char out[65536];

static int write_out(const struct wd_comp_buffers *b)
{
	size_t len = sizeof(out) - b->out_len;

	return fwrite(out, 1, len, stdout) == len ? 0 : -errno;
}

static int compress_all(struct wd_comp_stream *stream)
{
	int ret = 0;

	while (!ret) {
		struct wd_comp_buffers b = { .in = in };
		enum wd_flush flush;

		b.in_len = fread(in, 1, sizeof(in), stdin);
		flush = b.in_len ? WD_FLUSH_NONE : WD_FLUSH_FINISH;
		do {
			b.out = out;
			b.out_len = sizeof(out);
			ret = wd_comp_stream_run(stream, &b, flush);
			if (ret >= 0 && write_out(&b))
				ret = -EIO;
		} while (!ret && !b.out_len); /* full: the same once more */
	}
	return ret < 0 ? ret : 0;
}

/* One gzip member after the other, until the input ends behind one. */
static int decompress_all(struct wd_comp_stream *stream)
{
	struct wd_comp_buffers b = { 0 };
	int ret = 0;

	for (;;) {
		if (!b.in_len) {
			b.in = in;
			b.in_len = fread(in, 1, sizeof(in), stdin);
			if (!b.in_len)
				return ret ? 0 : -ENODATA;
		}
		if (ret) {
			ret = wd_comp_stream_reset(stream);
			if (ret)
				return ret;
		}
		do {
			b.out = out;
			b.out_len = sizeof(out);
			ret = wd_comp_stream_run(stream, &b, WD_FLUSH_DEFAULT);
			if (ret < 0)
				return ret;
			if (write_out(&b))
				return -EIO;
		} while (!ret && !b.out_len);
	}
}

int main(int argc, char **argv)
{
	int decompress = argc > 1 && !strcmp(argv[1], "-d");
	struct wd_comp_stream *stream;
	struct wd_comp *comp;
	int err;

	err = wd_comp_open(&comp, &(struct wd_comp_params){ .format = WD_GZIP,
							    .level = 6 });
	if (err)
		goto done;
	err = wd_comp_stream_open(
		comp, decompress ? WD_DECOMPRESS : WD_COMPRESS, &stream);
	if (!err) {
		err = decompress ? decompress_all(stream) :
				   compress_all(stream);
		wd_comp_stream_close(stream);
	}
	wd_comp_close(comp);
done:
	if (err)
		fprintf(stderr, "stream: %s\n", strerror(-err));
	return err ? 1 : 0;
}
