/* SPDX-License-Identifier: MIT */
/*
 * Every operation on lists of guarded buffers answers as it does on whole ones,
 * wherever the input cuts them.
 */
#include "input.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <warpdrive/warpdrive.h>

#include "guarded.h"
#include "reference.h"

enum { ROOM_MAX = 30000, ENTRIES = 48 };

static struct wd_queue queue = {
	.device = "sw",
	.flags = WD_QUEUE_SINGLE_THREAD,
	.workers = WD_WORKERS_NONE,
};

static unsigned char whole[ROOM_MAX], scattered[ROOM_MAX];

struct list {
	struct iovec iov[ENTRIES];
	struct guarded piece[ENTRIES];
	size_t count;
};

static struct list list_get(struct input *input, const void *data, size_t size)
{
	struct list list = { .count = 0 };
	size_t done = 0;

	while (list.count < ENTRIES && (done < size || list.count < 2)) {
		size_t n = input_number(input, 2000);
		struct iovec *iov = &list.iov[list.count];
		struct guarded *piece = &list.piece[list.count];

		if (n > size - done || list.count == ENTRIES - 1)
			n = size - done;
		*piece = guarded_get(n, list.count & 1 ? GUARDED_END :
							 GUARDED_START);
		if (n && data)
			memcpy(piece->data, (const char *)data + done, n);
		else if (n)
			memset(piece->data, 0, n);
		iov->iov_base = n ? piece->data : NULL;
		iov->iov_len = n;
		done += n;
		list.count++;
	}
	return list;
}

static void list_put(struct list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		guarded_put(&list->piece[i]);
}

static void list_read(const struct list *list, unsigned char *out)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (list->iov[i].iov_len)
			memcpy(out, list->iov[i].iov_base,
			       list->iov[i].iov_len);
		out += list->iov[i].iov_len;
	}
}

static int run(struct wd_request *r)
{
	void *done;
	int sent = wd_send(&queue, r);

	if (sent)
		return sent;
	CHECK(wd_recv_sync(&queue, &done) == 0);
	CHECK(done == r);
	return r->status;
}

static bool reads_src(unsigned int op)
{
	return op != WD_NOOP && op != WD_FILL && op != WD_FACTORIAL;
}

static bool uses_dst(unsigned int op)
{
	return op == WD_COPY || op == WD_FILL || op == WD_COMPARE ||
	       op == WD_COMPRESS || op == WD_DECOMPRESS;
}

/* What the two answers must have in common. */
static void compare(const struct wd_request *flat, int flat_status,
		    const struct wd_request *list, int list_status, size_t size)
{
	CHECK(flat_status == list_status);
	if (flat_status)
		return;
	CHECK(flat->result == list->result);
	CHECK(flat->consumed == list->consumed);
	if (flat->op == WD_COMPRESS) {
		/* The bytes may differ: another path may be taken. */
		CHECK(reference_is((enum wd_format)list->format, scattered,
				   list->produced, flat->src, size));
		return;
	}
	CHECK(flat->produced == list->produced);
	CHECK(memcmp(whole, scattered, flat->produced) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	unsigned int op = input_byte(&input) % WD_OP_COUNT;
	unsigned int how = input_byte(&input);
	bool src_list = how & 1 && reads_src(op);
	bool dst_list = how & 2 && uses_dst(op);
	struct wd_request flat = {
		.op = (uint8_t)op,
		.format = (uint8_t)(1 + input_byte(&input) % 3),
		.level = (int8_t)(input_byte(&input) % 14 - 1),
		.operand = input_byte(&input) * 0x01030507ull,
	};
	size_t room = input_number(&input, ROOM_MAX);
	struct wd_request r;
	struct list src, dst;
	int flat_status, status;

	if (!queue.priv)
		CHECK(wd_request_queue(&queue) == 0);
	if (op == WD_COMPRESS || op == WD_DECOMPRESS)
		room = ROOM_MAX; /* which of two is full first may differ */
	if (op == WD_COMPARE || op == WD_COPY)
		room = input.size < ROOM_MAX ? input.size : ROOM_MAX;
	if (op == WD_COMPARE)
		input.size = room;
	memset(whole, 0, sizeof(whole));
	memset(scattered, 0, sizeof(scattered));

	flat.src = input.data;
	flat.src_len = input.size;
	flat.dst = whole;
	flat.dst_len = room;
	r = flat;
	src = list_get(&(struct input){ data, size }, input.data, input.size);
	dst = list_get(&(struct input){ data, size / 2 }, NULL, room);
	if (src_list) {
		r.flags |= WD_REQUEST_SRC_IOV;
		r.src_iov = src.iov;
		r.src_len = src.count;
	}
	if (dst_list) {
		r.flags |= WD_REQUEST_DST_IOV;
		r.dst_iov = dst.iov;
		r.dst_len = dst.count;
	} else {
		r.dst = scattered;
	}
	flat_status = run(&flat);
	status = run(&r);
	if (dst_list)
		list_read(&dst, scattered);
	compare(&flat, flat_status, &r, status, input.size);
	list_put(&src);
	list_put(&dst);
	return 0;
}
