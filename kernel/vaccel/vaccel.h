/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of vaccel share with one another. The device is specified in
 * docs/vaccel.md; this is one model of it.
 *
 * A queue has a work item, its engine. It runs while there are descriptors and
 * a little longer, and is started by the fault on the queue's doorbell page.
 * A device's work items share its workqueue, which bounds how many engines run
 * at once; one that has had its time goes to the end of the line.
 *
 * Locks:
 *
 *   vaccel_device.lock    mutex. Guards the list of queues and their number.
 *   vaccel_queue.run_lock mutex, inside it. Guards started, and start, stop and
 *                         reset against one another.
 *   codecs_lock           spinlock. Guards the free list of codecs.
 *
 * Everything of a queue that the engine changes belongs to its work item, which
 * never runs twice at a time. Whoever changes it from outside (start, stop,
 * reset) sets vaccel_queue.stopping and cancels the work first. That alone ends
 * the waiting inside an engine; what may wait for long looks at it.
 */
#ifndef WARPDRIVE_KERNEL_VACCEL_H
#define WARPDRIVE_KERNEL_VACCEL_H

#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <uapi/vaccel.h>

#include "compat/compat.h"
#include "swiommu/swiommu.h"
#include "uacce/uacce.h"

#define VACCEL_NAME "vaccel"
#define VACCEL_DEPTH_MIN 8
#define VACCEL_DEPTH_MAX 4096
#define VACCEL_QUEUES_MAX 65536
#define VACCEL_MAX_SGL 256
#define VACCEL_MAX_LEN (1u << 30)
#define VACCEL_STATIC_MAX (1ul << 30)

/*
 * struct vaccel_config - what a device is made of
 * @queues: how many may be open
 * @depth: entries of each ring
 * @node: NUMA node or NUMA_NO_NODE
 * @engines: how many may run at once, 0 for the kernel's default
 * @idle_us: how long an engine stays awake without work
 * @sva: ask for shared virtual addresses
 * @ops, @formats, @crypto: bits of the registers of these names
 */
struct vaccel_config {
	u32 queues;
	u32 depth;
	int node;
	u32 engines;
	u32 idle_us;
	bool sva;
	u64 ops;
	u32 formats;
	u64 crypto;
	char algorithms[384];
};

/*
 * struct vaccel_inject - fault injection, through debugfs
 *
 * Each counts down to one stroke; 0 is never. @fail_access and @refuse_page are
 * handed to the queue whose request is the next.
 */
struct vaccel_inject {
	atomic_t lose_completion;
	atomic_t delay_completion;
	atomic_t corrupt_status;
	atomic_t stick;
	atomic_t fail_access;
	atomic_t refuse_page;
	u32 delay_ms;
	atomic_t stuck;
	struct dentry *dir;
};

/*
 * struct vaccel_device - a virtual accelerator
 * @runnable: engines that wait for their turn
 * @spinners: engines that are awake without work
 */
struct vaccel_device {
	struct device *dev;
	struct uacce_device *uacce;
	struct vaccel_config config;
	struct workqueue_struct *wq;
	atomic_t runnable;
	atomic_t spinners;

	struct mutex lock;
	struct list_head queues;
	unsigned long *ids;
	u32 queues_open;

	spinlock_t codecs_lock;
	struct list_head codecs;

	struct vaccel_inject inject;
};

/* struct vaccel_regs - the MMIO page, as docs/vaccel.md has it */
struct vaccel_regs {
	u32 magic;
	u32 version;
	u64 ops;
	u64 features;
	u32 formats;
	u32 queue_id;
	u32 sq_entries;
	u32 cq_entries;
	u32 sq_offset;
	u32 cq_offset;
	u32 max_sgl;
	u32 max_len;
	u32 stream_size;
	u32 stream_align;
	u64 crypto;
	u8 pad0[VACCEL_REG_STATUS - 0x48];
	u32 status;
	u32 error;
	u32 sq_head;
	u32 cq_tail;
	u8 pad1[VACCEL_REG_SQ_TAIL - 0x90];
	u32 sq_tail;
	u8 pad2[VACCEL_REG_CQ_DB - 0x104];
	u64 cq_db;
	u8 pad3[VACCEL_REG_CTRL - 0x148];
	u32 ctrl;
};

struct vaccel_key;

