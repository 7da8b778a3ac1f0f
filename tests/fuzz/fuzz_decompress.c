/* SPDX-License-Identifier: MIT */
/*
 * Decompression of anything, in one request and as a stream: the verdict and
 * the output are zlib's.
 */
#include "input.h"

#include <errno.h>
#include <string.h>

#include <warpdrive/warpdrive.h>

#include "guarded.h"
#include "reference.h"

enum { ROOM_MAX = 40000 };

static struct wd_queue queue = {
	.device = "sw",
	.flags = WD_QUEUE_SINGLE_THREAD,
	.workers = WD_WORKERS_NONE,
};

static void run(struct wd_request *r)
{
	void *done;

	CHECK(wd_send(&queue, r) == 0);
	CHECK(wd_recv_sync(&queue, &done) == 0);
	CHECK(done == r);
}

/* In one request, between guard pages. */
static void decompress(enum wd_format format, const struct guarded *in,
		       size_t room, enum guarded_edge edge)
{
	static unsigned char expected[ROOM_MAX];
	struct guarded out = guarded_get(room, edge);
	struct reference_result reference =
		reference_inflate(format, in->data, in->size, expected, room);
	struct wd_request r = {
		.op = WD_DECOMPRESS,
		.format = (uint8_t)format,
		.src = in->data,
		.src_len = in->size,
		.dst = out.data,
		.dst_len = room,
	};

	run(&r);
	CHECK(r.consumed <= in->size);
	CHECK(r.produced <= room);
	CHECK(reference_agrees(r.status, &reference, in->size));
	if (r.status == 0 && reference.status == 0) {
		CHECK(r.consumed == reference.consumed);
		CHECK(r.produced == reference.produced);
		CHECK(memcmp(out.data, expected, r.produced) == 0);
	}
	if (r.status == -ENOSPC && reference.status == -ENOSPC)
		CHECK(memcmp(out.data, expected, r.produced) == 0);
	guarded_put(&out);
}

/* In pieces of which the input itself gives the sizes. */
static void decompress_stream(enum wd_format format, const struct guarded *in,
			      struct input sizes)
{
	static unsigned char expected[ROOM_MAX];
	struct reference_result reference = reference_inflate(
		format, in->data, in->size, expected, ROOM_MAX);
	size_t done = 0, at = 0, steps;
	struct wd_stream *stream;
	int status = -ENODATA;

	CHECK(wd_stream_open(&queue, WD_DECOMPRESS, format, 0, 0, &stream) ==
	      0);
	for (steps = 0; steps < 10000; steps++) {
		size_t n = 1 + input_number(&sizes, 3000);
		size_t room = 1 + input_number(&sizes, 3000);
		struct guarded src, dst;

		if (!sizes.size)
			n = room = ROOM_MAX;
		struct wd_request r = { .op = WD_DECOMPRESS, .stream = stream };

		n = n < in->size - done ? n : in->size - done;
		room = room < ROOM_MAX - at ? room : ROOM_MAX - at;
		src = guarded_copy(in->data + done, n, GUARDED_END);
		dst = guarded_get(room, GUARDED_END);
		r.src = src.data;
		r.src_len = n;
		r.dst = dst.data;
		r.dst_len = room;
		run(&r);
		status = r.status;
		CHECK(r.consumed <= n && r.produced <= room);
		if (status == 0 && reference.status == 0)
			CHECK(memcmp(dst.data, expected + at, r.produced) == 0);
		done += r.consumed;
		at += r.produced;
		guarded_put(&src);
		guarded_put(&dst);
		if (status != -ENODATA && status != -ENOSPC)
			break;
		if (!r.consumed && !r.produced &&
		    (done == in->size || at == ROOM_MAX))
			break;
	}
	CHECK(steps < 10000);
	if (format != WD_GZIP && reference.status == 0) {
		CHECK(status == 0);
		CHECK(done == reference.consumed);
		CHECK(at == reference.produced);
	}
	wd_stream_close(stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	enum wd_format format = (enum wd_format)(1 + input_byte(&input) % 3);
	unsigned int how = input_byte(&input);
	enum guarded_edge edge = how & 1 ? GUARDED_START : GUARDED_END;
	struct guarded in;

	if (!queue.priv)
		CHECK(wd_request_queue(&queue) == 0);
	in = guarded_copy(input.data, input.size, edge);
	guarded_protect(&in);
	if (how & 2)
		decompress_stream(format, &in, input);
	else
		decompress(format, &in,
			   how & 4 ? input_number(&input, ROOM_MAX) : ROOM_MAX,
			   edge);
	guarded_put(&in);
	return 0;
}
