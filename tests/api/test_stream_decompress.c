/* SPDX-License-Identifier: MIT */
/* Decompression in pieces of what the system's zlib has written. */
#include "fixture.h"
#include "suites.h"

/* A stream being read. */
struct reader {
	struct wd_queue *q;
	struct wd_stream *stream;
	struct sample_random random;
	size_t most_in, most_out; /* sizes of pieces */
	bool lists;

	const unsigned char *packed;
	size_t size, done;
	const unsigned char *plain;
	size_t plain_size, at;
};

static void reader_open(struct reader *r, struct wd_queue *q,
			enum wd_format format)
{
	memset(r, 0, sizeof(*r));
	r->q = q;
	r->most_in = r->most_out = 1000;
	assert_int_equal(
		wd_stream_open(q, WD_DECOMPRESS, format, 0, 0, &r->stream), 0);
}

/* Sends up to @n bytes with @room for what comes of them. */
static int read_piece(struct reader *r, size_t n, size_t room)
{
	struct guarded src = guarded_copy(r->packed + r->done, n, GUARDED_END);
	struct guarded dst = guarded_get(room, GUARDED_END);
	struct iovec from[2] = { { src.data, n / 2 },
				 { src.data + n / 2, n - n / 2 } };
	struct iovec to[2] = { { dst.data, room / 3 },
			       { dst.data + room / 3, room - room / 3 } };
	struct wd_request req = {
		.op = WD_DECOMPRESS,
		.src = src.data,
		.src_len = n,
		.dst = dst.data,
		.dst_len = room,
		.stream = r->stream,
	};

	if (r->lists) {
		req.flags = WD_REQUEST_SRC_IOV | WD_REQUEST_DST_IOV;
		req.src_iov = from;
		req.dst_iov = to;
		req.src_len = req.dst_len = 2;
	}
	guarded_protect(&src);
	fixture_run(r->q, &req);
	assert_in_range(req.consumed, 0, n);
	assert_in_range(req.produced, 0, room);
	if (req.status == -ENODATA)
		assert_int_equal(req.consumed, n);
	if (req.status == -ENOSPC)
		assert_int_equal(req.produced, room);
	assert_in_range(r->at + req.produced, 0, r->plain_size);
	if (req.produced)
		assert_memory_equal(dst.data, r->plain + r->at, req.produced);
	r->done += req.consumed;
	r->at += req.produced;
	guarded_put(&src);
	guarded_put(&dst);
	return req.status;
}

/* Reads on until the stream ends, fails or has no more input. */
static int read_all(struct reader *r)
{
	unsigned int idle = 0;
	int status;

	do {
		size_t n = sample_below(&r->random, r->most_in + 1);
		size_t room = sample_below(&r->random, r->most_out + 1);
		size_t done = r->done, at = r->at;

		if (n > r->size - r->done)
			n = r->size - r->done;
		status = read_piece(r, n, room);
		idle = done == r->done && at == r->at ? idle + 1 : 0;
		if (status == -ENODATA && r->done == r->size && idle > 40)
			return status;
		assert_in_range(idle, 0, 100);
	} while (status == -ENODATA || status == -ENOSPC);
	return status;
}

static void reader_take(struct reader *r, const unsigned char *packed,
			size_t size, const unsigned char *plain,
			size_t plain_size)
{
	r->packed = packed;
	r->size = size;
	r->done = 0;
	r->plain = plain;
	r->plain_size = plain_size;
	r->at = 0;
}

static void test_pieces(void **state)
{
	static const size_t pieces[][2] = {
		{ 1, 1 },     { 3, 7 },	      { 50, 100 },	  { 5000, 50 },
		{ 20, 3000 }, { 5000, 5000 }, { 100000, 400000 },
	};
	static const struct reference_params kinds[] = {
		{ .level = 6 },
		{ .level = -1 },
		{ .level = 6, .strategy = Z_FIXED },
		{ .level = 9, .mem_level = 1 },
		{ .level = 1, .window_bits = 9 },
	};
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (i = 0; i < 3 * 5 * 7 * 2; i++) {
		size_t p = i % ARRAY_SIZE(pieces);
		size_t most = pieces[p][0] < pieces[p][1] ? pieces[p][0] :
							    pieces[p][1];
		size_t size = (most < 2000 ? most : 2000) * 200 + i % 3;
		enum sample_kind kind = (enum sample_kind)(i % SAMPLE_KINDS);
		unsigned char *plain = sample_new(size, kind, i);
		unsigned char *packed;
		struct reference_params params = kinds[i / 3 % 5];
		struct reader r;
		size_t n;

		params.format = (enum wd_format)(1 + i % 3);
		n = reference_deflate(&params, plain, size, &packed);
		reader_open(&r, &q, params.format);
		reader_take(&r, packed, n, plain, size);
		r.random.state = i + 1;
		r.most_in = pieces[p][0];
		r.most_out = pieces[p][1];
		r.lists = i % 4 == 3;
		assert_int_equal(read_all(&r), 0);
		assert_int_equal(r.done, n);
		assert_int_equal(r.at, size);
		wd_stream_close(r.stream);
		free(packed);
		free(plain);
	}
	wd_release_queue(&q);
}

