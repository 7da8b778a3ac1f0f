/* SPDX-License-Identifier: MIT */
/* Headers and trailers of the gzip and zlib formats, whole and damaged. */
#include "fixture.h"
#include "suites.h"

enum { SIZE = 3000, EXTRA_MAX = 65535 };

/* Bytes of RFC 1952's header. */
enum {
	FLG = 3,
	MTIME = 4,
	FTEXT = 1,
	FHCRC = 2,
	FEXTRA = 4,
	FNAME = 8,
	FCOMMENT = 16
};

static unsigned char plain[SIZE];

static struct wd_request unpack_request(enum wd_format format, const void *in,
					size_t in_len, void *out, size_t room)
{
	return (struct wd_request){
		.op = WD_DECOMPRESS,
		.format = (uint8_t)format,
		.src = in,
		.src_len = in_len,
		.dst = out,
		.dst_len = room,
	};
}

static int unpack(struct wd_queue *q, enum wd_format format, const void *in,
		  size_t in_len)
{
	struct guarded src = guarded_copy(in, in_len, GUARDED_END);
	struct guarded dst = guarded_get(SIZE, GUARDED_END);
	struct wd_request r =
		unpack_request(format, src.data, in_len, dst.data, SIZE);
	int status = fixture_run(q, &r);

	if (status == 0) {
		assert_int_equal(r.produced, SIZE);
		assert_int_equal(r.consumed, in_len);
		assert_memory_equal(dst.data, plain, SIZE);
	}
	guarded_put(&src);
	guarded_put(&dst);
	return status;
}

/* A gzip member with the header fields that the bits of @flags ask for. */
static size_t pack(unsigned int flags, size_t extra, unsigned char **out)
{
	static unsigned char field[EXTRA_MAX];
	char name[] = "a file's name", comment[] = "\xe9t\xe9, by somebody";
	gz_header header = {
		.text = flags & FTEXT ? 1 : 0,
		.time = 0x12345678,
		.os = 3,
		.hcrc = flags & FHCRC ? 1 : 0,
		.extra = flags & FEXTRA ? field : NULL,
		.extra_len = (unsigned int)extra,
		.name = flags & FNAME ? (unsigned char *)name : NULL,
		.comment = flags & FCOMMENT ? (unsigned char *)comment : NULL,
	};
	struct reference_params params = { .format = WD_GZIP,
					   .header = &header };

	sample_fill(field, sizeof(field), SAMPLE_RANDOM, 1);
	sample_fill(plain, SIZE, SAMPLE_TEXT, 1);
	return reference_deflate(&params, plain, SIZE, out);
}

static void test_every_set_of_fields(void **state)
{
	static const size_t extras[] = { 0, 1, 4, 1000, EXTRA_MAX };
	struct wd_queue q;
	unsigned int flags;
	size_t i;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (flags = 0; flags < 32; flags++) {
		for (i = 0; i < ARRAY_SIZE(extras); i++) {
			unsigned char *packed;
			size_t n = pack(flags, extras[i], &packed);

			assert_int_equal(packed[FLG], flags);
			assert_int_equal(unpack(&q, WD_GZIP, packed, n), 0);
			free(packed);
		}
	}
	wd_release_queue(&q);
}

/* A name longer than anyone would keep room for. */
static void test_endless_name(void **state)
{
	enum { NAME = 300000 };
	unsigned char *packed, *longer;
	struct wd_queue q;
	size_t n = pack(0, 0, &packed);

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	longer = malloc(n + NAME);
	assert_non_null(longer);
	memcpy(longer, packed, 10);
	memset(longer + 10, 'n', NAME - 1);
	longer[10 + NAME - 1] = '\0';
	memcpy(longer + 10 + NAME, packed + 10, n - 10);
	longer[FLG] = FNAME;
	assert_int_equal(unpack(&q, WD_GZIP, longer, n + NAME), 0);
	/* And one that never ends. */
	assert_int_equal(unpack(&q, WD_GZIP, longer, NAME), -ENODATA);
	wd_release_queue(&q);
	free(longer);
	free(packed);
}

/* Each prefix of an object ends too early; nothing else is wrong with it. */
static void truncate_everywhere(struct wd_queue *q, enum wd_format format,
				const unsigned char *packed, size_t size)
{
	size_t n;

	for (n = 0; n < size; n++) {
		int status = unpack(q, format, packed, n);

		if (status != -ENODATA)
			fail_msg("%s cut to %zu of %zu bytes: status %d",
				 reference_format_name(format), n, size,
				 status);
	}
	assert_int_equal(unpack(q, format, packed, size), 0);
}

