// SPDX-License-Identifier: GPL-2.0-only
/*
 * ENCRYPT, DECRYPT and DIGEST, with the kernel's crypto API. Data passes through
 * a buffer: what the API works on must not change under it, and a plain text
 * whose tag is wrong must not get out.
 */
#include <crypto/aead.h>
#include <crypto/hash.h>
#include <crypto/skcipher.h>
#include <linux/highmem.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "crypto.h"
#include "vaccel.h"

#define VACCEL_KEY_MAX 256
#define VACCEL_IV_MAX 16
#define VACCEL_TAG_MAX 16
/* What is worked on in steps, and what has to be there as a whole. */
#define VACCEL_CRYPTO_STEP 0x10000u
#define VACCEL_CRYPTO_WHOLE 0x1000000u

enum vaccel_crypto_kind {
	VACCEL_KIND_NONE,
	VACCEL_KIND_CIPHER,
	VACCEL_KIND_AEAD,
	VACCEL_KIND_HASH,
};

/*
 * @step: input may be cut at multiples of the block, the API carries the IV on
 * @block: input is a multiple of it
 * @iv_min, @iv_max: bytes of IV
 */
static const struct {
	u8 kind;
	bool step;
	u8 block;
	u8 iv_min;
	u8 iv_max;
	const char *name;
	const char *hmac;
} vaccel_algs[VACCEL_CRYPTO_NR] = {
	[VACCEL_CRYPTO_AES_ECB] = { VACCEL_KIND_CIPHER, true, 16, 0, 0,
				    "ecb(aes)" },
	[VACCEL_CRYPTO_AES_CBC] = { VACCEL_KIND_CIPHER, true, 16, 16, 16,
				    "cbc(aes)" },
	[VACCEL_CRYPTO_AES_CTR] = { VACCEL_KIND_CIPHER, true, 1, 16, 16,
				    "ctr(aes)" },
	[VACCEL_CRYPTO_AES_XTS] = { VACCEL_KIND_CIPHER, false, 1, 16, 16,
				    "xts(aes)" },
	[VACCEL_CRYPTO_AES_GCM] = { VACCEL_KIND_AEAD, false, 1, 12, 12,
				    "gcm(aes)" },
	[VACCEL_CRYPTO_AES_CCM] = { VACCEL_KIND_AEAD, false, 1, 7, 13,
				    "ccm(aes)" },
	[VACCEL_CRYPTO_SHA1] = { VACCEL_KIND_HASH, true, 1, 0, 0, "sha1",
				 "hmac(sha1)" },
	[VACCEL_CRYPTO_SHA224] = { VACCEL_KIND_HASH, true, 1, 0, 0, "sha224",
				   "hmac(sha224)" },
	[VACCEL_CRYPTO_SHA256] = { VACCEL_KIND_HASH, true, 1, 0, 0, "sha256",
				   "hmac(sha256)" },
	[VACCEL_CRYPTO_SHA384] = { VACCEL_KIND_HASH, true, 1, 0, 0, "sha384",
				   "hmac(sha384)" },
	[VACCEL_CRYPTO_SHA512] = { VACCEL_KIND_HASH, true, 1, 0, 0, "sha512",
				   "hmac(sha512)" },
};

/*
 * struct vaccel_key - the key that a queue used last, prepared
 * @tfm: of the kind that the algorithm is
 */
struct vaccel_key {
	u16 alg;
	u16 len;
	u8 kind;
	union {
		struct crypto_skcipher *cipher;
		struct crypto_aead *aead;
		struct crypto_shash *hash;
	};
	u8 bytes[VACCEL_KEY_MAX];
};

/*
 * struct vaccel_crypt - a request at work
 * @p: the device's copy of the parameters
 * @buf: additional data, data, tag
 */
struct vaccel_crypt {
	struct vaccel_request *rq;
	struct vaccel_crypto p;
	struct vaccel_key *key;
	bool encrypt;
	u8 iv[VACCEL_IV_MAX];
	u8 *buf;
	u32 room;
};

/* Loads the modules that it takes, if there are any. */
bool vaccel_crypto_available(unsigned int alg)
{
	return crypto_has_alg(vaccel_algs[alg].name, 0, 0);
}

static void vaccel_key_free(struct vaccel_key *key)
{
	if (!key)
		return;
	switch (key->kind) {
	case VACCEL_KIND_CIPHER:
		crypto_free_skcipher(key->cipher);
		break;
	case VACCEL_KIND_AEAD:
		crypto_free_aead(key->aead);
		break;
	case VACCEL_KIND_HASH:
		crypto_free_shash(key->hash);
		break;
	}
	kfree_sensitive(key);
}

