// SPDX-License-Identifier: MIT
/* The device by vfio-pci: NAME is its address on the bus, 0000:00:03.0. */
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device.h"

static int open_group(const char *name)
{
	char path[128], link[128];
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group",
		 name);
	len = readlink(path, link, sizeof(link) - 1);
	if (len < 0)
		return -errno;
	link[len] = '\0';
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(link, '/') + 1);
	len = open(path, O_RDWR | O_CLOEXEC);
	return len < 0 ? -errno : (int)len;
}

/* Container, group and device: the IOMMU's domain is the container's. */
static int attach(struct device *device, const char *name)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };

	device->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (device->container < 0)
		return -errno;
	if (ioctl(device->container, VFIO_GET_API_VERSION) !=
		    VFIO_API_VERSION ||
	    !ioctl(device->container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU))
		return -EOPNOTSUPP;
	device->group = open_group(name);
	if (device->group < 0)
		return device->group;
	if (ioctl(device->group, VFIO_GROUP_GET_STATUS, &status))
		return -errno;
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return -EBUSY;
	if (ioctl(device->group, VFIO_GROUP_SET_CONTAINER,
		  &device->container) ||
	    ioctl(device->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return -errno;
	device->device = ioctl(device->group, VFIO_GROUP_GET_DEVICE_FD, name);
	return device->device < 0 ? -errno : 0;
}

/* The device may not reach memory before its bus master bit is set. */
static int enable_dma(int fd)
{
	struct vfio_region_info config = {
		.argsz = sizeof(config),
		.index = VFIO_PCI_CONFIG_REGION_INDEX,
	};
	uint16_t command;
	off_t at;

	if (ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &config))
		return -errno;
	at = (off_t)config.offset + PCI_COMMAND;
	if (pread(fd, &command, sizeof(command), at) != sizeof(command))
		return -EIO;
	command |= PCI_COMMAND_MASTER;
	if (pwrite(fd, &command, sizeof(command), at) != sizeof(command))
		return -EIO;
	return 0;
}

static int enable_interrupt(struct device *device)
{
	struct {
		struct vfio_irq_set set;
		int32_t event;
	} irq = {
		.set = { .argsz = sizeof(irq),
			 .flags = VFIO_IRQ_SET_DATA_EVENTFD |
				  VFIO_IRQ_SET_ACTION_TRIGGER,
			 .index = VFIO_PCI_MSI_IRQ_INDEX,
			 .count = 1 },
	};

	device->fd = eventfd(0, EFD_CLOEXEC);
	if (device->fd < 0)
		return -errno;
	irq.event = device->fd;
	return ioctl(device->device, VFIO_DEVICE_SET_IRQS, &irq) ? -errno : 0;
}

static int map_registers(struct device *device)
{
	struct vfio_region_info bar = {
		.argsz = sizeof(bar),
		.index = VFIO_PCI_BAR0_REGION_INDEX,
	};
	void *at;

	if (ioctl(device->device, VFIO_DEVICE_GET_REGION_INFO, &bar))
		return -errno;
	at = mmap(NULL, EDU_REGISTERS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		  device->device, (off_t)bar.offset);
	if (at == MAP_FAILED)
		return -errno;
	device->registers = at;
	return 0;
}

int device_open(struct device *device, const char *name)
{
	int ret;

	*device = (struct device){
		.fd = -1, .container = -1, .group = -1, .device = -1
	};
	ret = attach(device, name);
	if (!ret)
		ret = map_registers(device);
	if (!ret)
		ret = enable_interrupt(device);
	if (!ret)
		ret = enable_dma(device->device);
	if (ret)
		device_close(device);
	return ret;
}

int device_map(struct device *device, size_t size)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.size = size,
	};
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return -errno;
	map.vaddr = (uintptr_t)at;
	map.iova = (uintptr_t)at;
	if (ioctl(device->container, VFIO_IOMMU_MAP_DMA, &map)) {
		int ret = -errno;

		munmap(at, size);
		return ret;
	}
	device->memory = at;
	device->size = size;
	return 0;
}

void device_unmap(struct device *device)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = (uintptr_t)device->memory,
		.size = device->size,
	};

	ioctl(device->container, VFIO_IOMMU_UNMAP_DMA, &unmap);
	munmap(device->memory, device->size);
}

int device_wait(struct device *device)
{
	uint64_t count;

	if (read(device->fd, &count, sizeof(count)) != sizeof(count))
		return -errno;
	device_write32(device, EDU_IRQ_ACK, EDU_IRQ_DMA);
	return 0;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void device_close(struct device *device)
{
	if (device->registers)
		munmap((void *)device->registers, EDU_REGISTERS_SIZE);
	close_fd(device->fd);
	close_fd(device->device);
	close_fd(device->group);
	close_fd(device->container);
}
