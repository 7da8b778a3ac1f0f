// SPDX-License-Identifier: MIT
/*
 * Random calls on random queues from threads and children; half of them are of
 * a device, with shared addresses every second time, that is removed every now
 * and then. Prints its
 * seed; "uacce_fuzz SEED SECONDS" repeats it, as far as threads repeat anything.
 */
/* lab-modules: uacce swiommu uacce_test */
/* lab-profiles: debug */
/* lab-timeout: 240 */
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

#include "uacce_lab.h"

#define QUEUES 8
#define THREADS 3
#define REGIONS 3

static const size_t region_sizes[REGIONS] = { LAB_MMIO_SIZE, LAB_DUS_SIZE,
					      16 * LAB_PAGE };
static int queues[QUEUES];
static void *maps[QUEUES][REGIONS];
static double deadline;
static int touch_fd;
static unsigned long steps;

static unsigned int random_below(unsigned int *seed, unsigned int limit)
{
	return rand_r(seed) % limit;
}

/* A word that is often small, often a bit, sometimes anything. */
static unsigned long random_word(unsigned int *seed)
{
	switch (random_below(seed, 4)) {
	case 0:
		return random_below(seed, 5);
	case 1:
		return 1ul << random_below(seed, 64);
	case 2:
		return -(unsigned long)random_below(seed, 4096);
	default:
		return ((unsigned long)rand_r(seed) << 32) | rand_r(seed);
	}
}

static void fuzz_ioctl(int fd, unsigned int *seed)
{
	static const unsigned long known[] = {
		UACCE_CMD_START_Q,   UACCE_CMD_PUT_Q,	  UACCE_CMD_SHARE_SVAS,
		UACCE_CMD_GET_INFO,  UACCE_CMD_SET_EVENT, UACCE_CMD_RESET_Q,
		UACCE_TEST_COMPLETE, UACCE_TEST_CONSUME,  UACCE_TEST_TWICE,
		UACCE_TEST_UNMAP,    _IOR('W', 3, long),
	};
	__u32 buffer[64];
	unsigned long cmd = known[random_below(seed, 11)];
	unsigned int i;

	for (i = 0; i < 64; i++)
		buffer[i] = random_below(seed, 3) ? 0 : random_word(seed);
	buffer[0] = random_below(seed, 2) ? random_below(seed, 80) :
					    random_word(seed);
	if (random_below(seed, 20) == 0)
		cmd = random_word(seed);
	if (cmd == UACCE_CMD_PUT_Q && random_below(seed, 4))
		return;
	if (cmd == UACCE_CMD_SHARE_SVAS && random_below(seed, 4)) {
		ioctl(fd, cmd, queues[random_below(seed, QUEUES)]);
		return;
	}
	/* Sleeps only in the driver that the tests own. */
	if (random_below(seed, 2))
		ioctl(fd, cmd, buffer);
	else
		ioctl(fd, cmd, random_word(seed) % 2048);
}

static void fuzz_map(int queue, unsigned int *seed)
{
	int type = random_below(seed, REGIONS);
	size_t size = region_sizes[type];
	void *map =
		__atomic_exchange_n(&maps[queue][type], NULL, __ATOMIC_SEQ_CST);

	if (map) {
		switch (random_below(seed, 6)) {
		case 0:
			munmap((char *)map + LAB_PAGE, LAB_PAGE);
			break;
		case 1:
			mremap(map, size, size + LAB_PAGE, MREMAP_MAYMOVE);
			break;
		case 2:
			madvise(map, size, random_below(seed, 26));
			break;
		case 3:
			mprotect(map, LAB_PAGE << random_below(seed, 3),
				 PROT_READ);
			break;
		case 4:
			lab_poll(queues[queue], POLLIN, 0);
			break;
		}
		munmap(map, size);
		return;
	}
	if (random_below(seed, 4) == 0) {
		size = random_word(seed) % (1 << 20);
		map = mmap(NULL, size, random_below(seed, 8),
			   random_below(seed, 2) ? MAP_SHARED : MAP_PRIVATE,
			   queues[queue], random_word(seed) & ~(LAB_PAGE - 1));
		if (map != MAP_FAILED)
			munmap(map, size);
		return;
	}
	map = lab_map(queues[queue], type, size);
	if (map == MAP_FAILED)
		return;
	/* The kernel touches it for us: an error instead of a signal. */
	if (write(touch_fd, map, 8) < 0 && errno != EAGAIN && errno != EINVAL)
		ioctl(queues[queue], UACCE_TEST_UNMAP, type);
	map = __atomic_exchange_n(&maps[queue][type], map, __ATOMIC_SEQ_CST);
	if (map)
		munmap(map, size);
}

