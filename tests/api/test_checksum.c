/* SPDX-License-Identifier: MIT */
/* Check values, how they are joined, and the bound of compressed sizes. */
#include "fixture.h"
#include "suites.h"

static const enum wd_op ops[] = { WD_CRC32C, WD_CRC32, WD_ADLER32 };

static const char *op_algorithm(enum wd_op op)
{
	return op == WD_CRC32C ? "crc32c" :
	       op == WD_CRC32  ? "crc32" :
				 "adler32";
}

static uint32_t start_of(enum wd_op op)
{
	return op == WD_ADLER32 ? 1 : 0;
}

static uint32_t reference(enum wd_op op, uint32_t start, const void *data,
			  size_t size)
{
	if (!size)
		return start;
	if (op == WD_CRC32C)
		return reference_crc32c(start, data, size);
	if (op == WD_CRC32)
		return (uint32_t)crc32_z(start, data, size);
	return (uint32_t)adler32_z(start, data, size);
}

static uint32_t compute(struct wd_queue *q, enum wd_op op, uint32_t start,
			const void *data, size_t size)
{
	struct wd_request r = {
		.op = (uint8_t)op,
		.src = data,
		.src_len = size,
		.operand = start,
		.result = UINT64_MAX,
	};

	assert_int_equal(fixture_run(q, &r), 0);
	assert_int_equal(r.consumed, size);
	assert_int_equal(r.operand, start);
	assert_in_range(r.result, 0, UINT32_MAX);
	return (uint32_t)r.result;
}

static void test_known_values(void **state)
{
	static const char digits[] = "123456789";
	static const uint32_t values[] = { 0xe3069283, 0xcbf43926, 0x091e01de };
	unsigned char zeros[32] = { 0 };
	struct wd_queue q;
	size_t i;

	(void)state;
	fixture_request(&q, NULL);
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		fixture_need(op_algorithm(ops[i]));
		assert_int_equal(compute(&q, ops[i], start_of(ops[i]), digits,
					 9),
				 values[i]);
	}
	/* RFC 3720, appendix B.4: 32 bytes of zeros. */
	assert_int_equal(compute(&q, WD_CRC32C, 0, zeros, 32), 0x8a9136aa);
	wd_release_queue(&q);
}

static void test_lengths_and_alignments(void **state)
{
	static const size_t lengths[] = { 0,	1,     2,     3,     7,
					  8,	63,    64,    65,    255,
					  1000, 5551,  5552,  5553,  4096,
					  8192, 65535, 65536, 300001 };
	struct wd_queue q;
	size_t i, j, shift;

	(void)state;
	fixture_request(&q, NULL);
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		fixture_need(op_algorithm(ops[i]));
		for (j = 0; j < ARRAY_SIZE(lengths); j++) {
			for (shift = 0; shift < 3; shift++) {
				struct guarded data = guarded_get(
					lengths[j] + shift,
					shift ? GUARDED_START : GUARDED_END);
				const unsigned char *from = data.data + shift;

				sample_fill(data.data, data.size, SAMPLE_RANDOM,
					    j);
				assert_int_equal(
					compute(&q, ops[i], start_of(ops[i]),
						from, lengths[j]),
					reference(ops[i], start_of(ops[i]),
						  from, lengths[j]));
				guarded_put(&data);
			}
		}
	}
	wd_release_queue(&q);
}

/* All bytes 255: the largest sums that Adler-32 meets. */
static void test_highest_bytes(void **state)
{
	size_t size = 1 << 20;
	unsigned char *data = malloc(size);
	struct wd_queue q;
	size_t i;

	(void)state;
	assert_non_null(data);
	memset(data, 255, size);
	fixture_request(&q, NULL);
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		fixture_need(op_algorithm(ops[i]));
		assert_int_equal(
			compute(&q, ops[i], start_of(ops[i]), data, size),
			reference(ops[i], start_of(ops[i]), data, size));
	}
	wd_release_queue(&q);
	free(data);
}

/* One result is the next call's operand. */
static void test_results_chain(void **state)
{
	enum { SIZE = 20000 };
	unsigned char *data = sample_new(SIZE, SAMPLE_RANDOM, 5);
	struct sample_random random = { 1 };
	struct wd_queue q;
	size_t i, done;
	unsigned int round;

	(void)state;
	fixture_request(&q, NULL);
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		uint32_t whole =
			reference(ops[i], start_of(ops[i]), data, SIZE);

		fixture_need(op_algorithm(ops[i]));
		for (round = 0; round < 10; round++) {
			uint32_t value = start_of(ops[i]);

			for (done = 0; done < SIZE;) {
				size_t n = sample_below(&random, 3000);

				if (n > SIZE - done)
					n = SIZE - done;
				value = compute(&q, ops[i], value, data + done,
						n);
				done += n;
			}
			assert_int_equal(value, whole);
		}
	}
	wd_release_queue(&q);
	free(data);
}

