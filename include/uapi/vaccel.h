/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * vaccel: registers, rings and descriptors of the virtual accelerator.
 *
 * docs/vaccel.md is the specification; section numbers below refer to it.
 * Everything here is little-endian and naturally aligned.  Rules of extension:
 * reserved fields are written as zero by software and refused with
 * VACCEL_ST_INVALID when they are not; a new field takes a reserved one and a
 * bit in VACCEL_REG_FEATURES; a layout change raises the major version.
 */
#ifndef WARPDRIVE_UAPI_VACCEL_H
#define WARPDRIVE_UAPI_VACCEL_H

#include <linux/ioctl.h>
#include <linux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The api string in sysfs, and the version word (section 2). */
#define VACCEL_API "vaccel_v1"
#define VACCEL_MAGIC 0x4c434156u /* "VACL" */
#define VACCEL_VERSION_MAJOR 1
#define VACCEL_VERSION_MINOR 0
#define VACCEL_VERSION ((VACCEL_VERSION_MAJOR << 16) | VACCEL_VERSION_MINOR)

/* Section 2: the MMIO region is one page.  Offsets in bytes. */
#define VACCEL_REG_MAGIC 0x000 /* u32, ro */
#define VACCEL_REG_VERSION 0x004 /* u32, ro: major << 16 | minor */
#define VACCEL_REG_OPS 0x008 /* u64, ro: bit n = opcode n is there */
#define VACCEL_REG_FEATURES 0x010 /* u64, ro: VACCEL_FEAT_* */
#define VACCEL_REG_FORMATS 0x018 /* u32, ro: bit n = format n is there */
#define VACCEL_REG_QUEUE_ID 0x01c /* u32, ro */
#define VACCEL_REG_SQ_ENTRIES 0x020 /* u32, ro: a power of two */
#define VACCEL_REG_CQ_ENTRIES 0x024 /* u32, ro: equal to SQ_ENTRIES */
#define VACCEL_REG_SQ_OFFSET 0x028 /* u32, ro: in the DUS region */
#define VACCEL_REG_CQ_OFFSET 0x02c /* u32, ro: in the DUS region */
#define VACCEL_REG_MAX_SGL 0x030 /* u32, ro: entries in one list */
#define VACCEL_REG_MAX_LEN 0x034 /* u32, ro: bytes in one request */
#define VACCEL_REG_STREAM_SIZE 0x038 /* u32, ro: bytes of one stream state */
#define VACCEL_REG_STREAM_ALIGN 0x03c /* u32, ro */
#define VACCEL_REG_CRYPTO 0x040 /* u64, ro: bit n = algorithm n is there */
#define VACCEL_REG_STATUS 0x080 /* u32, ro: enum vaccel_state */
#define VACCEL_REG_ERROR 0x084 /* u32, ro: enum vaccel_queue_error */
#define VACCEL_REG_SQ_HEAD 0x088 /* u32, ro: fetched so far (a hint) */
#define VACCEL_REG_CQ_TAIL 0x08c /* u32, ro: posted so far (a hint) */
#define VACCEL_REG_SQ_TAIL 0x100 /* u32, rw: submission doorbell */
#define VACCEL_REG_CQ_DB 0x140 /* u64, rw: completion doorbell */
#define VACCEL_REG_CTRL 0x180 /* u32, rw: VACCEL_CTRL_* */

/* VACCEL_REG_FEATURES */
#define VACCEL_FEAT_SVA (1ULL << 0) /* any address of the process works */
#define VACCEL_FEAT_SGL (1ULL << 1) /* scatter lists */
#define VACCEL_FEAT_STREAM (1ULL << 2) /* stream state in user memory */
#define VACCEL_FEAT_TRAP (1ULL << 3) /* an idle device traps stores */
#define VACCEL_FEAT_IN_ORDER (1ULL << 4) /* completes in submission order */

/* VACCEL_REG_CQ_DB: consumer index in bits 31:0, arm in bit 63 (section 6) */
#define VACCEL_CQ_ARM (1ULL << 63)

/* VACCEL_REG_CTRL: the device clears the word when it has done it (section 8) */
#define VACCEL_CTRL_CANCEL 1u

/* VACCEL_REG_STATUS */
enum vaccel_state {
	VACCEL_STATE_INIT = 0, /* not started */
	VACCEL_STATE_RUNNING = 1,
	VACCEL_STATE_HALTED = 2, /* see VACCEL_REG_ERROR; needs a reset */
	VACCEL_STATE_STOPPED = 3, /* put */
	VACCEL_STATE_REMOVED = 4, /* the device is gone */
};

