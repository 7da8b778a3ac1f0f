// SPDX-License-Identifier: MIT
/*
 * One address space at a time: a second process at every moment of the first
 * one's life, whatever the first has done with its descriptors.
 */
/* lab-modules: uacce swiommu uacce_test */
/* lab-timeout: 200 */
#include "uacce_static.h"

/* A process that does one step for each letter it is sent, and answers. */
struct owner {
	pid_t pid;
	int to, from;
};

static bool owner_step(char step, int *fd, int *second, void **map)
{
	switch (step) {
	case 'o':
		*fd = lab_open();
		return *fd >= 0;
	case 'd':
		*second = dup(*fd);
		return *second >= 0;
	case '2':
		*second = lab_open();
		return *second >= 0;
	case 'm':
		*map = static_map(*fd, NULL, 4 * LAB_PAGE);
		return *map != MAP_FAILED;
	case 's':
		return !ioctl(*fd, UACCE_CMD_START_Q);
	case 'p':
		return !ioctl(*fd, UACCE_CMD_PUT_Q);
	case 'u':
		return !munmap(*map, 4 * LAB_PAGE);
	case 'c':
		return !close(*fd);
	case 'C':
		return !close(*second);
	case 'x':
		execl("/bin/sleep", "sleep", "1000", NULL);
		return false;
	default:
		return false;
	}
}

static void owner_main(int from, int to)
{
	int fd = -1, second = -1;
	void *map = NULL;
	char step;

	fcntl(from, F_SETFD, FD_CLOEXEC);
	fcntl(to, F_SETFD, FD_CLOEXEC);
	while (read(from, &step, 1) == 1) {
		char answer = owner_step(step, &fd, &second, &map);

		if (write(to, &answer, 1) != 1)
			break;
	}
	_exit(0);
}

static void owner_start(struct owner *owner)
{
	int down[2], up[2];

	fflush(stdout);
	KTAP_REQUIRE(!pipe(down) && !pipe(up));
	owner->pid = fork();
	if (!owner->pid) {
		close(down[1]);
		close(up[0]);
		owner_main(down[0], up[1]);
	}
	close(down[0]);
	close(up[1]);
	owner->to = down[1];
	owner->from = up[0];
}

/* After exec there is no answer, but the end of the pipe. */
static bool owner_does(struct owner *owner, char step)
{
	char answer = 0;

	if (write(owner->to, &step, 1) != 1)
		return false;
	return read(owner->from, &answer, 1) == 1 ? answer : step == 'x';
}

static void owner_end(struct owner *owner, int signal)
{
	if (signal)
		kill(owner->pid, signal);
	close(owner->to);
	close(owner->from);
	KTAP_EQ(waitpid(owner->pid, NULL, 0), owner->pid);
}

