/* SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "suites.h"

#include <limits.h>
#include <sched.h>

static void assert_works(struct wd_queue *q)
{
	struct wd_request r = { .op = WD_NOOP, .status = -1 };

	assert_int_equal(fixture_run(q, &r), 0);
}

/* Asserts that @q is refused so and left as it was. */
static void assert_refused(struct wd_queue *q, int error)
{
	struct wd_queue before = *q;

	assert_int_equal(wd_request_queue(q), error);
	assert_memory_equal(q, &before, sizeof(before));
}

static void test_zeroed_means_default(void **state)
{
	struct wd_queue q = { 0 };

	(void)state;
	assert_int_equal(wd_request_queue(&q), 0);
	assert_non_null(q.priv);
	assert_true(strlen(q.got.device) > 0);
	assert_int_equal(q.got.depth, WD_QUEUE_DEPTH_DEFAULT);
	assert_int_equal(q.got.workers, 0);
	assert_works(&q);
	wd_release_queue(&q);
}

static void test_gets_what_is_configured(void **state)
{
	struct wd_queue q;

	(void)state;
	fixture_request(&q, NULL);
	assert_string_equal(q.got.device, fixture_config.device);
	if (strcmp(fixture_config.device, "sw") == 0 &&
	    fixture_config.workers >= WD_WORKERS_NONE)
		assert_int_equal(q.got.workers, fixture_config.workers > 0 ?
							fixture_config.workers :
							0);
	assert_works(&q);
	wd_release_queue(&q);
}

static void test_release_makes_unrequested(void **state)
{
	struct wd_queue q;
	struct wd_request r = { .op = WD_NOOP };

	(void)state;
	fixture_request(&q, NULL);
	wd_release_queue(&q);
	assert_null(q.priv);
	assert_int_equal(wd_send(&q, &r), -EINVAL);
	wd_release_queue(&q);
}

static void test_release_of_nothing(void **state)
{
	struct wd_queue q = { 0 };

	(void)state;
	wd_release_queue(NULL);
	wd_release_queue(&q);
	assert_null(q.priv);
}

static void test_struct_may_be_used_again(void **state)
{
	struct wd_queue q;
	unsigned int i;

	(void)state;
	fixture_request(&q, "gzip");
	for (i = 0; i < 20; i++) {
		assert_works(&q);
		wd_release_queue(&q);
		assert_int_equal(wd_request_queue(&q), 0);
	}
	wd_release_queue(&q);
}

static void test_second_request_is_busy(void **state)
{
	struct wd_queue q;

	(void)state;
	fixture_request(&q, NULL);
	assert_refused(&q, -EBUSY);
	assert_works(&q);
	wd_release_queue(&q);
}

static void test_unrequested_is_invalid(void **state)
{
	struct wd_queue q = { 0 }, target = { 0 };
	struct wd_request r = { .op = WD_NOOP };
	struct wd_stream *stream = (void *)&q;
	void *reqs[1] = { &r };
	void *out = &q;

	(void)state;
	assert_int_equal(wd_send(&q, &r), -EINVAL);
	assert_int_equal(wd_recv(&q, &out), -EINVAL);
	assert_int_equal(wd_recv_sync(&q, &out), -EINVAL);
	assert_int_equal(wd_recv_deadline(&q, &out, 1), -EINVAL);
	assert_int_equal(wd_send_burst(&q, reqs, 1), -EINVAL);
	assert_int_equal(wd_recv_burst(&q, reqs, 1), -EINVAL);
	assert_ptr_equal(out, &q);
	assert_ptr_equal(reqs[0], &r);
	assert_int_equal(wd_drain(&q, 0), -EINVAL);
	wd_flush(&q);
	errno = 0;
	assert_null(wd_reserve_memory(&q, 4096));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(wd_share_reserved_memory(&q, &target), -EINVAL);
	assert_int_equal(wd_stream_open(&q, WD_COMPRESS, WD_GZIP, 0, 0,
					&stream),
			 -EINVAL);
	assert_ptr_equal(stream, &q);
}

