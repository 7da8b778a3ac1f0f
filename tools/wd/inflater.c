// SPDX-License-Identifier: MIT
/* Decompression as a stream. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "container.h"
#include "inflater.h"
#include "message.h"
#include "session.h"

/* Fits into a second-level cache, and is enough for one write(). */
#define OUT_LEN (256u << 10)

struct inflater {
	const struct codec_options *opt;
	/* by format, opened when first needed */
	struct wd_comp *comps[WD_FORMAT_COUNT];
	struct wd_comp_stream *streams[WD_FORMAT_COUNT];
	unsigned char *out;

	/* the job at hand */
	struct job *job;
	struct wd_comp_stream *stream;
	size_t filled; /* of .out */
};

int inflater_create(struct inflater **inflater, const struct codec_options *opt)
{
	struct inflater *inf = calloc(1, sizeof(*inf));

	if (!inf)
		return -ENOMEM;
	inf->opt = opt;
	inf->out = malloc(OUT_LEN);
	if (!inf->out) {
		free(inf);
		return -ENOMEM;
	}
	*inflater = inf;
	return 0;
}

void inflater_destroy(struct inflater *inf)
{
	int i;

	if (!inf)
		return;
	for (i = 0; i < WD_FORMAT_COUNT; i++) {
		wd_comp_stream_close(inf->streams[i]);
		wd_comp_close(inf->comps[i]);
	}
	free(inf->out);
	free(inf);
}

/* A fresh stream of the format. */
static int begin_stream(struct inflater *inf, enum wd_format format)
{
	struct wd_comp **comp = &inf->comps[format];
	struct wd_comp_stream **stream = &inf->streams[format];
	int ret = 0;

	if (!*comp)
		ret = session_open(comp, inf->opt, format, WD_WORKERS_NONE, 0);
	if (!ret && !*stream)
		ret = wd_comp_stream_open(*comp, WD_DECOMPRESS, stream);
	else if (!ret)
		ret = wd_comp_stream_reset(*stream);
	if (!ret) {
		inf->stream = *stream;
		inf->job->device = wd_comp_device(*comp);
	}
	return ret;
}

static int flush_out(struct inflater *inf)
{
	size_t len = inf->filled;

	inf->filled = 0;
	return output_write(&inf->job->out, inf->out, len);
}

static int say(struct inflater *inf, int error, const char *what)
{
	message_error("%s: %s", inf->job->in.name, what);
	return error;
}

static int say_failure(struct inflater *inf, int error)
{
	if (error == -EBADMSG)
		return say(inf, error, "the compressed data is corrupt");
	if (error == -ENODATA)
		return say(inf, error,
			   "the compressed data ends too early: the file is "
			   "truncated");
	if (error == -EOPNOTSUPP)
		return say(inf, error,
			   "needs a preset dictionary, which only the program "
			   "that wrote it has");
	return say(inf, error, strerror(-error));
}

/* One step of the stream: returns as wd_comp_stream_run(). */
static int step(struct inflater *inf)
{
	struct input *in = &inf->job->in;
	struct wd_comp_buffers buffers = {
		.in = in->data,
		.in_len = in->len,
		.out = inf->out + inf->filled,
		.out_len = OUT_LEN - inf->filled,
	};
	size_t took;
	int ret;

	ret = wd_comp_stream_run(inf->stream, &buffers, WD_FLUSH_DEFAULT);
	took = in->len - buffers.in_len;
	input_take(in, took);
	inf->job->bytes_in += took;
	inf->filled = OUT_LEN - buffers.out_len;
	progress_update(&inf->job->progress, inf->job->bytes_in);
	return ret;
}

/* Everything up to the end of one gzip member, or of the whole data. */
static int run_member(struct inflater *inf)
{
	struct input *in = &inf->job->in;
	int ret;

	do {
		ret = input_want(in, 1);
		if (ret)
			return ret;
		ret = step(inf);
		if (ret < 0)
			return say_failure(inf, ret);
		/* room was left, so it was input that was missing */
		if (!ret && !in->len && inf->filled < OUT_LEN) {
			if (input_want(in, 1))
				return -EIO;
			if (!in->len)
				return say_failure(inf, -ENODATA);
		}
		if (inf->filled == OUT_LEN && flush_out(inf))
			return -EIO;
	} while (!ret);
	return 0;
}

static int find_format(struct inflater *inf, enum wd_format *format)
{
	struct input *in = &inf->job->in;
	int ret;

	ret = input_want(in, CONTAINER_MAGIC_LEN);
	if (ret)
		return ret;
	*format = inf->opt->format;
	if (*format)
		return 0;
	*format = container_detect(in->data, in->len);
	if (*format)
		return 0;
	if (in->len < CONTAINER_MAGIC_LEN)
		return say(inf, -ENODATA, "is too short to be compressed data");
	return say(inf, -EBADMSG,
		   "is not in gzip or zlib format; raw deflate data needs -a "
		   "deflate");
}

/* What follows the data: zeros are padding, anything else is garbage. */
static int check_rest(struct inflater *inf)
{
	struct input *in = &inf->job->in;
	size_t i;

	for (;;) {
		if (input_want(in, 1))
			return EXIT_CODE_ERROR;
		if (!in->len)
			return EXIT_CODE_OK;
		for (i = 0; i < in->len && !in->data[i]; i++)
			;
		if (i < in->len)
			break;
		inf->job->bytes_in += i;
		input_take(in, i);
	}
	message_warning("%s: decompressed, but what follows the compressed "
			"data is ignored",
			in->name);
	return EXIT_CODE_WARNING;
}

static bool another_member(struct inflater *inf)
{
	struct input *in = &inf->job->in;

	return container_detect(in->data, in->len) == WD_GZIP;
}

static int run_members(struct inflater *inf, enum wd_format format)
{
	int ret;

	do {
		ret = begin_stream(inf, format);
		if (!ret)
			ret = run_member(inf);
		if (!ret)
			ret = input_want(&inf->job->in, CONTAINER_MAGIC_LEN);
		if (ret)
			return ret;
	} while (format == WD_GZIP && another_member(inf));
	return flush_out(inf);
}

int inflater_run(struct inflater *inf, struct job *job)
{
	enum wd_format format;
	struct session_counts before;
	int ret;

	inf->job = job;
	inf->filled = 0;
	message_forget();
	if (find_format(inf, &format))
		return EXIT_CODE_ERROR;
	job->format = format;
	before = session_count(inf->comps[format]);
	ret = run_members(inf, format);
	job->counts = session_count_since(inf->comps[format], &before);
	if (ret) {
		if (!message_last()[0])
			say_failure(inf, ret);
		return EXIT_CODE_ERROR;
	}
	return check_rest(inf);
}
