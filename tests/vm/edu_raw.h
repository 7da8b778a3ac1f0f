/* SPDX-License-Identifier: MIT */
/*
 * QEMU's edu device by its registers, without the library. A program that
 * includes this is for the profiles with a VT-d.
 */
#ifndef EDU_RAW_H
#define EDU_RAW_H

#include <stdint.h>

#include <uapi/edu.h>

#include "uacce_lab.h"

#define EDU_NODE "/dev/edu-0"
#define EDU_SYSFS "/sys/class/uacce/edu-0/"

struct edu_raw {
	int fd;
	volatile char *registers;
	volatile struct edu_interrupts *interrupts;
	char *memory;
	size_t size;
};

/* Opens and maps a queue, which is not started: 0 or -1. */
static inline int edu_raw_open(struct edu_raw *q)
{
	memset(q, 0, sizeof(*q));
	q->fd = open(EDU_NODE, O_RDWR | O_CLOEXEC);
	if (q->fd < 0)
		return -1;
	q->registers = lab_map(q->fd, UACCE_QFRT_MMIO, EDU_REGISTERS_SIZE);
	q->interrupts = lab_map(q->fd, UACCE_QFRT_DUS, LAB_PAGE);
	return q->registers == MAP_FAILED || q->interrupts == MAP_FAILED ? -1 :
									   0;
}

/* Reserves memory for it at @at, or anywhere: 0 or -1. */
static inline int edu_raw_reserve(struct edu_raw *q, void *at, size_t size)
{
	void *memory = mmap(at, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | (at ? MAP_FIXED_NOREPLACE : 0), q->fd,
			    UACCE_QFRT_SS * LAB_PAGE);

	if (memory == MAP_FAILED)
		return -1;
	q->memory = memory;
	q->size = size;
	return 0;
}

/* Starts one that has memory: what most tests begin with. */
static inline int edu_raw_start(struct edu_raw *q, size_t size)
{
	return edu_raw_open(q) || edu_raw_reserve(q, NULL, size) ||
			       ioctl(q->fd, UACCE_CMD_START_Q) ?
		       -1 :
		       0;
}

static inline void edu_raw_close(struct edu_raw *q)
{
	munmap((void *)q->registers, EDU_REGISTERS_SIZE);
	munmap((void *)q->interrupts, LAB_PAGE);
	if (q->memory)
		munmap(q->memory, q->size);
	close(q->fd);
}

static inline uint32_t edu_raw_read(struct edu_raw *q, unsigned int reg)
{
	return *(volatile uint32_t *)(q->registers + reg);
}

static inline void edu_raw_write(struct edu_raw *q, unsigned int reg,
				 uint32_t value)
{
	*(volatile uint32_t *)(q->registers + reg) = value;
}

static inline void edu_raw_begin(struct edu_raw *q, uint64_t src, uint64_t dst,
				 size_t len, uint32_t command)
{
	*(volatile uint64_t *)(q->registers + EDU_DMA_SRC) = src;
	*(volatile uint64_t *)(q->registers + EDU_DMA_DST) = dst;
	*(volatile uint64_t *)(q->registers + EDU_DMA_COUNT) = len;
	edu_raw_write(q, EDU_DMA_COMMAND, command | EDU_COMMAND_RUN);
}

static inline void edu_raw_spin(struct edu_raw *q)
{
	while (edu_raw_read(q, EDU_DMA_COMMAND) & EDU_COMMAND_RUN)
		;
}

/* From memory into the device, and the other way. */
static inline void edu_raw_in(struct edu_raw *q, const void *from, size_t len)
{
	edu_raw_begin(q, (uintptr_t)from, EDU_BUFFER, len, 0);
	edu_raw_spin(q);
}

static inline void edu_raw_out(struct edu_raw *q, void *to, size_t len)
{
	edu_raw_begin(q, EDU_BUFFER, (uintptr_t)to, len, EDU_COMMAND_TO_MEMORY);
	edu_raw_spin(q);
}

/* How many of the bytes have the value. */
static inline size_t edu_raw_count(const void *at, int value, size_t len)
{
	const unsigned char *bytes = at;
	size_t count = 0;

	while (len--)
		count += *bytes++ == value;
	return count;
}

#endif
