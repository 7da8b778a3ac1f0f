// SPDX-License-Identifier: MIT
#include <errno.h>

#include "driver.h"
#include "process.h"

/*
 * The table. Its slots are atomic rather than locked, so that a child forked
 * at any moment finds it usable.
 */
static _Atomic(const struct wd_driver *) wd_drivers[WD_DRIVER_MAX] = {
	&wd_sw_driver,
	&wd_vaccel_driver,
	&wd_edu_driver,
};

int wd_driver_register(const struct wd_driver *driver)
{
	for (size_t i = 0; i < WD_DRIVER_MAX; i++) {
		const struct wd_driver *none = NULL;

		if (atomic_compare_exchange_strong(&wd_drivers[i], &none,
						   driver))
			return 0;
	}
	return -ENOSPC;
}

void wd_driver_unregister(const struct wd_driver *driver)
{
	for (size_t i = 0; i < WD_DRIVER_MAX; i++) {
		const struct wd_driver *old = driver;

		atomic_compare_exchange_strong(&wd_drivers[i], &old, NULL);
	}
}

const struct wd_driver *wd_driver_get(size_t index)
{
	return atomic_load(&wd_drivers[index]);
}

void wd_ctx_init(struct wd_ctx *ctx, const struct wd_ctx_ops *ops,
		 const struct wd_ctx_params *params)
{
	ctx->ops = ops;
	ctx->owner = wd_process_id();
	ctx->format = params->format;
	ctx->single = params->single;
	ctx->depth = params->depth;
	ctx->workers = params->workers;
}
