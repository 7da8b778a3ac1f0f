/* SPDX-License-Identifier: MIT */
/*
 * The user driver of vaccel and devices that fail in every way that the
 * specification leaves them.
 */
#include "runner.h"
#include "suites.h"
#include "vaccel_model.h"

#include <errno.h>
#include <stdlib.h>

#include <warpdrive/warpdrive.h>

#include "clock.h"

enum { JOBS = 4, SIZE = 64, LIMIT = 20 };

static struct wd_queue q;
static struct wd_request jobs[JOBS];
static unsigned int answers[JOBS];
static unsigned char from[SIZE], to[JOBS][SIZE];

static int open_queue(void)
{
	q = (struct wd_queue){ .device = MODEL_NAME, .depth = MODEL_ENTRIES };
	return wd_request_queue(&q);
}

/* Opens a queue on which the descriptor @strike meets @fault. */
static void begin(enum model_fault fault, unsigned int strike)
{
	model_begin();
	if (fault >= MODEL_LOSE)
		setenv("WARPDRIVE_STALL", "2500", 1);
	atomic_store(&model.fault, (int)fault);
	atomic_store(&model.strike, strike);
	assert_int_equal(open_queue(), 0);
}

static void end(void)
{
	wd_release_queue(&q);
	model_end();
}

static void send_one(unsigned int i)
{
	jobs[i] = (struct wd_request){ .op = WD_COPY,
				       .src = from,
				       .src_len = SIZE,
				       .dst = to[i],
				       .dst_len = SIZE,
				       .status = 99 };
	answers[i] = 0;
	assert_int_equal(wd_send(&q, &jobs[i]), 0);
}

static void take_one(void)
{
	void *done = NULL;

	assert_int_equal(
		wd_recv_deadline(&q, &done,
				 wd_clock_now() + LIMIT * WD_NSEC_PER_SEC),
		0);
	answers[(struct wd_request *)done - jobs]++;
}

/* One after the other and all at once: each answered once. */
static void send_and_take(void)
{
	void *done;

	for (unsigned int i = 0; i < JOBS; i++)
		send_one(i);
	for (unsigned int i = 0; i < JOBS; i++)
		take_one();
	for (unsigned int i = 0; i < JOBS; i++)
		assert_int_equal(answers[i], 1);
	assert_int_equal(wd_recv(&q, &done), -EAGAIN);
}

static void assert_only(unsigned int bad, int status)
{
	for (unsigned int i = 0; i < JOBS; i++)
		assert_int_equal(jobs[i].status, i == bad ? status : 0);
}

static void assert_good(void)
{
	for (unsigned int round = 0; round < 10; round++) {
		send_and_take();
		assert_only(JOBS, 0);
	}
}

static void test_good(void **state)
{
	(void)state;
	begin(MODEL_GOOD, 0);
	assert_good();
	end();
}

/* One answer is wrong; which is, and what the request comes to. */
static void one_fault(enum model_fault fault, int status)
{
	begin(fault, 1);
	send_and_take();
	assert_only(status ? 1 : JOBS, status);
	assert_good();
	assert_int_equal(atomic_load(&model.resets), 0);
	end();
}

static void test_answered_twice(void **state)
{
	(void)state;
	one_fault(MODEL_TWICE, 0);
}

static void test_never_asked(void **state)
{
	(void)state;
	one_fault(MODEL_UNKNOWN, 0);
}

static void test_more_than_there_was(void **state)
{
	(void)state;
	one_fault(MODEL_TOO_LONG, -EIO);
	assert_int_equal(jobs[1].consumed, SIZE); /* of a good round */
}

static void test_only_a_part(void **state)
{
	(void)state;
	one_fault(MODEL_TOO_SHORT, -EIO);
}

static void test_of_somebody_else(void **state)
{
	(void)state;
	one_fault(MODEL_COOKIE, -EIO);
}

static void test_unknown_status(void **state)
{
	(void)state;
	one_fault(MODEL_STATUS, -EIO);
}

/* The next answer shows it, long before anybody's patience ends. */
static void test_lost(void **state)
{
	(void)state;
	model_begin();
	setenv("WARPDRIVE_STALL", "600000", 1);
	atomic_store(&model.fault, MODEL_LOSE);
	atomic_store(&model.strike, 1);
	assert_int_equal(open_queue(), 0);
	send_and_take();
	assert_only(1, -EIO);
	assert_good();
	end();
}

/* Nothing comes after it that would show that it is lost: the clock does. */
static void test_last_is_lost(void **state)
{
	(void)state;
	begin(MODEL_LOSE, JOBS - 1);
	send_and_take();
	assert_only(JOBS - 1, -EIO);
	assert_good();
	end();
}

