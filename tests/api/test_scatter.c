/* SPDX-License-Identifier: MIT */
/* Lists of buffers in place of one, on either side. */
#include "fixture.h"
#include "suites.h"

enum { ENTRIES_MAX = WD_IOV_MAX };

/* Guarded pieces that make up one range, some of them empty or NULL. */
struct list {
	struct iovec iov[ENTRIES_MAX];
	struct guarded piece[ENTRIES_MAX];
	size_t count;
};

/* Cuts @size bytes in pieces of up to @most, filled from @data if not NULL. */
static struct list *list_get(const void *data, size_t size, size_t most,
			     struct sample_random *random)
{
	struct list *list = calloc(1, sizeof(*list));
	size_t done = 0;

	assert_non_null(list);
	while (done < size || list->count < 2) {
		size_t n = sample_below(random, most + 1);
		struct iovec *iov = &list->iov[list->count];
		struct guarded *piece = &list->piece[list->count];

		assert_in_range(list->count, 0, ENTRIES_MAX - 1);
		if (n > size - done)
			n = size - done;
		if (list->count == ENTRIES_MAX - 1)
			n = size - done;
		*piece = guarded_get(n, list->count % 2 ? GUARDED_END :
							  GUARDED_START);
		if (data && n)
			memcpy(piece->data, (const char *)data + done, n);
		iov->iov_base = n || list->count % 3 ? piece->data : NULL;
		iov->iov_len = n;
		done += n;
		list->count++;
	}
	return list;
}

static void list_put(struct list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		guarded_put(&list->piece[i]);
	free(list);
}

/* Copies the first @size bytes of the list to @data. */
static void list_read(const struct list *list, void *data, size_t size)
{
	size_t i, done = 0;

	for (i = 0; i < list->count && done < size; i++) {
		size_t n = list->iov[i].iov_len;

		if (n > size - done)
			n = size - done;
		if (n)
			memcpy((char *)data + done, list->iov[i].iov_base, n);
		done += n;
	}
	assert_int_equal(done, size);
}

/* The ways of cutting: the largest piece. */
static const size_t cuts[] = { 3, 17, 300, 5000, 100000 };

/* A source of one buffer or a list, and the same for the destination. */
struct sides {
	bool src, dst;
	size_t src_cut, dst_cut;
};

/* Runs @r on @in with @room for the answer, which it returns. */
static unsigned char *run_on(struct wd_queue *q, struct wd_request *r,
			     const struct sides *sides, const void *in,
			     size_t in_len, size_t room, uint64_t seed)
{
	struct sample_random random = { seed + 1 };
	struct list *src = NULL, *dst = NULL;
	unsigned char *out = malloc(room + 1);

	assert_non_null(out);
	r->src = in;
	r->src_len = in_len;
	r->dst = out;
	r->dst_len = room;
	if (sides->src) {
		src = list_get(in, in_len, sides->src_cut, &random);
		r->flags |= WD_REQUEST_SRC_IOV;
		r->src_iov = src->iov;
		r->src_len = src->count;
	}
	if (sides->dst) {
		dst = list_get(NULL, room, sides->dst_cut, &random);
		r->flags |= WD_REQUEST_DST_IOV;
		r->dst_iov = dst->iov;
		r->dst_len = dst->count;
	}
	fixture_run(q, r);
	assert_in_range(r->produced, 0, room);
	assert_in_range(r->consumed, 0, in_len);
	if (dst) {
		list_read(dst, out, r->produced);
		list_put(dst);
	}
	if (src)
		list_put(src);
	return out;
}

static struct sides sides_number(unsigned int i)
{
	return (struct sides){
		.src = i % 3 != 0,
		.dst = i % 3 != 1,
		.src_cut = cuts[i % ARRAY_SIZE(cuts)],
		.dst_cut = cuts[i / 3 % ARRAY_SIZE(cuts)],
	};
}

/* No more than the smallest piece allows entries for. */
static size_t size_for(const struct sides *sides, struct sample_random *random)
{
	size_t least = sides->src_cut < sides->dst_cut ? sides->src_cut :
							 sides->dst_cut;

	return sample_below(random,
			    least * 400 < 150000 ? least * 400 : 150000);
}

