// SPDX-License-Identifier: MIT
/* The device by uacce: NAME is that of its node, edu-0. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <uapi/uacce.h>

#include "device.h"

#define PAGE 4096

static void *map_region(struct device *device, int type, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			device->fd, (off_t)type * PAGE);

	return at == MAP_FAILED ? NULL : at;
}

int device_open(struct device *device, const char *name)
{
	char path[64];
	int ret;

	*device = (struct device){ 0 };
	snprintf(path, sizeof(path), "/dev/%s", name);
	device->fd = open(path, O_RDWR | O_CLOEXEC);
	if (device->fd < 0)
		return -errno;
	device->registers = map_region(device, UACCE_QFRT_MMIO, PAGE);
	device->interrupts = map_region(device, UACCE_QFRT_DUS, PAGE);
	if (device->registers && device->interrupts &&
	    !ioctl(device->fd, UACCE_CMD_START_Q))
		return 0;
	ret = -errno;
	device_close(device);
	return ret;
}

int device_map(struct device *device, size_t size)
{
	device->memory = map_region(device, UACCE_QFRT_SS, size);
	device->size = size;
	return device->memory ? 0 : -errno;
}

void device_unmap(struct device *device)
{
	munmap(device->memory, device->size);
}

int device_wait(struct device *device)
{
	struct pollfd poll_fd = { .fd = device->fd, .events = POLLIN };
	volatile struct edu_interrupts *interrupts = device->interrupts;

	if (poll(&poll_fd, 1, -1) < 0)
		return -errno;
	if (!(poll_fd.revents & POLLIN))
		return -ENODEV;
	interrupts->seen = interrupts->dma + interrupts->factorial;
	return 0;
}

void device_close(struct device *device)
{
	if (device->interrupts)
		munmap(device->interrupts, PAGE);
	if (device->registers)
		munmap((void *)device->registers, PAGE);
	close(device->fd);
}
