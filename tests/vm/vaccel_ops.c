// SPDX-License-Identifier: MIT
/* lab-cflags: -lz */
/*
 * What a queue is and what its operations do, checked against libc and zlib;
 * rings, malformed descriptors, scatter lists.
 */
#include <sys/eventfd.h>
#include <zlib.h>

#include "vaccel_raw.h"

#define NAME "vaccel-0"
#define SIZE 200000

static struct raw_queue q;
static struct vaccel_cqe cqe;
static uint8_t *a, *b;

static void begin(void)
{
	KTAP_REQUIRE(raw_open(&q, NAME) == 0);
	a = malloc(SIZE);
	b = malloc(SIZE);
	raw_text(a, SIZE, 42);
	memset(b, 0, SIZE);
}

static void end(void)
{
	free(a);
	free(b);
	raw_close(&q);
}

static uint32_t crc32c_reference(uint32_t crc, const uint8_t *p, size_t n)
{
	crc = ~crc;
	while (n--) {
		int i;

		crc ^= *p++;
		for (i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

static void test_identity(void)
{
	KTAP_REQUIRE(raw_open_unstarted(&q, NAME) == 0);
	KTAP_EQ(raw_reg32(&q, VACCEL_REG_MAGIC), VACCEL_MAGIC);
	KTAP_EQ(raw_reg32(&q, VACCEL_REG_VERSION), VACCEL_VERSION);
	KTAP_EXPECT(raw_reg64(&q, VACCEL_REG_OPS) & (1 << VACCEL_OP_COPY));
	KTAP_EXPECT(raw_reg64(&q, VACCEL_REG_FEATURES) & VACCEL_FEAT_SVA);
	KTAP_EQ(q.entries & (q.entries - 1), 0);
	KTAP_EQ(raw_reg32(&q, VACCEL_REG_CQ_ENTRIES), q.entries);
	KTAP_EQ(raw_reg32(&q, VACCEL_REG_STREAM_SIZE), VACCEL_STREAM_SIZE);
	KTAP_EQ(raw_reg32(&q, VACCEL_REG_STATUS), VACCEL_STATE_INIT);
	KTAP_EQ(ioctl(q.fd, UACCE_CMD_START_Q), 0);
	KTAP_EQ(raw_reg32(&q, VACCEL_REG_STATUS), VACCEL_STATE_RUNNING);
	raw_close(&q);
}

static void test_noop(void)
{
	struct vaccel_desc desc = { .op = VACCEL_OP_NOOP, .cookie = 77 };

	begin();
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
	KTAP_EQ(cqe.cookie, 77);
	KTAP_EQ(cqe.sq_index, 0);
	KTAP_EQ(cqe.consumed + cqe.produced + cqe.result, 0);
	end();
}

/* Descriptors written and rung before the queue starts are taken then. */
static void test_before_start(void)
{
	struct vaccel_desc desc = { .op = VACCEL_OP_NOOP, .cookie = 78 };

	KTAP_REQUIRE(raw_open_unstarted(&q, NAME) == 0);
	raw_submit(&q, &desc);
	KTAP_EQ(raw_wait_for(&q, &cqe, 0.2), 0);
	KTAP_EQ(ioctl(q.fd, UACCE_CMD_START_Q), 0);
	KTAP_EQ(raw_wait(&q, &cqe), 1);
	KTAP_EQ(cqe.cookie, 78);
	raw_close(&q);
}

static void test_copy(void)
{
	static const uint32_t lens[] = { 0,    1,    7,	    4095,
					 4096, 4097, 65536, 150000 };
	unsigned int i, shift;

	begin();
	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
		for (shift = 0; shift < 3; shift++) {
			uint8_t *from = a + shift * 5, *to = b + shift * 13;
			struct vaccel_desc desc = raw_desc(VACCEL_OP_COPY, from,
							   lens[i], to,
							   lens[i] + shift);

			memset(b, 0xee, SIZE);
			KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
			KTAP_EQ(cqe.produced, lens[i]);
			KTAP_EQ(cqe.consumed, lens[i]);
			KTAP_EQ(memcmp(from, to, lens[i]), 0);
			KTAP_EQ(to[lens[i]], 0xee);
			KTAP_EXPECT(to == b || to[-1] == 0xee);
		}
	end();
}

static void test_fill(void)
{
	struct vaccel_desc desc;
	uint64_t pattern = 0x0807060504030201ull;
	unsigned int bad = 0;
	uint32_t i;

	begin();
	desc = raw_desc(VACCEL_OP_FILL, NULL, 0, b + 3, 100001);
	desc.aux = pattern;
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
	KTAP_EQ(cqe.produced, 100001);
	for (i = 0; i < 100001; i++)
		bad += b[3 + i] != i % 8 + 1;
	KTAP_EQ(bad, 0);
	KTAP_EQ(b[2] | b[100004], 0);
	end();
}

static void test_compare(void)
{
	static const uint32_t at[] = { 0, 1, 4095, 4096, 99999 };
	struct vaccel_desc desc;
	unsigned int i;

	begin();
	memcpy(b, a, SIZE);
	desc = raw_desc(VACCEL_OP_COMPARE, a + 1, 100000, b + 1, 100000);
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
	KTAP_EQ(cqe.consumed, 100000);
	KTAP_EQ(cqe.flags & VACCEL_CQE_DIFFERS, 0);
	for (i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		b[1 + at[i]] ^= 1;
		KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
		KTAP_EQ(cqe.consumed, at[i]);
		KTAP_EXPECT(cqe.flags & VACCEL_CQE_DIFFERS);
		b[1 + at[i]] ^= 1;
	}
	end();
}

static void test_checksums(void)
{
	struct vaccel_desc desc;

	begin();
	desc = raw_desc(VACCEL_OP_CRC32C, "123456789", 9, NULL, 0);
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
	KTAP_EQ(cqe.result, 0xe3069283u);
	desc = raw_desc(VACCEL_OP_CRC32C, a, SIZE, NULL, 0);
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
	KTAP_EQ(cqe.result, crc32c_reference(0, a, SIZE));
	KTAP_EQ(cqe.consumed, SIZE);
	desc = raw_desc(VACCEL_OP_CRC32, a, 5000, NULL, 0);
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
	KTAP_EQ(cqe.result, crc32(0, a, 5000));
	desc = raw_desc(VACCEL_OP_CRC32, a + 5000, SIZE - 5000, NULL, 0);
	desc.aux = cqe.result;
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
	KTAP_EQ(cqe.result, crc32(0, a, SIZE));
	desc = raw_desc(VACCEL_OP_ADLER32, a, SIZE, NULL, 0);
	desc.aux = 1;
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
	KTAP_EQ(cqe.result, adler32(1, a, SIZE));
	desc.aux = 1ull << 32;
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_INVALID);
	end();
}

static void test_scatter(void)
{
	struct vaccel_sge src[4], dst[3];
	struct vaccel_desc desc;

	begin();
	memset(src, 0, sizeof(src));
	memset(dst, 0, sizeof(dst));
	src[0] = (struct vaccel_sge){ (uintptr_t)a, 10, 0 };
	src[1] = (struct vaccel_sge){ 1, 0, 0 };
	src[2] = (struct vaccel_sge){ (uintptr_t)a + 10, 90000, 0 };
	src[3] = (struct vaccel_sge){ (uintptr_t)a + 90010, 9990, 0 };
	dst[0] = (struct vaccel_sge){ (uintptr_t)b, 33333, 0 };
	dst[1] = (struct vaccel_sge){ (uintptr_t)b + 33333, 33334, 0 };
	dst[2] = (struct vaccel_sge){ (uintptr_t)b + 66667, 40000, 0 };
	desc = raw_desc(VACCEL_OP_COPY, src, 100000, dst, 100000);
	desc.flags = VACCEL_DESC_SRC_SGL | VACCEL_DESC_DST_SGL;
	desc.src_nents = 4;
	desc.dst_nents = 3;
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
	KTAP_EQ(cqe.produced, 100000);
	KTAP_EQ(memcmp(a, b, 100000), 0);
	KTAP_EQ(b[100000], 0);
	/* Entries behind the last byte that counts are not looked at. */
	dst[2].rsvd = 1;
	desc.dst_len = desc.src_len = 66667;
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
	desc.dst_len = desc.src_len = 66668;
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_INVALID);
	dst[2].rsvd = 0;
	desc.src_len = 100001;
	desc.dst_len = 100001;
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_INVALID);
	desc.src = 8;
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_FAULT);
	KTAP_EQ(cqe.result, 8);
	desc.src = (uintptr_t)src + 1;
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_INVALID);
	desc.src = (uintptr_t)src;
	desc.src_nents = 257;
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_INVALID);
	end();
}

