// SPDX-License-Identifier: GPL-2.0-only
/* A request: is the descriptor well formed, who runs it, how it is answered. */
#include "crypto.h"
#include "vaccel.h"

/* Which fields an operation uses; all others must be zero. */
#define USES_SRC BIT(0)
#define USES_DST BIT(1)
#define USES_PARAM BIT(2)
#define USES_CTX BIT(3)
#define USES_AUX BIT(4)

static int vaccel_noop(struct vaccel_request *rq)
{
	return VACCEL_ST_OK;
}

static const struct {
	unsigned int uses;
	int (*run)(struct vaccel_request *rq);
} vaccel_operations[VACCEL_OP_NR] = {
	[VACCEL_OP_NOOP] = { 0, vaccel_noop },
	[VACCEL_OP_COPY] = { USES_SRC | USES_DST, vaccel_data_copy },
	[VACCEL_OP_FILL] = { USES_DST | USES_AUX, vaccel_data_fill },
	[VACCEL_OP_COMPARE] = { USES_SRC | USES_DST, vaccel_data_compare },
	[VACCEL_OP_CRC32C] = { USES_SRC | USES_AUX, vaccel_data_checksum },
	[VACCEL_OP_CRC32] = { USES_SRC | USES_AUX, vaccel_data_checksum },
	[VACCEL_OP_ADLER32] = { USES_SRC | USES_AUX, vaccel_data_checksum },
	[VACCEL_OP_COMPRESS] = { USES_SRC | USES_DST | USES_PARAM | USES_CTX,
				 vaccel_compress },
	[VACCEL_OP_DECOMPRESS] = { USES_SRC | USES_DST | USES_PARAM | USES_CTX,
				   vaccel_decompress },
	[VACCEL_OP_ENCRYPT] = { USES_SRC | USES_DST | USES_CTX,
				vaccel_crypto_cipher },
	[VACCEL_OP_DECRYPT] = { USES_SRC | USES_DST | USES_CTX,
				vaccel_crypto_cipher },
	[VACCEL_OP_DIGEST] = { USES_SRC | USES_DST | USES_CTX,
			       vaccel_crypto_digest },
};

static bool vaccel_desc_side_valid(u64 addr, u32 len, u16 nents, bool list,
				   bool used)
{
	if (!used)
		return !addr && !len && !nents && !list;
	if (len > VACCEL_MAX_LEN)
		return false;
	if (!list)
		return !nents;
	return nents <= VACCEL_MAX_SGL && !(addr & 7);
}

static bool vaccel_desc_valid(const struct vaccel_desc *desc, unsigned int uses)
{
	if (desc->rsvd0 || desc->rsvd1 || (desc->flags & ~VACCEL_DESC_FLAGS))
		return false;
	if (desc->param && !(uses & USES_PARAM))
		return false;
	if (desc->ctx && !(uses & USES_CTX))
		return false;
	if (desc->aux && !(uses & USES_AUX))
		return false;
	return vaccel_desc_side_valid(desc->src, desc->src_len, desc->src_nents,
				      desc->flags & VACCEL_DESC_SRC_SGL,
				      uses & USES_SRC) &&
	       vaccel_desc_side_valid(desc->dst, desc->dst_len, desc->dst_nents,
				      desc->flags & VACCEL_DESC_DST_SGL,
				      uses & USES_DST);
}

/*
 * What the errors of the access functions are to software. A process that is
 * gone does not see it.
 */
int vaccel_request_status(struct vaccel_request *rq, int error)
{
	switch (error) {
	case 0:
		return VACCEL_ST_OK;
	case -EFAULT:
		rq->cqe.result = rq->q->port.fault_addr;
		return VACCEL_ST_FAULT;
	case -EINVAL:
		return VACCEL_ST_INVALID;
	case -ESRCH:
	case -ECANCELED:
		return VACCEL_ST_CANCELED;
	default:
		return VACCEL_ST_IO;
	}
}

static int vaccel_request_dispatch(struct vaccel_request *rq)
{
	struct vaccel_desc *desc = &rq->desc;
	u64 offered = rq->q->dev->config.ops;
	int ret;

	if (desc->op >= VACCEL_OP_NR || !(offered & BIT_ULL(desc->op)) ||
	    !vaccel_operations[desc->op].run)
		return VACCEL_ST_UNSUPPORTED;
	if (!vaccel_desc_valid(desc, vaccel_operations[desc->op].uses))
		return VACCEL_ST_INVALID;
	ret = vaccel_sg_init(rq, &rq->src, false);
	if (!ret)
		ret = vaccel_sg_init(rq, &rq->dst, true);
	if (ret)
		return vaccel_request_status(rq, ret);
	return vaccel_operations[desc->op].run(rq);
}

void vaccel_request_run(struct vaccel_request *rq)
{
	rq->cqe.status = vaccel_request_dispatch(rq);
}
