/* SPDX-License-Identifier: MIT */
#include "vaccel_model.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uapi/uacce.h>

#define PAGE ((size_t)4096)
#define DUS (2 * PAGE)

struct model model;

static char folder[64];
static uint8_t *device; /* MMIO, then DUS */
static int device_fd = -1;
static pthread_t thread;
static bool running;
static atomic_bool stopping;

/* Only the thread's, or while there is none. */
static uint32_t head, tail_posted;
static struct vaccel_cqe late;
static bool is_late;
static bool silent;

/* Meson has files be large. */
int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
void *__real_mmap64(void *at, size_t len, int prot, int flags, int fd,
		    off_t offset);
void *__wrap_mmap64(void *at, size_t len, int prot, int flags, int fd,
		    off_t offset);
int __real_munmap(void *at, size_t len);
int __wrap_munmap(void *at, size_t len);

/* Static memory: what the device reaches. */
static struct {
	uint8_t *at;
	size_t len;
} memory[64];
static pthread_mutex_t memory_lock = PTHREAD_MUTEX_INITIALIZER;

static uint32_t *reg32(unsigned int reg)
{
	return (uint32_t *)(void *)(device + reg);
}

static void post(struct vaccel_cqe cqe)
{
	struct vaccel_cqe *at =
		(struct vaccel_cqe *)(void *)(device + 2 * PAGE);
	uint32_t phase = !((tail_posted / MODEL_ENTRIES) & 1);

	at += tail_posted++ % MODEL_ENTRIES;
	at->cookie = cqe.cookie;
	at->result = cqe.result;
	at->consumed = cqe.consumed;
	at->produced = cqe.produced;
	at->sq_index = cqe.sq_index;
	__atomic_store_n((uint32_t *)(void *)&at->status,
			 cqe.status | (cqe.flags | phase) << 16,
			 __ATOMIC_RELEASE);
}

static void strike(struct vaccel_cqe cqe)
{
	struct vaccel_cqe other = cqe;

	switch ((enum model_fault)atomic_load(&model.fault)) {
	case MODEL_TWICE:
		post(cqe);
		break;
	case MODEL_UNKNOWN:
		other.sq_index += 1000;
		post(other);
		break;
	case MODEL_TOO_LONG:
		cqe.status = VACCEL_ST_FAULT;
		cqe.consumed++;
		break;
	case MODEL_TOO_SHORT:
		cqe.consumed--;
		break;
	case MODEL_COOKIE:
		cqe.cookie &= 0xffff;
		break;
	case MODEL_STATUS:
		cqe.status = 0x7777;
		break;
	case MODEL_LOSE:
		return;
	case MODEL_LATE:
		late = cqe;
		is_late = true;
		return;
	case MODEL_HALT:
		__atomic_store_n(reg32(VACCEL_REG_STATUS), VACCEL_STATE_HALTED,
				 __ATOMIC_RELEASE);
		silent = true;
		return;
	case MODEL_GONE:
		memset(device, 0, PAGE);
		silent = true;
		return;
	case MODEL_SILENT:
	case MODEL_DEAF:
		silent = true;
		return;
	default:
		break;
	}
	post(cqe);
}

/* Static memory at an address of the device's, NULL if it is not that. */
static uint8_t *reach(uint64_t address, size_t len)
{
	uint8_t *found = NULL;

	pthread_mutex_lock(&memory_lock);
	for (size_t i = 0; i < sizeof(memory) / sizeof(memory[0]); i++) {
		uint64_t offset = address - (uintptr_t)memory[i].at;

		if (memory[i].at && offset < memory[i].len &&
		    len <= memory[i].len - offset)
			found = memory[i].at + offset;
	}
	pthread_mutex_unlock(&memory_lock);
	return found;
}

/*
 * The driver's registers and the model's are the same memory at two addresses,
 * so the thread sanitizer cannot see that the doorbell orders what the device
 * reads and writes: a real device's accesses it would not see either.
 */
#define BY_DEVICE __attribute__((no_sanitize("thread"), noinline))

BY_DEVICE static void move(volatile uint8_t *to, const volatile uint8_t *from,
			   size_t n)
{
	while (n--)
		*to++ = *from++;
}

/* Copies between a side of a descriptor and @flat; false on a fault. */
BY_DEVICE static bool transfer(uint64_t address, uint32_t nents, uint32_t len,
			       uint8_t *flat, bool out)
{
	struct vaccel_sge one = { .addr = address, .len = len };
	const struct vaccel_sge *sge = &one;
	uint32_t n;

	if (nents)
		sge = (const void *)reach(address, nents * sizeof(*sge));
	for (; sge && len; sge++, len -= n, flat += n) {
		uint8_t *at = reach(sge->addr, sge->len);

		n = sge->len < len ? sge->len : len;
		if (!at)
			return false;
		move(out ? at : flat, out ? flat : at, n);
	}
	return sge;
}