static void expect_status(struct vaccel_desc desc, int status)
{
	if (raw_run(&q, &desc, &cqe) != status) {
		ktap_note("op %d flags %x: status %d, not %d", desc.op,
			  desc.flags, cqe.status, status);
		ktap.failed = 1;
	}
}

static void test_malformed(void)
{
	struct vaccel_desc good, desc;
	unsigned int op;

	begin();
	good = raw_desc(VACCEL_OP_COPY, a, 100, b, 100);
	desc = good, desc.rsvd0 = 1, expect_status(desc, VACCEL_ST_INVALID);
	desc = good, desc.rsvd1 = 1, expect_status(desc, VACCEL_ST_INVALID);
	desc = good, desc.flags = 8, expect_status(desc, VACCEL_ST_INVALID);
	desc = good, desc.param = 1, expect_status(desc, VACCEL_ST_INVALID);
	desc = good, desc.aux = 1, expect_status(desc, VACCEL_ST_INVALID);
	desc = good, desc.ctx = 64, expect_status(desc, VACCEL_ST_INVALID);
	desc = good, desc.src_nents = 1, expect_status(desc, VACCEL_ST_INVALID);
	desc = good, desc.dst_len = 99, expect_status(desc, VACCEL_ST_INVALID);
	desc = good, desc.src_len = ~0u, desc.dst_len = ~0u,
	expect_status(desc, VACCEL_ST_INVALID);
	desc = good, desc.op = VACCEL_OP_FILL,
	expect_status(desc, VACCEL_ST_INVALID);
	desc = good, desc.op = VACCEL_OP_NOOP,
	expect_status(desc, VACCEL_ST_INVALID);
	desc = good, desc.op = VACCEL_OP_COMPARE, desc.dst_len = 101,
	expect_status(desc, VACCEL_ST_INVALID);
	for (op = 0; op < 256; op++) {
		desc = good;
		desc.op = op;
		if (op >= VACCEL_OP_NR ||
		    !(raw_reg64(&q, VACCEL_REG_OPS) >> op & 1))
			expect_status(desc, VACCEL_ST_UNSUPPORTED);
	}
	expect_status(good, VACCEL_ST_OK);
	end();
}

