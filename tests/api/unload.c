/* SPDX-License-Identifier: MIT */
/*
 * Loads the shared library, uses it and unloads it, and holds that nothing of
 * it stays: no mapping, file, thread, memory or thread-local destructor.
 */
#include "runner.h"

#include <dirent.h>
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <warpdrive/warpdrive.h>

static const char *library;

/* The calls that are used, found by name. */
struct api {
	void *handle;
	int (*request)(struct wd_queue *q);
	void (*release)(struct wd_queue *q);
	int (*send)(struct wd_queue *q, void *req);
	int (*recv_sync)(struct wd_queue *q, void **req);
	int (*list_open)(struct wd_device_list **list);
	void (*list_close)(struct wd_device_list *list);
};

static void *find(struct api *api, const char *name)
{
	void *symbol = dlsym(api->handle, name);

	assert_non_null(symbol);
	return symbol;
}

static struct api api_load(void)
{
	struct api api = { .handle = dlopen(library, RTLD_NOW | RTLD_LOCAL) };

	if (!api.handle)
		fail_msg("%s", dlerror());
	*(void **)&api.request = find(&api, "wd_request_queue");
	*(void **)&api.release = find(&api, "wd_release_queue");
	*(void **)&api.send = find(&api, "wd_send");
	*(void **)&api.recv_sync = find(&api, "wd_recv_sync");
	*(void **)&api.list_open = find(&api, "wd_device_list_open");
	*(void **)&api.list_close = find(&api, "wd_device_list_close");
	return api;
}

static bool is_loaded(void)
{
	const char *base = strrchr(library, '/');
	bool found = false;
	char line[4096];
	FILE *maps = fopen("/proc/self/maps", "r");

	base = base ? base + 1 : library;
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		found |= strstr(line, base) != NULL;
	fclose(maps);
	return found;
}

static unsigned int entries_of(const char *folder)
{
	unsigned int count = 0;
	DIR *dir = opendir(folder);

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* Compresses something on a queue with that many workers. */
static void use(const struct api *api, int workers)
{
	unsigned char in[1000] = { 1, 2, 3 }, out[2000];
	struct wd_queue q = { .algorithm = "gzip", .workers = workers };
	struct wd_request r = {
		.op = WD_COMPRESS,
		.src = in,
		.src_len = sizeof(in),
		.dst = out,
		.dst_len = sizeof(out),
	};
	struct wd_device_list *list;
	void *done;

	assert_int_equal(api->list_open(&list), 0);
	api->list_close(list);
	assert_int_equal(api->request(&q), 0);
	assert_int_equal(api->send(&q, &r), 0);
	assert_int_equal(api->recv_sync(&q, &done), 0);
	assert_ptr_equal(done, &r);
	assert_int_equal(r.status, 0);
	api->release(&q);
}

static void load_use_unload(int workers)
{
	struct api api = api_load();

	assert_true(is_loaded());
	use(&api, workers);
	assert_int_equal(dlclose(api.handle), 0);
}

static void test_nothing_stays(void **state)
{
	unsigned int files, threads, i;

	(void)state;
	load_use_unload(2);
	files = entries_of("/proc/self/fd");
	threads = entries_of("/proc/self/task");
	for (i = 0; i < 20; i++) {
		load_use_unload(i % 2 ? 2 : WD_WORKERS_NONE);
		assert_false(is_loaded());
	}
	assert_int_equal(entries_of("/proc/self/fd"), files);
	assert_int_equal(entries_of("/proc/self/task"), threads);
}

/* More often than there are keys of thread-local data. */
static void test_often(void **state)
{
	size_t before, after;
	unsigned int i;

	(void)state;
	for (i = 0; i < 50; i++)
		load_use_unload(WD_WORKERS_NONE);
	before = mallinfo2().uordblks;
	for (i = 0; i < 1200; i++)
		load_use_unload(WD_WORKERS_NONE);
	after = mallinfo2().uordblks;
	assert_in_range(after, 0, before + 20000);
}

struct errand {
	const struct api *api;
	pthread_barrier_t used, unloaded;
};

static void *use_and_linger(void *argument)
{
	struct errand *errand = argument;

	use(errand->api, WD_WORKERS_NONE);
	pthread_barrier_wait(&errand->used);
	pthread_barrier_wait(&errand->unloaded);
	return NULL; /* destructors of thread-local data run here */
}

static void test_thread_ends_after_the_library(void **state)
{
	struct api api = api_load();
	struct errand errand = { .api = &api };
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_barrier_init(&errand.used, NULL, 2), 0);
	assert_int_equal(pthread_barrier_init(&errand.unloaded, NULL, 2), 0);
	assert_int_equal(pthread_create(&thread, NULL, use_and_linger, &errand),
			 0);
	pthread_barrier_wait(&errand.used);
	assert_int_equal(dlclose(api.handle), 0);
	pthread_barrier_wait(&errand.unloaded);
	assert_int_equal(pthread_join(thread, NULL), 0);
	pthread_barrier_destroy(&errand.used);
	pthread_barrier_destroy(&errand.unloaded);
}

static int do_nothing(void *argument)
{
	(void)argument;
	return 0;
}

/* What the library does at a fork must not outlive it. */
static void test_fork_after_the_library(void **state)
{
	(void)state;
	load_use_unload(2);
	assert_in_child(do_nothing, NULL);
}

static int load_in_child(void *argument)
{
	(void)argument;
	load_use_unload(2);
	return 0;
}

static void test_fork_before_the_library(void **state)
{
	(void)state;
	assert_in_child(load_in_child, NULL);
	load_use_unload(WD_WORKERS_NONE);
}

static const struct CMUnitTest unload_tests[] = {
	cmocka_unit_test(test_nothing_stays),
	cmocka_unit_test(test_often),
	cmocka_unit_test(test_thread_ends_after_the_library),
	cmocka_unit_test(test_fork_after_the_library),
	cmocka_unit_test(test_fork_before_the_library),
};

static const struct suite unload_suite = SUITE("unload", unload_tests);

int main(int argc, char **argv)
{
	static const struct suite *const suites[] = { &unload_suite };

	if (argc < 2) {
		fputs("usage: unload LIBRARY [OPTION]...\n", stderr);
		return 2;
	}
	library = argv[1];
	return runner_main(argc - 1, argv + 1, suites, 1);
}
