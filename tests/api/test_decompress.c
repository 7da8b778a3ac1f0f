/* SPDX-License-Identifier: MIT */
/* Decompression, in one request, of what the system's zlib has written. */
#include "fixture.h"
#include "suites.h"

struct packed {
	enum wd_format format;
	unsigned char *data;
	size_t size;
	const unsigned char *plain;
	size_t plain_size;
};

/* Decompresses @p into @room guarded bytes and returns them. */
static struct guarded unpack(struct wd_queue *q, struct wd_request *r,
			     const struct packed *p, size_t room,
			     enum guarded_edge edge)
{
	struct guarded in = guarded_copy(p->data, p->size, edge);
	struct guarded out = guarded_get(room, edge);

	guarded_protect(&in);
	*r = (struct wd_request){
		.op = WD_DECOMPRESS,
		.format = (uint8_t)p->format,
		.src = in.data,
		.src_len = in.size,
		.dst = out.data,
		.dst_len = room,
		.consumed = 99,
		.produced = 99,
	};
	fixture_run(q, r);
	guarded_put(&in);
	return out;
}

static void check(const struct packed *p, const struct wd_request *r,
		  const struct guarded *out)
{
	if (r->status)
		fail_msg("%s, %zu bytes from %zu: status %d",
			 reference_format_name(p->format), p->plain_size,
			 p->size, r->status);
	assert_int_equal(r->consumed, p->size);
	assert_int_equal(r->produced, p->plain_size);
	if (p->plain_size)
		assert_memory_equal(out->data, p->plain, p->plain_size);
	if (p->format != WD_DEFLATE)
		assert_int_equal(r->checksum,
				 reference_checksum(p->format, p->plain,
						    p->plain_size));
}

/* With exactly the room that it takes, and with more. */
static void round_trip(struct wd_queue *q, const struct packed *p)
{
	struct wd_request r;
	struct guarded out;

	out = unpack(q, &r, p, p->plain_size, GUARDED_END);
	check(p, &r, &out);
	guarded_put(&out);
	out = unpack(q, &r, p, p->plain_size + 1000, GUARDED_START);
	check(p, &r, &out);
	guarded_put(&out);
}

static void test_what_zlib_writes(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 100, 5000, 32768, 70000 };
	static const struct reference_params kinds[] = {
		{ .level = -1 },
		{ .level = 1 },
		{ .level = 6 },
		{ .level = 9 },
		{ .level = 6, .strategy = Z_FIXED },
		{ .level = 6, .strategy = Z_HUFFMAN_ONLY },
		{ .level = 6, .strategy = Z_RLE },
		{ .level = 6, .strategy = Z_FILTERED, .mem_level = 1 },
		{ .level = 9, .window_bits = 9 },
		{ .level = 9, .window_bits = 12, .mem_level = 9 },
	};
	struct wd_queue q;
	size_t i, j;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (int kind = 0; kind < SAMPLE_KINDS; kind++) {
			unsigned char *plain =
				sample_new(sizes[i], (enum sample_kind)kind, i);

			for (j = 0; j < 3 * ARRAY_SIZE(kinds); j++) {
				struct reference_params params = kinds[j / 3];
				struct packed p = {
					.plain = plain,
					.plain_size = sizes[i],
					.format = (enum wd_format)(1 + j % 3),
				};

				params.format = p.format;
				p.size = reference_deflate(&params, plain,
							   sizes[i], &p.data);
				round_trip(&q, &p);
				free(p.data);
			}
			free(plain);
		}
	}
	wd_release_queue(&q);
}

static void test_large_outputs(void **state)
{
	static const size_t sizes[] = { 1 << 20, (4 << 20) + 1 };
	struct wd_queue q;
	size_t i;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (int kind = 0; kind < SAMPLE_KINDS; kind++) {
			struct reference_params params = { .format = WD_GZIP,
							   .level = 1 };
			unsigned char *plain =
				sample_new(sizes[i], (enum sample_kind)kind, i);
			struct packed p = {
				.format = WD_GZIP,
				.plain = plain,
				.plain_size = sizes[i],
			};

			p.size = reference_deflate(&params, plain, sizes[i],
						   &p.data);
			round_trip(&q, &p);
			free(p.data);
			free(plain);
		}
	}
	wd_release_queue(&q);
}