/* Bursts, round the rings many times, full at each. */
static void test_wrap(void)
{
	struct vaccel_desc desc = { .op = VACCEL_OP_NOOP };
	uint32_t lap, i;
	unsigned int bad = 0;

	begin();
	for (lap = 0; lap < 9; lap++) {
		uint32_t n = lap % 2 ? q.entries : q.entries - 3;

		for (i = 0; i < n; i++) {
			desc.cookie = q.tail * 3ull;
			raw_put(&q, &desc);
		}
		raw_ring(&q);
		for (i = 0; i < n; i++) {
			KTAP_REQUIRE(raw_wait(&q, &cqe));
			bad += cqe.cookie != cqe.sq_index * 3ull;
			bad += cqe.sq_index != q.head - 1;
			bad += cqe.status != VACCEL_ST_OK;
		}
	}
	KTAP_EQ(bad, 0);
	end();
}

static void test_bad_tail(void)
{
	struct vaccel_desc desc = { .op = VACCEL_OP_NOOP };
	struct uacce_queue_reset reset = { .argsz = sizeof(reset) };

	begin();
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
	raw_reg32(&q, VACCEL_REG_SQ_TAIL) = q.tail + q.entries + 1;
	KTAP_EXPECT(RAW_UNTIL(raw_reg32(&q, VACCEL_REG_STATUS) ==
			      VACCEL_STATE_HALTED));
	KTAP_EQ(raw_reg32(&q, VACCEL_REG_ERROR), VACCEL_QERR_BAD_TAIL);
	raw_submit(&q, &desc);
	KTAP_EQ(raw_wait_for(&q, &cqe, 0.2), 0);
	KTAP_EQ(ioctl(q.fd, UACCE_CMD_RESET_Q, &reset), 0);
	KTAP_EQ(raw_reg32(&q, VACCEL_REG_STATUS), VACCEL_STATE_RUNNING);
	q.tail = q.head = 0;
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
	KTAP_EQ(cqe.sq_index, 0);
	end();
}