static void test_compress(void **state)
{
	struct sample_random random = { 1 };
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (i = 0; i < 120; i++) {
		struct sides sides = sides_number(i);
		size_t size = size_for(&sides, &random);
		unsigned char *in = sample_new(size, SAMPLE_MIXED, i), *out;
		struct wd_request r = {
			.op = WD_COMPRESS,
			.format = (uint8_t)(1 + i % 3),
			.level = (int8_t)((int)(i % 14) - 1),
		};
		enum wd_format format = (enum wd_format)r.format;

		out = run_on(&q, &r, &sides, in, size,
			     wd_compress_bound(format, size), i);
		assert_int_equal(r.status, 0);
		assert_int_equal(r.consumed, size);
		assert_true(reference_is(format, out, r.produced, in, size));
		if (format != WD_DEFLATE)
			assert_int_equal(r.checksum,
					 reference_checksum(format, in, size));
		free(out);
		free(in);
	}
	wd_release_queue(&q);
}

static void test_decompress(void **state)
{
	struct sample_random random = { 2 };
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (i = 0; i < 120; i++) {
		struct sides sides = sides_number(i);
		size_t size = size_for(&sides, &random), n;
		unsigned char *plain = sample_new(size, SAMPLE_MIXED, i);
		unsigned char *packed, *out;
		struct wd_request r = {
			.op = WD_DECOMPRESS,
			.format = (uint8_t)(1 + i % 3),
		};
		struct reference_params params = {
			.format = (enum wd_format)r.format,
			.level = 1 + (int)(i % 9),
		};

		n = reference_deflate(&params, plain, size, &packed);
		out = run_on(&q, &r, &sides, packed, n, size, i);
		assert_int_equal(r.status, 0);
		assert_int_equal(r.consumed, n);
		assert_int_equal(r.produced, size);
		if (size)
			assert_memory_equal(out, plain, size);
		free(out);
		free(packed);
		free(plain);
	}
	wd_release_queue(&q);
}

static void test_decompress_with_little_room(void **state)
{
	struct sample_random random = { 3 };
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (i = 0; i < 60; i++) {
		struct sides sides = sides_number(i);
		size_t size = 1 + size_for(&sides, &random), n, room;
		unsigned char *plain = sample_new(size, SAMPLE_MIXED, i);
		unsigned char *packed, *out;
		struct wd_request r = { .op = WD_DECOMPRESS,
					.format = WD_GZIP };
		struct reference_params params = { .format = WD_GZIP };

		n = reference_deflate(&params, plain, size, &packed);
		room = i % 2 ? size - 1 : sample_below(&random, size);
		out = run_on(&q, &r, &sides, packed, n, room, i);
		assert_int_equal(r.status, -ENOSPC);
		if (r.produced)
			assert_memory_equal(out, plain, r.produced);
		free(out);
		free(packed);
		free(plain);
	}
	wd_release_queue(&q);
}

static void test_copy_and_fill(void **state)
{
	struct sample_random random = { 4 };
	uint64_t pattern = UINT64_C(0x8877665544332211);
	struct wd_queue q;
	unsigned int i;
	size_t j;

	(void)state;
	fixture_need("copy");
	fixture_need("fill");
	fixture_request(&q, NULL);
	for (i = 0; i < 90; i++) {
		struct sides sides = sides_number(i);
		size_t size = size_for(&sides, &random);
		unsigned char *in = sample_new(size, SAMPLE_RANDOM, i), *out;
		struct wd_request r = { .op = WD_COPY };

		out = run_on(&q, &r, &sides, in, size, size + i % 5, i);
		assert_int_equal(r.status, 0);
		assert_int_equal(r.produced, size);
		if (size)
			assert_memory_equal(out, in, size);
		free(out);

		r = (struct wd_request){ .op = WD_FILL, .operand = pattern };
		sides.src = false;
		out = run_on(&q, &r, &sides, NULL, 0, size, i);
		assert_int_equal(r.status, 0);
		assert_int_equal(r.produced, size);
		for (j = 0; j < size; j++)
			assert_int_equal(out[j], pattern >> j % 8 * 8 & 255);
		free(out);
		free(in);
	}
	wd_release_queue(&q);
}

static void test_check_values(void **state)
{
	struct sample_random random = { 5 };
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("crc32");
	fixture_need("crc32c");
	fixture_need("adler32");
	fixture_request(&q, NULL);
	for (i = 0; i < 90; i++) {
		struct sides sides = { .src = true, .src_cut = cuts[i % 5] };
		size_t size;
		unsigned char *in;
		struct wd_request r = {
			.op = i % 3 == 0 ? WD_CRC32 :
			      i % 3 == 1 ? WD_ADLER32 :
					   WD_CRC32C,
			.operand = i % 3 == 1,
		};

		sides.dst_cut = sides.src_cut;
		size = size_for(&sides, &random);
		in = sample_new(size, SAMPLE_RANDOM, i);
		free(run_on(&q, &r, &sides, in, size, 0, i));
		assert_int_equal(r.status, 0);
		assert_int_equal(r.consumed, size);
		if (r.op == WD_CRC32C)
			assert_int_equal(r.result,
					 reference_crc32c(0, in, size));
		else
			assert_int_equal(r.result,
					 reference_checksum(r.op == WD_CRC32 ?
								    WD_GZIP :
								    WD_ZLIB,
							    in, size));
		free(in);
	}
	wd_release_queue(&q);
}