/* What follows the object stays unread, whatever the pieces are. */
static void test_bytes_behind_the_end(void **state)
{
	enum { SIZE = 3000, BEHIND = 64 };
	unsigned char *plain = sample_new(SIZE, SAMPLE_TEXT, 1);
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (i = 0; i < 90; i++) {
		struct reference_params params = {
			.format = (enum wd_format)(1 + i % 3),
		};
		unsigned char *packed;
		struct reader r;
		size_t n = reference_deflate(&params, plain, SIZE, &packed);

		packed = realloc(packed, n + BEHIND);
		assert_non_null(packed);
		memset(packed + n, i % 2 ? 0xff : 0, BEHIND);
		reader_open(&r, &q, params.format);
		reader_take(&r, packed, n + BEHIND, plain, SIZE);
		r.random.state = i + 1;
		r.most_in = 1 + i * 50;
		assert_int_equal(read_all(&r), 0);
		assert_int_equal(r.done, n);
		assert_int_equal(r.at, SIZE);
		wd_stream_close(r.stream);
		free(packed);
	}
	wd_release_queue(&q);
	free(plain);
}

/* A gzip stream ends with the member; after a reset it reads the next. */
static void test_members_one_by_one(void **state)
{
	enum { COUNT = 8, SIZE = 2000 };
	struct reference_params params = { .format = WD_GZIP };
	unsigned char *plain = sample_new(COUNT * SIZE, SAMPLE_TEXT, 1);
	unsigned char *packed = malloc(COUNT * 2 * SIZE), *one;
	size_t end[COUNT + 1] = { 0 };
	struct wd_queue q;
	struct reader r;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	assert_non_null(packed);
	for (i = 0; i < COUNT; i++) {
		size_t n = reference_deflate(&params, plain + i * SIZE, SIZE,
					     &one);

		memcpy(packed + end[i], one, n);
		end[i + 1] = end[i] + n;
		free(one);
	}
	fixture_request(&q, NULL);
	reader_open(&r, &q, WD_GZIP);
	reader_take(&r, packed, end[COUNT], plain, COUNT * SIZE);
	for (i = 0; i < COUNT; i++) {
		assert_int_equal(read_all(&r), 0);
		assert_int_equal(r.done, end[i + 1]);
		assert_int_equal(r.at, (i + 1) * SIZE);
		assert_int_equal(wd_stream_reset(r.stream), 0);
	}
	wd_stream_close(r.stream);
	wd_release_queue(&q);
	free(packed);
	free(plain);
}

static void test_truncated(void **state)
{
	enum { SIZE = 500 };
	unsigned char *plain = sample_new(SIZE, SAMPLE_TEXT, 1), *packed;
	struct wd_queue q;
	struct reader r;
	size_t n, cut;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for_each_format(format)
	{
		struct reference_params params = { .format = format };

		n = reference_deflate(&params, plain, SIZE, &packed);
		reader_open(&r, &q, format);
		for (cut = 0; cut < n; cut++) {
			r.random.state = cut + 1;
			reader_take(&r, packed, cut, plain, SIZE);
			assert_int_equal(read_all(&r), -ENODATA);
			assert_int_equal(wd_stream_reset(r.stream), 0);
		}
		reader_take(&r, packed, n, plain, SIZE);
		assert_int_equal(read_all(&r), 0);
		wd_stream_close(r.stream);
		free(packed);
	}
	wd_release_queue(&q);
	free(plain);
}