static void test_truncation_of_headers(void **state)
{
	struct wd_queue q;
	unsigned char *packed;
	size_t n = pack(FTEXT | FHCRC | FEXTRA | FNAME | FCOMMENT, 50, &packed);

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	truncate_everywhere(&q, WD_GZIP, packed, n);
	wd_release_queue(&q);
	free(packed);
}

static void test_truncation_of_formats(void **state)
{
	static const struct reference_params kinds[] = {
		{ .level = -1 },
		{ .level = 6 },
		{ .level = 6, .strategy = Z_FIXED },
	};
	struct wd_queue q;
	size_t i;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	sample_fill(plain, SIZE, SAMPLE_TEXT, 1);
	for_each_format(format)
	{
		for (i = 0; i < ARRAY_SIZE(kinds); i++) {
			struct reference_params params = kinds[i];
			unsigned char *packed;
			size_t n;

			params.format = format;
			n = reference_deflate(&params, plain, SIZE, &packed);
			truncate_everywhere(&q, format, packed, n);
			free(packed);
		}
	}
	wd_release_queue(&q);
}

/* The second member is cut; where its header is whole it is one. */
static void test_truncation_of_a_second_member(void **state)
{
	struct wd_queue q;
	unsigned char *one, *two, out[2 * SIZE];
	size_t n = pack(0, 0, &one), i;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	two = malloc(2 * n);
	assert_non_null(two);
	memcpy(two, one, n);
	memcpy(two + n, one, n);
	for (i = 10; i < n; i++) {
		struct wd_request r =
			unpack_request(WD_GZIP, two, n + i, out, sizeof(out));

		assert_int_equal(fixture_run(&q, &r), -ENODATA);
		assert_in_range(r.produced, 0, 2 * SIZE);
		assert_memory_equal(out, plain,
				    r.produced < SIZE ? r.produced : SIZE);
	}
	wd_release_queue(&q);
	free(two);
	free(one);
}

/* Damages one byte of a member and asserts the answer. */
static void damage(struct wd_queue *q, unsigned char *packed, size_t size,
		   size_t at, unsigned int mask, int error)
{
	int status;

	packed[at] ^= (unsigned char)mask;
	status = unpack(q, WD_GZIP, packed, size);
	packed[at] ^= (unsigned char)mask;
	if (status != error)
		fail_msg("byte %zu ^ %02x: status %d, not %d", at, mask, status,
			 error);
}

static void test_damaged_gzip_header(void **state)
{
	struct wd_queue q;
	unsigned char *packed;
	size_t n = pack(0, 0, &packed);

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	damage(&q, packed, n, 0, 0x01, -EBADMSG); /* magic */
	damage(&q, packed, n, 1, 0x80, -EBADMSG);
	damage(&q, packed, n, 2, 0x01, -EBADMSG); /* method */
	damage(&q, packed, n, 2, 0x08, -EBADMSG);
	damage(&q, packed, n, FLG, 0x20, -EBADMSG); /* reserved flags */
	damage(&q, packed, n, FLG, 0x40, -EBADMSG);
	damage(&q, packed, n, FLG, 0x80, -EBADMSG);
	damage(&q, packed, n, FLG, FTEXT, 0); /* what means nothing */
	damage(&q, packed, n, MTIME, 0xff, 0);
	damage(&q, packed, n, 8, 0xff, 0); /* XFL */
	damage(&q, packed, n, 9, 0xff, 0); /* OS */
	wd_release_queue(&q);
	free(packed);
}

static void test_damaged_gzip_trailer(void **state)
{
	struct wd_queue q;
	unsigned char *packed;
	size_t n = pack(FNAME, 0, &packed), i;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (i = 1; i <= 8; i++) {
		damage(&q, packed, n, n - i, 0x01, -EBADMSG);
		damage(&q, packed, n, n - i, 0x80, -EBADMSG);
	}
	wd_release_queue(&q);
	free(packed);
}

/* With FHCRC every bit of the header counts. */
static void test_damaged_header_checksum(void **state)
{
	struct wd_queue q;
	unsigned char *packed;
	size_t n = pack(FHCRC | FNAME | FEXTRA, 20, &packed);
	size_t header = 10 + 2 + 20 + sizeof("a file's name") + 2, i;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (i = MTIME; i < 10; i++)
		damage(&q, packed, n, i, 0x10, -EBADMSG);
	for (i = 12; i < header; i++)
		damage(&q, packed, n, i, 0x01, -EBADMSG);
	wd_release_queue(&q);
	free(packed);
}

