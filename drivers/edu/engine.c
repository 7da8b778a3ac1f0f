// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "edu.h"
#include "log.h"

/* A transfer takes 100 ms of the machine's time. */
#define EDU_STALL_NS (30 * WD_NSEC_PER_SEC)

static void edu_side_begin(struct edu_side *side, const void *buffer,
			   size_t len, bool scattered)
{
	side->flat = (struct iovec){ (void *)(uintptr_t)buffer, len };
	side->iov = scattered ? buffer : &side->flat;
	side->count = scattered ? len : 1;
	side->offset = 0;
}

/* What lies in one piece next, in bytes; 0 at the end. */
static size_t edu_side_next(struct edu_side *side)
{
	while (side->count && side->offset == side->iov->iov_len) {
		side->iov++;
		side->count--;
		side->offset = 0;
	}
	return side->count ? side->iov->iov_len - side->offset : 0;
}

static char *edu_side_at(const struct edu_side *side)
{
	return (char *)side->iov->iov_base + side->offset;
}

static void edu_transfer(struct edu_queue *q, uint64_t src, uint64_t dst,
			 uint32_t command)
{
	edu_write64(q, EDU_DMA_SRC, src);
	edu_write64(q, EDU_DMA_DST, dst);
	edu_write64(q, EDU_DMA_COUNT, q->work.piece);
	/* What is to be read was written before. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	edu_write32(q, EDU_DMA_COMMAND,
		    command | EDU_COMMAND_RUN | EDU_COMMAND_IRQ);
	q->work.began = wd_clock_now();
}

/* The next piece of a copy on its way into the device. */
static int __edu_copy_next(struct edu_queue *q)
{
	struct edu_work *work = &q->work;
	size_t len = edu_side_next(&work->src);
	size_t room = edu_side_next(&work->dst);

	if (!len)
		return 0;
	work->piece = len < room ? len : room;
	if (work->piece > EDU_TRANSFER_MAX)
		work->piece = EDU_TRANSFER_MAX;
	work->phase = EDU_PHASE_IN;
	edu_transfer(q, (uintptr_t)edu_side_at(&work->src), EDU_BUFFER, 0);
	return -EINPROGRESS;
}

static int __edu_copy_out(struct edu_queue *q)
{
	q->work.phase = EDU_PHASE_OUT;
	edu_transfer(q, EDU_BUFFER, (uintptr_t)edu_side_at(&q->work.dst),
		     EDU_COMMAND_TO_MEMORY);
	return -EINPROGRESS;
}

/*
 * The device says that all went well even when the IOMMU has kept it from the
 * memory, so what should be there is looked for.
 */
static int __edu_copy_done(struct edu_queue *q)
{
	struct edu_work *work = &q->work;

	if (memcmp(edu_side_at(&work->src), edu_side_at(&work->dst),
		   work->piece))
		return -EFAULT;
	work->src.offset += work->piece;
	work->dst.offset += work->piece;
	work->copied += work->piece;
	return __edu_copy_next(q);
}

static int __edu_factorial(struct edu_queue *q, uint32_t n)
{
	q->work.phase = EDU_PHASE_FACTORIAL;
	q->work.began = wd_clock_now();
	edu_write32(q, EDU_STATUS, EDU_STATUS_IRQ);
	edu_write32(q, EDU_FACTORIAL, n);
	return -EINPROGRESS;
}

int __edu_begin(struct edu_queue *q, struct wd_request *req)
{
	struct edu_work *work = &q->work;

	*work = (struct edu_work){ .req = req };
	switch (req->op) {
	case WD_NOOP:
		return 0;
	case WD_COPY:
		edu_side_begin(&work->src, req->src, req->src_len,
			       req->flags & WD_REQUEST_SRC_IOV);
		edu_side_begin(&work->dst, req->dst, req->dst_len,
			       req->flags & WD_REQUEST_DST_IOV);
		return __edu_copy_next(q);
	case WD_FACTORIAL:
		return __edu_factorial(q, (uint32_t)req->operand);
	default:
		return -EOPNOTSUPP;
	}
}

static bool __edu_busy(const struct edu_queue *q)
{
	if (q->work.phase == EDU_PHASE_FACTORIAL)
		return edu_read32(q, EDU_STATUS) & EDU_STATUS_COMPUTING;
	return edu_read32(q, EDU_DMA_COMMAND) & EDU_COMMAND_RUN;
}

int __edu_move(struct edu_queue *q)
{
	struct edu_work *work = &q->work;

	/* Where a removed device was there is a page of zeroes. */
	if ((edu_read32(q, EDU_ID) & EDU_ID_MASK) != EDU_ID_VALUE) {
		q->dead = -ENODEV;
		return -ENODEV;
	}
	if (__edu_busy(q)) {
		if (wd_clock_now() - work->began < EDU_STALL_NS)
			return -EINPROGRESS;
		wd_log(WD_LOG_ERROR, "%s: the device is stuck", q->path);
		q->dead = -EIO;
		return -EIO;
	}
	/* What it has written is read after this. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	switch (work->phase) {
	case EDU_PHASE_IN:
		return __edu_copy_out(q);
	case EDU_PHASE_OUT:
		return __edu_copy_done(q);
	case EDU_PHASE_FACTORIAL:
		work->req->result = edu_read32(q, EDU_FACTORIAL);
		return 0;
	case EDU_PHASE_IDLE:
		break;
	}
	return 0;
}