/* Both sides of a comparison, cut in different places. */
static void test_compare(void **state)
{
	struct sample_random random = { 6 };
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("compare");
	fixture_request(&q, NULL);
	for (i = 0; i < 90; i++) {
		struct sides sides = sides_number(i);
		size_t size = 1 + size_for(&sides, &random);
		size_t at = sample_below(&random, size);
		unsigned char *data = sample_new(size, SAMPLE_RANDOM, i);
		struct list *a = list_get(data, size, sides.src_cut, &random);
		struct list *b;
		struct wd_request r = {
			.op = WD_COMPARE,
			.flags = WD_REQUEST_SRC_IOV | WD_REQUEST_DST_IOV,
			.src_iov = a->iov,
			.src_len = a->count,
		};

		if (i % 2)
			data[at] ^= 1;
		b = list_get(data, size, sides.dst_cut, &random);
		r.dst_iov = b->iov;
		r.dst_len = b->count;
		assert_int_equal(fixture_run(&q, &r), 0);
		assert_int_equal(r.result, i % 2);
		assert_int_equal(r.consumed, i % 2 ? at : size);
		list_put(a);
		list_put(b);
		free(data);
	}
	wd_release_queue(&q);
}

/* A list of nothing is a length of 0. */
static void test_empty_lists(void **state)
{
	struct iovec holes[3] = { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };
	unsigned char out[100];
	struct wd_request r = {
		.op = WD_COMPRESS,
		.format = WD_GZIP,
		.flags = WD_REQUEST_SRC_IOV,
		.dst = out,
		.dst_len = sizeof(out),
	};
	struct wd_queue q;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	assert_int_equal(fixture_run(&q, &r), 0);
	assert_true(reference_is(WD_GZIP, out, r.produced, NULL, 0));
	r.src_iov = holes;
	r.src_len = 3;
	assert_int_equal(fixture_run(&q, &r), 0);
	assert_true(reference_is(WD_GZIP, out, r.produced, NULL, 0));
	r.flags |= WD_REQUEST_DST_IOV;
	r.dst_iov = holes;
	r.dst_len = 3;
	assert_int_equal(fixture_run(&q, &r), -ENOSPC);
	r = (struct wd_request){
		.op = WD_COPY,
		.flags = WD_REQUEST_SRC_IOV | WD_REQUEST_DST_IOV,
		.src_iov = holes,
		.src_len = 3,
	};
	assert_int_equal(fixture_run(&q, &r), 0);
	assert_int_equal(r.produced, 0);
	wd_release_queue(&q);
}

/* One buffer named many times is read many times. */
static void test_one_buffer_many_times(void **state)
{
	enum { TIMES = 1000, PIECE = 777 };
	struct iovec iov[TIMES];
	unsigned char *piece = sample_new(PIECE, SAMPLE_TEXT, 1);
	unsigned char *whole = malloc(TIMES * PIECE), *out;
	struct wd_request r = {
		.op = WD_COMPRESS,
		.format = WD_GZIP,
		.flags = WD_REQUEST_SRC_IOV,
		.src_iov = iov,
		.src_len = TIMES,
		.dst_len = wd_compress_bound(WD_GZIP, TIMES * PIECE),
	};
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	out = malloc(r.dst_len);
	assert_non_null(whole);
	assert_non_null(out);
	for (i = 0; i < TIMES; i++) {
		iov[i] = (struct iovec){ piece, PIECE };
		memcpy(whole + i * PIECE, piece, PIECE);
	}
	r.dst = out;
	fixture_request(&q, NULL);
	assert_int_equal(fixture_run(&q, &r), 0);
	assert_true(
		reference_is(WD_GZIP, out, r.produced, whole, TIMES * PIECE));
	wd_release_queue(&q);
	free(out);
	free(whole);
	free(piece);
}

static const struct CMUnitTest scatter_tests[] = {
	cmocka_unit_test(test_compress),
	cmocka_unit_test(test_decompress),
	cmocka_unit_test(test_decompress_with_little_room),
	cmocka_unit_test(test_copy_and_fill),
	cmocka_unit_test(test_check_values),
	cmocka_unit_test(test_compare),
	cmocka_unit_test(test_empty_lists),
	cmocka_unit_test(test_one_buffer_many_times),
};

const struct suite scatter_suite = SUITE("scatter", scatter_tests);
