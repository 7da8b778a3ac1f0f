/* SPDX-License-Identifier: MIT */
#include "fake.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "reference.h"
#include "runner.h"

struct fake_plan fake_plan;
unsigned int fake_opened, fake_closed, fake_sent, fake_answered;

struct fake_ctx {
	struct wd_ctx ctx;
	pthread_mutex_t lock; /* guards the ring and the counters above */
	unsigned int head, tail;
	struct wd_request *ring[FAKE_DEPTH];
};

static unsigned int fake_send(struct wd_ctx *ctx, void *const *reqs,
			      unsigned int n)
{
	struct fake_ctx *fake = container_of(ctx, struct fake_ctx, ctx);
	unsigned int i;

	pthread_mutex_lock(&fake->lock);
	for (i = 0; i < n && fake->tail - fake->head < ctx->depth; i++)
		fake->ring[fake->tail++ % FAKE_DEPTH] = reqs[i];
	fake_sent += i;
	pthread_mutex_unlock(&fake->lock);
	return i;
}

/* Compresses as zlib does. */
static void fake_compress(struct wd_ctx *ctx, struct wd_request *req)
{
	struct reference_params params = {
		.format = wd_request_format(ctx, req),
		.level = 1,
	};
	unsigned char *out;
	size_t n = reference_deflate(&params, req->src, req->src_len, &out);

	req->status = n > req->dst_len ? -ENOSPC : 0;
	req->consumed = req->produced = 0;
	if (!req->status) {
		memcpy(req->dst, out, n);
		req->consumed = req->src_len;
		req->produced = n;
	}
	free(out);
}

static void fake_answer(struct wd_ctx *ctx, struct wd_request *req)
{
	unsigned int number = ++fake_answered;

	if (fake_plan.every && number % fake_plan.every == 0) {
		req->status = fake_plan.status;
		req->consumed = req->produced = 0;
		return;
	}
	if (req->op == WD_COMPRESS)
		fake_compress(ctx, req);
	else
		req->status = req->op == WD_NOOP ? 0 : -EOPNOTSUPP;
}

static unsigned int fake_recv(struct wd_ctx *ctx, void **reqs, unsigned int n)
{
	struct fake_ctx *fake = container_of(ctx, struct fake_ctx, ctx);
	unsigned int i;

	pthread_mutex_lock(&fake->lock);
	for (i = 0; i < n && fake->head != fake->tail && !fake_plan.hold; i++) {
		reqs[i] = fake->ring[fake->head++ % FAKE_DEPTH];
		fake_answer(ctx, reqs[i]);
	}
	pthread_mutex_unlock(&fake->lock);
	return i;
}

/* Looks again after a millisecond. */
static int fake_wait(struct wd_ctx *ctx, uint64_t deadline)
{
	static const struct timespec moment = { .tv_nsec = 1000000 };

	(void)ctx;
	if (deadline && wd_clock_now() >= deadline)
		return -ETIMEDOUT;
	nanosleep(&moment, NULL);
	return 0;
}

static void fake_wake(struct wd_ctx *ctx)
{
	(void)ctx;
}

static void fake_flush(struct wd_ctx *ctx)
{
	(void)ctx;
	fake_plan.hold = false;
}

static int fake_drain(struct wd_ctx *ctx, uint64_t deadline)
{
	(void)ctx;
	(void)deadline;
	return 0;
}

static void fake_close(struct wd_ctx *ctx, bool forked)
{
	struct fake_ctx *fake = container_of(ctx, struct fake_ctx, ctx);

	(void)forked;
	fake_closed++;
	pthread_mutex_destroy(&fake->lock);
	free(fake);
}

static const struct wd_ctx_ops fake_ops = {
	.send = fake_send,
	.recv = fake_recv,
	.wait = fake_wait,
	.wake = fake_wake,
	.flush = fake_flush,
	.drain = fake_drain,
	.close = fake_close,
};

static const struct wd_driver fake_driver;

static int fake_enumerate(struct wd_device_list *list)
{
	struct wd_device *device = wd_device_list_add(list);

	if (!device)
		return -ENOMEM;
	device->driver = &fake_driver;
	strcpy(device->name, "fake");
	strcpy(device->api, "fake");
	strcpy(device->algorithms, "noop deflate zlib gzip");
	return 0;
}

static int fake_open(const struct wd_device *device,
		     const struct wd_ctx_params *params, struct wd_ctx **ctx)
{
	struct fake_ctx *fake;

	if (strcmp(device->name, "fake") != 0)
		return -ENODEV;
	if (fake_plan.open_error)
		return fake_plan.open_error;
	fake = calloc(1, sizeof(*fake));
	if (!fake)
		return -ENOMEM;
	pthread_mutex_init(&fake->lock, NULL);
	wd_ctx_init(&fake->ctx, &fake_ops, params);
	fake->ctx.workers = 0;
	if (fake->ctx.depth > FAKE_DEPTH)
		fake->ctx.depth = FAKE_DEPTH;
	fake->ctx.reserved_only = fake_plan.reserved_only;
	fake_opened++;
	*ctx = &fake->ctx;
	return 0;
}

static const struct wd_driver fake_driver = {
	.name = "fake",
	.enumerate = fake_enumerate,
	.open = fake_open,
};

void fake_register(void)
{
	fake_plan = (struct fake_plan){ 0 };
	assert_int_equal(wd_driver_register(&fake_driver), 0);
}
