/* SPDX-License-Identifier: MIT */
/*
 * Lengths around and above 4 GiB, where a 32-bit length would break. A few MiB
 * of memory, mapped again and again, stand in for that much of it.
 */
#include "fixture.h"
#include "suites.h"

#include <sys/mman.h>
#include <unistd.h>

#define GIB ((size_t)1 << 30)
#define BLOCK ((size_t)8 << 20)

static const size_t lengths[] = { 4 * GIB - 1, 4 * GIB, 4 * GIB + 1,
				  5 * GIB + 12345 };

/* A range of addresses behind each BLOCK of which is the same memory. */
struct mirror {
	unsigned char *data;
	size_t size;
};

static struct mirror mirror_get(size_t size)
{
	struct mirror mirror = { .size = (size + BLOCK - 1) / BLOCK * BLOCK };
	int fd = memfd_create("block", MFD_CLOEXEC);
	size_t at;

	if (sizeof(size_t) < 8)
		skip_because("addresses have 32 bits");
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)BLOCK), 0);
	mirror.data = mmap(NULL, mirror.size, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_ptr_not_equal(mirror.data, MAP_FAILED);
	for (at = 0; at < mirror.size; at += BLOCK)
		assert_ptr_not_equal(mmap(mirror.data + at, BLOCK,
					  PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_FIXED, fd, 0),
				     MAP_FAILED);
	close(fd);
	return mirror;
}

static void mirror_put(struct mirror *mirror)
{
	munmap(mirror->data, mirror->size);
}

static uint32_t mirror_checksum(const struct mirror *mirror,
				enum wd_format format, size_t size)
{
	uint32_t block = reference_checksum(format, mirror->data, BLOCK);
	uint32_t sum = reference_checksum(format, NULL, 0);
	size_t done;

	for (done = 0; done + BLOCK <= size; done += BLOCK)
		sum = (uint32_t)(format == WD_GZIP ?
					 crc32_combine(sum, block, BLOCK) :
					 adler32_combine(sum, block, BLOCK));
	block = reference_checksum(format, mirror->data, size - done);
	return (uint32_t)(format == WD_GZIP ?
				  crc32_combine(sum, block,
						(z_off_t)(size - done)) :
				  adler32_combine(sum, block,
						  (z_off_t)(size - done)));
}

static void test_copy_and_fill(void **state)
{
	struct mirror src = mirror_get(lengths[3]);
	struct mirror dst = mirror_get(lengths[3]);
	struct wd_queue q;
	size_t i;

	(void)state;
	fixture_need("copy");
	fixture_need("fill");
	fixture_request(&q, NULL);
	sample_fill(src.data, BLOCK, SAMPLE_RANDOM, 1);
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct wd_request r = {
			.op = WD_COPY,
			.src = src.data,
			.src_len = lengths[i],
			.dst = dst.data,
			.dst_len = lengths[i],
		};

		memset(dst.data, 0, BLOCK);
		assert_int_equal(fixture_run(&q, &r), 0);
		assert_true(r.produced == lengths[i]);
		assert_memory_equal(src.data, dst.data, BLOCK);

		r = (struct wd_request){
			.op = WD_FILL,
			.dst = dst.data,
			.dst_len = lengths[i],
			.operand = UINT64_C(0x0807060504030201),
		};
		assert_int_equal(fixture_run(&q, &r), 0);
		assert_true(r.produced == lengths[i]);
		assert_int_equal(dst.data[BLOCK - 1], 8);
		assert_int_equal(dst.data[12344], 12344 % 8 + 1);
	}
	wd_release_queue(&q);
	mirror_put(&dst);
	mirror_put(&src);
}

