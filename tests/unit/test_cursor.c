/* SPDX-License-Identifier: MIT */
/* A place in a buffer or in a list of them. */
#include "suites.h"

#include "cursor.h"

static void test_one_buffer(void **state)
{
	char data[10];
	struct sw_cursor cursor;

	(void)state;
	sw_cursor_init(&cursor, data, sizeof(data), false);
	assert_ptr_equal(cursor.at, data);
	assert_int_equal(sw_cursor_piece(&cursor), 10);
	sw_cursor_advance(&cursor, 4);
	assert_ptr_equal(cursor.at, data + 4);
	assert_int_equal(sw_cursor_piece(&cursor), 6);
	assert_false(sw_cursor_end(&cursor));
	sw_cursor_advance(&cursor, 6);
	assert_true(sw_cursor_end(&cursor));
	assert_int_equal(cursor.done, 10);
}

static void test_nothing(void **state)
{
	struct iovec holes[2] = { { NULL, 0 }, { NULL, 0 } };
	struct sw_cursor cursor;

	(void)state;
	sw_cursor_init(&cursor, NULL, 0, false);
	assert_true(sw_cursor_end(&cursor));
	sw_cursor_init(&cursor, NULL, 0, true);
	assert_true(sw_cursor_end(&cursor));
	sw_cursor_init(&cursor, holes, 2, true);
	assert_true(sw_cursor_end(&cursor));
	sw_cursor_advance(&cursor, 0);
	assert_true(sw_cursor_end(&cursor));
	assert_int_equal(cursor.done, 0);
}

/* Empty entries at the start, in the middle and at the end are passed by. */
static void test_holes_in_a_list(void **state)
{
	char a[3], b[5];
	struct iovec list[] = { { NULL, 0 }, { a, 3 }, { NULL, 0 },
				{ a, 0 },    { b, 5 }, { NULL, 0 } };
	struct sw_cursor cursor;

	(void)state;
	sw_cursor_init(&cursor, list, ARRAY_SIZE(list), true);
	assert_ptr_equal(cursor.at, a);
	assert_int_equal(sw_cursor_piece(&cursor), 3);
	sw_cursor_advance(&cursor, 2);
	assert_ptr_equal(cursor.at, a + 2);
	sw_cursor_advance(&cursor, 1);
	assert_ptr_equal(cursor.at, b);
	assert_int_equal(sw_cursor_piece(&cursor), 5);
	assert_int_equal(cursor.done, 3);
	sw_cursor_advance(&cursor, 5);
	assert_true(sw_cursor_end(&cursor));
	assert_int_equal(cursor.done, 8);
}

/* A piece fits in 32 bits, however long the buffer is. */
static void test_long_buffers(void **state)
{
	static char start;
	size_t length = sizeof(size_t) > 4 ? (size_t)5 << 30 : (size_t)3 << 30;
	struct sw_cursor cursor;
	size_t sum = 0;

	(void)state;
	sw_cursor_init(&cursor, &start, length, false);
	while (!sw_cursor_end(&cursor)) {
		uint32_t piece = sw_cursor_piece(&cursor);

		assert_in_range(piece, 1, SW_PIECE_MAX);
		sw_cursor_advance(&cursor, piece);
		sum += piece;
	}
	assert_true(sum == length);
	assert_true(cursor.done == length);
}

static void test_sides_of_a_request(void **state)
{
	char a[3], b[5];
	struct iovec list = { b, 5 };
	struct wd_request r = {
		.flags = WD_REQUEST_DST_IOV,
		.src = a,
		.src_len = 3,
		.dst_iov = &list,
		.dst_len = 1,
	};
	struct sw_cursor cursor;

	(void)state;
	sw_cursor_src(&cursor, &r);
	assert_ptr_equal(cursor.at, a);
	assert_int_equal(cursor.left, 3);
	sw_cursor_dst(&cursor, &r);
	assert_ptr_equal(cursor.at, b);
	assert_int_equal(cursor.left, 5);
}

static const struct CMUnitTest cursor_tests[] = {
	cmocka_unit_test(test_one_buffer),
	cmocka_unit_test(test_nothing),
	cmocka_unit_test(test_holes_in_a_list),
	cmocka_unit_test(test_long_buffers),
	cmocka_unit_test(test_sides_of_a_request),
};

const struct suite cursor_suite = SUITE("cursor", cursor_tests);
