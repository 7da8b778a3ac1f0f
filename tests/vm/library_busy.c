// SPDX-License-Identifier: MIT
/* lab-timeout: 120 */
/* lab-profiles: stock */
/* lab-user: lib/libwarpdrive.so.0 */
/* lab-files: /usr/bin/strace */
/*
 * What an operation costs in counts: no system call while the queue is busy,
 * one page request for each page that nothing has touched, none after that.
 */
#include <sys/wait.h>

#include "library.h"

#define NAME "vaccel-0"
#define DEPTH 32
#define OPERATIONS 20000
#define PIECE 4096
#define PAGES 64

static struct wd_queue q;

/* Copies with DEPTH in flight; the calling thread polls. */
static int keep_busy(void)
{
	static struct library_job jobs[DEPTH];
	uint8_t *from = raw_anonymous(DEPTH * PIECE);
	uint8_t *to = raw_anonymous(DEPTH * PIECE);
	unsigned int sent, received = 0;
	void *done;

	raw_text(from, DEPTH * PIECE, 5);
	for (sent = 0; sent < DEPTH; sent++) {
		jobs[sent].r = library_copy(to + sent * PIECE,
					    from + sent * PIECE, PIECE);
		if (wd_send(&q, &jobs[sent].r))
			return 2;
	}
	while (received < OPERATIONS) {
		if (wd_recv(&q, &done))
			continue;
		received++;
		if (library_job_of(done)->r.status)
			return 3;
		if (sent < OPERATIONS) {
			if (wd_send(&q, done))
				return 4;
			sent++;
		}
	}
	return memcmp(from, to, DEPTH * PIECE) ? 5 : 0;
}

static int work(unsigned int flags)
{
	if (library_open(&q, NAME, flags, DEPTH))
		return 1;
	return keep_busy();
}

/* The line "100.00 ... CALLS ... total" of strace -c. */
static long calls_of(const char *file)
{
	char line[256], *word[8];
	long calls = -1;
	FILE *in = fopen(file, "re");

	while (in && fgets(line, sizeof(line), in)) {
		int n = 0;

		for (word[0] = strtok(line, " \n"); word[n] && n < 7;)
			word[++n] = strtok(NULL, " \n");
		if (n >= 5 && !strcmp(word[n - 1], "total"))
			calls = strtol(word[3], NULL, 10);
	}
	if (in)
		fclose(in);
	return calls;
}

/* System calls of this program with one argument, as strace counts them. */
static long trace(const char *how)
{
	char self[128] = "";
	int status = -1;
	pid_t pid;

	KTAP_REQUIRE(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	pid = fork();
	if (!pid) {
		execlp("strace", "strace", "-f", "-c", "-o", "trace", self, how,
		       NULL);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	KTAP_EQ(status, 0);
	return status ? -1 : calls_of("trace");
}

static void test_system_calls(const char *idle, const char *busy)
{
	long without = trace(idle);
	long with = trace(busy);

	ktap_note("%ld calls in all, %ld without the %d operations", with,
		  without, OPERATIONS);
	KTAP_EXPECT(without > 10);
	KTAP_EXPECT(with >= without);
	if ((with - without) * 100 >= OPERATIONS)
		KTAP_EQ(system("sed 's/^/# /' trace"), 0);
	/* Less than one in a hundred operations. */
	KTAP_EXPECT((with - without) * 100 < OPERATIONS);
}

static void test_shared(void)
{
	test_system_calls("--idle", "--busy");
}

static void test_single(void)
{
	test_system_calls("--idle-single", "--busy-single");
}

static uint64_t faults(void)
{
	struct vaccel_counters counters;

	KTAP_REQUIRE(library_counters(NAME, &counters) == 0);
	return counters.faults;
}

static void test_faults(void)
{
	uint8_t *from = raw_anonymous(PAGES * PIECE);
	uint8_t *to = raw_anonymous(PAGES * PIECE);
	struct library_job job = {
		.r = library_copy(to, from, PAGES * PIECE),
	};
	uint64_t before;

	madvise(to, PAGES * PIECE, MADV_NOHUGEPAGE);
	raw_text(from, PAGES * PIECE, 9);
	KTAP_REQUIRE(!library_open(&q, NAME, 0, DEPTH));
	KTAP_EQ(library_run(&q, &(struct library_job){ 0 }), 0);
	before = faults();
	KTAP_EQ(library_run(&q, &job), 0);
	KTAP_EQ(faults() - before, PAGES);
	before = faults();
	KTAP_EQ(library_run(&q, &job), 0);
	KTAP_EQ(faults() - before, 0);
	KTAP_EQ(memcmp(from, to, PAGES * PIECE), 0);
	/* Given back to the system, they have to be asked for again. */
	madvise(to, PAGES * PIECE, MADV_DONTNEED);
	before = faults();
	KTAP_EQ(library_run(&q, &job), 0);
	KTAP_EQ(faults() - before, PAGES);
	wd_release_queue(&q);
}

static const struct ktap_test tests[] = {
	{ "no system calls on a busy queue", test_shared },
	{ "nor on one of a single thread", test_single },
	{ "64 page requests for 64 untouched pages, then none", test_faults },
};

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--busy"))
		return work(0);
	if (argc > 1 && !strcmp(argv[1], "--busy-single"))
		return work(WD_QUEUE_SINGLE_THREAD);
	if (argc > 1 && !strcmp(argv[1], "--idle"))
		return library_open(&q, NAME, 0, DEPTH);
	if (argc > 1)
		return library_open(&q, NAME, WD_QUEUE_SINGLE_THREAD, DEPTH);
	return KTAP_RUN(tests);
}
