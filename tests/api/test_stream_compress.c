/* SPDX-License-Identifier: MIT */
/* Compression in pieces, with every flush mode, read along by zlib. */
#include "fixture.h"
#include "suites.h"

enum { FULLS_MAX = 64 };

/* A stream being written, and what zlib makes of it so far. */
struct writer {
	struct wd_queue *q;
	struct wd_stream *stream;
	enum wd_format format;
	struct sample_random random;
	size_t most_in, most_out; /* sizes of pieces */
	bool lists; /* hand over lists of two buffers */

	const unsigned char *plain;
	size_t size, done;
	unsigned char *packed;
	size_t room, at;

	z_stream z;
	unsigned char *read_back;
	size_t readable;

	struct {
		size_t done, at;
	} fulls[FULLS_MAX];
	unsigned int full_count;
};

static void writer_open(struct writer *w, struct wd_queue *q,
			enum wd_format format, int level,
			const unsigned char *plain, size_t size)
{
	int bits = format == WD_GZIP ? 31 : format == WD_ZLIB ? 15 : -15;

	memset(w, 0, sizeof(*w));
	w->q = q;
	w->format = format;
	w->plain = plain;
	w->size = size;
	w->room = 2 * size + 200000;
	w->packed = malloc(w->room);
	w->read_back = malloc(size + 1);
	assert_non_null(w->packed);
	assert_non_null(w->read_back);
	assert_int_equal(inflateInit2(&w->z, bits), Z_OK);
	assert_int_equal(wd_stream_open(q, WD_COMPRESS, format, level, 0,
					&w->stream),
			 0);
}

static void writer_close(struct writer *w)
{
	wd_stream_close(w->stream);
	inflateEnd(&w->z);
	free(w->packed);
	free(w->read_back);
}

/* Lets zlib read what is new; returns whether the stream has ended. */
static bool read_along(struct writer *w, size_t from)
{
	int result;

	w->z.next_in = w->packed + from;
	w->z.avail_in = (unsigned int)(w->at - from);
	w->z.next_out = w->read_back + w->readable;
	w->z.avail_out = (unsigned int)(w->size + 1 - w->readable);
	result = inflate(&w->z, Z_SYNC_FLUSH);
	w->readable = w->size + 1 - w->z.avail_out;
	assert_true(result == Z_OK || result == Z_STREAM_END ||
		    result == Z_BUF_ERROR);
	assert_int_equal(w->z.avail_in, 0);
	assert_in_range(w->readable, 0, w->done);
	if (w->readable)
		assert_memory_equal(w->read_back, w->plain, w->readable);
	return result == Z_STREAM_END;
}

/* Sends one request for @n bytes with @room for the answer. */
static int send_piece(struct writer *w, size_t n, size_t room,
		      enum wd_flush flush)
{
	struct guarded src = guarded_copy(w->plain + w->done, n, GUARDED_END);
	struct guarded dst = guarded_get(room, GUARDED_END);
	struct iovec from[2] = { { src.data, n / 3 },
				 { src.data + n / 3, n - n / 3 } };
	struct iovec to[2] = { { dst.data, room / 2 },
			       { dst.data + room / 2, room - room / 2 } };
	struct wd_request r = {
		.op = WD_COMPRESS,
		.flush = (uint8_t)flush,
		.src = src.data,
		.src_len = n,
		.dst = dst.data,
		.dst_len = room,
		.stream = w->stream,
	};

	if (w->lists) {
		r.flags = WD_REQUEST_SRC_IOV | WD_REQUEST_DST_IOV;
		r.src_iov = from;
		r.dst_iov = to;
		r.src_len = r.dst_len = 2;
	}
	guarded_protect(&src);
	fixture_run(w->q, &r);
	assert_in_range(r.consumed, 0, n);
	assert_in_range(r.produced, 0, room);
	assert_in_range(w->at + r.produced, 0, w->room);
	if (r.status == 0)
		assert_int_equal(r.consumed, n);
	else
		assert_int_equal(r.status, -ENOSPC);
	if (r.produced)
		memcpy(w->packed + w->at, dst.data, r.produced);
	w->at += r.produced;
	w->done += r.consumed;
	guarded_put(&src);
	guarded_put(&dst);
	return r.status;
}

