// SPDX-License-Identifier: MIT
/* lab-timeout: 300 */
/* lab-profiles: stock */
/* lab-user: lib/libwarpdrive.so.0 */
/*
 * Each kind of fault injection below the library: every request is answered
 * exactly once, and the queue goes on.
 */
#include "library.h"

#define NAME "vaccel-0"
#define JOBS 8
#define SIZE 16384
#define PAGE 4096

static struct wd_queue q;
static struct library_job jobs[JOBS];
static uint8_t *a, *b;

static void begin(unsigned int flags)
{
	KTAP_REQUIRE(!library_open(&q, NAME, flags, 64));
	a = raw_anonymous(SIZE);
	b = raw_anonymous(JOBS * SIZE);
	madvise(b, JOBS * SIZE, MADV_NOHUGEPAGE);
	raw_text(a, SIZE, 3);
}

static void send_all(void)
{
	unsigned int i;

	for (i = 0; i < JOBS; i++) {
		jobs[i] = (struct library_job){
			.r = library_copy(b + i * SIZE, a, SIZE),
		};
		KTAP_REQUIRE(wd_send(&q, &jobs[i].r) == 0);
	}
}

/* Each once; how many had @status, while all others are good. */
static unsigned int take_all(int status)
{
	unsigned int i, found = 0;
	struct library_job *job;
	void *none;

	for (i = 0; i < JOBS; i++)
		KTAP_REQUIRE(library_recv(&q, &job) == 0);
	KTAP_EQ(wd_recv(&q, &none), -EAGAIN);
	for (i = 0; i < JOBS; i++) {
		KTAP_EQ(jobs[i].answers, 1);
		if (jobs[i].r.status == status) {
			found++;
			continue;
		}
		KTAP_EQ(jobs[i].r.status, 0);
		KTAP_EQ(memcmp(b + i * SIZE, a, SIZE), 0);
	}
	return found;
}

/* The queue works, and is given back. */
static void end(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		memset(b, 0, JOBS * SIZE);
		send_all();
		KTAP_EQ(take_all(-1), 0);
	}
	wd_release_queue(&q);
	munmap(a, SIZE);
	munmap(b, JOBS * SIZE);
}

static void each(const char *kind, unsigned int count, int status,
		 unsigned int least, unsigned int most)
{
	static const unsigned int flags[] = { 0, WD_QUEUE_SINGLE_THREAD };
	unsigned int i, found;

	for (i = 0; i < 2; i++) {
		begin(flags[i]);
		KTAP_EQ(raw_inject(NAME, kind, count), 0);
		send_all();
		found = take_all(status);
		KTAP_EXPECT(found >= least && found <= most);
		if (found < least || found > most)
			ktap_note("%u of %d", found, status);
		end();
	}
}

static void test_lost(void)
{
	/* The next answer shows it, and the clock, where there is none. */
	each("lose_completion", 3, -EIO, 1, 1);
	each("lose_completion", JOBS, -EIO, 1, 1);
}

static void test_delayed(void)
{
	KTAP_EQ(raw_inject(NAME, "delay_ms", 200), 0);
	each("delay_completion", 2, -EIO, 0, 0);
	/* Longer than patience lasts. */
	KTAP_EQ(raw_inject(NAME, "delay_ms", 20000), 0);
	each("delay_completion", JOBS - 1, -EIO, 2, JOBS);
	KTAP_EQ(raw_inject(NAME, "delay_ms", 100), 0);
}

static void test_corrupted(void)
{
	each("corrupt_status", 5, -EIO, 1, 1);
}

static void test_stuck(void)
{
	each("stick", 1, -EIO, JOBS, JOBS);
	each("stick", JOBS, -EIO, 1, JOBS);
}

static void test_translation(void)
{
	each("fail_access", 1, -EFAULT, 1, 1);
	each("fail_access", 2, -EFAULT, 1, 1);
}

static void test_refused(void)
{
	each("refuse_page", 1, -EFAULT, 1, 1);
	begin(0);
	KTAP_EQ(raw_inject(NAME, "refuse_page", 3), 0);
	jobs[0].r = library_copy(b, a, SIZE);
	KTAP_EQ(library_run(&q, &jobs[0]), -EFAULT);
	KTAP_EQ(jobs[0].r.produced, 2 * PAGE);
	KTAP_EQ(jobs[0].r.consumed, 2 * PAGE);
	KTAP_EQ(memcmp(a, b, 2 * PAGE), 0);
	end();
}