static void test_poll(void)
{
	struct vaccel_desc desc;
	struct pollfd pfd;
	int i;

	begin();
	desc = raw_desc(VACCEL_OP_COPY, a, SIZE, b, SIZE);
	pfd = (struct pollfd){ .fd = q.fd, .events = POLLIN };
	KTAP_EQ(poll(&pfd, 1, 50), 0);
	for (i = 0; i < 50; i++) {
		raw_submit(&q, &desc);
		KTAP_EQ(poll(&pfd, 1, RAW_SECONDS * 1000), 1);
		KTAP_EQ(pfd.revents, POLLIN);
		KTAP_EQ(raw_wait(&q, &cqe), 1);
		raw_reg64(&q, VACCEL_REG_CQ_DB) = q.head;
	}
	KTAP_EQ(poll(&pfd, 1, 50), 0);
	end();
}

static void test_eventfd(void)
{
	struct uacce_queue_event event = { .argsz = sizeof(event) };
	struct vaccel_counters before, after;
	struct vaccel_desc desc;
	struct pollfd pfd;
	uint64_t value;
	int i;

	begin();
	desc = raw_desc(VACCEL_OP_COPY, a, SIZE, b, SIZE);
	event.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	KTAP_EQ(ioctl(q.fd, UACCE_CMD_SET_EVENT, &event), 0);
	pfd = (struct pollfd){ .fd = event.fd, .events = POLLIN };
	/* Setting it arms once. */
	KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
	KTAP_EQ(poll(&pfd, 1, RAW_SECONDS * 1000), 1);
	KTAP_EQ(read(event.fd, &value, 8), 8);
	before = raw_counters(&q);
	for (i = 0; i < 20; i++) {
		/* Not armed: no interrupt. */
		KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
		KTAP_EQ(read(event.fd, &value, 8), -1);
		/* Armed before. */
		raw_reg64(&q, VACCEL_REG_CQ_DB) = VACCEL_CQ_ARM | q.head;
		raw_submit(&q, &desc);
		KTAP_EQ(poll(&pfd, 1, RAW_SECONDS * 1000), 1);
		KTAP_EQ(read(event.fd, &value, 8), 8);
		KTAP_EQ(value, 1);
		KTAP_EQ(raw_wait(&q, &cqe), 1);
		/* Armed when it is posted already. */
		raw_submit(&q, &desc);
		usleep(1000 * (i % 5));
		raw_reg64(&q, VACCEL_REG_CQ_DB) = VACCEL_CQ_ARM | q.head;
		KTAP_EQ(poll(&pfd, 1, RAW_SECONDS * 1000), 1);
		KTAP_EQ(read(event.fd, &value, 8), 8);
		KTAP_EQ(raw_wait(&q, &cqe), 1);
	}
	after = raw_counters(&q);
	KTAP_EQ(after.interrupts - before.interrupts, 40);
	close(event.fd);
	end();
}