/* Damage is found, in whatever pieces it comes, and a reset heals it. */
static void test_damaged(void **state)
{
	enum { SIZE = 3000 };
	unsigned char *plain = sample_new(SIZE, SAMPLE_TEXT, 1), *packed;
	struct wd_queue q;
	struct reader r;
	unsigned int i;
	size_t n;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (enum wd_format format = WD_ZLIB; format <= WD_GZIP; format++) {
		struct reference_params params = { .format = format };

		n = reference_deflate(&params, plain, SIZE, &packed);
		reader_open(&r, &q, format);
		for (i = 0; i < 60; i++) {
			r.random.state = i + 1;
			r.most_in = 1 + 20 * i;
			/* The check value is the one sure place. */
			packed[n - 1 - (format == WD_GZIP ? 4 : 0) - i % 4] ^=
				(unsigned char)(1 + i);
			reader_take(&r, packed, n, plain, SIZE);
			assert_int_equal(read_all(&r), -EBADMSG);
			packed[n - 1 - (format == WD_GZIP ? 4 : 0) - i % 4] ^=
				(unsigned char)(1 + i);
			assert_int_equal(wd_stream_reset(r.stream), 0);
			reader_take(&r, packed, n, plain, SIZE);
			assert_int_equal(read_all(&r), 0);
			assert_int_equal(r.at, SIZE);
			assert_int_equal(wd_stream_reset(r.stream), 0);
		}
		wd_stream_close(r.stream);
		free(packed);
	}
	wd_release_queue(&q);
	free(plain);
}

static void test_preset_dictionary(void **state)
{
	static const unsigned char header[] = { 0x78, 0xbb, 0, 0, 0, 1,
						3,    0,    0, 0, 0, 1 };
	struct wd_queue q;
	struct reader r;
	size_t most;

	(void)state;
	fixture_need("zlib");
	fixture_request(&q, NULL);
	for (most = 1; most <= sizeof(header); most++) {
		reader_open(&r, &q, WD_ZLIB);
		reader_take(&r, header, sizeof(header), NULL, 0);
		r.most_in = most;
		assert_int_equal(read_all(&r), -EOPNOTSUPP);
		wd_stream_close(r.stream);
	}
	wd_release_queue(&q);
}

/* No input and no room are no error, and change nothing. */
static void test_nothing_to_do(void **state)
{
	enum { SIZE = 3000 };
	struct reference_params params = { .format = WD_GZIP };
	unsigned char *plain = sample_new(SIZE, SAMPLE_TEXT, 1), *packed;
	struct wd_queue q;
	struct reader r;
	size_t n;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	n = reference_deflate(&params, plain, SIZE, &packed);
	reader_open(&r, &q, WD_GZIP);
	reader_take(&r, packed, n, plain, SIZE);
	assert_int_equal(read_piece(&r, 0, 100), -ENODATA);
	assert_int_equal(read_piece(&r, 5, 100), -ENODATA);
	assert_int_equal(read_piece(&r, 0, 0), -ENODATA);
	assert_int_equal(read_all(&r), 0);
	assert_int_equal(r.at, SIZE);
	wd_stream_close(r.stream);
	wd_release_queue(&q);
	free(packed);
	free(plain);
}

/* One byte of input makes a great deal of output, bit by bit. */
static void test_much_from_little(void **state)
{
	enum { SIZE = 3000000 };
	struct reference_params params = { .format = WD_ZLIB, .level = 9 };
	unsigned char *plain = sample_new(SIZE, SAMPLE_ZERO, 1), *packed;
	struct wd_queue q;
	struct reader r;
	size_t n;

	(void)state;
	fixture_need("zlib");
	fixture_request(&q, NULL);
	n = reference_deflate(&params, plain, SIZE, &packed);
	reader_open(&r, &q, WD_ZLIB);
	reader_take(&r, packed, n, plain, SIZE);
	r.most_in = 10;
	r.most_out = 3000;
	assert_int_equal(read_all(&r), 0);
	assert_int_equal(r.at, SIZE);
	assert_int_equal(r.done, n);
	wd_stream_close(r.stream);
	wd_release_queue(&q);
	free(packed);
	free(plain);
}

static const struct CMUnitTest stream_decompress_tests[] = {
	cmocka_unit_test(test_pieces),
	cmocka_unit_test(test_bytes_behind_the_end),
	cmocka_unit_test(test_members_one_by_one),
	cmocka_unit_test(test_truncated),
	cmocka_unit_test(test_damaged),
	cmocka_unit_test(test_preset_dictionary),
	cmocka_unit_test(test_nothing_to_do),
	cmocka_unit_test(test_much_from_little),
};

const struct suite stream_decompress_suite =
	SUITE("stream-decompress", stream_decompress_tests);
