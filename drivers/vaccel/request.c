// SPDX-License-Identifier: MIT
/*
 * A request becomes one descriptor where that can hold it. Longer ones, and
 * lists with more entries than a descriptor takes, become several, one after
 * the other: operations on bytes simply go on where they were; a compressed
 * object is then staged, that is, goes through a stream state of the slot's.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "vaccel.h"

static void vaccel_desc_src(struct vaccel_desc *desc,
			    const struct vaccel_cover *cover, uint32_t len)
{
	desc->src_len = len;
	desc->src = len ? cover->addr : 0;
	desc->src_nents = len ? cover->nents : 0;
	desc->flags |= desc->src_nents ? VACCEL_DESC_SRC_SGL : 0;
}

static void vaccel_desc_dst(struct vaccel_desc *desc,
			    const struct vaccel_cover *cover, uint32_t len)
{
	desc->dst_len = len;
	desc->dst = len ? cover->addr : 0;
	desc->dst_nents = len ? cover->nents : 0;
	desc->flags |= desc->dst_nents ? VACCEL_DESC_DST_SGL : 0;
}

/* Of operations that no such device has: bit 63 of its list is never set. */
#define VACCEL_OP_NONE 63

static int vaccel_opcode(const struct vaccel_slot *slot)
{
	static const uint8_t ops[WD_OP_COUNT] = {
		[WD_NOOP] = VACCEL_OP_NOOP,
		[WD_COPY] = VACCEL_OP_COPY,
		[WD_FILL] = VACCEL_OP_FILL,
		[WD_COMPARE] = VACCEL_OP_COMPARE,
		[WD_CRC32C] = VACCEL_OP_CRC32C,
		[WD_CRC32] = VACCEL_OP_CRC32,
		[WD_ADLER32] = VACCEL_OP_ADLER32,
		[WD_COMPRESS] = VACCEL_OP_COMPRESS,
		[WD_DECOMPRESS] = VACCEL_OP_DECOMPRESS,
		[WD_FACTORIAL] = VACCEL_OP_NONE,
	};

	return slot->phase == VACCEL_PHASE_SUM ? VACCEL_OP_ADLER32 :
						 ops[slot->req->op];
}

/* Copy and compare: as many bytes as both sides' covers hold. */
static int vaccel_step_pair(struct vaccel_queue *q, struct vaccel_slot *slot,
			    struct vaccel_desc *desc)
{
	struct vaccel_side src = vaccel_src(slot->req);
	struct vaccel_side dst = vaccel_dst(slot->req);
	struct vaccel_cover from;
	struct vaccel_cover to;
	uint32_t len;

	if (vaccel_cover(q, &src, slot->consumed, &slot->src, &from) ||
	    vaccel_cover(q, &dst, slot->consumed, &slot->dst, &to))
		return -ENOMEM;
	len = from.len < to.len ? from.len : to.len;
	slot->last = from.whole && len == from.len;
	vaccel_desc_src(desc, &from, len);
	vaccel_desc_dst(desc, &to, len);
	return 0;
}

static int vaccel_step_fill(struct vaccel_queue *q, struct vaccel_slot *slot,
			    struct vaccel_desc *desc)
{
	struct vaccel_side dst = vaccel_dst(slot->req);
	unsigned int phase = (unsigned int)(slot->produced % 8) * 8;
	uint64_t pattern = slot->req->operand;
	struct vaccel_cover to;

	if (vaccel_cover(q, &dst, slot->produced, &slot->dst, &to))
		return -ENOMEM;
	slot->last = to.whole;
	desc->aux = phase ? pattern >> phase | pattern << (64 - phase) :
			    pattern;
	vaccel_desc_dst(desc, &to, to.len);
	return 0;
}

/* The check values; of a fragment's input too. */
static int vaccel_step_sum(struct vaccel_queue *q, struct vaccel_slot *slot,
			   struct vaccel_desc *desc)
{
	struct vaccel_side src = vaccel_src(slot->req);
	size_t skip = slot->phase == VACCEL_PHASE_SUM ? slot->member :
							slot->consumed;
	struct vaccel_cover from;