/* 0, or why this process cannot have the device now. */
static int try_open(void)
{
	int fd = lab_open();

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* Steps, and before each whether the device is somebody's. */
static void life(const char *steps, const char *taken)
{
	struct owner owner;
	int i;

	KTAP_EQ(try_open(), 0);
	owner_start(&owner);
	for (; *steps; steps++, taken++) {
		if (!owner_does(&owner, *steps)) {
			ktap_note("step %c", *steps);
			ktap.failed = 1;
		}
		/* The pipe's end may be closed before the queue is. */
		for (i = 0; *steps == 'x' && i < 100 && try_open(); i++)
			lab_sleep_ms(20);
		if (try_open() != (*taken == '1' ? EBUSY : 0)) {
			ktap_note("after %c: errno %d", *steps, try_open());
			ktap.failed = 1;
		}
	}
	owner_end(&owner, SIGKILL);
	KTAP_EQ(try_open(), 0);
}

static void test_life(void)
{
	life("omsuc", "11110");
	life("osmuc", "11110");
}

static void test_put(void)
{
	life("osp", "110");
	life("omspuc", "111000");
	/* Of two queues one is left. */
	life("o2spcC", "111110");
	life("o2scC", "11110");
}

static void test_dup(void)
{
	life("odscC", "11110");
}

static void test_mapped(void)
{
	/* A mapping holds the file. */
	life("omscu", "11110");
}

static void test_exec(void)
{
	life("omsx", "1110");
}

static void test_killed(void)
{
	struct owner owner;
	int i;

	for (i = 0; i < 4; i++) {
		owner_start(&owner);
		KTAP_EXPECT(owner_does(&owner, 'o'));
		KTAP_EXPECT(i < 1 || owner_does(&owner, 'm'));
		KTAP_EXPECT(i < 2 || owner_does(&owner, 's'));
		KTAP_EXPECT(i < 3 || owner_does(&owner, 'p'));
		KTAP_EQ(try_open(), i < 3 ? EBUSY : 0);
		owner_end(&owner, i & 1 ? SIGKILL : SIGSEGV);
		KTAP_EQ(try_open(), 0);
	}
}

static bool child_opens(void *arg)
{
	int *fd = arg;

	KTAP_EQ(try_open(), EBUSY);
	KTAP_ERRNO((long)static_map(*fd, NULL, LAB_PAGE), EPERM);
	close(*fd);
	KTAP_EQ(try_open(), EBUSY);
	return true;
}

static bool child_has_it(void *unused)
{
	(void)unused;
	KTAP_EQ(try_open(), 0);
	return true;
}

/* A child is another address space, whatever it has inherited. */
static void test_fork(void)
{
	unsigned int *map;
	int fd = static_open(0);

	KTAP_REQUIRE(fd >= 0);
	map = static_map(fd, NULL, 4 * LAB_PAGE);
	KTAP_REQUIRE(map != MAP_FAILED);
	KTAP_EXPECT(lab_child(child_opens, &fd));
	KTAP_EXPECT(static_reaches(fd, map));
	KTAP_EQ(try_open(), 0);
	munmap(map, 4 * LAB_PAGE);
	close(fd);
	KTAP_EXPECT(lab_child(child_has_it, NULL));
}

static unsigned int *fork_map;

static bool child_touches(void *unused)
{
	(void)unused;
	/* There is nothing of the parent's at the place. */
	KTAP_EQ(lab_touch(fork_map, true), SIGSEGV);
	return true;
}

static void test_fork_pages(void)
{
	int fd = static_open(0);

	KTAP_REQUIRE(fd >= 0);
	fork_map = static_map(fd, NULL, LAB_PAGE);
	KTAP_REQUIRE(fork_map != MAP_FAILED);
	*fork_map = 99;
	KTAP_EXPECT(lab_child(child_touches, NULL));
	KTAP_EXPECT(static_reaches(fd, fork_map));
	munmap(fork_map, LAB_PAGE);
	close(fd);
}

/* The owner is gone, though a child of its keeps the descriptor. */
static void test_left_behind(void)
{
	int fd, keeper[2];
	char byte;
	pid_t pid, left;

	KTAP_REQUIRE(!pipe(keeper));
	pid = fork();
	if (!pid) {
		fd = static_open(0);
		static_map(fd, NULL, LAB_PAGE);
		left = fork();
		if (!left) {
			close(keeper[1]);
			_exit(read(keeper[0], &byte, 1) < 0);
		}
		_exit(fd < 0 || left < 0);
	}
	KTAP_EQ(waitpid(pid, NULL, 0), pid);
	/* A worker gives the device back. */
	for (int i = 0; i < 100 && try_open(); i++)
		lab_sleep_ms(20);
	KTAP_EQ(try_open(), 0);
	close(keeper[0]);
	close(keeper[1]);
}

static bool child_races(void *arg)
{
	double end = lab_now() + 3;
	long had = 0, refused = 0;
	unsigned int *map;
	int fd;

	while (lab_now() < end) {
		fd = static_open(0);
		if (fd < 0) {
			KTAP_EQ(errno, EBUSY);
			refused++;
			continue;
		}
		map = static_map(fd, NULL, 2 * LAB_PAGE);
		if (!KTAP_EXPECT(map != MAP_FAILED))
			return false;
		KTAP_EXPECT(static_reaches(fd, map));
		munmap(map, 2 * LAB_PAGE);
		close(fd);
		had++;
	}
	ktap_note("%ld: had it %ld times, not %ld", (long)arg, had, refused);
	return had > 0;
}

static void test_race(void)
{
	int status;
	long i;

	for (i = 0; i < 3; i++) {
		fflush(stdout);
		if (!fork())
			_exit(!child_races((void *)i) || ktap.failed);
	}
	for (i = 0; i < 3; i++) {
		wait(&status);
		KTAP_EQ(status, 0);
	}
	KTAP_EQ(try_open(), 0);
}

static const struct ktap_test tests[] = {
	{ "one process's life, step by step", test_life },
	{ "put", test_put },
	{ "dup", test_dup },
	{ "closed, but mapped", test_mapped },
	{ "exec", test_exec },
	{ "killed, crashed", test_killed },
	{ "fork", test_fork },
	{ "fork, and the parent's pages", test_fork_pages },
	{ "the owner is gone, its descriptor is not", test_left_behind },
	{ "three processes at once", test_race },
};

int main(void)
{
	int ret;

	if (lab_add("static"))
		return 1;
	ret = KTAP_RUN(tests);
	lab_del(0);
	return ret;
}
