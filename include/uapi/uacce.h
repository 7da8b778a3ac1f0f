/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * uacce: queues of accelerators in user space.
 *
 * A queue is one open of /dev/NAME-N. It belongs to the address space that
 * opened it. Control goes through ioctl(), data through mmap(), waiting
 * through poll().
 *
 * How this interface grows
 *
 * Calls 0 to 3 are those that Linux has shipped; they keep their numbers and
 * their meaning. Calls from 0x20 on take a pointer to one structure that
 * begins with `argsz`, the size that the caller knows, and `flags`. A structure
 * may grow at its end; its number does not change then, because the size is not
 * encoded in it. Reserved fields are zero. The answers are:
 *
 *   ENOTTY      a call that this kernel does not know
 *   EINVAL      argsz shorter than the first version of the structure, a
 *               reserved field that is not zero, a value out of its range
 *   E2BIG       argsz longer than this kernel knows, and the tail not zero
 *   EOPNOTSUPP  a flag that this kernel does not know, or a known thing that
 *               this device or this queue cannot do
 *   EFAULT      the structure cannot be read or written
 *
 * and, for every call and for mmap():
 *
 *   EPERM       the caller does not run in the address space that opened the
 *               queue (a child after fork, a receiver of the descriptor)
 *   ENXIO       the queue has been put
 *   ENODEV      the device has been removed
 *
 * Waiting: poll() reports EPOLLIN when the device has results, EPOLLHUP when
 * the queue was put or its device removed, and EPOLLERR | EPOLLNVAL to
 * another address space (poll() itself shows POLLNVAL only to who asks for it).
 */
#ifndef WARPDRIVE_UAPI_UACCE_H
#define WARPDRIVE_UAPI_UACCE_H

#include <linux/ioctl.h>
#include <linux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define UACCE_CMD_MAGIC 'W'

/**
 * UACCE_CMD_START_Q - start the queue; no argument
 *
 * INIT becomes STARTED. EINVAL when it is started already.
 */
#define UACCE_CMD_START_Q _IO(UACCE_CMD_MAGIC, 0)

/**
 * UACCE_CMD_PUT_Q - give the queue back to the device; no argument
 *
 * The queue is stopped, its mappings lose their pages (a later touch is
 * SIGBUS) and it becomes a ZOMBIE, which only close() leaves. Putting a queue
 * twice is no error.
 */
#define UACCE_CMD_PUT_Q _IO(UACCE_CMD_MAGIC, 1)

/**
 * UACCE_CMD_SHARE_SVAS - share the static memory of another queue
 *
 * The argument is the file descriptor of the source queue: another queue of
 * the same process, on the same device or another. Afterwards this queue's
 * device reaches the source's static memory at the same addresses. The memory
 * stays until the last queue that has it leaves it and its mapping is gone, in
 * any order.
 *
 * EBADF: not a descriptor. EINVAL: not another queue, or this queue is not
 * STARTED. EPERM: the source belongs to another process. EEXIST: this queue
 * has static memory. EOPNOTSUPP: this device has none, or the source queue.
 * EADDRINUSE, ERANGE: as mmap() of static memory.
 */
#define UACCE_CMD_SHARE_SVAS _IO(UACCE_CMD_MAGIC, 2)

/* Number 3 is taken elsewhere and answers ENOTTY here. */

/* Where the calls with argsz begin. */
#define UACCE_CMD_BASE 0x20

/**
 * struct uacce_queue_info - what a queue is
 * @argsz: in: size of this structure; out: the size that was filled in
 * @flags: zero
 * @state: out: one of enum uacce_queue_state
 * @device_flags: out: UACCE_DEV_*
 * @region_size: out: size in bytes of each region, by enum uacce_qfrt; the
 *	largest size of static memory; zero for one that the device does not
 *	offer
 */
struct uacce_queue_info {
	__u32 argsz;
	__u32 flags;
	__u32 state;
	__u32 device_flags;
	__aligned_u64 region_size[4];
};

/** UACCE_CMD_GET_INFO - describe the queue; works in every state */
#define UACCE_CMD_GET_INFO _IO(UACCE_CMD_MAGIC, UACCE_CMD_BASE + 0)