/* VACCEL_REG_ERROR */
enum vaccel_queue_error {
	VACCEL_QERR_NONE = 0,
	VACCEL_QERR_BAD_TAIL = 1, /* SQ_TAIL more than SQ_ENTRIES ahead */
	VACCEL_QERR_ENGINE = 2, /* the engine failed */
};

/* Section 4: opcodes. */
enum vaccel_op {
	VACCEL_OP_NOOP = 0,
	VACCEL_OP_COPY = 1,
	VACCEL_OP_FILL = 2,
	VACCEL_OP_COMPARE = 3,
	VACCEL_OP_CRC32C = 4,
	VACCEL_OP_CRC32 = 5,
	VACCEL_OP_ADLER32 = 6,
	VACCEL_OP_COMPRESS = 8,
	VACCEL_OP_DECOMPRESS = 9,
	VACCEL_OP_ENCRYPT = 16,
	VACCEL_OP_DECRYPT = 17,
	VACCEL_OP_DIGEST = 18,
	VACCEL_OP_NR = 19,
};

/* vaccel_desc.flags */
#define VACCEL_DESC_SRC_SGL (1u << 0) /* src points to a list (section 3.2) */
#define VACCEL_DESC_DST_SGL (1u << 1) /* dst points to a list */
#define VACCEL_DESC_FENCE (1u << 2) /* starts after all earlier are done */
#define VACCEL_DESC_FLAGS \
	(VACCEL_DESC_SRC_SGL | VACCEL_DESC_DST_SGL | VACCEL_DESC_FENCE)

/* vaccel_desc.param of COMPRESS and DECOMPRESS (section 5) */
#define VACCEL_COMP_FORMAT_SHIFT 0 /* 4 bits: enum vaccel_format */
#define VACCEL_COMP_LEVEL_SHIFT 4 /* 4 bits: 1-10, 0 = the default (6) */
#define VACCEL_COMP_FLUSH_SHIFT 8 /* 4 bits: enum vaccel_flush */
#define VACCEL_COMP_WINDOW_SHIFT 12 /* 4 bits: 9-15, 0 = the default (15) */
#define VACCEL_COMP_PARAM_MASK 0xffffu

/* The level that puts the input into stored blocks. */
#define VACCEL_LEVEL_STORE 10u

enum vaccel_format {
	VACCEL_FORMAT_RAW = 0, /* RFC 1951 */
	VACCEL_FORMAT_ZLIB = 1, /* RFC 1950 */
	VACCEL_FORMAT_GZIP = 2, /* RFC 1952 */
	VACCEL_FORMAT_NR = 3,
};

enum vaccel_flush {
	VACCEL_FLUSH_NONE = 0,
	VACCEL_FLUSH_SYNC = 1,
	VACCEL_FLUSH_FULL = 2,
	VACCEL_FLUSH_FINISH = 3,
	VACCEL_FLUSH_NR = 4,
};

/**
 * struct vaccel_desc - one request in the submission ring (section 3.1)
 * @op: enum vaccel_op
 * @rsvd0: zero
 * @flags: VACCEL_DESC_*
 * @param: by opcode
 * @cookie: comes back in the completion; the device does not look at it
 * @src: address of the input, or of its list
 * @dst: address of the output, or of its list
 * @src_len: bytes of input
 * @dst_len: bytes of room for output
 * @ctx: address of a stream state or of struct vaccel_crypto, else zero
 * @aux: by opcode: fill pattern, seed of a checksum
 * @src_nents: entries in the source list; zero without a list
 * @dst_nents: entries in the destination list; zero without a list
 * @rsvd1: zero
 */
struct vaccel_desc {
	__u8 op;
	__u8 rsvd0;
	__u16 flags;
	__u32 param;
	__aligned_u64 cookie;
	__aligned_u64 src;
	__aligned_u64 dst;
	__u32 src_len;
	__u32 dst_len;
	__aligned_u64 ctx;
	__aligned_u64 aux;
	__u16 src_nents;
	__u16 dst_nents;
	__u32 rsvd1;
};

/**
 * struct vaccel_sge - one entry of a scatter list (section 3.2)
 * @addr: first byte
 * @len: bytes; zero is allowed and skipped
 * @rsvd: zero
 */
struct vaccel_sge {
	__aligned_u64 addr;
	__u32 len;
	__u32 rsvd;
};