	if (vaccel_cover(q, &src, skip, &slot->src, &from))
		return -ENOMEM;
	slot->last = from.whole;
	desc->aux = slot->sum;
	vaccel_desc_src(desc, &from, from.len);
	return 0;
}

static enum wd_format vaccel_format(const struct vaccel_queue *q,
				    const struct wd_request *req)
{
	return req->stream ? req->stream->format :
			     wd_request_format(&q->ctx, req);
}

static uint32_t vaccel_param(const struct vaccel_queue *q,
			     const struct vaccel_slot *slot)
{
	static const uint8_t formats[WD_FORMAT_COUNT] = {
		[WD_DEFLATE] = VACCEL_FORMAT_RAW,
		[WD_ZLIB] = VACCEL_FORMAT_ZLIB,
		[WD_GZIP] = VACCEL_FORMAT_GZIP,
	};
	static const uint8_t flushes[WD_FLUSH_COUNT] = {
		[WD_FLUSH_NONE] = VACCEL_FLUSH_NONE,
		[WD_FLUSH_SYNC] = VACCEL_FLUSH_SYNC,
		[WD_FLUSH_FULL] = VACCEL_FLUSH_FULL,
		[WD_FLUSH_FINISH] = VACCEL_FLUSH_FINISH,
	};
	const struct wd_request *req = slot->req;
	uint32_t format = req->flags & WD_REQUEST_FRAGMENT ?
				  VACCEL_FORMAT_RAW :
				  formats[vaccel_format(q, req)];
	enum wd_flush flush = slot->last ? wd_request_flush(req) :
					   WD_FLUSH_NONE;
	int level;

	if (req->op == WD_DECOMPRESS)
		return format << VACCEL_COMP_FORMAT_SHIFT;
	level = req->stream ? req->stream->level : wd_request_level(req->level);
	if (level == WD_LEVEL_STORE)
		level = VACCEL_LEVEL_STORE;
	else if (level > 9)
		level = 9;
	return format << VACCEL_COMP_FORMAT_SHIFT |
	       (uint32_t)level << VACCEL_COMP_LEVEL_SHIFT |
	       (uint32_t)flushes[flush] << VACCEL_COMP_FLUSH_SHIFT;
}

static void *vaccel_codec_state(const struct vaccel_slot *slot)
{
	if (slot->req->stream)
		return vaccel_stream_of(slot->req->stream)->state;
	return slot->staged ? slot->state : NULL;
}

static int vaccel_step_codec(struct vaccel_queue *q, struct vaccel_slot *slot,
			     struct vaccel_desc *desc)
{
	struct vaccel_side src = vaccel_src(slot->req);
	struct vaccel_side dst = vaccel_dst(slot->req);
	struct vaccel_cover from;
	struct vaccel_cover to;

	if (vaccel_cover(q, &src, slot->consumed, &slot->src, &from) ||
	    vaccel_cover(q, &dst, slot->produced, &slot->dst, &to))
		return -ENOMEM;
	slot->last = from.whole;
	desc->ctx = (uintptr_t)vaccel_codec_state(slot);
	desc->param = vaccel_param(q, slot);
	vaccel_desc_src(desc, &from, from.len);
	vaccel_desc_dst(desc, &to, to.len);
	return 0;
}

/* The next descriptor, without the copies that it may need. */
static int vaccel_step(struct vaccel_queue *q, struct vaccel_slot *slot,
		       struct vaccel_desc *desc)
{
	*desc = (struct vaccel_desc){ .op = (uint8_t)vaccel_opcode(slot) };
	switch (desc->op) {
	case VACCEL_OP_COPY:
	case VACCEL_OP_COMPARE:
		return vaccel_step_pair(q, slot, desc);
	case VACCEL_OP_FILL:
		return vaccel_step_fill(q, slot, desc);
	case VACCEL_OP_CRC32C:
	case VACCEL_OP_CRC32:
	case VACCEL_OP_ADLER32:
		return vaccel_step_sum(q, slot, desc);
	case VACCEL_OP_COMPRESS:
	case VACCEL_OP_DECOMPRESS:
		return vaccel_step_codec(q, slot, desc);
	default:
		slot->last = true;
		return 0;
	}
}