/*
 * struct vaccel_queue - one open of the node
 * @regs: the MMIO page. The process may write anything to it at any time: only
 *	the doorbells are read from it, each once
 * @rings: the DUS region, likewise
 * @sq_head: descriptors fetched
 * @cq_tail: completions posted
 * @stopping: the engine is to end
 * @started: between start_queue and stop_queue
 * @halted: the rings make no sense any more
 * @poll_armed: somebody sleeps in poll()
 */
struct vaccel_queue {
	struct vaccel_device *dev;
	struct uacce_queue *uq;
	struct list_head node;
	u32 id;
	u32 depth;
	struct vaccel_regs *regs;
	void *rings;
	unsigned long rings_size;
	struct vaccel_desc *sq;
	struct vaccel_cqe *cq;

	u32 sq_head;
	u32 cq_tail;
	struct mutex run_lock;
	bool started;
	bool stopping;
	bool halted;
	atomic_t poll_armed;
	struct work_struct work;
	struct swiommu_port port;

	struct vaccel_key *key;
	struct vaccel_sge *src_list;
	struct vaccel_sge *dst_list;

	u64 requests;
	u64 errors;
	u64 bytes_in;
	u64 bytes_out;
	atomic64_t traps;
	u64 trapped_at;
	u64 interrupts;
};

/*
 * struct vaccel_sg - a place in a request's input or output
 * @list: its pieces
 * @nents: how many
 * @index, @offset: the next byte
 * @left: bytes from there to the end
 */
struct vaccel_sg {
	struct swiommu_port *port;
	const struct vaccel_sge *list;
	struct vaccel_sge flat;
	u32 nents;
	u32 index;
	u32 offset;
	u32 left;
};

/*
 * struct vaccel_request - a descriptor at work
 * @desc: the device's own copy
 * @cqe: the answer, growing
 */
struct vaccel_request {
	struct vaccel_queue *q;
	struct vaccel_desc desc;
	struct vaccel_cqe cqe;
	struct vaccel_sg src;
	struct vaccel_sg dst;
};

/* config.c */
int vaccel_config_parse(struct vaccel_config *config, char *text);
int vaccel_config_check(struct vaccel_config *config);
void vaccel_config_default(struct vaccel_config *config);

/* device.c */
int vaccel_device_probe(struct device *dev, const struct vaccel_config *config);
void vaccel_device_remove(struct device *dev);

/* queue.c */
extern const struct uacce_ops vaccel_uacce_ops;
void vaccel_queue_wake(struct vaccel_queue *q);
void vaccel_queue_halt(struct vaccel_queue *q);

/* doorbell.c */
vm_fault_t vaccel_doorbell_fault(struct uacce_queue *uq,
				 struct uacce_qfile_region *qfr,
				 struct vm_fault *vmf);
void vaccel_doorbell_trap(struct vaccel_queue *q);
bool vaccel_doorbell_rung(struct vaccel_queue *q);
void vaccel_doorbell_notify(struct vaccel_queue *q);

/* engine.c */
void vaccel_engine_work(struct work_struct *work);
bool vaccel_engine_interrupted(struct vaccel_queue *q);

/* request.c */
void vaccel_request_run(struct vaccel_request *rq);
int vaccel_request_status(struct vaccel_request *rq, int error);

/* sg.c */
int vaccel_sg_init(struct vaccel_request *rq, struct vaccel_sg *sg, bool dst);
int vaccel_sg_open(struct vaccel_sg *sg, u32 want, bool write,
		   struct swiommu_window *window);
void vaccel_sg_advance(struct vaccel_sg *sg, u32 bytes);
int vaccel_sg_read(struct vaccel_sg *sg, void *buf, u32 len, u32 *done);
int vaccel_sg_write(struct vaccel_sg *sg, const void *buf, u32 len, u32 *done);

/* data.c */
int vaccel_data_copy(struct vaccel_request *rq);
int vaccel_data_fill(struct vaccel_request *rq);
int vaccel_data_compare(struct vaccel_request *rq);
int vaccel_data_checksum(struct vaccel_request *rq);

/* compress.c, decompress.c */
int vaccel_compress(struct vaccel_request *rq);
int vaccel_decompress(struct vaccel_request *rq);

/* inject.c */
bool vaccel_inject_strikes(atomic_t *countdown);
void vaccel_inject_init(struct vaccel_device *vdev);
void vaccel_inject_fini(struct vaccel_device *vdev);
void vaccel_inject_root_init(void);
void vaccel_inject_root_fini(void);
void vaccel_inject_arm(struct vaccel_queue *q);

#endif /* WARPDRIVE_KERNEL_VACCEL_H */