/* Equal up to the last byte, which lies in a page of its own. */
static void test_compare(void **state)
{
	struct mirror a = mirror_get(4 * GIB + 2 * BLOCK);
	struct mirror b = mirror_get(4 * GIB + 2 * BLOCK);
	size_t length = 4 * GIB + BLOCK + 1;
	struct wd_request r = {
		.op = WD_COMPARE,
		.src = a.data,
		.src_len = length,
		.dst = b.data,
		.dst_len = length,
	};
	struct wd_queue q;

	(void)state;
	fixture_need("compare");
	fixture_request(&q, NULL);
	assert_int_equal(fixture_run(&q, &r), 0);
	assert_int_equal(r.result, 0);
	assert_true(r.consumed == length);
	assert_ptr_not_equal(
		mmap(b.data + length - 1, 4096, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
		MAP_FAILED);
	b.data[length - 1] = 1;
	assert_int_equal(fixture_run(&q, &r), 0);
	assert_int_equal(r.result, 1);
	assert_true(r.consumed == length - 1);
	wd_release_queue(&q);
	mirror_put(&b);
	mirror_put(&a);
}

static void test_check_values(void **state)
{
	static const struct {
		enum wd_op op;
		enum wd_format format;
	} kinds[] = { { WD_CRC32, WD_GZIP }, { WD_ADLER32, WD_ZLIB } };
	struct mirror src = mirror_get(lengths[3]);
	struct wd_queue q;
	size_t i, j;

	(void)state;
	fixture_need("crc32");
	fixture_need("adler32");
	fixture_request(&q, NULL);
	sample_fill(src.data, BLOCK, SAMPLE_RANDOM, 1);
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		for (j = 0; j < ARRAY_SIZE(kinds); j++) {
			struct wd_request r = {
				.op = (uint8_t)kinds[j].op,
				.src = src.data,
				.src_len = lengths[i],
				.operand = kinds[j].op == WD_ADLER32,
			};

			assert_int_equal(fixture_run(&q, &r), 0);
			assert_true(r.consumed == lengths[i]);
			assert_int_equal(r.result,
					 mirror_checksum(&src, kinds[j].format,
							 lengths[i]));
		}
	}
	wd_release_queue(&q);
	mirror_put(&src);
}

/* The whole of it is the same as its two parts, one after the other. */
static void test_crc32c(void **state)
{
	struct mirror src = mirror_get(lengths[3]);
	struct wd_request r = { .op = WD_CRC32C, .src = src.data };
	struct wd_queue q;
	uint64_t whole;

	(void)state;
	fixture_need("crc32c");
	fixture_request(&q, NULL);
	sample_fill(src.data, BLOCK, SAMPLE_RANDOM, 1);
	r.src_len = lengths[3];
	assert_int_equal(fixture_run(&q, &r), 0);
	whole = r.result;
	r.src_len = 2 * GIB;
	assert_int_equal(fixture_run(&q, &r), 0);
	r.operand = r.result;
	assert_int_equal(fixture_run(&q, &r), 0);
	r.operand = r.result;
	r.src_len = lengths[3] - 4 * GIB;
	assert_int_equal(fixture_run(&q, &r), 0);
	assert_true(r.result == whole);
	wd_release_queue(&q);
	mirror_put(&src);
}

/* Asserts that zlib reads @length bytes of @src from @packed. */
static void check_packed(enum wd_format format, const void *packed,
			 size_t packed_len, size_t length)
{
	struct reference_result result =
		reference_inflate(format, packed, packed_len, NULL, 0);

	/* zlib has held the check value against what it wrote. */
	assert_int_equal(result.status, 0);
	assert_true(result.consumed == packed_len);
	assert_true(result.produced == length);
}