/* With less room than it takes: what fits is there and right. */
static void test_too_little_room(void **state)
{
	enum { SIZE = 20000 };
	static const size_t cuts[] = { 1, 2, 8, 100, 258, 259, 10000, SIZE };
	struct wd_queue q;
	size_t i;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (int kind = 0; kind < SAMPLE_KINDS; kind++) {
		unsigned char *plain =
			sample_new(SIZE, (enum sample_kind)kind, 1);

		for_each_format(format)
		{
			struct reference_params params = { .format = format };
			struct packed p = {
				.format = format,
				.plain = plain,
				.plain_size = SIZE,
			};

			p.size = reference_deflate(&params, plain, SIZE,
						   &p.data);
			for (i = 0; i < ARRAY_SIZE(cuts); i++) {
				struct wd_request r;
				size_t room = SIZE - cuts[i];
				struct guarded out =
					unpack(&q, &r, &p, room, GUARDED_END);

				assert_int_equal(r.status, -ENOSPC);
				assert_in_range(r.produced, 0, room);
				assert_in_range(r.consumed, 0, p.size);
				if (r.produced)
					assert_memory_equal(out.data, plain,
							    r.produced);
				guarded_put(&out);
			}
			free(p.data);
		}
		free(plain);
	}
	wd_release_queue(&q);
}

/* A request that did not fit may be sent again with more room. */
static void test_again_with_more_room(void **state)
{
	enum { SIZE = 20000 };
	struct reference_params params = { .format = WD_ZLIB };
	unsigned char *plain = sample_new(SIZE, SAMPLE_TEXT, 1);
	unsigned char *packed, *out = malloc(SIZE);
	struct wd_request r = {
		.op = WD_DECOMPRESS,
		.format = WD_ZLIB,
		.dst = out,
	};
	struct wd_queue q;

	(void)state;
	fixture_need("zlib");
	fixture_request(&q, NULL);
	r.src_len = reference_deflate(&params, plain, SIZE, &packed);
	r.src = packed;
	for (r.dst_len = 0; r.dst_len < SIZE; r.dst_len += 1000)
		assert_int_equal(fixture_run(&q, &r), -ENOSPC);
	assert_int_equal(fixture_run(&q, &r), 0);
	assert_memory_equal(out, plain, SIZE);
	wd_release_queue(&q);
	free(out);
	free(packed);
	free(plain);
}

/* What follows the object is not read, and .consumed tells where it is. */
static void test_bytes_behind_the_end(void **state)
{
	enum { SIZE = 3000, BEHIND = 100 };
	unsigned char *plain = sample_new(SIZE, SAMPLE_TEXT, 1);
	struct wd_queue q;
	unsigned int fill;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for_each_format(format)
	{
		for (fill = 0; fill < 256; fill += 51) {
			struct reference_params params = { .format = format };
			struct packed p = { .format = format };
			struct guarded out;
			struct wd_request r;
			size_t end;

			end = reference_deflate(&params, plain, SIZE, &p.data);
			p.data = realloc(p.data, end + BEHIND);
			assert_non_null(p.data);
			memset(p.data + end, (int)fill, BEHIND);
			for (p.size = end; p.size <= end + BEHIND;
			     p.size += 1 + p.size % 7) {
				out = unpack(&q, &r, &p, SIZE, GUARDED_END);
				assert_int_equal(r.status, 0);
				assert_int_equal(r.consumed, end);
				assert_int_equal(r.produced, SIZE);
				assert_memory_equal(out.data, plain, SIZE);
				guarded_put(&out);
			}
			free(p.data);
		}
	}
	wd_release_queue(&q);
	free(plain);
}

/* Appends @count members of varying sizes, the empty one among them. */
static struct packed members(unsigned int count, unsigned char *plain)
{
	struct packed p = { .format = WD_GZIP, .plain = plain };
	unsigned int i;

