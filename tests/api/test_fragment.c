/* SPDX-License-Identifier: MIT */
/* Pieces of a deflate stream, made apart and laid end to end. */
#include "fixture.h"
#include "suites.h"

enum { PIECES_MAX = 64 };

struct pieces {
	struct wd_request r[PIECES_MAX];
	unsigned int count;
};

/* Describes @size bytes in pieces of up to @most; the last one finishes. */
static void cut(struct pieces *p, enum wd_format format, int level,
		const unsigned char *plain, size_t size, size_t most,
		struct sample_random *random)
{
	size_t done = 0;

	p->count = 0;
	do {
		struct wd_request *r = &p->r[p->count];
		size_t n = sample_below(random, most + 1);

		if (n > size - done || p->count == PIECES_MAX - 1)
			n = size - done;
		done += n;
		*r = (struct wd_request){
			.op = WD_COMPRESS,
			.format = (uint8_t)format,
			.level = (int8_t)level,
			.flags = WD_REQUEST_FRAGMENT,
			.flush = done == size ? WD_FLUSH_FINISH : WD_FLUSH_FULL,
			.src = plain + done - n,
			.src_len = n,
			.dst_len = wd_compress_bound(format, n),
		};
		r->dst = malloc(r->dst_len);
		assert_non_null(r->dst);
		p->count++;
	} while (done < size);
}

/* Makes the pieces in a random order, all in flight together. */
static void make(struct wd_queue *q, struct pieces *p,
		 struct sample_random *random)
{
	unsigned int order[PIECES_MAX], i;

