/* SPDX-License-Identifier: MIT */
/*
 * A compressing stream in pieces, with flushes and resets where the input says
 * so: what comes out is what went in, to zlib and to a decompressing stream.
 */
#include "input.h"

#include <errno.h>
#include <string.h>

#include <warpdrive/warpdrive.h>

#include "guarded.h"
#include "reference.h"
#include "sample.h"

enum { PLAIN_MAX = 24000, PACKED_MAX = 4 * PLAIN_MAX, IDLE_MAX = 64 };

static struct wd_queue queue = {
	.device = "sw",
	.flags = WD_QUEUE_SINGLE_THREAD,
	.workers = WD_WORKERS_NONE,
};

static unsigned char plain[PLAIN_MAX], packed[PACKED_MAX];

static void run(struct wd_request *r)
{
	void *done;

	CHECK(wd_send(&queue, r) == 0);
	CHECK(wd_recv_sync(&queue, &done) == 0);
	CHECK(done == r);
}

/* One request on guarded buffers; adds to *@done and *@at. */
static int run_piece(struct wd_stream *stream, enum wd_op op,
		     enum wd_flush flush, const unsigned char *in, size_t n,
		     unsigned char *out, size_t room, size_t *done, size_t *at)
{
	struct guarded src = guarded_copy(in + *done, n, GUARDED_END);
	struct guarded dst = guarded_get(room, GUARDED_END);
	struct wd_request r = {
		.op = (uint8_t)op,
		.flush = (uint8_t)flush,
		.src = src.data,
		.src_len = n,
		.dst = dst.data,
		.dst_len = room,
		.stream = stream,
	};

	guarded_protect(&src);
	run(&r);
	CHECK(r.consumed <= n);
	CHECK(r.produced <= room);
	if (r.produced)
		memcpy(out + *at, dst.data, r.produced);
	*done += r.consumed;
	*at += r.produced;
	guarded_put(&src);
	guarded_put(&dst);
	return r.status;
}

/* Writes @size bytes of plain; returns the size, 0 if packed is full. */
static size_t write_stream(struct wd_stream *stream, struct input *input,
			   size_t size)
{
	size_t done = 0, at = 0;
	int status;

	for (;;) {
		size_t n = input_number(input, 5000);
		enum wd_flush flush = (enum wd_flush)(input_byte(input) % 4);
		size_t end, idle = 0;

		if (n >= size - done || !input->size) {
			n = size - done;
			flush = WD_FLUSH_FINISH;
		}
		end = done + n;
		do {
			size_t room = 1 + input_number(input, 20000);
			size_t before = at + done;

			if (!input->size) /* else it would take for ever */
				room = PACKED_MAX / 2;
			if (room > PACKED_MAX - at)
				return 0;
			status = run_piece(stream, WD_COMPRESS, flush, plain,
					   end - done, packed, room, &done,
					   &at);
			CHECK(status == 0 || status == -ENOSPC);
			idle = before == at + done ? idle + 1 : 0;
			CHECK(idle < IDLE_MAX);
		} while (status);
		CHECK(done == end);
		if (flush == WD_FLUSH_FINISH)
			return at;
	}
}

static void read_stream(enum wd_format format, struct input *input, size_t n,
			size_t size)
{
	static unsigned char back[PLAIN_MAX];
	size_t done = 0, at = 0, idle = 0;
	struct wd_stream *stream;
	int status;

	CHECK(wd_stream_open(&queue, WD_DECOMPRESS, format, 0, 0, &stream) ==
	      0);
	do {
		size_t piece = 1 + input_number(input, 5000);
		size_t room = 1 + input_number(input, 5000);
		size_t before = at + done;

		if (!input->size) /* else it would take for ever */
			piece = room = PACKED_MAX;
		piece = piece < n - done ? piece : n - done;
		room = room < size - at ? room : size - at;
		status = run_piece(stream, WD_DECOMPRESS, WD_FLUSH_DEFAULT,
				   packed, piece, back, room, &done, &at);
		idle = before == at + done ? idle + 1 : 0;
		CHECK(idle < IDLE_MAX);
	} while (status == -ENODATA || status == -ENOSPC);
	CHECK(status == 0);
	CHECK(done == n);
	CHECK(at == size);
	CHECK(memcmp(back, plain, size) == 0);
	wd_stream_close(stream);
}

/* Part of it from the input, part made up. */
static size_t make_plain(struct input *input)
{
	size_t from = input->size / 2;
	size_t more = input_number(input, 12000) * 2;
	enum sample_kind kind =
		(enum sample_kind)(input_byte(input) % SAMPLE_KINDS);

	if (from > input->size)
		from = input->size;
	if (from > PLAIN_MAX)
		from = PLAIN_MAX;
	if (more > PLAIN_MAX - from)
		more = PLAIN_MAX - from;
	memcpy(plain, input->data, from);
	sample_fill(plain + from, more, kind, from + more);
	input->data += from;
	input->size -= from;
	return from + more;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	enum wd_format format = (enum wd_format)(1 + input_byte(&input) % 3);
	int level = (int)(input_byte(&input) % 14) - 1;
	unsigned int rounds = 1 + input_byte(&input) % 3;
	struct wd_stream *stream;
	size_t length, n;

	if (!queue.priv)
		CHECK(wd_request_queue(&queue) == 0);
	length = make_plain(&input);
	CHECK(wd_stream_open(&queue, WD_COMPRESS, format, level, 0, &stream) ==
	      0);
	while (rounds--) {
		n = write_stream(stream, &input, length);
		if (n) {
			CHECK(reference_is(format, packed, n, plain, length));
			read_stream(format, &input, n, length);
		}
		CHECK(wd_stream_reset(stream) == 0);
	}
	wd_stream_close(stream);
	return 0;
}