static void compress_and_back(int level, enum wd_format format, size_t length)
{
	struct mirror src = mirror_get(length), dst = mirror_get(length);
	size_t room = 256 << 20;
	unsigned char *packed = mmap(NULL, room, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct wd_request r = {
		.op = WD_COMPRESS,
		.format = (uint8_t)format,
		.level = (int8_t)level,
		.src = src.data,
		.src_len = length,
		.dst = packed,
		.dst_len = room,
	};
	struct wd_queue q;
	size_t n;

	assert_ptr_not_equal(packed, MAP_FAILED);
	fixture_request(&q, NULL);
	sample_fill(src.data, 1000, SAMPLE_TEXT, 1);
	assert_int_equal(fixture_run(&q, &r), 0);
	assert_true(r.consumed == length);
	assert_int_equal(r.checksum, mirror_checksum(&src, format, length));
	n = r.produced;
	check_packed(format, packed, n, length);

	r = (struct wd_request){
		.op = WD_DECOMPRESS,
		.format = (uint8_t)format,
		.src = packed,
		.src_len = n,
		.dst = dst.data,
		.dst_len = length,
	};
	assert_int_equal(fixture_run(&q, &r), 0);
	assert_true(r.consumed == n);
	assert_true(r.produced == length);
	assert_memory_equal(src.data, dst.data, BLOCK);
	r.dst_len = length - 1;
	assert_int_equal(fixture_run(&q, &r), -ENOSPC);
	wd_release_queue(&q);
	munmap(packed, room);
	mirror_put(&dst);
	mirror_put(&src);
}

static void test_compress_at_level_1(void **state)
{
	size_t i;

	(void)state;
	fixture_need("gzip");
	for (i = 0; i < 3; i++)
		compress_and_back(1, WD_GZIP, lengths[i]);
}

static void test_compress_at_level_3(void **state)
{
	(void)state;
	fixture_need("zlib");
	compress_and_back(3, WD_ZLIB, lengths[2]);
}

static void test_compress_at_level_6(void **state)
{
	(void)state;
	fixture_need("gzip");
	compress_and_back(6, WD_GZIP, lengths[2]);
}

/* Stored, so that the output is larger than 4 GiB as well. */
static void test_store(void **state)
{
	size_t length = 4 * GIB + 4097;
	size_t room = wd_compress_bound(WD_GZIP, length), done;
	struct mirror src = mirror_get(length);
	unsigned char *packed =
		mmap(NULL, room, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct wd_request r = {
		.op = WD_COMPRESS,
		.format = WD_GZIP,
		.level = WD_LEVEL_STORE,
		.src = src.data,
		.src_len = length,
		.dst = packed,
		.dst_len = room,
	};
	struct wd_queue q;

	(void)state;
	fixture_need("gzip");
	if ((size_t)sysconf(_SC_AVPHYS_PAGES) < 6 * GIB / 4096)
		skip_because("less than 6 GiB of memory are free");
	assert_ptr_not_equal(packed, MAP_FAILED);
	fixture_request(&q, NULL);
	sample_fill(src.data, BLOCK, SAMPLE_RANDOM, 1);
	assert_int_equal(fixture_run(&q, &r), 0);
	assert_true(r.consumed == length);
	assert_true(r.produced > length && r.produced <= room);
	check_packed(WD_GZIP, packed, r.produced, length);

	/* And back, into memory of which each block is written many times. */
	done = r.produced;
	r = (struct wd_request){
		.op = WD_DECOMPRESS,
		.format = WD_GZIP,
		.src = packed,
		.src_len = done,
		.dst = src.data,
		.dst_len = length,
	};
	assert_int_equal(fixture_run(&q, &r), 0);
	assert_true(r.produced == length && r.consumed == done);
	wd_release_queue(&q);
	munmap(packed, room);
	mirror_put(&src);
}

/* A list whose entries add up to more than 4 GiB. */
static void test_lists(void **state)
{
	enum { ENTRIES = 520 };
	struct iovec iov[ENTRIES];
	unsigned char *block = sample_new(BLOCK, SAMPLE_ZERO, 1);
	size_t room = 64 << 20, length = ENTRIES * BLOCK - 3;
	unsigned char *packed = malloc(room);
	struct wd_request r = {
		.op = WD_COMPRESS,
		.format = WD_GZIP,
		.level = 1,
		.flags = WD_REQUEST_SRC_IOV,
		.src_iov = iov,
		.src_len = ENTRIES,
		.dst = packed,
		.dst_len = room,
	};
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_need("gzip");
	assert_non_null(packed);
	sample_fill(block, 1000, SAMPLE_TEXT, 1);
	for (i = 0; i < ENTRIES; i++)
		iov[i] = (struct iovec){ block, BLOCK };
	iov[0].iov_len -= 3;
	fixture_request(&q, NULL);
	assert_int_equal(fixture_run(&q, &r), 0);
	assert_true(r.consumed == length);
	check_packed(WD_GZIP, packed, r.produced, length);
	wd_release_queue(&q);
	free(packed);
	free(block);
}

/* One entry of a list is larger than 4 GiB on its own. */
static void test_long_entry_of_a_list(void **state)
{
	struct mirror src = mirror_get(4 * GIB + 100);
	struct iovec iov[2] = { { src.data, 4 * GIB + 7 }, { src.data, 100 } };
	struct wd_request r = {
		.op = WD_CRC32,
		.flags = WD_REQUEST_SRC_IOV,
		.src_iov = iov,
		.src_len = 2,
	};
	struct wd_queue q;

	(void)state;
	fixture_need("crc32");
	fixture_request(&q, NULL);
	sample_fill(src.data, BLOCK, SAMPLE_RANDOM, 1);
	assert_int_equal(fixture_run(&q, &r), 0);
	assert_true(r.consumed == 4 * GIB + 107);
	assert_int_equal(
		r.result,
		crc32_combine(mirror_checksum(&src, WD_GZIP, 4 * GIB + 7),
			      reference_checksum(WD_GZIP, src.data, 100), 100));
	wd_release_queue(&q);
	mirror_put(&src);
}

static const struct CMUnitTest large_tests[] = {
	cmocka_unit_test(test_copy_and_fill),
	cmocka_unit_test(test_compare),
	cmocka_unit_test(test_check_values),
	cmocka_unit_test(test_crc32c),
	cmocka_unit_test(test_compress_at_level_1),
	cmocka_unit_test(test_compress_at_level_3),
	cmocka_unit_test(test_compress_at_level_6),
	cmocka_unit_test(test_store),
	cmocka_unit_test(test_lists),
	cmocka_unit_test(test_long_entry_of_a_list),
};

const struct suite large_suite = SUITE("large", large_tests);