	for (i = 0; i < p->count; i++) {
		size_t j = sample_below(random, i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	for (i = 0; i < p->count; i++)
		fixture_send(q, &p->r[order[i]]);
	for (i = 0; i < p->count; i++) {
		struct wd_request *r = fixture_recv(q);

		assert_int_equal(r->status, 0);
		assert_int_equal(r->consumed, r->src_len);
		assert_in_range(r->produced, 0, r->dst_len);
	}
}

static void put(struct pieces *p)
{
	unsigned int i;

	for (i = 0; i < p->count; i++)
		free(p->r[i].dst);
}

/* Lays them end to end with the format's header and trailer around them. */
static size_t join(const struct pieces *p, enum wd_format format, size_t size,
		   unsigned char *out)
{
	uint32_t sum = p->r[0].checksum;
	size_t at = 0;
	unsigned int i;

	if (format == WD_GZIP) {
		memcpy(out, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
		at = 10;
	} else if (format == WD_ZLIB) {
		memcpy(out, "\x78\x9c", 2);
		at = 2;
	}
	for (i = 0; i < p->count; i++) {
		memcpy(out + at, p->r[i].dst, p->r[i].produced);
		at += p->r[i].produced;
		if (i)
			sum = wd_checksum_combine(format, sum, p->r[i].checksum,
						  p->r[i].src_len);
	}
	for (i = 0; i < 4 && format == WD_GZIP; i++) {
		out[at + i] = (unsigned char)(sum >> 8 * i);
		out[at + 4 + i] = (unsigned char)(size >> 8 * i);
	}
	for (i = 0; i < 4 && format == WD_ZLIB; i++)
		out[at + i] = (unsigned char)(sum >> (24 - 8 * i));
	return at + (format == WD_GZIP ? 8 : format == WD_ZLIB ? 4 : 0);
}

static void test_joined(void **state)
{
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	fixture_request_depth(&q, PIECES_MAX);
	for (i = 0; i < 3 * 14 * 3; i++) {
		enum wd_format format = (enum wd_format)(1 + i % 3);
		struct sample_random random = { i + 1 };
		size_t size = i % 7 ? sample_below(&random, 300000) : i / 7;
		unsigned char *plain = sample_new(
			size, (enum sample_kind)(i % SAMPLE_KINDS), i);
		struct pieces p;
		unsigned char *joined;
		size_t n;

		cut(&p, format, (int)(i / 3 % 14) - 1, plain, size,
		    1 + size / 20, &random);
		make(&q, &p, &random);
		joined = malloc(2 * size + PIECES_MAX * 100);
		assert_non_null(joined);
		n = join(&p, format, size, joined);
		assert_true(reference_is(format, joined, n, plain, size));
		free(joined);
		put(&p);
		free(plain);
	}
	wd_release_queue(&q);
}

/* A fragment's check value is that of its own input. */
static void test_check_values(void **state)
{
	enum { SIZE = 50000 };
	unsigned char *plain = sample_new(SIZE, SAMPLE_TEXT, 1);
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	fixture_request_depth(&q, PIECES_MAX);
	for (enum wd_format format = WD_ZLIB; format <= WD_GZIP; format++) {
		struct sample_random random = { 5 };
		struct pieces p;

		cut(&p, format, 1, plain, SIZE, SIZE / 10, &random);
		make(&q, &p, &random);
		for (i = 0; i < p.count; i++)
			assert_int_equal(p.r[i].checksum,
					 reference_checksum(format, p.r[i].src,
							    p.r[i].src_len));
		put(&p);
	}
	wd_release_queue(&q);
	free(plain);
}

/* A fragment does not refer to anything outside of itself. */
static void test_each_stands_alone(void **state)
{
	enum { SIZE = 40000 };
	static const unsigned char end[] = { 3, 0 }; /* a last, empty block */
	unsigned char *plain = sample_new(SIZE, SAMPLE_TEXT, 1);
	unsigned char out[2 * SIZE];
	struct wd_queue q;
	int level;

	(void)state;
	fixture_need("deflate");
	fixture_request(&q, NULL);
	for (level = WD_LEVEL_STORE; level <= WD_LEVEL_MAX; level++) {
		struct wd_request r = {
			.op = WD_COMPRESS,
			.format = WD_DEFLATE,
			.level = (int8_t)level,
			.flags = WD_REQUEST_FRAGMENT,
			.flush = WD_FLUSH_FULL,
			.src = plain,
			.src_len = SIZE,
			.dst = out,
			.dst_len = sizeof(out) - 2,
		};

		assert_int_equal(fixture_run(&q, &r), 0);
		memcpy(out + r.produced, end, 2);
		assert_true(reference_is(WD_DEFLATE, out, r.produced + 2, plain,
					 SIZE));
	}
	wd_release_queue(&q);
	free(plain);
}

/* Too little room, to the byte, and lists for both sides. */
static void test_room_and_lists(void **state)
{
	enum { SIZE = 20000 };
	unsigned char *plain = sample_new(SIZE, SAMPLE_MIXED, 1);
	struct wd_queue q;
	int level;

	(void)state;
	fixture_need("deflate");
	fixture_request(&q, NULL);
	for (level = WD_LEVEL_STORE; level <= WD_LEVEL_MAX; level++) {
		size_t room = wd_compress_bound(WD_DEFLATE, SIZE);
		struct guarded out = guarded_get(room, GUARDED_END);
		struct wd_request r = {
			.op = WD_COMPRESS,
			.format = WD_DEFLATE,
			.level = (int8_t)level,
			.flags = WD_REQUEST_FRAGMENT,
			.flush = WD_FLUSH_FINISH,
			.src = plain,
			.src_len = SIZE,
			.dst = out.data,
			.dst_len = room,
		};
		struct iovec src[2] = { { plain, 7 }, { plain + 7, SIZE - 7 } };
		struct iovec dst[2];
		size_t exact;

		assert_int_equal(fixture_run(&q, &r), 0);
		exact = r.produced;
		guarded_put(&out);

		out = guarded_get(exact - 1, GUARDED_END);
		r.dst = out.data;
		r.dst_len = exact - 1;
		assert_int_equal(fixture_run(&q, &r), -ENOSPC);
		guarded_put(&out);

		out = guarded_get(room, GUARDED_END);
		dst[0] = (struct iovec){ out.data, 3 };
		dst[1] = (struct iovec){ out.data + 3, room - 3 };
		r.flags |= WD_REQUEST_SRC_IOV | WD_REQUEST_DST_IOV;
		r.src_iov = src;
		r.dst_iov = dst;
		r.src_len = r.dst_len = 2;
		assert_int_equal(fixture_run(&q, &r), 0);
		assert_true(reference_is(WD_DEFLATE, out.data, r.produced,
					 plain, SIZE));
		guarded_put(&out);
	}
	wd_release_queue(&q);
	free(plain);
}

static const struct CMUnitTest fragment_tests[] = {
	cmocka_unit_test(test_joined),
	cmocka_unit_test(test_check_values),
	cmocka_unit_test(test_each_stands_alone),
	cmocka_unit_test(test_room_and_lists),
};

const struct suite fragment_suite = SUITE("fragment", fragment_tests);