/* Section 7: vaccel_cqe.status */
enum vaccel_status {
	VACCEL_ST_OK = 0,
	VACCEL_ST_INVALID = 1, /* EINVAL: a malformed descriptor */
	VACCEL_ST_UNSUPPORTED = 2, /* EOPNOTSUPP: well formed, not offered */
	VACCEL_ST_FAULT = 3, /* EFAULT: result holds the address */
	VACCEL_ST_NOSPACE = 4, /* ENOSPC: destination too short */
	VACCEL_ST_DATA = 5, /* EBADMSG: input is not what the format says */
	VACCEL_ST_TRUNCATED = 6, /* ENODATA: input ends too early */
	VACCEL_ST_STATE = 7, /* EINVAL: stream state not valid here */
	VACCEL_ST_AUTH = 8, /* EBADMSG: authentication tag differs */
	VACCEL_ST_CANCELED = 9, /* ECANCELED */
	VACCEL_ST_IO = 10, /* EIO: the device failed */
	VACCEL_ST_NR = 11,
};

/* vaccel_cqe.flags */
#define VACCEL_CQE_PHASE (1u << 0) /* 1 on the first lap, then 0, 1, ... */
#define VACCEL_CQE_END (1u << 1) /* the stream has ended */
#define VACCEL_CQE_MORE (1u << 2) /* more output waits for room */
#define VACCEL_CQE_DIFFERS (1u << 3) /* COMPARE: at offset consumed */

/**
 * struct vaccel_cqe - one entry of the completion ring (section 3.3)
 * @cookie: the descriptor's
 * @result: checksum; the address that could not be reached for FAULT
 * @consumed: bytes of input that are done
 * @produced: bytes of output that are written
 * @sq_index: the descriptor's free-running submission index
 * @status: enum vaccel_status
 * @flags: VACCEL_CQE_*; written last
 */
struct vaccel_cqe {
	__aligned_u64 cookie;
	__aligned_u64 result;
	__u32 consumed;
	__u32 produced;
	__u32 sq_index;
	__u16 status;
	__u16 flags;
};

/* Section 5.3: stream state in user memory. */
#define VACCEL_STREAM_MAGIC 0x52545356u /* "VSTR" */
#define VACCEL_STREAM_SIZE 0x30000u
#define VACCEL_STREAM_ALIGN 64u
#define VACCEL_STREAM_WINDOW 0x01000u /* 32 KiB of history */
#define VACCEL_STREAM_HELD 0x09000u /* 64 KiB of input not yet compressed */
#define VACCEL_STREAM_PENDING 0x19000u /* 92 KiB of output not yet taken */
#define VACCEL_STREAM_WINDOW_MAX 0x08000u
#define VACCEL_STREAM_HELD_MAX 0x10000u
#define VACCEL_STREAM_PENDING_MAX 0x17000u

/**
 * struct vaccel_stream - head of a stream state (section 5.3)
 *
 * All zero starts a new stream.  Software must not change it between the
 * requests of a stream; it may copy the whole state, which forks the stream.
 */
struct vaccel_stream {
	__u32 magic;
	__u8 version;
	__u8 kind; /* enum vaccel_op: COMPRESS or DECOMPRESS */
	__u8 format;
	__u8 mode; /* where the stream is: enum vaccel_stream_mode */
	__aligned_u64 total_in;
	__aligned_u64 total_out;
	__u32 check; /* CRC-32 or Adler-32 of the plain data so far */
	__u32 window_len; /* valid bytes at VACCEL_STREAM_WINDOW */
	__u32 held_len; /* valid bytes at VACCEL_STREAM_HELD */
	__u32 pending_len; /* valid bytes at VACCEL_STREAM_PENDING */
	__aligned_u64 bits; /* DECOMPRESS: input bits not yet decoded */
	__u32 nbits; /* valid low bits in bits */
	__u32 left; /* DECOMPRESS: bytes left of a stored block or a match */
	__u32 dist; /* DECOMPRESS: distance of the match in progress */
	__u16 nlen; /* DECOMPRESS: literal/length codes of this block */
	__u16 ndist; /* DECOMPRESS: distance codes of this block */
	__u16 ncode; /* DECOMPRESS: code length codes of this block */
	__u16 have; /* DECOMPRESS: lengths read so far; header bytes skipped */
	__u8 last; /* DECOMPRESS: this is the last block */
	__u8 hflags; /* DECOMPRESS: gzip flags that are still to be skipped */
	__u8 window_bits;
	__u8 rsvd[57];
	__u8 lens[320]; /* DECOMPRESS: code lengths of this block */
	__u8 clens[19]; /* DECOMPRESS: lengths of the code length code */
	__u8 rsvd2[45];
};