/* No engine runs for the queue. */
void vaccel_crypto_forget(struct vaccel_queue *q)
{
	vaccel_key_free(q->key);
	q->key = NULL;
}

static int vaccel_key_set(struct vaccel_key *key)
{
	switch (key->kind) {
	case VACCEL_KIND_CIPHER:
		return crypto_skcipher_setkey(key->cipher, key->bytes,
					      key->len);
	case VACCEL_KIND_AEAD:
		return crypto_aead_setkey(key->aead, key->bytes, key->len);
	default:
		if (!key->len)
			return 0;
		return crypto_shash_setkey(key->hash, key->bytes, key->len);
	}
}

static int vaccel_key_alloc(struct vaccel_key *key)
{
	const char *name = vaccel_algs[key->alg].name;
	void *tfm;

	switch (vaccel_algs[key->alg].kind) {
	case VACCEL_KIND_CIPHER:
		tfm = crypto_alloc_skcipher(name, 0, 0);
		break;
	case VACCEL_KIND_AEAD:
		tfm = crypto_alloc_aead(name, 0, 0);
		break;
	default:
		if (key->len)
			name = vaccel_algs[key->alg].hmac;
		tfm = crypto_alloc_shash(name, 0, 0);
		break;
	}
	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	key->cipher = tfm;
	key->kind = vaccel_algs[key->alg].kind;
	return 0;
}

static struct vaccel_key *vaccel_key_create(u16 alg, const u8 *bytes, u16 len)
{
	struct vaccel_key *key;
	int ret;

	key = kzalloc(sizeof(*key), GFP_KERNEL);
	if (!key)
		return ERR_PTR(-ENOMEM);
	key->alg = alg;
	key->len = len;
	memcpy(key->bytes, bytes, len);
	ret = vaccel_key_alloc(key);
	if (!ret)
		ret = vaccel_key_set(key);
	if (ret) {
		vaccel_key_free(key);
		return ERR_PTR(ret);
	}
	return key;
}

/* Sets x->key: a status. */
static int vaccel_crypt_key(struct vaccel_crypt *x)
{
	struct vaccel_queue *q = x->rq->q;
	u8 bytes[VACCEL_KEY_MAX];
	int error;

	if (x->p.key_len > VACCEL_KEY_MAX)
		return VACCEL_ST_INVALID;
	swiommu_read(&q->port, x->p.key, bytes, x->p.key_len, &error);
	if (error)
		return vaccel_request_status(x->rq, error);
	x->key = q->key;
	if (x->key && x->key->alg == x->p.alg && x->key->len == x->p.key_len &&
	    !memcmp(x->key->bytes, bytes, x->key->len))
		goto out_wipe;

	vaccel_crypto_forget(q);
	x->key = vaccel_key_create(x->p.alg, bytes, x->p.key_len);
	if (!IS_ERR(x->key))
		q->key = x->key;
out_wipe:
	memzero_explicit(bytes, sizeof(bytes));
	if (!IS_ERR(x->key))
		return VACCEL_ST_OK;
	error = PTR_ERR(x->key);
	if (error == -ENOENT || error == -ELIBBAD)
		return VACCEL_ST_UNSUPPORTED;
	return vaccel_request_status(x->rq, error);
}

/* Reads and checks the parameters: a status. */
static int vaccel_crypt_begin(struct vaccel_crypt *x)
{
	struct vaccel_request *rq = x->rq;
	struct vaccel_crypto *p = &x->p;
	int error;
	u8 kind;

	if (!rq->desc.ctx || (rq->desc.ctx & 7))
		return VACCEL_ST_INVALID;
	swiommu_read(&rq->q->port, rq->desc.ctx, p, sizeof(*p), &error);
	if (error)
		return vaccel_request_status(rq, error);
	if (p->alg >= VACCEL_CRYPTO_NR ||
	    !(rq->q->dev->config.crypto & BIT_ULL(p->alg)))
		return VACCEL_ST_UNSUPPORTED;
	kind = vaccel_algs[p->alg].kind;
	if (p->rsvd ||
	    (kind == VACCEL_KIND_HASH) != (rq->desc.op == VACCEL_OP_DIGEST))
		return VACCEL_ST_INVALID;
	if (kind != VACCEL_KIND_AEAD && (p->tag_len || p->aad_len))
		return VACCEL_ST_INVALID;
	if (p->iv_len < vaccel_algs[p->alg].iv_min ||
	    p->iv_len > vaccel_algs[p->alg].iv_max ||
	    p->tag_len > VACCEL_TAG_MAX)
		return VACCEL_ST_INVALID;
	return vaccel_crypt_key(x);
}

