/* SPDX-License-Identifier: MIT */
/* The event count: no wake is lost, no sleep is endless. */
#include "suites.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "clock.h"
#include "event.h"

#define MS UINT64_C(1000000)

static void test_deadline_passes(void **state)
{
	struct wd_event event = { 0 };
	uint64_t start = wd_clock_now();
	uint32_t key = wd_event_prepare(&event);

	(void)state;
	assert_int_equal(wd_event_wait(&event, key, start + 20 * MS),
			 -ETIMEDOUT);
	assert_in_range(wd_clock_now() - start, 20 * MS, 10000 * MS);
	assert_int_equal(event.sleepers, 0);

	key = wd_event_prepare(&event);
	assert_int_equal(wd_event_wait(&event, key, 1), -ETIMEDOUT);
	assert_int_equal(event.sleepers, 0);
}

/* A wake between the key and the sleep is not missed. */
static void test_wake_before_the_sleep(void **state)
{
	struct wd_event event = { 0 };
	uint32_t key = wd_event_prepare(&event);

	(void)state;
	wd_event_wake(&event, 1);
	assert_int_equal(
		wd_event_wait(&event, key, wd_clock_now() + 20000 * MS), 0);
	assert_int_equal(event.sleepers, 0);
}

/* Nobody sleeps: nothing changes, and so nothing is called. */
static void test_wake_of_nobody(void **state)
{
	struct wd_event event = { 0 };

	(void)state;
	wd_event_wake(&event, WD_EVENT_ALL);
	assert_int_equal(event.key, 0);
	wd_event_prepare(&event);
	wd_event_cancel(&event);
	wd_event_wake(&event, 1);
	assert_int_equal(event.key, 0);
	assert_int_equal(event.sleepers, 0);
}

enum { TURNS = 20000, SLEEPERS = 4 };

struct table {
	struct wd_event event[2];
	_Atomic unsigned int ball;
	_Atomic unsigned int late;
};

/* Two threads take turns, each asleep until the other is done. */
static void *take_turns(void *argument)
{
	struct table *table = argument;
	unsigned int i;

	for (i = 0; i < TURNS; i++) {
		while (atomic_load(&table->ball) % 2 == 0) {
			uint32_t key = wd_event_prepare(&table->event[0]);

			if (atomic_load(&table->ball) % 2)
				wd_event_cancel(&table->event[0]);
			else if (wd_event_wait(&table->event[0], key,
					       wd_clock_now() + 20000 * MS))
				atomic_fetch_add(&table->late, 1);
		}
		atomic_fetch_add(&table->ball, 1);
		wd_event_wake(&table->event[1], 1);
	}
	return NULL;
}

static void test_no_wake_is_lost(void **state)
{
	struct table table = { 0 };
	pthread_t thread;
	unsigned int i;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, take_turns, &table), 0);
	for (i = 0; i < TURNS; i++) {
		atomic_fetch_add(&table.ball, 1);
		wd_event_wake(&table.event[0], 1);
		while (atomic_load(&table.ball) % 2) {
			uint32_t key = wd_event_prepare(&table.event[1]);

			if (atomic_load(&table.ball) % 2 == 0)
				wd_event_cancel(&table.event[1]);
			else
				assert_int_equal(
					wd_event_wait(&table.event[1], key,
						      wd_clock_now() +
							      20000 * MS),
					0);
		}
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(table.late, 0);
	assert_int_equal(table.ball, 2 * TURNS);
}

struct bedroom {
	struct wd_event event;
	atomic_bool morning;
	_Atomic unsigned int up;
};

static void *sleep_in(void *argument)
{
	struct bedroom *room = argument;

	while (!atomic_load(&room->morning)) {
		uint32_t key = wd_event_prepare(&room->event);

		if (atomic_load(&room->morning))
			wd_event_cancel(&room->event);
		else
			wd_event_wait(&room->event, key, 0);
	}
	atomic_fetch_add(&room->up, 1);
	return NULL;
}

static void test_all_are_woken(void **state)
{
	struct bedroom room = { .morning = false };
	pthread_t threads[SLEEPERS];
	unsigned int i;

	(void)state;
	for (i = 0; i < SLEEPERS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, sleep_in, &room), 0);
	while (atomic_load(&room.event.sleepers) < SLEEPERS)
		wd_clock_relax();
	atomic_store(&room.morning, true);
	wd_event_wake(&room.event, WD_EVENT_ALL);
	for (i = 0; i < SLEEPERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(room.up, SLEEPERS);
	assert_int_equal(room.event.sleepers, 0);
}

static const struct CMUnitTest event_tests[] = {
	cmocka_unit_test(test_deadline_passes),
	cmocka_unit_test(test_wake_before_the_sleep),
	cmocka_unit_test(test_wake_of_nobody),
	cmocka_unit_test(test_no_wake_is_lost),
	cmocka_unit_test(test_all_are_woken),
};

const struct suite event_suite = SUITE("event", event_tests);