/**
 * struct uacce_queue_event - an eventfd for the queue
 * @argsz: size of this structure
 * @flags: zero
 * @fd: an eventfd to signal whenever poll() would wake, or -1 for none
 * @reserved: zero
 */
struct uacce_queue_event {
	__u32 argsz;
	__u32 flags;
	__s32 fd;
	__u32 reserved;
};

/** UACCE_CMD_SET_EVENT - set, replace or drop the queue's eventfd */
#define UACCE_CMD_SET_EVENT _IO(UACCE_CMD_MAGIC, UACCE_CMD_BASE + 1)

/**
 * struct uacce_queue_reset - bring a queue back to work
 * @argsz: size of this structure
 * @flags: zero
 */
struct uacce_queue_reset {
	__u32 argsz;
	__u32 flags;
};

/**
 * UACCE_CMD_RESET_Q - drop what the queue has in flight and start it afresh
 *
 * EINVAL unless the queue is STARTED. EOPNOTSUPP: the device has no such reset.
 */
#define UACCE_CMD_RESET_Q _IO(UACCE_CMD_MAGIC, UACCE_CMD_BASE + 2)

/**
 * enum uacce_queue_state - the life of a queue
 * @UACCE_QUEUE_INIT: open; regions may be mapped, nothing runs yet
 * @UACCE_QUEUE_STARTED: at work
 * @UACCE_QUEUE_ZOMBIE: put, or its device is gone
 */
enum uacce_queue_state {
	UACCE_QUEUE_INIT = 0,
	UACCE_QUEUE_STARTED = 1,
	UACCE_QUEUE_ZOMBIE = 2,
};

/**
 * enum uacce_qfrt - regions of a queue
 * @UACCE_QFRT_MMIO: registers and doorbells
 * @UACCE_QFRT_DUS: memory shared by the device and the process: rings
 * @UACCE_QFRT_SS: static shared memory, for devices that cannot share addresses
 * @UACCE_QFRT_DKO: memory shared by the device and the kernel; never mapped
 *
 * Region type T is mapped at offset T * page size, MAP_SHARED and whole. A
 * mapping is not inherited by a child and can be neither moved nor split.
 *
 * Static memory has the length that the caller asks for, up to the size that
 * UACCE_CMD_GET_INFO tells. It counts against RLIMIT_MEMLOCK, begins as zeroes,
 * and is never swapped. A queue has one, mapped before or after START_Q; the
 * device reaches it at the address at which it is mapped. munmap() takes it
 * from the queue, and another may be mapped. When the queue is put or its device
 * removed, the device loses it; the process keeps it until munmap().
 *
 * When the device is removed, its regions lose their pages; what the process
 * touches there from then on is a page of zeroes of the queue's own.
 *
 * mmap() answers: EINVAL for an offset that is no region, a wrong length or a
 * private mapping; EOPNOTSUPP for a region that this device does not offer;
 * EEXIST for one that is mapped already; and EPERM, ENXIO and ENODEV as above.
 * EPERM, too, for DKO. For static memory also: E2BIG for more than the device
 * allows, EAGAIN for more than RLIMIT_MEMLOCK leaves, EADDRINUSE for an address
 * that the device has in use or that its IOMMU reserves, ERANGE for one that
 * the device or its IOMMU cannot express.
 */
enum uacce_qfrt {
	UACCE_QFRT_MMIO = 0,
	UACCE_QFRT_DUS = 1,
	UACCE_QFRT_SS = 2,
	UACCE_QFRT_DKO = 3,
};

/* Device flags, in sysfs and in struct uacce_queue_info. */

/* The device works on the process's own addresses and serves page faults. */
#define UACCE_DEV_SVA (1U << 0)

/*
 * A device without UACCE_DEV_SVA whose static memory is not of size zero is in
 * shared-domain mode: it reaches the static memory of its queues and nothing
 * else, at the process's own addresses. One process at a time has its queues:
 * open() answers EBUSY to every other until the last of them is closed.
 */

#ifdef __cplusplus
}
#endif

#endif /* WARPDRIVE_UAPI_UACCE_H */