/* A busy queue is not interrupted by its doorbell. */
static void test_trap_count(void)
{
	struct vaccel_desc desc = { .op = VACCEL_OP_NOOP };
	struct vaccel_counters counters;
	int i;

	begin();
	for (i = 0; i < 3; i++) {
		usleep(300000);
		KTAP_EQ(raw_run(&q, &desc, &cqe), VACCEL_ST_OK);
	}
	counters = raw_counters(&q);
	/* More only where a store needed several tries. */
	KTAP_EXPECT(counters.traps >= 3 && counters.traps < 300);
	KTAP_EQ(counters.requests, 3);
	for (i = 0; i < 20000; i++) {
		if (q.tail - q.head == q.entries)
			KTAP_REQUIRE(raw_wait(&q, &cqe));
		raw_submit(&q, &desc);
	}
	while (q.head != q.tail)
		KTAP_REQUIRE(raw_wait(&q, &cqe));
	ktap_note(
		"20000 requests, %llu traps",
		(unsigned long long)(raw_counters(&q).traps - counters.traps));
	KTAP_EQ(raw_counters(&q).requests, 20003);
	end();
}

/* 100 copies and a cancel behind them: how many it came in time for. */
static unsigned int cancel(void)
{
	struct vaccel_desc copy = raw_desc(VACCEL_OP_COPY, a, SIZE, b, SIZE);
	unsigned int canceled = 0, ok = 0, i;

	for (i = 0; i < 100; i++)
		raw_put(&q, &copy);
	raw_ring(&q);
	raw_reg32(&q, VACCEL_REG_CTRL) = VACCEL_CTRL_CANCEL;
	KTAP_REQUIRE(RAW_UNTIL(!raw_reg32(&q, VACCEL_REG_CTRL)));
	/* All answered before the register clears. */
	while (raw_poll(&q, &cqe)) {
		canceled += cqe.status == VACCEL_ST_CANCELED;
		ok += cqe.status == VACCEL_ST_OK;
	}
	KTAP_EQ(canceled + ok, 100);
	return canceled;
}

static void test_cancel(void)
{
	struct vaccel_desc noop = { .op = VACCEL_OP_NOOP };
	unsigned int canceled = 0, round;

	begin();
	/* The device may be done before a busy machine lets us say so. */
	for (round = 0; round < 20 && !canceled; round++)
		canceled = cancel();
	KTAP_EXPECT(canceled > 0);
	KTAP_EQ(raw_run(&q, &noop, &cqe), VACCEL_ST_OK);
	end();
}

static void test_reset_in_flight(void)
{
	struct uacce_queue_reset reset = { .argsz = sizeof(reset) };
	struct vaccel_desc copy;
	unsigned int i, round;

	begin();
	copy = raw_desc(VACCEL_OP_COPY, a, SIZE, b, SIZE);
	for (round = 0; round < 20; round++) {
		for (i = 0; i < 50; i++)
			raw_put(&q, &copy);
		raw_ring(&q);
		usleep(round * 100);
		KTAP_EQ(ioctl(q.fd, UACCE_CMD_RESET_Q, &reset), 0);
		q.tail = q.head = 0;
		KTAP_EQ(raw_run(&q, &copy, &cqe), VACCEL_ST_OK);
		KTAP_EQ(cqe.sq_index, 0);
	}
	end();
}

static const struct ktap_test tests[] = {
	{ "identity and states", test_identity },
	{ "noop", test_noop },
	{ "descriptors before the start", test_before_start },
	{ "copy", test_copy },
	{ "fill", test_fill },
	{ "compare", test_compare },
	{ "checksums", test_checksums },
	{ "scatter lists", test_scatter },
	{ "malformed descriptors", test_malformed },
	{ "rings wrap and fill", test_wrap },
	{ "a bad tail halts, a reset mends", test_bad_tail },
	{ "poll", test_poll },
	{ "eventfd and arming", test_eventfd },
	{ "doorbell traps", test_trap_count },
	{ "cancel", test_cancel },
	{ "reset with work in flight", test_reset_in_flight },
};

int main(void)
{
	return KTAP_RUN(tests);
}