/* Writes @n bytes with a flush mode, in as many requests as it takes. */
static void write_piece(struct writer *w, size_t n, enum wd_flush flush)
{
	size_t end = w->done + n, from = w->at;
	unsigned int idle = 0;
	bool ended;
	int status;

	do {
		size_t at = w->at, done = w->done;

		status = send_piece(w, end - w->done,
				    1 + sample_below(&w->random, w->most_out),
				    flush);
		idle = at == w->at && done == w->done ? idle + 1 : 0;
		if (status)
			assert_in_range(idle, 0, 16);
	} while (status);

	ended = read_along(w, from);
	assert_int_equal(ended, flush == WD_FLUSH_FINISH);
	if (flush == WD_FLUSH_SYNC || flush == WD_FLUSH_FULL ||
	    flush == WD_FLUSH_FINISH)
		assert_int_equal(w->readable, w->done);
	if (flush == WD_FLUSH_FULL && w->full_count < FULLS_MAX) {
		w->fulls[w->full_count].done = w->done;
		w->fulls[w->full_count++].at = w->at;
	}
}

/* From each full flush on, the rest can be read without what came before. */
static void check_fulls(const struct writer *w)
{
	size_t trailer = w->format == WD_GZIP ? 8 :
			 w->format == WD_ZLIB ? 4 :
						0;
	unsigned int i;

	for (i = 0; i < w->full_count; i++)
		assert_true(reference_is(WD_DEFLATE, w->packed + w->fulls[i].at,
					 w->at - w->fulls[i].at - trailer,
					 w->plain + w->fulls[i].done,
					 w->size - w->fulls[i].done));
}

/* Writes everything in random pieces with random ones of @flushes. */
static void write_all(struct writer *w, const enum wd_flush *flushes,
		      size_t count)
{
	while (w->size - w->done > w->most_in)
		write_piece(w, sample_below(&w->random, w->most_in + 1),
			    flushes[sample_below(&w->random, count)]);
	write_piece(w, w->size - w->done, WD_FLUSH_FINISH);
	assert_int_equal(w->done, w->size);
	assert_true(
		reference_is(w->format, w->packed, w->at, w->plain, w->size));
	check_fulls(w);
}

static const enum wd_flush all_flushes[] = {
	WD_FLUSH_NONE, WD_FLUSH_DEFAULT, WD_FLUSH_SYNC,
	WD_FLUSH_FULL, WD_FLUSH_NONE,
};

static void test_pieces_and_flushes(void **state)
{
	static const size_t pieces[][2] = {
		{ 1, 1 },     { 7, 3 },	      { 100, 50 },	 { 50, 5000 },
		{ 3000, 20 }, { 5000, 5000 }, { 40000, 100000 },
	};
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (i = 0; i < 3 * 14 * ARRAY_SIZE(pieces); i++) {
		size_t p = i % ARRAY_SIZE(pieces);
		size_t most = pieces[p][0] < pieces[p][1] ? pieces[p][0] :
							    pieces[p][1];
		size_t size = (most < 2000 ? most : 2000) * 150 + i % 5;
		enum sample_kind kind = (enum sample_kind)(i % SAMPLE_KINDS);
		unsigned char *plain = sample_new(size, kind, i);
		struct writer w;

		writer_open(&w, &q, (enum wd_format)(1 + i % 3),
			    (int)(i / 3 % 14) - 1, plain, size);
		w.random.state = i + 1;
		w.most_in = pieces[p][0];
		w.most_out = pieces[p][1];
		w.lists = i % 4 == 3;
		write_all(&w, all_flushes, ARRAY_SIZE(all_flushes));
		writer_close(&w);
		free(plain);
	}
	wd_release_queue(&q);
}

/* Longer than any window, with plenty of room and hardly any. */
static void test_long_streams(void **state)
{
	enum { SIZE = 2000000 };
	static const int levels[] = { WD_LEVEL_STORE, 1, 2, 3, 6, 9, 12 };
	unsigned char *plain = sample_new(SIZE, SAMPLE_MIXED, 1);
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (i = 0; i < 2 * ARRAY_SIZE(levels); i++) {
		struct writer w;

		writer_open(&w, &q, (enum wd_format)(1 + i % 3), levels[i / 2],
			    plain, SIZE);
		w.random.state = i + 1;
		w.most_in = i % 2 ? 300000 : 40000;
		w.most_out = i % 2 ? 10000 : 300000;
		write_all(&w, all_flushes, i % 2 ? 1 : 5);
		writer_close(&w);
	}
	wd_release_queue(&q);
	free(plain);
}

