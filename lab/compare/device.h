/* SPDX-License-Identifier: MIT */
/*
 * QEMU's edu device from user space, in two ways: vfio.c and uacce.c have the
 * same functions, and compare.c is linked with the one or the other. What may
 * fail returns 0 or a negative errno.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include <uapi/edu.h>

struct device {
	volatile char *registers;
	char *memory; /* that the device reaches, at this address */
	size_t size;
	int fd; /* what sleeping needs: the queue, or an eventfd */
	void *interrupts; /* uacce: how many there were */
	int container, group, device; /* vfio */
};

/* Gets the device, its registers and its interrupt. */
int device_open(struct device *device, const char *name);

/* Gets memory that the device reaches, at the process's own address. */
int device_map(struct device *device, size_t size);

/* Sleeps until a transfer has ended. */
int device_wait(struct device *device);

void device_unmap(struct device *device);
void device_close(struct device *device);

static inline void device_write32(struct device *device, unsigned int reg,
				  uint32_t value)
{
	*(volatile uint32_t *)(device->registers + reg) = value;
}

static inline uint32_t device_read32(struct device *device, unsigned int reg)
{
	return *(volatile uint32_t *)(device->registers + reg);
}

static inline void device_write64(struct device *device, unsigned int reg,
				  uint64_t value)
{
	*(volatile uint64_t *)(device->registers + reg) = value;
}

#endif
