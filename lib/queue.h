/* SPDX-License-Identifier: MIT */
/* What the library's own parts may do with a queue beyond the public calls. */
#ifndef WD_QUEUE_PRIVATE_H
#define WD_QUEUE_PRIVATE_H

#include <errno.h>

#include "driver.h"
#include "process.h"

/* The context of a requested queue of this process, or -EINVAL, -EPERM. */
static inline int wd_queue_enter(struct wd_queue *q, struct wd_ctx **ctx)
{
	if (wd_unlikely(!q || !q->priv))
		return -EINVAL;
	*ctx = q->priv;
	return wd_likely((*ctx)->owner == wd_process_id()) ? 0 : -EPERM;
}

/*
 * Carries a request out at once in this thread, in any number of threads:
 * 0 when it is answered, -EOPNOTSUPP when the driver cannot, or as wd_send().
 */
int wd_queue_run(struct wd_queue *q, struct wd_request *req);

/* Whether wd_queue_run() can. */
static inline bool wd_queue_runs(const struct wd_queue *q)
{
	return ((const struct wd_ctx *)q->priv)->ops->run != NULL;
}

#endif