int vaccel_request_step(struct vaccel_queue *q, struct vaccel_slot *slot,
			struct vaccel_desc *desc)
{
	size_t skip = slot->phase == VACCEL_PHASE_SUM ? slot->member :
							slot->consumed;
	int ret = vaccel_step(q, slot, desc);

	if (ret)
		return ret;
	if (slot->src.bounce)
		vaccel_copy_in(q, &slot->src, vaccel_src(slot->req), skip,
			       desc->src_len);
	/* The one operation that reads its destination. */
	if (slot->dst.bounce && desc->op == VACCEL_OP_COMPARE)
		vaccel_copy_in(q, &slot->dst, vaccel_dst(slot->req), skip,
			       desc->dst_len);
	return 0;
}

/* Begins an object in the slot's own state. */
static int vaccel_stage(struct vaccel_queue *q, struct vaccel_slot *slot)
{
	if (!(q->features & VACCEL_FEAT_STREAM))
		return -EOPNOTSUPP;
	if (!slot->state)
		slot->state = vaccel_memory_get(q, q->stream_size);
	if (!slot->state)
		return -ENOMEM;
	memset(slot->state, 0, sizeof(struct vaccel_stream));
	slot->staged = true;
	return 0;
}

/* Whether an object without a stream has to go through a state in parts. */
static int vaccel_must_stage(struct vaccel_queue *q, struct vaccel_slot *slot,
			     bool *stage)
{
	const struct wd_request *req = slot->req;
	struct vaccel_side src = vaccel_src(req);
	struct vaccel_side dst = vaccel_dst(req);
	struct vaccel_cover from;
	struct vaccel_cover to;

	if (vaccel_cover(q, &src, 0, &slot->src, &from) ||
	    vaccel_cover(q, &dst, 0, &slot->dst, &to))
		return -ENOMEM;
	*stage = !from.whole || wd_request_flush(req) != WD_FLUSH_FINISH ||
		 (!to.whole && (req->op == WD_DECOMPRESS ||
				to.len < wd_compress_bound(WD_GZIP, from.len)));
	return 0;
}

static int vaccel_start_codec(struct vaccel_queue *q, struct vaccel_slot *slot)
{
	const struct wd_request *req = slot->req;
	enum wd_format format = vaccel_format(q, req);
	bool stage;
	int ret;

	if (req->stream)
		return vaccel_stream_of(req->stream)->ended ? -EINVAL : 0;
	if (!(q->formats & 1u << (format == WD_DEFLATE ? VACCEL_FORMAT_RAW :
				  format == WD_ZLIB    ? VACCEL_FORMAT_ZLIB :
							 VACCEL_FORMAT_GZIP)))
		return -EOPNOTSUPP;
	if ((req->flags & WD_REQUEST_FRAGMENT) && format == WD_ZLIB &&
	    !(q->ops & 1ull << VACCEL_OP_ADLER32))
		return -EOPNOTSUPP;
	slot->sum = format == WD_ZLIB ? 1 : 0;
	ret = vaccel_must_stage(q, slot, &stage);
	return !ret && stage ? vaccel_stage(q, slot) : ret;
}

int vaccel_request_start(struct vaccel_queue *q, struct vaccel_slot *slot,
			 struct vaccel_desc *desc)
{
	const struct wd_request *req = slot->req;
	int ret = 0;

	slot->phase = VACCEL_PHASE_WORK;
	slot->consumed = 0;
	slot->produced = 0;
	slot->member = 0;
	slot->staged = false;
	slot->begun = false;
	slot->sum = (uint32_t)req->operand;

	if (req->deadline && wd_clock_now() >= req->deadline)
		return -ETIMEDOUT;
	if (!(q->ops & 1ull << vaccel_opcode(slot)))
		return -EOPNOTSUPP;
	if (q->ctx.bounce)
		ret = vaccel_bounce(q, slot);
	if (!ret && (req->op == WD_COMPRESS || req->op == WD_DECOMPRESS))
		ret = vaccel_start_codec(q, slot);
	if (!ret)
		ret = vaccel_request_step(q, slot, desc);
	if (!ret && (slot->src.bounce || slot->dst.bounce))
		wd_bounce_count(&q->ctx, 1, 0);
	return ret;
}