static void test_flush_of_stuck(void)
{
	struct library_job *job;
	unsigned int i;

	begin(0);
	KTAP_EQ(raw_inject(NAME, "stick", 1), 0);
	send_all();
	usleep(100000); /* until it is stuck */
	wd_flush(&q);
	for (i = 0; i < JOBS; i++)
		KTAP_REQUIRE(wd_recv(&q, (void **)&job) == 0);
	end();
	/* And a release. */
	begin(0);
	KTAP_EQ(raw_inject(NAME, "stick", 1), 0);
	send_all();
	usleep(100000);
	wd_release_queue(&q);
	for (i = 0; i < JOBS; i++)
		KTAP_EXPECT(jobs[i].r.status == -EIO);
	KTAP_REQUIRE(!library_open(&q, NAME, 0, 64));
	end();
}

static void test_reset_by_root(void)
{
	begin(0);
	KTAP_EQ(raw_inject(NAME, "stick", 1), 0);
	send_all();
	usleep(50000);
	KTAP_EQ(raw_write("/sys/class/uacce/" NAME "/reset", "1"), 0);
	KTAP_EQ(take_all(-EIO), JOBS);
	end();
	/* Between two requests nobody is the wiser. */
	begin(WD_QUEUE_SINGLE_THREAD);
	send_all();
	KTAP_EQ(take_all(-EIO), 0);
	KTAP_EQ(raw_write("/sys/class/uacce/" NAME "/reset", "1"), 0);
	end();
}

/* A stream whose state nobody knows any more says so until it is reset. */
static void test_stream(void)
{
	struct wd_stream *stream;

	begin(0);
	KTAP_REQUIRE(wd_stream_open(&q, WD_COMPRESS, WD_GZIP, 1, 0, &stream) ==
		     0);
	jobs[0].r = (struct wd_request){ .op = WD_COMPRESS,
					 .flush = WD_FLUSH_FINISH,
					 .src = a,
					 .src_len = SIZE,
					 .dst = b,
					 .dst_len = 2 * SIZE,
					 .stream = stream };
	KTAP_EQ(raw_inject(NAME, "lose_completion", 1), 0);
	KTAP_EQ(library_run(&q, &jobs[0]), -EIO);
	KTAP_EQ(library_run(&q, &jobs[0]), -EINVAL);
	KTAP_EQ(wd_stream_reset(stream), 0);
	KTAP_EQ(library_run(&q, &jobs[0]), 0);
	KTAP_EQ(jobs[0].r.consumed, SIZE);
	wd_stream_close(stream);
	end();
}

/* A session goes to "sw" if it may, counts that, and says so if it may not. */
static void test_session(void)
{
	struct wd_comp_params params = { .format = WD_GZIP, .device = NAME };
	struct wd_comp_stats stats;
	struct wd_comp *c;
	int strict;

	begin(0);
	for (strict = 0; strict < 2; strict++) {
		params.flags = strict ? 0 : WD_COMP_FALLBACK;
		KTAP_REQUIRE(wd_comp_open(&c, &params) == 0);
		KTAP_EQ(raw_inject(NAME, "stick", 2), 0);
		KTAP_EXPECT(wd_compress(c, b, 2 * SIZE, a, SIZE) > 0);
		if (strict)
			KTAP_EQ(wd_compress(c, b, 2 * SIZE, a, SIZE), -EIO);
		else
			KTAP_EXPECT(wd_compress(c, b, 2 * SIZE, a, SIZE) > 0);
		KTAP_EXPECT(wd_compress(c, b, 2 * SIZE, a, SIZE) > 0);
		KTAP_EQ(wd_comp_get_stats(c, &stats), 0);
		KTAP_EQ(stats.fallbacks, !strict);
		KTAP_EQ(stats.operations, 3);
		wd_comp_close(c);
	}
	end();
}

static const struct ktap_test tests[] = {
	{ "lost completions", test_lost },
	{ "delayed completions", test_delayed },
	{ "corrupted completions", test_corrupted },
	{ "a stuck engine", test_stuck },
	{ "failed translations", test_translation },
	{ "refused page requests", test_refused },
	{ "flush and release beside a stuck engine", test_flush_of_stuck },
	{ "a reset of the whole device", test_reset_by_root },
	{ "a stream that lost its state", test_stream },
	{ "a session and its fallback", test_session },
};

int main(void)
{
	/* Milliseconds that the driver has patience, besides some per byte. */
	setenv("WARPDRIVE_STALL", "500", 1);
	return KTAP_RUN(tests);
}
