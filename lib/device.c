// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver.h"
#include "log.h"

struct wd_device_list {
	struct wd_device *devices;
	size_t count;
	size_t room;
};

/* Where the kernel's devices are, unless WARPDRIVE_SYSFS says otherwise. */
#define WD_DEVICE_SYSFS "/sys/class/uacce"

/* Bit of the sysfs attribute "flags": the device shares address spaces. */
#define WD_DEVICE_FLAG_SVA 0x1

struct wd_device *wd_device_list_add(struct wd_device_list *list)
{
	struct wd_device *dev;

	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 8;

		dev = reallocarray(list->devices, room, sizeof(*dev));
		if (!dev)
			return NULL;
		list->devices = dev;
		list->room = room;
	}
	dev = &list->devices[list->count++];
	*dev = (struct wd_device){ .node = -1, .available = -1 };
	return dev;
}

/*
 * Reads the attribute @path below @dir into @text, white space folded to single
 * spaces. An attribute that is absent is empty.
 */
static void wd_device_read(int dir, const char *path, char *text, size_t size)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t len = 0;
	size_t out = 0;

	if (fd >= 0) {
		len = read(fd, text, size - 1);
		close(fd);
	}
	for (ssize_t i = 0; i < len; i++) {
		if (!isspace((unsigned char)text[i]))
			text[out++] = text[i];
		else if (out && text[out - 1] != ' ')
			text[out++] = ' ';
	}
	if (out && text[out - 1] == ' ')
		out--;
	text[out] = '\0';
}

static long wd_device_read_number(int dir, const char *path, long absent)
{
	char text[32];
	char *end;
	long value;

	wd_device_read(dir, path, text, sizeof(text));
	errno = 0;
	value = strtol(text, &end, 0);
	return errno || end == text || *end ? absent : value;
}

static const struct wd_driver *wd_device_match(const struct wd_device *dev)
{
	for (size_t i = 0; i < WD_DRIVER_MAX; i++) {
		const struct wd_driver *driver = wd_driver_get(i);

		if (driver && driver->match && driver->match(dev))
			return driver;
	}
	return NULL;
}

/* Adds the device whose sysfs folder is @name below @class. */
static int wd_device_add_kernel(struct wd_device_list *list, int class,
				const char *name)
{
	size_t len = strlen(name);
	struct wd_device *dev;
	int dir;

	if (len >= sizeof(dev->name))
		return 0;
	dir = openat(class, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return 0; /* it went away */

	dev = wd_device_list_add(list);
	if (!dev) {
		close(dir);
		return -ENOMEM;
	}
	memcpy(dev->name, name, len + 1);
	wd_device_read(dir, "api", dev->api, sizeof(dev->api));
	wd_device_read(dir, "algorithms", dev->algorithms,
		       sizeof(dev->algorithms));
	dev->in_kernel = true;
	dev->sva = wd_device_read_number(dir, "flags", 0) & WD_DEVICE_FLAG_SVA;
	dev->node = (int)wd_device_read_number(dir, "device/numa_node", -1);
	dev->available =
		(int)wd_device_read_number(dir, "available_instances", -1);
	close(dir);

	dev->driver = wd_device_match(dev);
	return 0;
}

static int wd_device_compare(const void *a, const void *b)
{
	const struct wd_device *left = a;
	const struct wd_device *right = b;

	return strverscmp(left->name, right->name);
}

static int wd_device_scan(struct wd_device_list *list)
{
	const char *path = secure_getenv("WARPDRIVE_SYSFS");
	size_t first = list->count;
	struct dirent *entry;
	int ret = 0;
	DIR *dir;

	if (!path)
		path = WD_DEVICE_SYSFS;
	dir = opendir(path);
	if (!dir) {
		wd_log(WD_LOG_DEBUG, "%s: %s", path, strerror(errno));
		return 0; /* no devices */
	}
	while (!ret && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			ret = wd_device_add_kernel(list, dirfd(dir),
						   entry->d_name);
	closedir(dir);
	if (list->count > first)
		qsort(&list->devices[first], list->count - first,
		      sizeof(list->devices[0]), wd_device_compare);
	return ret;
}

int wd_device_list_open(struct wd_device_list **out)
{
	struct wd_device_list *list;
	int ret = 0;

	if (!out)
		return -EINVAL;
	list = calloc(1, sizeof(*list));
	if (!list)
		return -ENOMEM;

	for (size_t i = 0; !ret && i < WD_DRIVER_MAX; i++) {
		const struct wd_driver *driver = wd_driver_get(i);

		if (driver && driver->enumerate)
			ret = driver->enumerate(list);
	}
	if (!ret)
		ret = wd_device_scan(list);
	if (ret) {
		wd_device_list_close(list);
		return ret;
	}
	*out = list;
	return 0;
}

void wd_device_list_close(struct wd_device_list *list)
{
	if (!list)
		return;
	free(list->devices);
	free(list);
}

size_t wd_device_list_count(const struct wd_device_list *list)
{
	return list->count;
}

const struct wd_device *wd_device_list_get(const struct wd_device_list *list,
					   size_t index)
{
	return index < list->count ? &list->devices[index] : NULL;
}

const char *wd_device_name(const struct wd_device *device)
{
	return device->name;
}

const char *wd_device_driver(const struct wd_device *device)
{
	return device->driver ? device->driver->name : "";
}

const char *wd_device_api(const struct wd_device *device)
{
	return device->api;
}

const char *wd_device_algorithms(const struct wd_device *device)
{
	return device->algorithms;
}

bool wd_device_can(const struct wd_device *device, const char *algorithm)
{
	const char *at = device->algorithms;
	size_t len = strlen(algorithm);

	if (!len)
		return false;
	for (; *at; at += strcspn(at, " "), at += *at == ' ')
		if (strcspn(at, " ") == len && !memcmp(at, algorithm, len))
			return true;
	return false;
}

bool wd_device_in_kernel(const struct wd_device *device)
{
	return device->in_kernel;
}

bool wd_device_has_sva(const struct wd_device *device)
{
	return device->sva;
}

int wd_device_node(const struct wd_device *device)
{
	return device->node;
}

int wd_device_available(const struct wd_device *device)
{
	return device->available;
}