/* Does what a descriptor says, as far as static memory goes. */
static void work(const struct vaccel_desc *desc, struct vaccel_cqe *cqe)
{
	static uint8_t src[1 << 20], dst[1 << 20];
	bool reached =
		transfer(desc->src, desc->src_nents, desc->src_len, src, false);

	if (desc->op == VACCEL_OP_COPY)
		reached = reached && transfer(desc->dst, desc->dst_nents,
					      desc->src_len, src, true);
	if (desc->op == VACCEL_OP_COMPARE) {
		reached = reached && transfer(desc->dst, desc->dst_nents,
					      desc->dst_len, dst, false);
		cqe->produced = 0;
		while (reached && cqe->consumed &&
		       memcmp(src, dst, cqe->consumed)) {
			cqe->flags = VACCEL_CQE_DIFFERS;
			cqe->consumed--;
		}
	}
	if (reached)
		return;
	atomic_fetch_add(&model.faults, 1);
	cqe->status = VACCEL_ST_FAULT;
	cqe->consumed = 0;
	cqe->produced = 0;
}

static void serve(void)
{
	const struct vaccel_desc *desc =
		(struct vaccel_desc *)(void *)(device + PAGE);
	struct vaccel_cqe cqe = { .sq_index = head };

	desc += head++ % MODEL_ENTRIES;
	cqe.cookie = desc->cookie;
	cqe.consumed = desc->src_len;
	cqe.produced = desc->src_len;
	atomic_fetch_add(&model.served, 1);
	if (!(model.features & VACCEL_FEAT_SVA))
		work(desc, &cqe);
	if (cqe.sq_index == atomic_load(&model.strike))
		strike(cqe);
	else
		post(cqe);
}

/* What was asked for is dropped; an obedient device then says so. */
static void obey(void)
{
	if (atomic_load(&model.fault) == MODEL_DEAF)
		return;
	head = __atomic_load_n(reg32(VACCEL_REG_SQ_TAIL), __ATOMIC_ACQUIRE);
	silent = false;
	__atomic_store_n(reg32(VACCEL_REG_CTRL), 0, __ATOMIC_RELEASE);
}

static void *run(void *unused)
{
	while (!atomic_load(&stopping)) {
		if (__atomic_load_n(reg32(VACCEL_REG_CTRL), __ATOMIC_ACQUIRE))
			obey();
		if (is_late && atomic_load(&model.let_go)) {
			is_late = false;
			post(late);
		}
		if (silent || head == __atomic_load_n(reg32(VACCEL_REG_SQ_TAIL),
						      __ATOMIC_ACQUIRE))
			usleep(20);
		else
			serve();
	}
	return unused;
}

static void stop(void)
{
	atomic_store(&stopping, true);
	if (running)
		pthread_join(thread, NULL);
	running = false;
}

static void start(void)
{
	atomic_store(&stopping, false);
	if (pthread_create(&thread, NULL, run, NULL))
		abort();
	running = true;
}

/* The state in which a queue is opened, and to which a reset leads back. */
static void fresh(void)
{
	head = tail_posted = 0;
	is_late = silent = false;
	memset(device, 0, PAGE + DUS);
	*reg32(VACCEL_REG_MAGIC) = model.magic;
	*reg32(VACCEL_REG_VERSION) = VACCEL_VERSION;
	*reg32(VACCEL_REG_OPS) = 1u << VACCEL_OP_NOOP | 1u << VACCEL_OP_COPY |
				 1u << VACCEL_OP_COMPARE;
	*reg32(VACCEL_REG_FEATURES) = (uint32_t)model.features;
	*reg32(VACCEL_REG_SQ_ENTRIES) = MODEL_ENTRIES;
	*reg32(VACCEL_REG_CQ_ENTRIES) = MODEL_ENTRIES;
	*reg32(VACCEL_REG_CQ_OFFSET) = model.cq_offset;
	*reg32(VACCEL_REG_MAX_SGL) = 4;
	*reg32(VACCEL_REG_MAX_LEN) = 1 << 20;
	*reg32(VACCEL_REG_STREAM_SIZE) = VACCEL_STREAM_SIZE;
	*reg32(VACCEL_REG_STREAM_ALIGN) = VACCEL_STREAM_ALIGN;
	*reg32(VACCEL_REG_STATUS) = VACCEL_STATE_RUNNING;
}