static void fuzz_fork(int fd, unsigned int *seed)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fuzz_ioctl(fd, seed);
		lab_map(fd, 1, LAB_DUS_SIZE);
		lab_map(fd, UACCE_QFRT_SS, LAB_PAGE);
		lab_poll(fd, POLLIN, 1);
		fd = lab_open();
		ioctl(fd, UACCE_CMD_START_Q);
		if (random_below(seed, 2))
			raise(SIGKILL);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, &status, 0);
}

static void fuzz_reopen(int queue)
{
	int fd = open(queue % 2 ? "/dev/test-1" : "/dev/test-0",
		      O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	fd = __atomic_exchange_n(&queues[queue], fd, __ATOMIC_SEQ_CST);
	close(fd);
}

static void *fuzz(void *arg)
{
	unsigned int seed = (unsigned long)arg;
	int queue;

	while (lab_now() < deadline) {
		queue = random_below(&seed, QUEUES);
		switch (random_below(&seed, 40)) {
		case 0 ... 19:
			fuzz_ioctl(queues[queue], &seed);
			break;
		case 20 ... 29:
			fuzz_map(queue, &seed);
			break;
		case 30 ... 32:
			lab_poll(queues[queue], random_word(&seed),
				 random_below(&seed, 3));
			break;
		case 33 ... 36:
			fuzz_reopen(queue);
			break;
		case 37:
			fuzz_fork(queues[queue], &seed);
			break;
		case 38:
			lab_set(random_below(&seed, 2) ? "fail_start_queue" :
							 "fail_get_queue",
				random_below(&seed, 3) ? 0 : EIO);
			break;
		case 39:
			lab_set(random_below(&seed, 2) ? "delay_mmap" :
							 "delay_stop_queue",
				random_below(&seed, 3));
			break;
		}
		__atomic_add_fetch(&steps, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static unsigned int fuzz_seed;
static int fuzz_seconds = 60;

static void test_fuzz(void)
{
	pthread_t threads[THREADS];
	unsigned long i;
	int removals = 0, type;

	ktap_note("seed %u, %d seconds", fuzz_seed, fuzz_seconds);
	deadline = lab_now() + fuzz_seconds;
	for (i = 0; i < QUEUES; i++)
		queues[i] = lab_open();
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, fuzz,
			       (void *)(fuzz_seed + i));
	while (lab_now() < deadline) {
		KTAP_EQ(lab_add(removals % 2 ? "full" : "sva"), 0);
		lab_sleep_ms(300);
		KTAP_EQ(lab_del(1), 0);
		removals++;
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < QUEUES; i++)
		close(queues[i]);
	for (i = 0; i < QUEUES; i++) {
		for (type = 0; type < REGIONS; type++)
			if (maps[i][type])
				munmap(maps[i][type], region_sizes[type]);
	}
	ktap_note("%lu steps, %d removals", steps, removals);
	KTAP_EQ(lab_calls("start_queue") >= lab_calls("stop_queue"), 1);
	lab_clean();
	/* Nothing is left: every queue can be had. */
	lab_set("limit", 1);
	KTAP_EXPECT(lab_open() >= 0);
}

static const struct ktap_test tests[] = {
	{ "random calls", test_fuzz },
};

int main(int argc, char **argv)
{
	fuzz_seed = argc > 1 ? strtoul(argv[1], NULL, 0) :
			       (unsigned int)(time(NULL) ^ getpid() << 16);
	if (argc > 2)
		fuzz_seconds = atoi(argv[2]);
	touch_fd = eventfd(0, EFD_NONBLOCK);
	if (lab_add("full"))
		return 1;
	return KTAP_RUN(tests);
}