/* A device without order may take its time with one, and go round its ring. */
static void test_late(void **state)
{
	(void)state;
	model_begin();
	model.features = VACCEL_FEAT_SVA;
	atomic_store(&model.fault, MODEL_LATE);
	assert_int_equal(open_queue(), 0);
	send_one(0);
	for (unsigned int i = 0; i < 5 * MODEL_ENTRIES; i++) {
		send_one(1);
		take_one();
		assert_int_equal(answers[1], 1);
		assert_int_equal(jobs[1].status, 0);
	}
	assert_int_equal(answers[0], 0);
	atomic_store(&model.let_go, true);
	take_one();
	assert_int_equal(answers[0], 1);
	assert_int_equal(jobs[0].status, 0);
	assert_good();
	end();
}

/* An answer to what was given up long ago is nobody's. */
static void test_too_late(void **state)
{
	(void)state;
	begin(MODEL_LATE, JOBS - 1);
	send_and_take();
	assert_only(JOBS - 1, -EIO);
	atomic_store(&model.let_go, true);
	assert_good();
	end();
}

static void all_fail(enum model_fault fault, int status, unsigned int resets)
{
	begin(fault, 0);
	send_and_take();
	for (unsigned int i = 0; i < JOBS; i++)
		assert_int_equal(jobs[i].status, status);
	assert_int_equal(atomic_load(&model.resets), resets);
}

static void test_silent(void **state)
{
	(void)state;
	all_fail(MODEL_SILENT, -EIO, 0);
	atomic_store(&model.fault, MODEL_GOOD);
	assert_good();
	end();
}

static void test_deaf(void **state)
{
	(void)state;
	all_fail(MODEL_DEAF, -EIO, 1);
	assert_good();
	end();
}

static void test_halted(void **state)
{
	(void)state;
	all_fail(MODEL_HALT, -EIO, 1);
	assert_good();
	end();
}

static void test_gone(void **state)
{
	void *done;

	(void)state;
	all_fail(MODEL_GONE, -ENODEV, 0);
	send_one(0);
	take_one();
	assert_int_equal(jobs[0].status, -ENODEV);
	assert_int_equal(wd_recv(&q, &done), -EAGAIN);
	assert_int_equal(wd_recv_sync(&q, &done), -ENODEV);
	assert_int_equal(wd_drain(&q, 0), 0);
	wd_flush(&q);
	end();
}

static void test_flush_of_the_deaf(void **state)
{
	void *done;

	(void)state;
	begin(MODEL_DEAF, 0);
	for (unsigned int i = 0; i < JOBS; i++)
		send_one(i);
	wd_flush(&q);
	for (unsigned int i = 0; i < JOBS; i++)
		assert_int_equal(wd_recv(&q, &done), 0);
	assert_good();
	end();
}

static void test_identity(void **state)
{
	(void)state;
	model_begin();
	model.magic = 0;
	assert_int_equal(open_queue(), -ENODEV);
	model.magic = VACCEL_MAGIC;
	model.cq_offset = 2 * 4096;
	assert_int_equal(open_queue(), -EIO);
	model.cq_offset = 4096 + 8;
	assert_int_equal(open_queue(), -EIO);
	model.cq_offset = 4096;
	model.features = VACCEL_FEAT_SVA;
	assert_int_equal(open_queue(), 0);
	assert_good();
	end();
}

static const struct CMUnitTest vaccel_tests[] = {
	cmocka_unit_test(test_good),
	cmocka_unit_test(test_answered_twice),
	cmocka_unit_test(test_never_asked),
	cmocka_unit_test(test_more_than_there_was),
	cmocka_unit_test(test_only_a_part),
	cmocka_unit_test(test_of_somebody_else),
	cmocka_unit_test(test_unknown_status),
	cmocka_unit_test(test_lost),
	cmocka_unit_test(test_last_is_lost),
	cmocka_unit_test(test_late),
	cmocka_unit_test(test_too_late),
	cmocka_unit_test(test_silent),
	cmocka_unit_test(test_deaf),
	cmocka_unit_test(test_halted),
	cmocka_unit_test(test_gone),
	cmocka_unit_test(test_flush_of_the_deaf),
	cmocka_unit_test(test_identity),
};

int main(int argc, char **argv)
{
	static const struct suite suite = SUITE("vaccel", vaccel_tests);
	static const struct suite *const suites[] = { &suite, &static_suite };

	return runner_main(argc, argv, suites, ARRAY_SIZE(suites));
}
