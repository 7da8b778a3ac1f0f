/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * QEMU's edu device as uacce_edu offers it: see docs/edu.md. The queue that is
 * started has the whole device: region MMIO is the page of its registers, region
 * DUS a page in which the kernel counts its interrupts.
 */
#ifndef WARPDRIVE_UAPI_EDU_H
#define WARPDRIVE_UAPI_EDU_H

#include <linux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the sysfs attribute "api" says. */
#define EDU_API "edu-1"

#define EDU_REGISTERS_SIZE 4096

/*
 * Registers. Those below 0x80 are accessed with 32 bits, the others with 32
 * or 64.
 */
#define EDU_ID 0x00 /* 0xRRrr00ed */
#define EDU_LIVENESS 0x04 /* reads as the complement of what was written */
#define EDU_FACTORIAL 0x08 /* write n, read n! mod 2^32 when computed */
#define EDU_STATUS 0x20
#define EDU_IRQ_STATUS 0x24
#define EDU_IRQ_RAISE 0x60
#define EDU_IRQ_ACK 0x64
#define EDU_DMA_SRC 0x80
#define EDU_DMA_DST 0x88
#define EDU_DMA_COUNT 0x90
#define EDU_DMA_COMMAND 0x98

#define EDU_ID_MASK 0xffff
#define EDU_ID_VALUE 0x00ed

#define EDU_STATUS_COMPUTING 0x01 /* a factorial is under way */
#define EDU_STATUS_IRQ 0x80 /* interrupt at the end of a factorial */

#define EDU_IRQ_FACTORIAL 0x001
#define EDU_IRQ_DMA 0x100

#define EDU_COMMAND_RUN 0x1 /* start; clear when the transfer has ended */
#define EDU_COMMAND_TO_MEMORY 0x2 /* else from memory */
#define EDU_COMMAND_IRQ 0x4 /* interrupt at the end */

/*
 * The device's own memory, as its transfers name it. QEMU ends itself, and the
 * machine with it, over a transfer that leaves it; some versions, 7.2 among
 * them, over one that reaches its last byte.
 */
#define EDU_BUFFER 0x40000
#define EDU_BUFFER_SIZE 4096
#define EDU_TRANSFER_MAX (EDU_BUFFER_SIZE - 1)

/**
 * struct edu_interrupts - region DUS: interrupts since the queue was opened
 * @dma: ends of transfers, counted by the kernel
 * @factorial: ends of factorials, counted by the kernel
 * @seen: how many of both the process has seen; poll() reports EPOLLIN while it
 *	is not all
 */
struct edu_interrupts {
	__u32 dma;
	__u32 factorial;
	__u32 seen;
};

#ifdef __cplusplus
}
#endif

#endif /* WARPDRIVE_UAPI_EDU_H */
