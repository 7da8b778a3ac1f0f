/* SPDX-License-Identifier: MIT */
/* The devices of the kernel, from a folder that looks like its sysfs. */
#include "suites.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <warpdrive/device.h>
#include <warpdrive/queue.h>

static char root[] = "/tmp/warpdrive-unit-XXXXXX";

static void make_root(void)
{
	assert_non_null(mkdtemp(root));
	assert_int_equal(setenv("WARPDRIVE_SYSFS", root, 1), 0);
}

static void remove_root(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	assert_int_equal(system(command), 0);
}

static void make_folder(const char *device, const char *below)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s%s", root, device, below);
	assert_int_equal(mkdir(path, 0755), 0);
}

static void write_attribute(const char *device, const char *name,
			    const char *value)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/%s", root, device, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(value, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

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

static struct wd_device_list *list_devices(void)
{
	struct wd_device_list *list = NULL;

	assert_int_equal(wd_device_list_open(&list), 0);
	assert_non_null(list);
	return list;
}

static void test_no_class_folder(void **state)
{
	struct wd_device_list *list;

	(void)state;
	assert_int_equal(setenv("WARPDRIVE_SYSFS", "/nowhere/at/all", 1), 0);
	list = list_devices();
	assert_int_equal(wd_device_list_count(list), 1);
	wd_device_list_close(list);
}

static void test_empty_class_folder(void **state)
{
	struct wd_device_list *list;

	(void)state;
	make_root();
	list = list_devices();
	assert_int_equal(wd_device_list_count(list), 1);
	wd_device_list_close(list);
	remove_root();
}

static void test_attributes(void **state)
{
	const struct wd_device *device;
	struct wd_device_list *list;

	(void)state;
	make_root();
	make_folder("vaccel-0", "");
	make_folder("vaccel-0", "/device");
	write_attribute("vaccel-0", "api", "vaccel_v1\n");
	write_attribute("vaccel-0", "algorithms", "noop\ncopy\ngzip\n");
	write_attribute("vaccel-0", "flags", "1\n");
	write_attribute("vaccel-0", "available_instances", "17\n");
	write_attribute("vaccel-0", "device/numa_node", "3\n");
	list = list_devices();
	device = find(list, "vaccel-0");
	assert_non_null(device);
	assert_string_equal(wd_device_api(device), "vaccel_v1");
	assert_string_equal(wd_device_algorithms(device), "noop copy gzip");
	assert_true(wd_device_can(device, "noop"));
	assert_true(wd_device_can(device, "gzip"));
	assert_false(wd_device_can(device, "gz"));
	assert_false(wd_device_can(device, "zlib"));
	assert_true(wd_device_in_kernel(device));
	assert_true(wd_device_has_sva(device));
	assert_int_equal(wd_device_available(device), 17);
	assert_int_equal(wd_device_node(device), 3);
	wd_device_list_close(list);
	remove_root();
}

/* Without an attribute there is a sensible value. */
static void test_missing_attributes(void **state)
{
	const struct wd_device *device;
	struct wd_device_list *list;

	(void)state;
	make_root();
	make_folder("bare-0", "");
	list = list_devices();
	device = find(list, "bare-0");
	assert_non_null(device);
	assert_string_equal(wd_device_api(device), "");
	assert_string_equal(wd_device_algorithms(device), "");
	assert_string_equal(wd_device_driver(device), "");
	assert_false(wd_device_can(device, ""));
	assert_false(wd_device_can(device, "gzip"));
	assert_false(wd_device_has_sva(device));
	assert_int_equal(wd_device_available(device), -1);
	assert_int_equal(wd_device_node(device), -1);
	wd_device_list_close(list);
	remove_root();
}

static void test_odd_attributes(void **state)
{
	static char longest[8192];
	const struct wd_device *device;
	struct wd_device_list *list;

	(void)state;
	make_root();
	make_folder("odd-0", "");
	make_folder("odd-0", "/flags"); /* not even a file */
	memset(longest, 'x', sizeof(longest) - 1);
	write_attribute("odd-0", "api", longest);
	write_attribute("odd-0", "algorithms", "\n\n  gzip \t\n\n zlib\n ");
	write_attribute("odd-0", "available_instances", "many\n");
	list = list_devices();
	device = find(list, "odd-0");
	assert_non_null(device);
	assert_true(strlen(wd_device_api(device)) < sizeof(longest) - 1);
	assert_string_equal(wd_device_algorithms(device), "gzip zlib");
	assert_false(wd_device_has_sva(device));
	wd_device_list_close(list);
	remove_root();
}

/* More algorithms than there is room for: none of them is cut in two. */
static void test_too_many_algorithms(void **state)
{
	static char algorithms[4000];
	struct wd_device_list *list;
	const char *listed, *last;
	unsigned int i;

	(void)state;
	for (i = 0; i < 300; i++)
		memcpy(algorithms + 8 * i, "gzip123\n", 8);
	make_root();
	make_folder("many-0", "");
	write_attribute("many-0", "algorithms", algorithms);
	list = list_devices();
	assert_non_null(find(list, "many-0"));
	listed = wd_device_algorithms(find(list, "many-0"));
	last = strrchr(listed, ' ');
	assert_non_null(last);
	assert_string_equal(last + 1, "gzip123");
	assert_false(wd_device_can(find(list, "many-0"), "gzip"));
	wd_device_list_close(list);
	remove_root();
}

static void test_order_and_strangers(void **state)
{
	static const char *const made[] = { "vaccel-10", "edu-0", "vaccel-2",
					    "vaccel-0" };
	static const char *const order[] = { "sw", "edu-0", "vaccel-0",
					     "vaccel-2", "vaccel-10" };
	struct wd_device_list *list;
	size_t i;

	(void)state;
	make_root();
	for (i = 0; i < ARRAY_SIZE(made); i++)
		make_folder(made[i], "");
	write_attribute(".", "not-a-device", "");
	list = list_devices();
	assert_int_equal(wd_device_list_count(list), ARRAY_SIZE(order));
	for (i = 0; i < ARRAY_SIZE(order); i++)
		assert_string_equal(wd_device_name(wd_device_list_get(list, i)),
				    order[i]);
	wd_device_list_close(list);
	remove_root();
}

/* A device for which there is no driver is listed and cannot be had. */
static void test_device_without_driver(void **state)
{
	struct wd_queue q = { .device = "other-0" };

	(void)state;
	make_root();
	make_folder("other-0", "");
	write_attribute("other-0", "algorithms", "gzip\n");
	assert_true(wd_request_queue(&q) < 0);
	assert_null(q.priv);
	/* Others can still be had. */
	q = (struct wd_queue){ .algorithm = "gzip" };
	assert_int_equal(wd_request_queue(&q), 0);
	assert_string_equal(q.got.device, "sw");
	wd_release_queue(&q);
	remove_root();
}

static const struct CMUnitTest device_tests[] = {
	cmocka_unit_test(test_no_class_folder),
	cmocka_unit_test(test_empty_class_folder),
	cmocka_unit_test(test_attributes),
	cmocka_unit_test(test_missing_attributes),
	cmocka_unit_test(test_odd_attributes),
	cmocka_unit_test(test_too_many_algorithms),
	cmocka_unit_test(test_order_and_strangers),
	cmocka_unit_test(test_device_without_driver),
};

const struct suite device_suite = SUITE("device", device_tests);