	for (i = 0; i < count; i++) {
		struct reference_params params = {
			.format = WD_GZIP,
			.level = i % 4 ? (int)(i % 9) + 1 : -1,
		};
		size_t size = i % 5 == 3 ? 0 : i * 137 % 3000 + 1;
		unsigned char *one;
		size_t n;

		sample_fill(plain + p.plain_size, size,
			    (enum sample_kind)(i % SAMPLE_KINDS), i);
		n = reference_deflate(&params, plain + p.plain_size, size,
				      &one);
		p.data = realloc(p.data, p.size + n);
		assert_non_null(p.data);
		memcpy(p.data + p.size, one, n);
		p.size += n;
		p.plain_size += size;
		free(one);
	}
	return p;
}

static void test_several_members(void **state)
{
	static const unsigned int counts[] = { 1, 2, 3, 4, 10, 100 };
	struct wd_queue q;
	size_t i;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		unsigned char *plain = malloc(counts[i] * 3001);
		struct packed p;
		struct guarded out;
		struct wd_request r;

		assert_non_null(plain);
		p = members(counts[i], plain);
		/* The checksum is not looked at: it is of one member. */
		out = unpack(&q, &r, &p, p.plain_size, GUARDED_END);
		assert_int_equal(r.status, 0);
		assert_int_equal(r.consumed, p.size);
		assert_int_equal(r.produced, p.plain_size);
		assert_memory_equal(out.data, plain, p.plain_size);
		guarded_put(&out);

		/* Garbage behind the last one is not an error here. */
		p.data = realloc(p.data, p.size + 20);
		assert_non_null(p.data);
		memset(p.data + p.size, 0, 20);
		p.size += 20;
		out = unpack(&q, &r, &p, p.plain_size, GUARDED_END);
		assert_int_equal(r.status, 0);
		assert_int_equal(r.consumed, p.size - 20);
		assert_int_equal(r.produced, p.plain_size);
		guarded_put(&out);
		free(p.data);
		free(plain);
	}
	wd_release_queue(&q);
}

/* A format is not taken for another. */
static void test_wrong_format(void **state)
{
	unsigned char *plain = sample_new(1000, SAMPLE_TEXT, 1);
	struct wd_queue q;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for_each_format(written)
	{
		for_each_format(read)
		{
			struct reference_params params = { .format = written };
			struct packed p = { .format = read };
			struct guarded out;
			struct wd_request r;

			p.size = reference_deflate(&params, plain, 1000,
						   &p.data);
			out = unpack(&q, &r, &p, 1000, GUARDED_END);
			if (written == read)
				assert_int_equal(r.status, 0);
			else
				assert_int_equal(r.status, -EBADMSG);
			guarded_put(&out);
			free(p.data);
		}
	}
	wd_release_queue(&q);
	free(plain);
}

/* What the device writes, the device reads. */
static void test_own_output(void **state)
{
	static const size_t sizes[] = { 0, 1, 1000, 100000 };
	struct wd_queue q;
	size_t i;
	int level;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned char *plain = sample_new(sizes[i], SAMPLE_MIXED, i);

		for_each_format(format)
		{
			for (level = WD_LEVEL_STORE; level <= WD_LEVEL_MAX;
			     level++) {
				struct packed p = {
					.format = format,
					.plain = plain,
					.plain_size = sizes[i],
				};

				p.size = fixture_compress(&q, format, level,
							  plain, sizes[i],
							  &p.data);
				round_trip(&q, &p);
				free(p.data);
			}
		}
		free(plain);
	}
	wd_release_queue(&q);
}

static const struct CMUnitTest decompress_tests[] = {
	cmocka_unit_test(test_what_zlib_writes),
	cmocka_unit_test(test_large_outputs),
	cmocka_unit_test(test_too_little_room),
	cmocka_unit_test(test_again_with_more_room),
	cmocka_unit_test(test_bytes_behind_the_end),
	cmocka_unit_test(test_several_members),
	cmocka_unit_test(test_wrong_format),
	cmocka_unit_test(test_own_output),
};

const struct suite decompress_suite = SUITE("decompress", decompress_tests);
