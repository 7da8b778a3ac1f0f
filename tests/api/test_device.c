/* SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "suites.h"

static const struct wd_device *find(struct wd_device_list *list,
				    const char *name)
{
	size_t i;

	for (i = 0; i < wd_device_list_count(list); i++) {
		const struct wd_device *device = wd_device_list_get(list, i);

		if (strcmp(wd_device_name(device), name) == 0)
			return device;
	}
	return NULL;
}

static void test_list_starts_in_this_process(void **state)
{
	struct wd_device_list *list = NULL;
	const struct wd_device *first;

	(void)state;
	assert_int_equal(wd_device_list_open(&list), 0);
	assert_in_range(wd_device_list_count(list), 1, 100000);
	first = wd_device_list_get(list, 0);
	assert_non_null(first);
	assert_string_equal(wd_device_name(first), "sw");
	assert_string_equal(wd_device_driver(first), "sw");
	assert_false(wd_device_in_kernel(first));
	assert_true(wd_device_has_sva(first));
	assert_true(wd_device_available(first) == -1 ||
		    wd_device_available(first) > 0);
	assert_true(wd_device_node(first) >= -1);
	wd_device_list_close(list);
}

static void test_list_ends(void **state)
{
	struct wd_device_list *list;
	size_t count;

	(void)state;
	assert_int_equal(wd_device_list_open(&list), 0);
	count = wd_device_list_count(list);
	assert_non_null(wd_device_list_get(list, count - 1));
	assert_null(wd_device_list_get(list, count));
	assert_null(wd_device_list_get(list, SIZE_MAX));
	wd_device_list_close(list);
}

static void test_kernel_devices_are_sorted(void **state)
{
	struct wd_device_list *list;
	size_t i;

	(void)state;
	assert_int_equal(wd_device_list_open(&list), 0);
	for (i = 1; i < wd_device_list_count(list); i++) {
		const struct wd_device *device = wd_device_list_get(list, i);

		assert_true(wd_device_in_kernel(device));
		assert_non_null(wd_device_driver(device));
		assert_non_null(wd_device_api(device));
		if (i > 1)
			assert_true(
				strverscmp(wd_device_name(wd_device_list_get(
						   list, i - 1)),
					   wd_device_name(device)) < 0);
	}
	wd_device_list_close(list);
}

static void test_close_ignores_null(void **state)
{
	(void)state;
	wd_device_list_close(NULL);
	assert_int_equal(wd_device_list_open(NULL), -EINVAL);
}

static void test_algorithms_are_words(void **state)
{
	struct wd_device_list *list;
	const struct wd_device *device;
	const char *algorithms;

	(void)state;
	assert_int_equal(wd_device_list_open(&list), 0);
	device = find(list, fixture_config.device);
	assert_non_null(device);
	algorithms = wd_device_algorithms(device);
	assert_true(strlen(algorithms) > 0);
	assert_null(strstr(algorithms, "  "));
	assert_int_not_equal(algorithms[0], ' ');
	assert_int_not_equal(algorithms[strlen(algorithms) - 1], ' ');
	wd_device_list_close(list);
}

/* Every word of the list is one that the device can, and no part of one is. */
static void test_can_agrees_with_algorithms(void **state)
{
	struct wd_device_list *list;
	const struct wd_device *device;
	char *algorithms, *word, *rest;
	unsigned int count = 0;

	(void)state;
	assert_int_equal(wd_device_list_open(&list), 0);
	device = find(list, fixture_config.device);
	assert_non_null(device);
	algorithms = strdup(wd_device_algorithms(device));
	assert_non_null(algorithms);
	for (word = strtok_r(algorithms, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest)) {
		assert_true(wd_device_can(device, word));
		count++;
	}
	assert_in_range(count, 1, 1000);
	assert_false(wd_device_can(device, "gzi"));
	assert_false(wd_device_can(device, "zip"));
	assert_false(wd_device_can(device, "gzip "));
	assert_false(wd_device_can(device, ""));
	assert_false(wd_device_can(device, wd_device_algorithms(device)));
	free(algorithms);
	wd_device_list_close(list);
}

static void test_sw_has_every_algorithm(void **state)
{
	static const char *const names[] = {
		"noop",	   "copy",    "fill", "compare", "crc32c",    "crc32",
		"adler32", "deflate", "zlib", "gzip",	 "factorial",
	};
	struct wd_device_list *list;
	const struct wd_device *sw;
	size_t i;

	(void)state;
	assert_int_equal(wd_device_list_open(&list), 0);
	sw = wd_device_list_get(list, 0);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!wd_device_can(sw, names[i]))
			fail_msg("sw has no %s among %s", names[i],
				 wd_device_algorithms(sw));
	wd_device_list_close(list);
}

/* A list is a snapshot: another one does not disturb it. */
static void test_lists_are_independent(void **state)
{
	struct wd_device_list *first, *second;
	const char *name;

	(void)state;
	assert_int_equal(wd_device_list_open(&first), 0);
	name = wd_device_name(wd_device_list_get(first, 0));
	assert_int_equal(wd_device_list_open(&second), 0);
	assert_ptr_not_equal(first, second);
	wd_device_list_close(second);
	assert_string_equal(name, "sw");
	wd_device_list_close(first);
}

static void test_lists_leave_no_files(void **state)
{
	struct wd_device_list *list;
	unsigned int files, i;

	(void)state;
	files = fixture_files();
	for (i = 0; i < 100; i++) {
		assert_int_equal(wd_device_list_open(&list), 0);
		wd_device_list_close(list);
	}
	assert_int_equal(fixture_files(), files);
}

static const struct CMUnitTest device_tests[] = {
	cmocka_unit_test(test_list_starts_in_this_process),
	cmocka_unit_test(test_list_ends),
	cmocka_unit_test(test_kernel_devices_are_sorted),
	cmocka_unit_test(test_close_ignores_null),
	cmocka_unit_test(test_algorithms_are_words),
	cmocka_unit_test(test_can_agrees_with_algorithms),
	cmocka_unit_test(test_sw_has_every_algorithm),
	cmocka_unit_test(test_lists_are_independent),
	cmocka_unit_test(test_lists_leave_no_files),
};

const struct suite device_suite = SUITE("device", device_tests);