/* The header in two parts, whose border is @cut, or in single bytes (0). */
static int unpack_cut(struct wd_queue *q, unsigned char *packed, size_t n,
		      size_t cut)
{
	unsigned char out[SIZE];
	struct iovec *pieces = calloc(n, sizeof(*pieces));
	struct wd_request r =
		unpack_request(WD_GZIP, packed, n, out, sizeof(out));
	size_t i;
	int status;

	assert_non_null(pieces);
	for (i = 0; i < n; i++)
		pieces[i] = (struct iovec){ packed + i, 1 };
	if (cut) {
		pieces[0].iov_len = cut;
		pieces[1] = (struct iovec){ packed + cut, n - cut };
	}
	r.flags = WD_REQUEST_SRC_IOV;
	r.src_iov = pieces;
	r.src_len = cut ? 2 : n;
	status = fixture_run(q, &r);
	if (status == 0)
		assert_memory_equal(out, plain, SIZE);
	free(pieces);
	return status;
}

/* Whatever comes in pieces is checked as a whole. */
static void test_header_in_pieces(void **state)
{
	struct wd_queue q;
	unsigned int flags;

	(void)state;
	fixture_need("gzip");
	fixture_request(&q, NULL);
	for (flags = 0; flags < 2 * FCOMMENT; flags++) {
		unsigned char *packed;
		size_t n = pack(flags, 5, &packed), cut;

		assert_in_range(n, 20, WD_IOV_MAX);
		for (cut = 0; cut < 60; cut++) {
			assert_int_equal(unpack_cut(&q, packed, n, cut), 0);
			if (!(flags & FHCRC))
				continue;
			packed[MTIME] ^= 1;
			assert_int_equal(unpack_cut(&q, packed, n, cut),
					 -EBADMSG);
			packed[MTIME] ^= 1;
		}
		free(packed);
	}
	wd_release_queue(&q);
}

static void test_damaged_zlib(void **state)
{
	struct reference_params params = { .format = WD_ZLIB };
	struct wd_queue q;
	unsigned char *packed;
	size_t n, i;

	(void)state;
	fixture_need("zlib");
	fixture_request(&q, NULL);
	sample_fill(plain, SIZE, SAMPLE_TEXT, 1);
	n = reference_deflate(&params, plain, SIZE, &packed);
	for (i = 0; i < 4; i++) {
		packed[n - 1 - i] ^= 0x40; /* Adler-32 */
		assert_int_equal(unpack(&q, WD_ZLIB, packed, n), -EBADMSG);
		packed[n - 1 - i] ^= 0x40;
	}
	packed[1] ^= 1; /* FCHECK */
	assert_int_equal(unpack(&q, WD_ZLIB, packed, n), -EBADMSG);
	packed[0] = 0x88; /* a window of 64 KiB */
	packed[1] = (unsigned char)(31 - 0x8800 % 31);
	assert_int_equal(unpack(&q, WD_ZLIB, packed, n), -EBADMSG);
	packed[0] = 0x79; /* method 9 */
	packed[1] = (unsigned char)(31 - 0x7900 % 31);
	assert_int_equal(unpack(&q, WD_ZLIB, packed, n), -EBADMSG);
	wd_release_queue(&q);
	free(packed);
}

/* A preset dictionary is refused as such, and not as corrupt. */
static void test_preset_dictionary(void **state)
{
	static const unsigned char dictionary[] = "queue request answer page";
	unsigned char packed[2 * SIZE], out[SIZE];
	z_stream z = { 0 };
	struct wd_request r;
	struct wd_queue q;

	(void)state;
	fixture_need("zlib");
	fixture_request(&q, NULL);
	sample_fill(plain, SIZE, SAMPLE_TEXT, 1);
	assert_int_equal(deflateInit(&z, 6), Z_OK);
	assert_int_equal(
		deflateSetDictionary(&z, dictionary, sizeof(dictionary)), Z_OK);
	z.next_in = plain;
	z.avail_in = SIZE;
	z.next_out = packed;
	z.avail_out = sizeof(packed);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	r = unpack_request(WD_ZLIB, packed, z.total_out, out, SIZE);
	deflateEnd(&z);
	assert_int_equal(fixture_run(&q, &r), -EOPNOTSUPP);
	assert_int_equal(r.produced, 0);
	wd_release_queue(&q);
}

static const struct CMUnitTest header_tests[] = {
	cmocka_unit_test(test_every_set_of_fields),
	cmocka_unit_test(test_endless_name),
	cmocka_unit_test(test_truncation_of_headers),
	cmocka_unit_test(test_truncation_of_formats),
	cmocka_unit_test(test_truncation_of_a_second_member),
	cmocka_unit_test(test_damaged_gzip_header),
	cmocka_unit_test(test_damaged_gzip_trailer),
	cmocka_unit_test(test_damaged_header_checksum),
	cmocka_unit_test(test_header_in_pieces),
	cmocka_unit_test(test_damaged_zlib),
	cmocka_unit_test(test_preset_dictionary),
};

const struct suite header_suite = SUITE("header", header_tests);
