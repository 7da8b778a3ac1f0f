// SPDX-License-Identifier: MIT
#include <errno.h>
#include <limits.h>
#include <numa.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "memory.h"
#include "process.h"
#include "queue.h"

#define WD_QUEUE_FLAGS                                           \
	(WD_QUEUE_SINGLE_THREAD | WD_QUEUE_NODE | WD_QUEUE_SVA | \
	 WD_QUEUE_BOUNCE)

static unsigned int wd_queue_depth(unsigned int wanted)
{
	unsigned int depth = 1;

	if (!wanted)
		return WD_QUEUE_DEPTH_DEFAULT;
	while (depth < wanted)
		depth *= 2;
	return depth;
}

static unsigned int wd_queue_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 1;
	return (unsigned int)CPU_COUNT(&set);
}

static bool wd_queue_node_exists(int node)
{
	if (numa_available() < 0)
		return node == 0;
	return node >= 0 && node <= numa_max_node() &&
	       numa_bitmask_isbitset(numa_all_nodes_ptr, (unsigned int)node);
}

/* WARPDRIVE_WORKERS: a count, or "all"; 0 when unset or not understood. */
static unsigned int wd_queue_env_workers(void)
{
	const char *text = secure_getenv("WARPDRIVE_WORKERS");
	char *end;
	long n;

	if (!text || !*text)
		return 0;
	if (!strcmp(text, "all"))
		return wd_queue_cpus();
	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || *end || n < 0 || n > WD_WORKERS_MAX) {
		wd_log(WD_LOG_WARNING,
		       "WARPDRIVE_WORKERS=%s ignored: not \"all\" or 0 to %d",
		       text, WD_WORKERS_MAX);
		return 0;
	}
	return (unsigned int)n;
}

static unsigned int wd_queue_workers(int wanted)
{
	switch (wanted) {
	case WD_WORKERS_NONE:
		return 0;
	case WD_WORKERS_ALL:
		return wd_queue_cpus();
	case WD_WORKERS_DEFAULT:
		return wd_queue_env_workers();
	default:
		return (unsigned int)wanted;
	}
}

static bool wd_queue_suits(const struct wd_queue *q,
			   const struct wd_device *dev)
{
	if (!dev->driver || (q->algorithm && !wd_device_can(dev, q->algorithm)))
		return false;
	if ((q->flags & WD_QUEUE_SVA) && !dev->sva)
		return false;
	/* A device that is tied to no node is as near to any. */
	return !(q->flags & WD_QUEUE_NODE) || dev->node < 0 ||
	       dev->node == q->node;
}

/* Opens the first device of the list that can do what is asked. */
static int wd_queue_open_any(struct wd_queue *q, const char *name,
			     const struct wd_ctx_params *params,
			     const struct wd_device_list *list)
{
	int ret = -ENODEV;

	for (size_t i = 0; i < wd_device_list_count(list); i++) {
		const struct wd_device *dev = wd_device_list_get(list, i);
		struct wd_ctx *ctx;
		int err;

		if (name && strcmp(name, dev->name))
			continue;
		if (ret == -ENODEV)
			ret = -ENOENT;
		if (!wd_queue_suits(q, dev))
			continue;

		err = dev->driver->open(dev, params, &ctx);
		if (!err && params->bounce && ctx->reserved_only &&
		    !ctx->bounce) {
			ctx->ops->close(ctx, false);
			err = -EOPNOTSUPP;
		}
		if (!err) {
			memcpy(q->got.device, dev->name, sizeof(q->got.device));
			q->got.depth = ctx->depth;
			q->got.workers = ctx->workers;
			q->priv = ctx;
			return 0;
		}
		wd_log(WD_LOG_INFO, "%s: no queue: %s", dev->name,
		       strerror(-err));
		ret = err;
	}
	return ret;
}