static void test_any_operand(void **state)
{
	static const uint32_t starts[] = { 0, 1, 0xffffffff, 0x12345678,
					   0xfff0fff0 };
	unsigned char data[100];
	struct wd_queue q;
	size_t i, j;

	(void)state;
	fixture_request(&q, NULL);
	sample_fill(data, sizeof(data), SAMPLE_RANDOM, 1);
	for (i = 0; i < 2; i++) {
		fixture_need(op_algorithm(ops[i]));
		for (j = 0; j < ARRAY_SIZE(starts); j++) {
			assert_int_equal(compute(&q, ops[i], starts[j], data,
						 sizeof(data)),
					 reference(ops[i], starts[j], data,
						   sizeof(data)));
			assert_int_equal(compute(&q, ops[i], starts[j], NULL,
						 0),
					 starts[j]);
		}
	}
	wd_release_queue(&q);
}

static void test_combine(void **state)
{
	static const size_t cuts[] = { 0, 1, 2, 1000, 65521, 99999, 100000 };
	enum { SIZE = 100000 };
	unsigned char *data = sample_new(SIZE, SAMPLE_RANDOM, 7);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cuts); i++) {
		for (enum wd_format f = WD_ZLIB; f <= WD_GZIP; f++) {
			uint32_t first = reference_checksum(f, data, cuts[i]);
			uint32_t second = reference_checksum(f, data + cuts[i],
							     SIZE - cuts[i]);

			assert_int_equal(wd_checksum_combine(f, first, second,
							     SIZE - cuts[i]),
					 reference_checksum(f, data, SIZE));
		}
	}
	free(data);
}

static void test_combine_of_large_lengths(void **state)
{
	static const uint64_t lengths[] = {
		UINT64_C(0xffffffff),
		UINT64_C(0x100000000),
		UINT64_C(0x100000001),
		UINT64_C(65521) << 20,
		UINT64_C(0x7fffffffff),
		UINT64_C(1) << 50,
		INT64_MAX,
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		uint32_t first = 0x0badcafe, second = 0x01234567;

		assert_int_equal(
			wd_checksum_combine(WD_GZIP, first, second, lengths[i]),
			crc32_combine(first, second, (z_off_t)lengths[i]));
		assert_int_equal(
			wd_checksum_combine(WD_ZLIB, first, second, lengths[i]),
			adler32_combine(first, second, (z_off_t)lengths[i]));
	}
}

static void test_combine_of_other_formats(void **state)
{
	(void)state;
	assert_int_equal(wd_checksum_combine(WD_DEFLATE, 1, 2, 3), 0);
	assert_int_equal(wd_checksum_combine(WD_FORMAT_QUEUE, 1, 2, 3), 0);
	assert_int_equal(wd_checksum_combine(WD_FORMAT_COUNT, 1, 2, 3), 0);
}

static void test_bound_of_lengths(void **state)
{
	static const size_t lengths[] = { 0, 1, 1000, 65535, 1 << 20 };
	size_t i;

	(void)state;
	for_each_format(format)
	{
		for (i = 0; i < ARRAY_SIZE(lengths); i++) {
			size_t bound = wd_compress_bound(format, lengths[i]);

			/* More than the data, and not absurdly more. */
			assert_in_range(bound, lengths[i] + 1,
					lengths[i] + lengths[i] / 8 + 4096);
		}
		assert_true(wd_compress_bound(format, SIZE_MAX) == SIZE_MAX);
		assert_true(wd_compress_bound(format, SIZE_MAX - 10) ==
			    SIZE_MAX);
		assert_true(wd_compress_bound(format, SIZE_MAX / 2) >
			    SIZE_MAX / 2);
		assert_true(wd_compress_bound(format, (size_t)1 << 33) >
			    (size_t)1 << 33);
	}
}

static const struct CMUnitTest checksum_tests[] = {
	cmocka_unit_test(test_known_values),
	cmocka_unit_test(test_lengths_and_alignments),
	cmocka_unit_test(test_highest_bytes),
	cmocka_unit_test(test_results_chain),
	cmocka_unit_test(test_any_operand),
	cmocka_unit_test(test_combine),
	cmocka_unit_test(test_combine_of_large_lengths),
	cmocka_unit_test(test_combine_of_other_formats),
	cmocka_unit_test(test_bound_of_lengths),
};

const struct suite checksum_suite = SUITE("checksum", checksum_tests);
