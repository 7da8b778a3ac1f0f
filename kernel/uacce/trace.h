/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints of uacce, events/uacce in tracefs. `ret` is 0 or a negative
 * errno; `queue` tells queues apart while they live.
 */
/* clang-format off */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM uacce

#if !defined(WARPDRIVE_KERNEL_UACCE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define WARPDRIVE_KERNEL_UACCE_TRACE_H

#include <linux/tracepoint.h>

#include "internal.h"

TRACE_EVENT(uacce_open,
	TP_PROTO(struct uacce_device *uacce, struct uacce_queue *q, int ret),
	TP_ARGS(uacce, q, ret),
	TP_STRUCT__entry(
		__field(u32, id)
		__field(void *, queue)
		__field(u32, pasid)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->id = uacce->id;
		__entry->queue = q;
		__entry->pasid = q->pasid;
		__entry->ret = ret;
	),
	TP_printk("id=%u queue=%p pasid=%u ret=%d", __entry->id,
		  __entry->queue, __entry->pasid, __entry->ret)
);

TRACE_EVENT(uacce_start,
	TP_PROTO(struct uacce_queue *q, int ret),
	TP_ARGS(q, ret),
	TP_STRUCT__entry(
		__field(u32, id)
		__field(void *, queue)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->id = q->uacce->id;
		__entry->queue = q;
		__entry->ret = ret;
	),
	TP_printk("id=%u queue=%p ret=%d", __entry->id, __entry->queue,
		  __entry->ret)
);

TRACE_EVENT(uacce_put,
	TP_PROTO(struct uacce_queue *q, bool started),
	TP_ARGS(q, started),
	TP_STRUCT__entry(
		__field(u32, id)
		__field(void *, queue)
		__field(bool, started)
	),
	TP_fast_assign(
		__entry->id = q->uacce->id;
		__entry->queue = q;
		__entry->started = started;
	),
	TP_printk("id=%u queue=%p started=%d", __entry->id, __entry->queue,
		  __entry->started)
);

TRACE_EVENT(uacce_map,
	TP_PROTO(struct uacce_queue *q, unsigned int type,
		 unsigned long address, int ret),
	TP_ARGS(q, type, address, ret),
	TP_STRUCT__entry(
		__field(u32, id)
		__field(void *, queue)
		__field(u32, type)
		__field(unsigned long, address)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->id = q->uacce->id;
		__entry->queue = q;
		__entry->type = type;
		__entry->address = address;
		__entry->ret = ret;
	),
	TP_printk("id=%u queue=%p type=%u address=0x%lx ret=%d", __entry->id,
		  __entry->queue, __entry->type, __entry->address,
		  __entry->ret)
);

TRACE_EVENT(uacce_fault,
	TP_PROTO(struct uacce_queue *q, unsigned int type,
		 unsigned long address, vm_fault_t ret),
	TP_ARGS(q, type, address, ret),
	TP_STRUCT__entry(
		__field(u32, id)
		__field(void *, queue)
		__field(u32, type)
		__field(unsigned long, address)
		__field(unsigned int, result)
	),
	TP_fast_assign(
		__entry->id = q->uacce->id;
		__entry->queue = q;
		__entry->type = type;
		__entry->address = address;
		__entry->result = (__force unsigned int)ret;
	),
	TP_printk("id=%u queue=%p type=%u address=0x%lx result=0x%x",
		  __entry->id, __entry->queue, __entry->type,
		  __entry->address, __entry->result)
);

TRACE_EVENT(uacce_removal,
	TP_PROTO(struct uacce_device *uacce, unsigned int queues),
	TP_ARGS(uacce, queues),
	TP_STRUCT__entry(
		__field(u32, id)
		__field(unsigned int, queues)
	),
	TP_fast_assign(
		__entry->id = uacce->id;
		__entry->queues = queues;
	),
	TP_printk("id=%u queues=%u", __entry->id, __entry->queues)
);

#endif /* WARPDRIVE_KERNEL_UACCE_TRACE_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