static int vaccel_crypt_iv(struct vaccel_crypt *x)
{
	u8 *iv = x->iv;
	int error;

	/* The kernel's CCM wants the whole first block but for the flags. */
	if (x->p.alg == VACCEL_CRYPTO_AES_CCM)
		*iv++ = 14 - x->p.iv_len;
	swiommu_read(&x->rq->q->port, x->p.iv, iv, x->p.iv_len, &error);
	return error;
}

/* The API works on pages; the buffer is of vmalloc's. */
static int vaccel_crypt_table(struct vaccel_crypt *x, struct sg_table *table,
			      u32 len)
{
	unsigned int pages = DIV_ROUND_UP(len, PAGE_SIZE);
	struct scatterlist *sg;
	unsigned int i;
	int ret;

	ret = sg_alloc_table(table, pages, GFP_KERNEL);
	if (ret)
		return ret;
	for_each_sgtable_sg(table, sg, i)
		sg_set_page(sg, vmalloc_to_page(x->buf + i * PAGE_SIZE),
			    min_t(u32, PAGE_SIZE, len - i * PAGE_SIZE), 0);
	return 0;
}

static int vaccel_crypt_cipher_step(struct vaccel_crypt *x, u32 len)
{
	struct skcipher_request *req;
	DECLARE_CRYPTO_WAIT(wait);
	struct sg_table table;
	int ret;

	ret = vaccel_crypt_table(x, &table, len);
	if (ret)
		return ret;
	req = skcipher_request_alloc(x->key->cipher, GFP_KERNEL);
	if (!req) {
		ret = -ENOMEM;
		goto err_table_free;
	}
	skcipher_request_set_callback(req, CRYPTO_TFM_REQ_MAY_SLEEP,
				      crypto_req_done, &wait);
	skcipher_request_set_crypt(req, table.sgl, table.sgl, len, x->iv);
	ret = crypto_wait_req(x->encrypt ? crypto_skcipher_encrypt(req) :
					   crypto_skcipher_decrypt(req),
			      &wait);
	skcipher_request_free(req);
err_table_free:
	sg_free_table(&table);
	return ret;
}

static int vaccel_crypt_ciphers(struct vaccel_crypt *x)
{
	struct vaccel_request *rq = x->rq;
	u32 len, done;
	int ret;

	while (rq->src.left) {
		if (vaccel_engine_interrupted(rq->q))
			return -ECANCELED;
		len = min(rq->src.left, x->room);
		ret = vaccel_sg_read(&rq->src, x->buf, len, &done);
		if (!ret)
			ret = vaccel_crypt_cipher_step(x, len);
		if (!ret)
			ret = vaccel_sg_write(&rq->dst, x->buf, len, &done);
		if (ret)
			return ret;
		rq->cqe.consumed += len;
		rq->cqe.produced += len;
	}
	return 0;
}

static int vaccel_crypt_aead_run(struct vaccel_crypt *x, u32 len)
{
	u32 in = x->encrypt ? len : len + x->p.tag_len;
	struct aead_request *req;
	DECLARE_CRYPTO_WAIT(wait);
	struct sg_table table;
	int ret;

	ret = crypto_aead_setauthsize(x->key->aead, x->p.tag_len);
	if (!ret)
		ret = vaccel_crypt_table(x, &table,
					 x->p.aad_len + len + x->p.tag_len);
	if (ret)
		return ret;
	req = aead_request_alloc(x->key->aead, GFP_KERNEL);
	if (!req) {
		ret = -ENOMEM;
		goto err_table_free;
	}
	aead_request_set_callback(req, CRYPTO_TFM_REQ_MAY_SLEEP,
				  crypto_req_done, &wait);
	aead_request_set_ad(req, x->p.aad_len);
	aead_request_set_crypt(req, table.sgl, table.sgl, in, x->iv);
	ret = crypto_wait_req(x->encrypt ? crypto_aead_encrypt(req) :
					   crypto_aead_decrypt(req),
			      &wait);
	aead_request_free(req);
err_table_free:
	sg_free_table(&table);
	return ret;
}