static void test_null_is_invalid(void **state)
{
	struct wd_queue q;
	struct wd_stream *stream;
	void *out;

	(void)state;
	assert_int_equal(wd_request_queue(NULL), -EINVAL);
	assert_int_equal(wd_send(NULL, &q), -EINVAL);
	assert_int_equal(wd_recv(NULL, &out), -EINVAL);
	assert_int_equal(wd_recv_sync(NULL, &out), -EINVAL);
	assert_int_equal(wd_recv_deadline(NULL, &out, 1), -EINVAL);
	assert_int_equal(wd_drain(NULL, 0), -EINVAL);
	wd_flush(NULL);
	assert_null(wd_reserve_memory(NULL, 4096));
	assert_int_equal(wd_share_reserved_memory(NULL, NULL), -EINVAL);
	assert_int_equal(wd_stream_open(NULL, WD_COMPRESS, WD_GZIP, 0, 0,
					&stream),
			 -EINVAL);
}

static void test_depth_is_rounded_up(void **state)
{
	static const unsigned int depths[][2] = {
		{ 1, 1 },     { 2, 2 },	      { 3, 4 },
		{ 100, 128 }, { 1024, 1024 }, { 65535, 65536 },
	};
	struct wd_queue q;
	size_t i;

	(void)state;
	fixture_need_in_process();
	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		fixture_request_depth(&q, depths[i][0]);
		assert_int_equal(q.got.depth, depths[i][1]);
		assert_int_equal(q.depth, depths[i][0]);
		assert_works(&q);
		wd_release_queue(&q);
	}
}

static void test_fields_out_of_range(void **state)
{
	struct wd_queue q = { .depth = WD_QUEUE_DEPTH_MAX + 1 };

	(void)state;
	assert_refused(&q, -EINVAL);
	q = (struct wd_queue){ .depth = UINT_MAX };
	assert_refused(&q, -EINVAL);
	q = (struct wd_queue){ .workers = -3 };
	assert_refused(&q, -EINVAL);
	q = (struct wd_queue){ .workers = INT_MIN };
	assert_refused(&q, -EINVAL);
	q = (struct wd_queue){ .workers = WD_WORKERS_MAX + 1 };
	assert_refused(&q, -EINVAL);
	q = (struct wd_queue){ .workers = INT_MAX };
	assert_refused(&q, -EINVAL);
}

static void test_unknown_flags(void **state)
{
	unsigned int bit;

	(void)state;
	for (bit = 4; bit < 32; bit++) {
		struct wd_queue q = { .flags = 1u << bit };

		assert_refused(&q, -EOPNOTSUPP);
	}
}

static void test_unknown_device(void **state)
{
	char name[1001];
	struct wd_queue q = { .device = "no-such-device" };

	(void)state;
	assert_refused(&q, -ENODEV);
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	q.device = name;
	assert_refused(&q, -ENODEV);
	q.device = "sw ";
	assert_refused(&q, -ENODEV);
	q.device = "../sw";
	assert_refused(&q, -ENODEV);
}

static void test_unknown_algorithm(void **state)
{
	struct wd_queue q = { .algorithm = "no-such-algorithm" };

	(void)state;
	assert_refused(&q, -ENOENT);
	q.device = fixture_config.device;
	assert_refused(&q, -ENOENT);
	q.algorithm = "gzi";
	assert_refused(&q, -ENOENT);
	q.algorithm = "gzip zlib";
	assert_refused(&q, -ENOENT);
}

static void test_each_algorithm_by_name(void **state)
{
	struct wd_device_list *list;
	char *algorithms, *word, *rest;
	struct wd_queue q;
	size_t i;

	(void)state;
	assert_int_equal(wd_device_list_open(&list), 0);
	for (i = 0; i < wd_device_list_count(list); i++)
		if (strcmp(wd_device_name(wd_device_list_get(list, i)),
			   fixture_config.device) == 0)
			break;
	assert_true(i < wd_device_list_count(list));
	algorithms = strdup(wd_device_algorithms(wd_device_list_get(list, i)));
	assert_non_null(algorithms);
	wd_device_list_close(list);
	for (word = strtok_r(algorithms, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest)) {
		fixture_request(&q, word);
		assert_string_equal(q.got.device, fixture_config.device);
		wd_release_queue(&q);
	}
	free(algorithms);
}