static int vaccel_errno(unsigned int status)
{
	static const int errnos[VACCEL_ST_NR] = {
		[VACCEL_ST_OK] = 0,
		[VACCEL_ST_INVALID] = -EINVAL,
		[VACCEL_ST_UNSUPPORTED] = -EOPNOTSUPP,
		[VACCEL_ST_FAULT] = -EFAULT,
		[VACCEL_ST_NOSPACE] = -ENOSPC,
		[VACCEL_ST_DATA] = -EBADMSG,
		[VACCEL_ST_TRUNCATED] = -ENODATA,
		[VACCEL_ST_STATE] = -EINVAL,
		[VACCEL_ST_AUTH] = -EBADMSG,
		[VACCEL_ST_CANCELED] = -ECANCELED,
		[VACCEL_ST_IO] = -EIO,
	};

	return status < VACCEL_ST_NR ? errnos[status] : -EIO;
}

/* RFC 1950 section 2.2: a good zlib header that asks for a dictionary. */
static bool vaccel_wants_dictionary(const struct vaccel_queue *q,
				    const struct vaccel_slot *slot)
{
	struct vaccel_side src = vaccel_src(slot->req);
	uint8_t head[2];

	if (vaccel_format(q, slot->req) != WD_ZLIB || slot->consumed ||
	    (slot->req->stream && vaccel_stream_of(slot->req->stream)->begun))
		return false;
	return vaccel_peek(&src, 0, head) && (head[0] & 0x0f) == 8 &&
	       (head[0] << 8 | head[1]) % 31 == 0 && (head[1] & 0x20);
}

/* RFC 1952 section 2.3.1: the magic of another member. */
static bool vaccel_member_follows(const struct vaccel_queue *q,
				  const struct vaccel_slot *slot)
{
	struct vaccel_side src = vaccel_src(slot->req);
	uint8_t magic[2];

	return !slot->req->stream && vaccel_format(q, slot->req) == WD_GZIP &&
	       vaccel_peek(&src, slot->consumed, magic) && magic[0] == 0x1f &&
	       magic[1] == 0x8b;
}

static int vaccel_finish_compress(struct vaccel_queue *q,
				  struct vaccel_slot *slot,
				  const struct vaccel_cqe *cqe)
{
	struct vaccel_side dst = vaccel_dst(slot->req);

	slot->sum = (uint32_t)cqe->result;
	if (cqe->flags & VACCEL_CQE_MORE) {
		if (slot->produced >= vaccel_side_total(&dst))
			return -ENOSPC;
		return cqe->consumed || cqe->produced ? -EINPROGRESS : -EIO;
	}
	if (!slot->last)
		return -EINPROGRESS;
	if (!(slot->req->flags & WD_REQUEST_FRAGMENT) ||
	    vaccel_format(q, slot->req) != WD_ZLIB)
		return 0;
	/* The device sums raw deflate as gzip does. */
	slot->phase = VACCEL_PHASE_SUM;
	slot->sum = 1;
	slot->member = 0; /* bytes summed so far */
	return -EINPROGRESS;
}

static int vaccel_finish_decompress(struct vaccel_queue *q,
				    struct vaccel_slot *slot,
				    const struct vaccel_cqe *cqe)
{
	struct vaccel_side src = vaccel_src(slot->req);
	struct vaccel_side dst = vaccel_dst(slot->req);
	bool progress = cqe->consumed || cqe->produced;

	if (cqe->flags & VACCEL_CQE_END) {
		slot->sum = wd_checksum_combine(vaccel_format(q, slot->req),
						slot->sum,
						(uint32_t)cqe->result,
						slot->produced - slot->member);
		slot->member = slot->produced;
		if (slot->req->stream)
			slot->sum = (uint32_t)cqe->result;
		if (!vaccel_member_follows(q, slot))
			return 0;
		if (slot->staged)
			memset(slot->state, 0, sizeof(struct vaccel_stream));
		return -EINPROGRESS;
	}
	if (cqe->flags & VACCEL_CQE_MORE) {
		if (slot->produced >= vaccel_side_total(&dst))
			return -ENOSPC;
	} else if (slot->consumed >= vaccel_side_total(&src)) {
		return -ENODATA;
	}
	return progress ? -EINPROGRESS : -EIO;
}

