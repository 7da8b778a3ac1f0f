/* SPDX-License-Identifier: MIT */
/*
 * What lies between the library and its drivers: a driver says which devices
 * it drives and opens contexts on them; a context is the driver's side of one
 * queue. Everything here is private to the library.
 */
#ifndef WD_DRIVER_H
#define WD_DRIVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <warpdrive/device.h>
#include <warpdrive/queue.h>

#define container_of(ptr, type, member) \
	((type *)((char *)(ptr)-offsetof(type, member)))
#define wd_likely(x) __builtin_expect(!!(x), 1)
#define wd_unlikely(x) __builtin_expect(!!(x), 0)
#define WD_CACHE_LINE 64

struct wd_ctx;
struct wd_driver;
struct wd_region;

/* A device, as found in this process or in sysfs. */
struct wd_device {
	const struct wd_driver *driver; /* NULL: none matches */
	char name[64];
	char api[64];
	char algorithms[512]; /* single spaces between the names */
	bool in_kernel;
	bool sva;
	int node; /* -1: tied to none */
	int available; /* queues left, -1: no limit */
};

/* Appends a device; returns it zeroed but for .node and .available, or NULL. */
struct wd_device *wd_device_list_add(struct wd_device_list *list);

/* The state that a stream has on both sides; drivers embed it. */
struct wd_stream {
	struct wd_ctx *ctx;
	enum wd_op op;
	enum wd_format format;
	int level;
	atomic_bool busy; /* a request of the stream is in flight */
};

/*
 * Operations of a context. Bursts return how many requests they took or gave.
 * The library has checked every request before it sends it. Threads: any
 * number at once, unless the context is for a single thread.
 */
struct wd_ctx_ops {
	unsigned int (*send)(struct wd_ctx *ctx, void *const *reqs,
			     unsigned int n);
	unsigned int (*recv)(struct wd_ctx *ctx, void **reqs, unsigned int n);
	/*
	 * Sleeps until recv may have something: 0, -ETIMEDOUT, or -EAGAIN when
	 * nothing can ever come. Does not fall asleep once ctx->closing is set.
	 */
	int (*wait)(struct wd_ctx *ctx, uint64_t deadline);
	/* Wakes all sleepers. */
	void (*wake)(struct wd_ctx *ctx);
	/* As wd_flush() and wd_drain(). */
	void (*flush)(struct wd_ctx *ctx);
	int (*drain)(struct wd_ctx *ctx, uint64_t deadline);
	/* Frees the context. With @forked, touches only this copy of it. */
	void (*close)(struct wd_ctx *ctx, bool forked);

	/*
	 * Optional: carries one request out at once in this thread, beside the
	 * queue; the library falls back on send and recv.
	 */
	void (*run)(struct wd_ctx *ctx, struct wd_request *req);

	/* Optional: without them the context has no streams (-EOPNOTSUPP). */
	int (*stream_open)(struct wd_ctx *ctx, const struct wd_stream *params,
			   struct wd_stream **stream);
	int (*stream_reset)(struct wd_stream *stream);
	void (*stream_close)(struct wd_stream *stream);

	/*
	 * Of a context with .reserved_only: map makes @region->size bytes that
	 * the device reaches and fills in the rest of @region; attach has it
	 * reach a region that another context has mapped, until the context is
	 * closed. Both are needed there and not called elsewhere.
	 */
	int (*region_map)(struct wd_ctx *ctx, struct wd_region *region);
	int (*region_attach)(struct wd_ctx *ctx,
			     const struct wd_region *region);
};

/* The driver's side of a queue; drivers embed it and fill in .ops. */
struct wd_ctx {
	const struct wd_ctx_ops *ops;
	uint64_t owner; /* wd_process_id() of the opener */
	enum wd_format format; /* of requests that name none */
	bool single; /* WD_QUEUE_SINGLE_THREAD */
	unsigned int depth; /* a power of two; the driver may lower it */
	unsigned int workers; /* as opened */
	atomic_uint waiters; /* threads in wd_recv_deadline() */
	atomic_bool closing; /* waiters leave */
	/* Changed under the lock in memory.c, read by whoever sends. */
	_Atomic(struct wd_region *) region;

	/* For the driver to set. */
	bool reserved_only; /* the device reaches no memory but reserved */
	bool bounce; /* the driver copies what it does not reach */
	/* The driver's counts of that, see wd_bounce_count(). */
	_Atomic uint64_t bounces;
	_Atomic uint64_t bounced_bytes;
};

/* What a queue asks of a driver, defaults resolved. */
struct wd_ctx_params {
	const char *algorithm; /* NULL: any */
	enum wd_format format;
	bool single;
	unsigned int depth;
	unsigned int workers;
	int node; /* of the workers; -1: any */
	bool bounce; /* WD_QUEUE_BOUNCE */
};

struct wd_driver {
	const char *name;
	/* Optional: adds the devices that are not in sysfs. */
	int (*enumerate)(struct wd_device_list *list);
	/* Optional: whether it drives a device of sysfs. */
	bool (*match)(const struct wd_device *device);
	/*
	 * Opens a context, begun with wd_ctx_init(): 0 and *@ctx, or a negative
	 * errno.
	 */
	int (*open)(const struct wd_device *device,
		    const struct wd_ctx_params *params, struct wd_ctx **ctx);
};

void wd_ctx_init(struct wd_ctx *ctx, const struct wd_ctx_ops *ops,
		 const struct wd_ctx_params *params);

/*
 * The registry: the built-in drivers, and those registered at run time, which
 * must stay until every queue on them is released. Slots may be empty (NULL).
 */
#define WD_DRIVER_MAX 16
int wd_driver_register(const struct wd_driver *driver);
void wd_driver_unregister(const struct wd_driver *driver);
const struct wd_driver *wd_driver_get(size_t index);

extern const struct wd_driver wd_sw_driver;
extern const struct wd_driver wd_vaccel_driver;
extern const struct wd_driver wd_edu_driver;

/* Requests: defaults resolved. */
enum wd_format wd_request_format(const struct wd_ctx *ctx,
				 const struct wd_request *req);
int wd_request_level(int level);
enum wd_flush wd_request_flush(const struct wd_request *req);

/* 0, or why wd_send() refuses the request; claims its stream. */
int wd_request_check(const struct wd_ctx *ctx, const struct wd_request *req);

/* Lets go of what wd_request_check() claimed: the library's part. */
static inline void wd_request_unclaim(const struct wd_request *req)
{
	if (req->stream)
		atomic_store_explicit(&req->stream->busy, false,
				      memory_order_release);
}

/* The format that an algorithm of that name is; WD_FORMAT_QUEUE if none. */
enum wd_format wd_format_parse(const char *algorithm);

#endif
