/* SPDX-License-Identifier: MIT */
/*
 * WarpDrive: which devices there are.
 *
 * A list is a snapshot: it belongs to the caller, does not change, and its
 * devices and their strings live until it is closed. Threads may share it.
 */
#ifndef WARPDRIVE_DEVICE_H
#define WARPDRIVE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct wd_device;
struct wd_device_list;

/*
 * Lists the devices: the one in this process first, then the kernel's in the
 * order of their names. Returns 0 and the list in *@list, or -EINVAL, -ENOMEM.
 */
int wd_device_list_open(struct wd_device_list **list);

/* Frees a list and its devices; NULL is ignored. */
void wd_device_list_close(struct wd_device_list *list);

/* Number of devices in the list. */
size_t wd_device_list_count(const struct wd_device_list *list);

/* Device number @index of the list, from 0; NULL beyond the end. */
const struct wd_device *wd_device_list_get(const struct wd_device_list *list,
					   size_t index);

/* The name by which a queue asks for it: "sw", "vaccel-0". */
const char *wd_device_name(const struct wd_device *device);

/* The library's driver for it: "sw", …; "" if it has none. */
const char *wd_device_driver(const struct wd_device *device);

/* The interface between driver and device, as sysfs "api" has it. */
const char *wd_device_api(const struct wd_device *device);

/* The names of its algorithms, with single spaces between them. */
const char *wd_device_algorithms(const struct wd_device *device);

/* Whether it has the algorithm of that name. */
bool wd_device_can(const struct wd_device *device, const char *algorithm);

/* Whether it is in the kernel (else in this process). */
bool wd_device_in_kernel(const struct wd_device *device);

/* Whether it shares the process's address space, so that any pointer works. */
bool wd_device_has_sva(const struct wd_device *device);

/* Its NUMA node, -1 if it has none. */
int wd_device_node(const struct wd_device *device);

/* How many queues it had left, -1 for no limit. */
int wd_device_available(const struct wd_device *device);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