/* vaccel_stream.mode */
enum vaccel_stream_mode {
	VACCEL_SM_HEAD = 0, /* format header */
	VACCEL_SM_BODY = 1, /* COMPRESS: blocks; DECOMPRESS: block header */
	VACCEL_SM_TRAILER = 2,
	VACCEL_SM_END = 3,
	VACCEL_SM_GZ_EXTRA_LEN = 4,
	VACCEL_SM_GZ_EXTRA = 5,
	VACCEL_SM_GZ_NAME = 6,
	VACCEL_SM_GZ_COMMENT = 7,
	VACCEL_SM_GZ_HCRC = 8,
	VACCEL_SM_STORED_LEN = 9,
	VACCEL_SM_STORED = 10,
	VACCEL_SM_TABLE = 11, /* counts of a dynamic block */
	VACCEL_SM_CODE_LENS = 12,
	VACCEL_SM_LENS = 13,
	VACCEL_SM_SYMBOL = 14,
	VACCEL_SM_MATCH = 15,
	VACCEL_SM_NR = 16,
};

/* Section 9: algorithms of ENCRYPT, DECRYPT and DIGEST. */
enum vaccel_crypto_alg {
	VACCEL_CRYPTO_AES_ECB = 0,
	VACCEL_CRYPTO_AES_CBC = 1,
	VACCEL_CRYPTO_AES_CTR = 2,
	VACCEL_CRYPTO_AES_XTS = 3,
	VACCEL_CRYPTO_AES_GCM = 4,
	VACCEL_CRYPTO_AES_CCM = 5,
	VACCEL_CRYPTO_SHA1 = 16,
	VACCEL_CRYPTO_SHA224 = 17,
	VACCEL_CRYPTO_SHA256 = 18,
	VACCEL_CRYPTO_SHA384 = 19,
	VACCEL_CRYPTO_SHA512 = 20,
	VACCEL_CRYPTO_NR = 21,
};

/**
 * struct vaccel_crypto - what vaccel_desc.ctx points to for section 9
 * @alg: enum vaccel_crypto_alg
 * @key_len: bytes; for DIGEST zero, or the key length of an HMAC
 * @iv_len: bytes
 * @tag_len: bytes of the tag at @tag (AEAD only)
 * @aad_len: bytes at @aad (AEAD only)
 * @rsvd: zero
 * @key: address of the key
 * @iv: address of the initialisation vector
 * @aad: address of the additional data
 * @tag: address of the tag; written by ENCRYPT, read by DECRYPT
 */
struct vaccel_crypto {
	__u16 alg;
	__u16 key_len;
	__u16 iv_len;
	__u16 tag_len;
	__u32 aad_len;
	__u32 rsvd;
	__aligned_u64 key;
	__aligned_u64 iv;
	__aligned_u64 aad;
	__aligned_u64 tag;
};

/*
 * Section 10: the ioctl of a vaccel queue beside uacce's own.  A wrong argsz or
 * a reserved field that is not zero is EINVAL, an unknown flag EOPNOTSUPP.
 */
#define VACCEL_IOC_MAGIC 'V'

/**
 * struct vaccel_counters - what one queue has done since it was opened
 * @argsz: sizeof(struct vaccel_counters)
 * @flags: zero
 * @requests: completions posted
 * @errors: completions whose status is not OK
 * @bytes_in: sum of consumed
 * @bytes_out: sum of produced
 * @faults: page requests that the device made
 * @traps: doorbell stores that trapped
 * @interrupts: completion interrupts sent
 * @rsvd: zero
 */
struct vaccel_counters {
	__u32 argsz;
	__u32 flags;
	__aligned_u64 requests;
	__aligned_u64 errors;
	__aligned_u64 bytes_in;
	__aligned_u64 bytes_out;
	__aligned_u64 faults;
	__aligned_u64 traps;
	__aligned_u64 interrupts;
	__aligned_u64 rsvd;
};

#define VACCEL_IOC_COUNTERS \
	_IOWR(VACCEL_IOC_MAGIC, 0x20, struct vaccel_counters)

#ifdef __cplusplus
}
#endif

#endif /* WARPDRIVE_UAPI_VACCEL_H */
