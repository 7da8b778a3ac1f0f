// SPDX-License-Identifier: MIT
/* lab-timeout: 90 */
/* Each kind of fault injection, and that the queue gets over it. */
#include "vaccel_raw.h"

#define NAME "vaccel-0"
#define SIZE 65536

static struct raw_queue q;
static struct vaccel_cqe cqe;
static uint8_t *a, *b;

static void begin(void)
{
	KTAP_REQUIRE(raw_open(&q, NAME) == 0);
	a = raw_anonymous(SIZE);
	b = raw_anonymous(SIZE);
	raw_text(a, SIZE, 3);
	memset(b, 0, SIZE);
}

static void end(void)
{
	munmap(a, SIZE);
	munmap(b, SIZE);
	raw_close(&q);
}

static struct vaccel_desc copy(void)
{
	return raw_desc(VACCEL_OP_COPY, a, SIZE, b, SIZE);
}

static void test_lost(void)
{
	struct vaccel_desc desc = copy();
	int i;

	begin();
	desc = copy();
	KTAP_EQ(raw_inject(NAME, "lose_completion", 3), 0);
	for (i = 0; i < 5; i++)
		raw_submit(&q, &desc);
	for (i = 0; i < 4; i++) {
		KTAP_REQUIRE(raw_wait(&q, &cqe));
		KTAP_EQ(cqe.sq_index, i < 2 ? i : i + 1);
	}
	KTAP_EQ(raw_wait_for(&q, &cqe, 0.3), 0);
	/* What is lost stays lost; the slots behind it are in order. */
	raw_submit(&q, &desc);
	KTAP_REQUIRE(raw_wait(&q, &cqe));
	KTAP_EQ(cqe.sq_index, 5);
	end();
}

static void test_delayed(void)
{
	struct vaccel_desc desc;
	double start;

	begin();
	desc = copy();
	KTAP_EQ(raw_inject(NAME, "delay_ms", 300), 0);
	KTAP_EQ(raw_inject(NAME, "delay_completion", 1), 0);
	start = raw_now();
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
	KTAP_EXPECT(raw_now() - start > 0.25);
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
	/* A queue that is closed does not wait for it. */
	KTAP_EQ(raw_inject(NAME, "delay_ms", 3600000), 0);
	KTAP_EQ(raw_inject(NAME, "delay_completion", 1), 0);
	raw_submit(&q, &desc);
	usleep(100000);
	end();
	KTAP_EQ(raw_inject(NAME, "delay_ms", 100), 0);
}

static void test_corrupted(void)
{
	struct vaccel_desc desc;

	begin();
	desc = copy();
	KTAP_EQ(raw_inject(NAME, "corrupt_status", 2), 0);
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
	KTAP_EXPECT(raw_run(&q, &desc, &cqe) >= VACCEL_ST_NR);
	KTAP_EQ(cqe.cookie, desc.cookie);
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
	end();
}

static size_t stuck(void)
{
	char text[16] = "";
	FILE *file = fopen(RAW_DEBUG NAME "/stuck", "re");

	if (!file)
		return 99;
	if (!fgets(text, sizeof(text), file))
		text[0] = 0;
	fclose(file);
	return strtoul(text, NULL, 0);
}

static void test_stuck(void)
{
	struct uacce_queue_reset reset = { .argsz = sizeof(reset) };
	struct raw_queue other;
	struct vaccel_desc desc;

	begin();
	desc = copy();
	KTAP_EQ(raw_inject(NAME, "stick", 1), 0);
	raw_submit(&q, &desc);
	KTAP_EXPECT(RAW_UNTIL(stuck() == 1));
	KTAP_EQ(raw_wait_for(&q, &cqe, 0.3), 0);
	/* It does not listen to a cancel, and others do not mind. */
	raw_reg32(&q, VACCEL_REG_CTRL) = VACCEL_CTRL_CANCEL;
	KTAP_EQ(raw_wait_for(&q, &cqe, 0.3), 0);
	KTAP_REQUIRE(raw_open(&other, NAME) == 0);
	KTAP_EQ(raw_run(&other, &desc, &cqe), VACCEL_ST_OK);
	KTAP_EQ(ioctl(q.fd, UACCE_CMD_RESET_Q, &reset), 0);
	KTAP_EQ(stuck(), 0);
	q.head = q.tail = 0;
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
	/* Closing ends it too; so does a reset of the device. */
	KTAP_EQ(raw_inject(NAME, "stick", 1), 0);
	raw_submit(&q, &desc);
	KTAP_EXPECT(RAW_UNTIL(stuck() == 1));
	end();
	KTAP_EQ(stuck(), 0);
	KTAP_EQ(raw_inject(NAME, "stick", 1), 0);
	raw_submit(&other, &desc);
	KTAP_EXPECT(RAW_UNTIL(stuck() == 1));
	raw_close(&other);
	KTAP_EQ(stuck(), 0);
}

static void test_translation(void)
{
	struct vaccel_desc desc;

	begin();
	desc = copy();
	/* Source and destination are looked up in turn, 16 pages at once. */
	KTAP_EQ(raw_inject(NAME, "fail_access", 2), 0);
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_FAULT);
	KTAP_EQ(cqe.result, (uintptr_t)b);
	KTAP_EQ(cqe.produced, 0);
	KTAP_EQ(raw_inject(NAME, "fail_access", 1), 0);
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_FAULT);
	KTAP_EQ(cqe.result, (uintptr_t)a);
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
	KTAP_EQ(memcmp(a, b, SIZE), 0);
	end();
}

static void test_refused(void)
{
	struct vaccel_desc desc;

	begin();
	desc = copy();
	madvise(b, SIZE, MADV_NOHUGEPAGE);
	madvise(b, SIZE, MADV_DONTNEED);
	KTAP_EQ(raw_inject(NAME, "refuse_page", 4), 0);
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_FAULT);
	KTAP_EQ(cqe.result, (uintptr_t)b + 3 * 4096);
	KTAP_EQ(cqe.produced, 3 * 4096);
	KTAP_EQ(memcmp(a, b, 3 * 4096), 0);
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
	KTAP_EQ(memcmp(a, b, SIZE), 0);
	end();
}

static const struct ktap_test tests[] = {
	{ "a lost completion", test_lost },
	{ "a delayed completion", test_delayed },
	{ "a corrupted status", test_corrupted },
	{ "a stuck engine", test_stuck },
	{ "a failed translation", test_translation },
	{ "a refused page request", test_refused },
};

int main(void)
{
	return KTAP_RUN(tests);
}