static void test_node_that_is_not_there(void **state)
{
	struct wd_queue q = {
		.device = fixture_config.device,
		.flags = WD_QUEUE_NODE,
		.node = 1 << 20,
	};
	struct wd_queue before = q;

	(void)state;
	assert_true(wd_request_queue(&q) < 0);
	assert_memory_equal(&q, &before, sizeof(before));
	/* Without the flag the number means nothing. */
	q.flags = fixture_config.flags;
	q.workers = fixture_config.workers;
	assert_int_equal(wd_request_queue(&q), 0);
	wd_release_queue(&q);
}

static void test_sva_where_there_is_sva(void **state)
{
	struct wd_queue q = {
		.device = "sw",
		.workers = fixture_config.workers,
		.flags = fixture_config.flags | WD_QUEUE_SVA,
	};

	(void)state;
	assert_int_equal(wd_request_queue(&q), 0);
	assert_works(&q);
	wd_release_queue(&q);
}

static void test_workers_for_every_cpu(void **state)
{
	struct wd_queue q = { .device = "sw", .workers = WD_WORKERS_ALL };
	cpu_set_t cpus;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	assert_int_equal(wd_request_queue(&q), 0);
	assert_int_equal(q.got.workers, CPU_COUNT(&cpus));
	assert_works(&q);
	wd_release_queue(&q);

	/* And of only those that the process may use. */
	while (CPU_COUNT(&cpus) > 1) {
		int cpu = 0;

		while (!CPU_ISSET(cpu, &cpus))
			cpu++;
		CPU_CLR(cpu, &cpus);
	}
	assert_int_equal(sched_setaffinity(0, sizeof(cpus), &cpus), 0);
	assert_int_equal(wd_request_queue(&q), 0);
	assert_int_equal(q.got.workers, 1);
	assert_works(&q);
	wd_release_queue(&q);
}

static void test_workers_leave_with_the_queue(void **state)
{
	unsigned int threads, files, i;
	struct wd_queue q;

	(void)state;
	/* The first queue may start what a sanitizer keeps. */
	fixture_request(&q, NULL);
	wd_release_queue(&q);
	threads = fixture_threads();
	files = fixture_files();
	for (i = 0; i < 20; i++) {
		fixture_request(&q, NULL);
		if (!strcmp(fixture_config.device, "sw"))
			assert_in_range(fixture_threads(),
					threads + q.got.workers,
					threads + q.got.workers);
		assert_works(&q);
		wd_release_queue(&q);
		fixture_assert_threads(threads);
	}
	assert_int_equal(fixture_files(), files);
}

static void test_many_queues(void **state)
{
	enum { COUNT = 200 };
	struct wd_queue *queues = calloc(COUNT, sizeof(*queues));
	struct wd_request r[COUNT];
	unsigned int i;

	(void)state;
	fixture_need_in_process();
	assert_non_null(queues);
	memset(r, 0, sizeof(r));
	for (i = 0; i < COUNT; i++)
		fixture_request_depth(&queues[i], 4);
	for (i = 0; i < COUNT; i++)
		fixture_send(&queues[i], &r[i]);
	for (i = COUNT; i-- > 0;)
		assert_ptr_equal(fixture_recv(&queues[i]), &r[i]);
	for (i = 0; i < COUNT; i++)
		wd_release_queue(&queues[i]);
	free(queues);
}

static const struct CMUnitTest queue_tests[] = {
	cmocka_unit_test(test_zeroed_means_default),
	cmocka_unit_test(test_gets_what_is_configured),
	cmocka_unit_test(test_release_makes_unrequested),
	cmocka_unit_test(test_release_of_nothing),
	cmocka_unit_test(test_struct_may_be_used_again),
	cmocka_unit_test(test_second_request_is_busy),
	cmocka_unit_test(test_unrequested_is_invalid),
	cmocka_unit_test(test_null_is_invalid),
	cmocka_unit_test(test_depth_is_rounded_up),
	cmocka_unit_test(test_fields_out_of_range),
	cmocka_unit_test(test_unknown_flags),
	cmocka_unit_test(test_unknown_device),
	cmocka_unit_test(test_unknown_algorithm),
	cmocka_unit_test(test_each_algorithm_by_name),
	cmocka_unit_test(test_node_that_is_not_there),
	cmocka_unit_test(test_sva_where_there_is_sva),
	cmocka_unit_test(test_workers_for_every_cpu),
	cmocka_unit_test(test_workers_leave_with_the_queue),
	cmocka_unit_test(test_many_queues),
};

const struct suite queue_suite = SUITE("queue", queue_tests);