static int vaccel_crypt_aead(struct vaccel_crypt *x)
{
	struct vaccel_request *rq = x->rq;
	struct swiommu_port *port = &rq->q->port;
	u32 len = rq->src.left;
	u8 *data = x->buf + x->p.aad_len;
	u8 *tag = data + len;
	u32 done;
	int error;
	int ret;

	swiommu_read(port, x->p.aad, x->buf, x->p.aad_len, &ret);
	if (!ret)
		ret = vaccel_sg_read(&rq->src, data, len, &done);
	if (!ret && !x->encrypt)
		swiommu_read(port, x->p.tag, tag, x->p.tag_len, &ret);
	if (!ret)
		ret = vaccel_crypt_aead_run(x, len);
	if (ret && ret != -EBADMSG)
		return ret;
	if (ret)
		memset(data, 0, len);
	error = vaccel_sg_write(&rq->dst, data, len, &done);
	if (error)
		return error;
	if (ret)
		return ret;
	if (x->encrypt)
		swiommu_write(port, x->p.tag, tag, x->p.tag_len, &ret);
	rq->cqe.consumed = rq->cqe.produced = ret ? 0 : len;
	return ret;
}

/* How much buffer it takes: a status. */
static int vaccel_crypt_room(struct vaccel_crypt *x)
{
	struct vaccel_desc *desc = &x->rq->desc;
	u64 whole = (u64)desc->src_len + x->p.aad_len + x->p.tag_len;

	if (desc->dst_len < desc->src_len ||
	    desc->src_len % vaccel_algs[x->p.alg].block)
		return VACCEL_ST_INVALID;
	if (vaccel_algs[x->p.alg].step)
		whole = min_t(u64, whole, VACCEL_CRYPTO_STEP);
	if (whole > VACCEL_CRYPTO_WHOLE)
		return VACCEL_ST_UNSUPPORTED;
	x->room = max_t(u32, whole, 1);
	return VACCEL_ST_OK;
}

int vaccel_crypto_cipher(struct vaccel_request *rq)
{
	struct vaccel_crypt x = { .rq = rq,
				  .encrypt = rq->desc.op == VACCEL_OP_ENCRYPT };
	int status;
	int ret;

	status = vaccel_crypt_begin(&x);
	if (!status)
		status = vaccel_crypt_room(&x);
	if (status)
		return status;
	ret = vaccel_crypt_iv(&x);
	if (ret)
		return vaccel_request_status(rq, ret);
	x.buf = vmalloc(x.room);
	if (!x.buf)
		return VACCEL_ST_IO;
	ret = x.key->kind == VACCEL_KIND_AEAD ? vaccel_crypt_aead(&x) :
						vaccel_crypt_ciphers(&x);
	memzero_explicit(x.buf, x.room);
	vfree(x.buf);
	return ret == -EBADMSG ? VACCEL_ST_AUTH :
				 vaccel_request_status(rq, ret);
}

static int vaccel_digest_update(struct vaccel_request *rq,
				struct shash_desc *desc, u8 *buf)
{
	u32 len;
	int ret;

	while (rq->src.left) {
		if (vaccel_engine_interrupted(rq->q))
			return -ECANCELED;
		ret = vaccel_sg_read(&rq->src, buf,
				     min_t(u32, rq->src.left, PAGE_SIZE), &len);
		if (!ret)
			ret = crypto_shash_update(desc, buf, len);
		if (ret)
			return ret;
		rq->cqe.consumed += len;
	}
	return 0;
}

/* @page holds a step of input, and the digest at last. */
static int vaccel_digest_run(struct vaccel_crypt *x, u8 *page)
{
	struct vaccel_request *rq = x->rq;
	u32 size = crypto_shash_digestsize(x->key->hash);
	struct shash_desc *desc;
	u32 done;
	int ret;

	if (rq->desc.dst_len < size)
		return -EINVAL;
	desc = kmalloc(sizeof(*desc) + crypto_shash_descsize(x->key->hash),
		       GFP_KERNEL);
	if (!desc)
		return -ENOMEM;
	desc->tfm = x->key->hash;
	ret = crypto_shash_init(desc);
	if (!ret)
		ret = vaccel_digest_update(rq, desc, page);
	if (!ret)
		ret = crypto_shash_final(desc, page);
	if (!ret)
		ret = vaccel_sg_write(&rq->dst, page, size, &done);
	if (!ret)
		rq->cqe.produced = size;
	kfree_sensitive(desc);
	return ret;
}

int vaccel_crypto_digest(struct vaccel_request *rq)
{
	struct vaccel_crypt x = { .rq = rq };
	int status;
	u8 *page;
	int ret;

	status = vaccel_crypt_begin(&x);
	if (status)
		return status;
	page = (u8 *)__get_free_page(GFP_KERNEL);
	if (!page)
		return VACCEL_ST_IO;
	ret = vaccel_digest_run(&x, page);
	free_page((unsigned long)page);
	return vaccel_request_status(rq, ret);
}