int __wrap_open64(const char *path, int flags, ...)
{
	va_list args;
	int mode;

	if (!strcmp(path, "/dev/" MODEL_NAME)) {
		if (!running) /* else only memory is wanted */
			fresh();
		return dup(device_fd);
	}
	va_start(args, flags);
	mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(args, int) : 0;
	va_end(args);
	return __real_open64(path, flags, mode);
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	struct uacce_queue_info *info;
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	switch (request) {
	case UACCE_CMD_GET_INFO:
		info = arg;
		info->region_size[UACCE_QFRT_MMIO] = PAGE;
		info->region_size[UACCE_QFRT_DUS] = DUS;
		return 0;
	case UACCE_CMD_START_Q:
		start();
		return 0;
	case UACCE_CMD_SHARE_SVAS:
		atomic_fetch_add(&model.shares, 1);
		return 0;
	case UACCE_CMD_RESET_Q:
		stop();
		if (atomic_load(&model.fault) == MODEL_GONE) {
			errno = ENODEV;
			return -1;
		}
		atomic_store(&model.fault, MODEL_GOOD);
		atomic_fetch_add(&model.resets, 1);
		fresh();
		start();
		return 0;
	default:
		return __real_ioctl(fd, request, arg);
	}
}

static bool is_device(int fd)
{
	struct stat a, b;

	return fd >= 0 && !fstat(fd, &a) && !fstat(device_fd, &b) &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* The device's file has no place for static memory: it is the process's. */
void *__wrap_mmap64(void *at, size_t len, int prot, int flags, int fd,
		    off_t offset)
{
	size_t i = 0;

	if (offset != (off_t)(UACCE_QFRT_SS * PAGE) || !is_device(fd))
		return __real_mmap64(at, len, prot, flags, fd, offset);
	if (atomic_load(&model.memory) + len > model.memory_limit) {
		errno = EAGAIN;
		return MAP_FAILED;
	}
	at = __real_mmap64(NULL, len, prot, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return at;
	pthread_mutex_lock(&memory_lock);
	while (memory[i].at)
		i++;
	memory[i].at = at;
	memory[i].len = len;
	pthread_mutex_unlock(&memory_lock);
	atomic_fetch_add(&model.memory, len);
	return at;
}

int __wrap_munmap(void *at, size_t len)
{
	pthread_mutex_lock(&memory_lock);
	for (size_t i = 0; i < sizeof(memory) / sizeof(memory[0]); i++) {
		if (memory[i].at != at || memory[i].len != len)
			continue;
		memory[i].at = NULL;
		atomic_fetch_sub(&model.memory, len);
	}
	pthread_mutex_unlock(&memory_lock);
	return __real_munmap(at, len);
}

static void put_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/" MODEL_NAME "/%s", folder, name);
	file = fopen(path, "we");
	if (!file || fputs(text, file) < 0 || fclose(file))
		abort();
}

void model_begin(void)
{
	char path[128];

	strcpy(folder, "/tmp/warpdrive-model-XXXXXX");
	if (!mkdtemp(folder))
		abort();
	snprintf(path, sizeof(path), "%s/" MODEL_NAME, folder);
	if (mkdir(path, 0700))
		abort();
	put_file("api", VACCEL_API "\n");
	put_file("algorithms", "noop\ncopy\n");
	put_file("flags", "1\n");
	setenv("WARPDRIVE_SYSFS", folder, 1);
	/* Whoever answers is waited for, however busy the machine is. */
	setenv("WARPDRIVE_STALL", "60000", 1);

	device_fd = memfd_create("device", MFD_CLOEXEC);
	if (device_fd < 0 || ftruncate(device_fd, (off_t)(PAGE + DUS)))
		abort();
	device = mmap(NULL, PAGE + DUS, PROT_READ | PROT_WRITE, MAP_SHARED,
		      device_fd, 0);
	if (device == MAP_FAILED)
		abort();
	model = (struct model){ .magic = VACCEL_MAGIC,
				.features = VACCEL_FEAT_SVA |
					    VACCEL_FEAT_IN_ORDER,
				.cq_offset = PAGE,
				.memory_limit = SIZE_MAX };
}

void model_end(void)
{
	static const char *const names[] = { "api", "algorithms", "flags", "" };
	char path[128];

	stop();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/" MODEL_NAME "/%s", folder,
			 names[i]);
		remove(path);
	}
	remove(folder);
	munmap(device, PAGE + DUS);
	close(device_fd);
}
