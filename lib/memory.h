/* SPDX-License-Identifier: MIT */
/* Reserved memory: regions that the devices of several queues reach. */
#ifndef WD_MEMORY_H
#define WD_MEMORY_H

#include "driver.h"

struct wd_region {
	void *address;
	size_t size; /* whole pages */
	unsigned int users; /* contexts that have it */
};

/* A context leaves its region, if it has one; the last one frees it. */
void wd_memory_leave(struct wd_ctx *ctx, bool forked);

#endif
