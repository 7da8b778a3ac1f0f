// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "sw.h"

static int sw_enumerate(struct wd_device_list *list)
{
	struct wd_device *dev = wd_device_list_add(list);

	if (!dev)
		return -ENOMEM;
	dev->driver = &wd_sw_driver;
	dev->sva = true;
	strcpy(dev->name, "sw");
	strcpy(dev->api, "process");
	strcpy(dev->algorithms, "noop copy fill compare crc32c crc32 adler32 "
				"deflate zlib gzip factorial");
	return 0;
}

static int sw_open(const struct wd_device *device,
		   const struct wd_ctx_params *params, struct wd_ctx **ctx)
{
	(void)device;
	if (params->single && !params->workers)
		return sw_inline_open(params, ctx);
	if (params->single && params->workers == 1)
		return sw_pair_open(params, ctx);
	return sw_shared_open(params, ctx);
}

const struct wd_driver wd_sw_driver = {
	.name = "sw",
	.enumerate = sw_enumerate,
	.open = sw_open,
};