/* Without any flush the stream costs no more than one request would. */
static void test_compresses_across_pieces(void **state)
{
	enum { SIZE = 400000 };
	unsigned char *plain = sample_new(SIZE, SAMPLE_TEXT, 1), *whole;
	struct wd_queue q;
	int level;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (level = 1; level <= WD_LEVEL_MAX; level++) {
		size_t n = fixture_compress(&q, WD_GZIP, level, plain, SIZE,
					    &whole);
		struct writer w;

		writer_open(&w, &q, WD_GZIP, level, plain, SIZE);
		w.most_in = 2000;
		w.most_out = 100000;
		write_all(&w, all_flushes, 1);
		/* A stream may use a weaker method, but no other world's. */
		assert_in_range(w.at, 1, n + n / 3);
		writer_close(&w);
		free(whole);
	}
	wd_release_queue(&q);
	free(plain);
}

static void test_empty_stream(void **state)
{
	struct wd_queue q;
	struct writer w;
	int level;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for_each_format(format)
	{
		for (level = WD_LEVEL_STORE; level <= WD_LEVEL_MAX; level++) {
			writer_open(&w, &q, format, level, NULL, 0);
			w.most_out = 100;
			write_piece(&w, 0, WD_FLUSH_FINISH);
			assert_true(
				reference_is(format, w.packed, w.at, NULL, 0));
			writer_close(&w);
		}
	}
	wd_release_queue(&q);
}

/* Flushes with nothing between them, at the start and at the end. */
static void test_flushes_without_data(void **state)
{
	static const unsigned char plain[] = "a few bytes";
	struct wd_queue q;
	struct writer w;
	unsigned int i;
	int level;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for_each_format(format)
	{
		for (level = WD_LEVEL_STORE; level <= WD_LEVEL_MAX; level++) {
			writer_open(&w, &q, format, level, plain,
				    sizeof(plain));
			w.most_out = 1 + (size_t)(level + 1) * 2;
			for (i = 0; i < 5; i++)
				write_piece(&w, 0, all_flushes[i]);
			write_piece(&w, 5, WD_FLUSH_NONE);
			for (i = 0; i < 10; i++)
				write_piece(&w, 0, all_flushes[i % 5]);
			write_piece(&w, sizeof(plain) - 5, WD_FLUSH_SYNC);
			write_piece(&w, 0, WD_FLUSH_SYNC);
			write_piece(&w, 0, WD_FLUSH_FULL);
			write_piece(&w, 0, WD_FLUSH_FINISH);
			writer_close(&w);
		}
	}
	wd_release_queue(&q);
}

/* No room at all takes no input for good and ends nothing. */
static void test_no_room(void **state)
{
	static const unsigned char plain[] = "a few bytes";
	struct wd_queue q;
	struct writer w;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for_each_format(format)
	{
		writer_open(&w, &q, format, 0, plain, sizeof(plain));
		assert_int_equal(send_piece(&w, sizeof(plain), 0,
					    WD_FLUSH_FINISH),
				 -ENOSPC);
		assert_int_equal(send_piece(&w, sizeof(plain) - w.done, 0,
					    WD_FLUSH_FINISH),
				 -ENOSPC);
		w.most_out = 100;
		write_piece(&w, sizeof(plain) - w.done, WD_FLUSH_FINISH);
		writer_close(&w);
	}
	wd_release_queue(&q);
}

static const struct CMUnitTest stream_compress_tests[] = {
	cmocka_unit_test(test_pieces_and_flushes),
	cmocka_unit_test(test_long_streams),
	cmocka_unit_test(test_compresses_across_pieces),
	cmocka_unit_test(test_empty_stream),
	cmocka_unit_test(test_flushes_without_data),
	cmocka_unit_test(test_no_room),
};

const struct suite stream_compress_suite =
	SUITE("stream-compress", stream_compress_tests);
