/* SPDX-License-Identifier: MIT */
/*
 * Static memory of the kernel's queues (UACCE_QFRT_SS), for the drivers of
 * devices that reach nothing else.
 */
#ifndef WD_STATIC_H
#define WD_STATIC_H

#include "memory.h"

/*
 * Maps @region->size bytes of static memory of the device whose node is @path.
 * A queue of the kernel's has one such region, so they get one of their own,
 * which is never started; every queue that this process has of the device
 * reaches it. Returns 0 or a negative errno.
 */
int wd_static_map(const char *path, struct wd_region *region);

/*
 * Has the device of the queue @fd, which is started and has no static memory,
 * reach a region. Ends when @fd is closed. Returns 0 or a negative errno.
 */
int wd_static_share(int fd, const struct wd_region *region);

#endif