static int vaccel_finish_ok(struct vaccel_queue *q, struct vaccel_slot *slot,
			    const struct vaccel_cqe *cqe)
{
	switch ((enum wd_op)slot->req->op) {
	case WD_COMPRESS:
		return vaccel_finish_compress(q, slot, cqe);
	case WD_DECOMPRESS:
		return vaccel_finish_decompress(q, slot, cqe);
	case WD_COMPARE:
		slot->sum = cqe->flags & VACCEL_CQE_DIFFERS ? 1 : 0;
		if (slot->sum)
			return 0;
		break;
	case WD_CRC32C:
	case WD_CRC32:
	case WD_ADLER32:
		slot->sum = (uint32_t)cqe->result;
		break;
	default:
		break;
	}
	return slot->last ? 0 : -EINPROGRESS;
}

/* The part of an answer that is about the stream. */
static void vaccel_finish_stream(struct vaccel_slot *slot, int status)
{
	struct vaccel_user_stream *s = vaccel_stream_of(slot->req->stream);
	bool goes_on = status == -ENOSPC || status == -ENODATA ||
		       (!status && slot->req->op == WD_COMPRESS &&
			wd_request_flush(slot->req) != WD_FLUSH_FINISH);

	s->begun = true;
	/* These leave the stream as it was before the part (section 5.2). */
	s->ended = !goes_on && status != -ECANCELED && status != -EFAULT;
}

/*
 * Whether an answer can be that of the slot's descriptor. A device that failed
 * may say anything, and what it says becomes addresses.
 */
static bool vaccel_plausible(const struct vaccel_slot *slot,
			     const struct vaccel_cqe *cqe)
{
	bool all = cqe->consumed == slot->src_len;

	if (cqe->consumed > slot->src_len || cqe->produced > slot->dst_len)
		return false;
	if (cqe->status != VACCEL_ST_OK)
		return true;
	switch ((enum wd_op)slot->req->op) {
	case WD_COPY:
		return all && cqe->produced == cqe->consumed;
	case WD_FILL:
		return cqe->produced == slot->dst_len;
	case WD_COMPARE:
		return all || cqe->flags & VACCEL_CQE_DIFFERS;
	case WD_COMPRESS:
		return all || cqe->flags & VACCEL_CQE_MORE;
	case WD_DECOMPRESS:
		return all || cqe->flags & (VACCEL_CQE_MORE | VACCEL_CQE_END);
	default:
		return all;
	}
}

void vaccel_request_fail(struct vaccel_slot *slot, int status)
{
	bool lost = status == -EIO || status == -ENODEV;

	slot->consumed = 0;
	slot->produced = 0;
	/* Nobody knows how far the device came with the state. */
	if (lost && slot->req->stream)
		vaccel_stream_of(slot->req->stream)->ended = true;
}

int vaccel_request_finish(struct vaccel_queue *q, struct vaccel_slot *slot,
			  const struct vaccel_cqe *cqe)
{
	int status = vaccel_errno(cqe->status);

	if (status == -EIO || !vaccel_plausible(slot, cqe)) {
		vaccel_request_fail(slot, -EIO);
		return -EIO;
	}
	/* It may go on, then from where the descriptor began. */
	if (status == -ECANCELED)
		return status;
	if (slot->phase == VACCEL_PHASE_SUM) {
		slot->sum = (uint32_t)cqe->result;
		slot->member += cqe->consumed;
		return status ? status : slot->last ? 0 : -EINPROGRESS;
	}
	if (status == -EBADMSG && slot->req->op == WD_DECOMPRESS &&
	    vaccel_wants_dictionary(q, slot))
		status = -EOPNOTSUPP;
	if (slot->dst.bounce && slot->req->op != WD_COMPARE)
		vaccel_copy_out(q, &slot->dst, vaccel_dst(slot->req),
				slot->produced, cqe->produced);
	slot->consumed += cqe->consumed;
	slot->produced += cqe->produced;
	if (!status)
		status = vaccel_finish_ok(q, slot, cqe);
	if (status != -EINPROGRESS && slot->req->stream)
		vaccel_finish_stream(slot, status);
	return status;
}