int wd_request_queue(struct wd_queue *q)
{
	struct wd_ctx_params params;
	struct wd_device_list *list;
	const char *name;
	int ret;

	if (!q || q->depth > WD_QUEUE_DEPTH_MAX ||
	    q->workers < WD_WORKERS_ALL || q->workers > WD_WORKERS_MAX ||
	    ((q->flags & WD_QUEUE_NODE) && !wd_queue_node_exists(q->node)))
		return -EINVAL;
	if (q->flags & ~WD_QUEUE_FLAGS)
		return -EOPNOTSUPP;
	if (q->priv)
		return -EBUSY;

	ret = wd_process_enter();
	if (ret)
		return ret;

	name = q->device ? q->device : secure_getenv("WARPDRIVE_DEVICE");
	if (name && !*name)
		name = NULL;
	params = (struct wd_ctx_params){
		.algorithm = q->algorithm,
		.format = wd_format_parse(q->algorithm),
		.single = q->flags & WD_QUEUE_SINGLE_THREAD,
		.depth = wd_queue_depth(q->depth),
		.workers = wd_queue_workers(q->workers),
		.node = q->flags & WD_QUEUE_NODE ? q->node : -1,
		.bounce = q->flags & WD_QUEUE_BOUNCE,
	};

	ret = wd_device_list_open(&list);
	if (ret)
		return ret;
	ret = wd_queue_open_any(q, name, &params, list);
	wd_device_list_close(list);
	wd_log(WD_LOG_DEBUG, "queue for %s on %s: %s",
	       q->algorithm ? q->algorithm : "anything", name ? name : "any",
	       ret ? strerror(-ret) : q->got.device);
	return ret;
}

void wd_release_queue(struct wd_queue *q)
{
	struct wd_region *region;
	struct wd_ctx *ctx;
	bool forked;

	if (!q || !q->priv)
		return;

	ctx = q->priv;
	forked = ctx->owner != wd_process_id();
	atomic_store(&ctx->closing, true);
	while (!forked && atomic_load(&ctx->waiters)) {
		ctx->ops->wake(ctx);
		sched_yield();
	}
	q->priv = NULL; /* not before: waiters have read it */
	region = ctx->region;
	ctx->ops->close(ctx, forked);
	wd_memory_leave(region, forked); /* nothing works on it any more */
}

/* How many requests, from the first on, are fit to be sent, or why none is. */
static int wd_queue_check(const struct wd_ctx *ctx, void *const *reqs,
			  unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		const struct wd_request *req = reqs[i];
		int ret;

		if (wd_unlikely(!req))
			return i ? (int)i : -EINVAL;
		if (wd_likely(req->op == WD_NOOP && !req->flags))
			continue;
		ret = wd_request_check(ctx, req);
		if (wd_unlikely(ret))
			return i ? (int)i : ret;
	}
	return (int)i;
}

int wd_send_burst(struct wd_queue *q, void *const *reqs, unsigned int n)
{
	struct wd_ctx *ctx;
	unsigned int sent;
	int ret = wd_queue_enter(q, &ctx);

	if (wd_unlikely(ret))
		return ret;
	if (wd_unlikely(!reqs || n > INT_MAX))
		return n ? -EINVAL : 0;

	ret = wd_queue_check(ctx, reqs, n);
	if (wd_unlikely(ret <= 0))
		return ret;
	sent = ctx->ops->send(ctx, reqs, (unsigned int)ret);
	for (unsigned int i = sent; wd_unlikely(i < (unsigned int)ret); i++)
		wd_request_unclaim(reqs[i]);
	return (int)sent;
}

/* Takes answers from the driver; their streams are free for more. */
static unsigned int wd_queue_receive(struct wd_ctx *ctx, void **reqs,
				     unsigned int n)
{
	unsigned int got = ctx->ops->recv(ctx, reqs, n);

	for (unsigned int i = 0; i < got; i++) {
		const struct wd_request *req = reqs[i];

		if (wd_unlikely(req->op >= WD_COMPRESS))
			wd_request_unclaim(req);
	}
	return got;
}

