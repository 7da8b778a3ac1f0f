/* SPDX-License-Identifier: MIT */
/*
 * vaccel driven by hand, as docs/vaccel.md has it, without the library: one
 * thread, one queue, and whatever of it a test wants to do wrong.
 */
#ifndef VACCEL_RAW_H
#define VACCEL_RAW_H

#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "ktap.h"
#include "uacce.h"
#include "vaccel.h"

#define RAW_DRIVER "/sys/bus/platform/drivers/vaccel/"
#define RAW_DEBUG "/sys/kernel/debug/vaccel/"
/* For what must come, on however busy a machine. */
#define RAW_SECONDS 100

struct raw_queue {
	int fd;
	volatile uint8_t *mmio;
	uint8_t *dus;
	size_t dus_size;
	uint32_t entries;
	struct vaccel_desc *sq;
	struct vaccel_cqe *cq;
	uint32_t tail;
	uint32_t head;
};

#define raw_reg32(q, reg) (*(volatile uint32_t *)((q)->mmio + (reg)))
#define raw_reg64(q, reg) (*(volatile uint64_t *)((q)->mmio + (reg)))

static inline double raw_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* Waits until the condition holds: 1, or 0 if it never does. */
#define RAW_UNTIL(condition)                                \
	({                                                  \
		double raw_end = raw_now() + RAW_SECONDS;   \
                                                            \
		while (!(condition) && raw_now() < raw_end) \
			usleep(10000);                      \
		(condition) ? 1 : 0;                        \
	})

static inline void *raw_map(struct raw_queue *q, int type, size_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, q->fd,
		    (off_t)type * getpagesize());
}

static inline size_t raw_sysfs_number(const char *name, const char *attr)
{
	char path[128];
	char text[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/uacce/%s/%s", name, attr);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (!fgets(text, sizeof(text), file))
		text[0] = 0;
	fclose(file);
	return strtoul(text, NULL, 0);
}

/* Writes a word to a file: 0 or an errno. */
static inline int raw_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = errno;
	close(fd);
	return ret;
}

static inline int raw_inject(const char *name, const char *kind,
			     unsigned int value)
{
	char path[128];
	char text[16];

	snprintf(path, sizeof(path), RAW_DEBUG "%s/%s", name, kind);
	snprintf(text, sizeof(text), "%u", value);
	return raw_write(path, text);
}

static inline void raw_unmap(struct raw_queue *q)
{
	munmap((void *)q->mmio, getpagesize());
	munmap(q->dus, q->dus_size);
}

static inline void raw_close(struct raw_queue *q)
{
	raw_unmap(q);
	close(q->fd);
}

/* 0 or an errno; nothing is left open on failure. */
static inline int raw_open_unstarted(struct raw_queue *q, const char *name)
{
	char path[64];

	memset(q, 0, sizeof(*q));
	snprintf(path, sizeof(path), "/dev/%s", name);
	q->fd = open(path, O_RDWR | O_CLOEXEC);
	if (q->fd < 0)
		return errno;
	q->mmio = raw_map(q, UACCE_QFRT_MMIO, getpagesize());
	q->dus_size = raw_sysfs_number(name, "region_dus_size");
	q->dus = raw_map(q, UACCE_QFRT_DUS, q->dus_size);
	if (q->mmio == MAP_FAILED || q->dus == MAP_FAILED) {
		int error = errno;

		if (q->mmio != MAP_FAILED)
			munmap((void *)q->mmio, getpagesize());
		if (q->dus != MAP_FAILED)
			munmap(q->dus, q->dus_size);
		close(q->fd);
		return error;
	}
	q->entries = raw_reg32(q, VACCEL_REG_SQ_ENTRIES);
	q->sq = (void *)(q->dus + raw_reg32(q, VACCEL_REG_SQ_OFFSET));
	q->cq = (void *)(q->dus + raw_reg32(q, VACCEL_REG_CQ_OFFSET));
	return 0;
}

static inline int raw_open(struct raw_queue *q, const char *name)
{
	int ret = raw_open_unstarted(q, name);

	if (!ret && ioctl(q->fd, UACCE_CMD_START_Q)) {
		ret = errno;
		raw_close(q);
	}
	return ret;
}

static inline void raw_put(struct raw_queue *q, const struct vaccel_desc *desc)
{
	q->sq[q->tail & (q->entries - 1)] = *desc;
	q->tail++;
}

static inline void raw_ring(struct raw_queue *q)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
	raw_reg32(q, VACCEL_REG_SQ_TAIL) = q->tail;
}

static inline void raw_submit(struct raw_queue *q,
			      const struct vaccel_desc *desc)
{
	raw_put(q, desc);
	raw_ring(q);
}

/* The next completion, if there is one. */
static inline int raw_poll(struct raw_queue *q, struct vaccel_cqe *cqe)
{
	struct vaccel_cqe *slot = &q->cq[q->head & (q->entries - 1)];
	uint32_t *last = (uint32_t *)&slot->status;
	uint32_t word = __atomic_load_n(last, __ATOMIC_ACQUIRE);
	uint32_t phase = !((q->head / q->entries) & 1);

	if (((word >> 16) & VACCEL_CQE_PHASE) != phase)
		return 0;
	*cqe = *slot;
	q->head++;
	return 1;
}

/* Waits for the next completion: 1, or 0 after @seconds. */
static inline int raw_wait_for(struct raw_queue *q, struct vaccel_cqe *cqe,
			       double seconds)
{
	double end = raw_now() + seconds;
	unsigned int spins = 0;

	while (!raw_poll(q, cqe)) {
		if (++spins % 1000 == 0) {
			if (raw_now() > end)
				return 0;
			usleep(100);
		}
	}
	return 1;
}

static inline int raw_wait(struct raw_queue *q, struct vaccel_cqe *cqe)
{
	return raw_wait_for(q, cqe, RAW_SECONDS);
}

/* One request, there and back: its status, or -1 when none came. */
static inline int raw_run(struct raw_queue *q, const struct vaccel_desc *desc,
			  struct vaccel_cqe *cqe)
{
	raw_submit(q, desc);
	return raw_wait(q, cqe) ? cqe->status : -1;
}

static inline struct vaccel_desc
raw_desc(int op, const void *src, uint32_t src_len, void *dst, uint32_t dst_len)
{
	return (struct vaccel_desc){
		.op = op,
		.cookie = 0x1122334455667788ull + op,
		.src = (uintptr_t)src,
		.src_len = src_len,
		.dst = (uintptr_t)dst,
		.dst_len = dst_len,
	};
}

static inline struct vaccel_counters raw_counters(struct raw_queue *q)
{
	struct vaccel_counters counters = { .argsz = sizeof(counters) };

	if (ioctl(q->fd, VACCEL_IOC_COUNTERS, &counters))
		memset(&counters, 0xff, sizeof(counters));
	return counters;
}

static inline uint64_t raw_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Bytes that compress by about half. */
static inline void raw_text(uint8_t *buf, size_t len, uint64_t seed)
{
	size_t i = 0;

	while (i < len) {
		uint64_t r = raw_random(&seed);
		size_t n = 1 + r % 24;

		if (i > 64 && (r >> 8) % 3) {
			size_t back = 1 + (r >> 16) % (i < 40000 ? i : 40000);

			while (n-- && i < len) {
				buf[i] = buf[i - back];
				i++;
			}
		} else {
			while (n-- && i < len)
				buf[i++] = 'a' + raw_random(&seed) % 20;
		}
	}
}

static inline void *raw_anonymous(size_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

#endif