int wd_recv_burst(struct wd_queue *q, void **reqs, unsigned int n)
{
	struct wd_ctx *ctx;
	int ret = wd_queue_enter(q, &ctx);

	if (wd_unlikely(ret))
		return ret;
	if (wd_unlikely(!reqs || n > INT_MAX))
		return n ? -EINVAL : 0;
	return (int)wd_queue_receive(ctx, reqs, n);
}

int wd_send(struct wd_queue *q, void *req)
{
	struct wd_ctx *ctx;
	int ret = wd_queue_enter(q, &ctx);

	if (wd_unlikely(ret))
		return ret;
	ret = wd_queue_check(ctx, &req, 1);
	if (wd_unlikely(ret < 0))
		return ret;
	if (wd_likely(ctx->ops->send(ctx, &req, 1)))
		return 0;
	wd_request_unclaim(req);
	return -EAGAIN;
}

int wd_recv(struct wd_queue *q, void **req)
{
	struct wd_ctx *ctx;
	int ret = wd_queue_enter(q, &ctx);

	if (wd_unlikely(ret))
		return ret;
	if (wd_unlikely(!req))
		return -EINVAL;
	return wd_queue_receive(ctx, req, 1) ? 0 : -EAGAIN;
}

static int wd_queue_await(struct wd_ctx *ctx, void **req, uint64_t deadline)
{
	int ret = 0;

	while (!atomic_load(&ctx->closing)) {
		/* Even after the deadline: it may have come just now. */
		if (wd_queue_receive(ctx, req, 1))
			return 0;
		if (ret)
			return ret;
		ret = ctx->ops->wait(ctx, deadline);
	}
	return -ESHUTDOWN;
}

int wd_recv_deadline(struct wd_queue *q, void **req, uint64_t deadline)
{
	int ret = wd_recv(q, req);
	struct wd_ctx *ctx;

	if (ret != -EAGAIN)
		return ret;
	ctx = q->priv;
	if (ctx->single) /* nobody else may be inside a call, to release it */
		return wd_queue_await(ctx, req, deadline);
	atomic_fetch_add(&ctx->waiters, 1);
	ret = wd_queue_await(ctx, req, deadline);
	/* The last touch: the queue may be released at once. */
	atomic_fetch_sub(&ctx->waiters, 1);
	return ret;
}

int wd_recv_sync(struct wd_queue *q, void **req)
{
	int ret = wd_recv(q, req);

	if (ret != -EAGAIN)
		return ret;
	return wd_recv_deadline(q, req, wd_clock_deadline(q->timeout));
}

void wd_flush(struct wd_queue *q)
{
	struct wd_ctx *ctx;

	if (!wd_queue_enter(q, &ctx))
		ctx->ops->flush(ctx);
}

int wd_drain(struct wd_queue *q, uint64_t deadline)
{
	struct wd_ctx *ctx;
	int ret = wd_queue_enter(q, &ctx);

	return ret ? ret : ctx->ops->drain(ctx, deadline);
}

int wd_queue_run(struct wd_queue *q, struct wd_request *req)
{
	struct wd_ctx *ctx;
	int ret = wd_queue_enter(q, &ctx);

	if (ret)
		return ret;
	if (!ctx->ops->run)
		return -EOPNOTSUPP;
	ret = wd_request_check(ctx, req);
	if (ret)
		return ret;
	ctx->ops->run(ctx, req);
	wd_request_unclaim(req);
	return 0;
}

int wd_get_bounces(struct wd_queue *q, struct wd_bounce_stats *stats)
{
	struct wd_ctx *ctx;
	int ret = wd_queue_enter(q, &ctx);

	if (ret)
		return ret;
	if (!stats)
		return -EINVAL;
	stats->operations = atomic_load(&ctx->bounces);
	stats->bytes = atomic_load(&ctx->bounced_bytes);
	return 0;
}
