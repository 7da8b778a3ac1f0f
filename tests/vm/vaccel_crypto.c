// SPDX-License-Identifier: MIT
/* lab-cflags: -lcrypto */
/* lab-timeout: 120 */
/* lab-may-skip: debug */
/* Ciphers and digests on the device against libcrypto in the process. */
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "vaccel_raw.h"

#define NAME "vaccel-0"
#define SIZE 150000

static struct raw_queue q;
static struct vaccel_cqe cqe;
static uint8_t *plain, *device, *reference;
static uint8_t key[64], iv[16], aad[100], tag[16];

static void begin(void)
{
	KTAP_REQUIRE(raw_open(&q, NAME) == 0);
	plain = malloc(SIZE);
	device = malloc(SIZE);
	reference = malloc(SIZE + 64);
	raw_text(plain, SIZE, 9);
	raw_text(key, sizeof(key), 10);
	raw_text(iv, sizeof(iv), 11);
	raw_text(aad, sizeof(aad), 12);
}

static void end(void)
{
	free(plain);
	free(device);
	free(reference);
	raw_close(&q);
}

static void need(int alg)
{
	if (raw_reg64(&q, VACCEL_REG_CRYPTO) >> alg & 1)
		return;
	end();
	KTAP_SKIP("this kernel does not have the algorithm");
}

static struct vaccel_crypto with(int alg, int key_len, int iv_len)
{
	return (struct vaccel_crypto){
		.alg = alg,
		.key_len = key_len,
		.iv_len = iv_len,
		.key = (uintptr_t)key,
		.iv = (uintptr_t)iv,
		.aad = (uintptr_t)aad,
		.tag = (uintptr_t)tag,
	};
}

static int run(int op, struct vaccel_crypto *crypto, const void *src,
	       uint32_t src_len, void *dst, uint32_t dst_len)
{
	struct vaccel_desc desc = raw_desc(op, src, src_len, dst, dst_len);

	desc.ctx = (uintptr_t)crypto;
	return raw_run(&q, &desc, &cqe);
}

static int reference_encrypt(const EVP_CIPHER *cipher, int len, int iv_len,
			     int tag_len, int aad_len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int ccm = EVP_CIPHER_get_mode(cipher) == EVP_CIPH_CCM_MODE;
	int n = 0, ok;

	ok = EVP_EncryptInit_ex(ctx, cipher, NULL, NULL, NULL);
	if (tag_len)
		ok &= EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, iv_len,
					  NULL);
	if (ccm)
		ok &= EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, tag_len,
					  NULL);
	ok &= EVP_EncryptInit_ex(ctx, NULL, NULL, key, iv);
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	if (ccm)
		ok &= EVP_EncryptUpdate(ctx, NULL, &n, NULL, len);
	if (aad_len)
		ok &= EVP_EncryptUpdate(ctx, NULL, &n, aad, aad_len);
	ok &= EVP_EncryptUpdate(ctx, reference, &n, plain, len);
	ok &= EVP_EncryptFinal_ex(ctx, reference + n, &n);
	if (tag_len)
		ok &= EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, tag_len,
					  reference + len);
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

static void cipher_round(int alg, const EVP_CIPHER *cipher, int key_len,
			 int iv_len, uint32_t len)
{
	struct vaccel_crypto crypto = with(alg, key_len, iv_len);

	KTAP_EQ(reference_encrypt(cipher, len, iv_len, 0, 0), 1);
	KTAP_EQ(run(VACCEL_OP_ENCRYPT, &crypto, plain, len, device, len),
		VACCEL_ST_OK);
	KTAP_EQ(cqe.produced, len);
	KTAP_EQ(memcmp(device, reference, len), 0);
	/* In place. */
	KTAP_EQ(run(VACCEL_OP_DECRYPT, &crypto, device, len, device, len),
		VACCEL_ST_OK);
	KTAP_EQ(memcmp(device, plain, len), 0);
}

static void test_cbc(void)
{
	begin();
	need(VACCEL_CRYPTO_AES_CBC);
	cipher_round(VACCEL_CRYPTO_AES_CBC, EVP_aes_128_cbc(), 16, 16, 16);
	cipher_round(VACCEL_CRYPTO_AES_CBC, EVP_aes_192_cbc(), 24, 16, 4096);
	cipher_round(VACCEL_CRYPTO_AES_CBC, EVP_aes_256_cbc(), 32, 16, 149984);
	end();
}

static void test_ecb(void)
{
	begin();
	need(VACCEL_CRYPTO_AES_ECB);
	cipher_round(VACCEL_CRYPTO_AES_ECB, EVP_aes_256_ecb(), 32, 0, 100000);
	end();
}

static void test_ctr(void)
{
	begin();
	need(VACCEL_CRYPTO_AES_CTR);
	cipher_round(VACCEL_CRYPTO_AES_CTR, EVP_aes_128_ctr(), 16, 16, 1);
	cipher_round(VACCEL_CRYPTO_AES_CTR, EVP_aes_256_ctr(), 32, 16, 149999);
	end();
}

static void test_xts(void)
{
	begin();
	need(VACCEL_CRYPTO_AES_XTS);
	cipher_round(VACCEL_CRYPTO_AES_XTS, EVP_aes_128_xts(), 32, 16, 4096);
	cipher_round(VACCEL_CRYPTO_AES_XTS, EVP_aes_256_xts(), 64, 16, 100001);
	end();
}

static void aead_round(int alg, const EVP_CIPHER *cipher, int key_len,
		       int iv_len, int aad_len, uint32_t len)
{
	struct vaccel_crypto crypto = with(alg, key_len, iv_len);
	unsigned int i, left = 0;

	crypto.tag_len = 16;
	crypto.aad_len = aad_len;
	KTAP_EQ(reference_encrypt(cipher, len, iv_len, 16, aad_len), 1);
	KTAP_EQ(run(VACCEL_OP_ENCRYPT, &crypto, plain, len, device, len),
		VACCEL_ST_OK);
	KTAP_EQ(memcmp(device, reference, len), 0);
	KTAP_EQ(memcmp(tag, reference + len, 16), 0);
	memset(reference, 1, len);
	KTAP_EQ(run(VACCEL_OP_DECRYPT, &crypto, device, len, reference, len),
		VACCEL_ST_OK);
	KTAP_EQ(memcmp(reference, plain, len), 0);
	tag[3] ^= 1;
	memset(reference, 1, len);
	KTAP_EQ(run(VACCEL_OP_DECRYPT, &crypto, device, len, reference, len),
		VACCEL_ST_AUTH);
	for (i = 0; i < len; i++)
		left |= reference[i];
	KTAP_EQ(left, 0);
}

static void test_gcm(void)
{
	begin();
	need(VACCEL_CRYPTO_AES_GCM);
	aead_round(VACCEL_CRYPTO_AES_GCM, EVP_aes_128_gcm(), 16, 12, 0, 100);
	aead_round(VACCEL_CRYPTO_AES_GCM, EVP_aes_256_gcm(), 32, 12, 20, 0);
	aead_round(VACCEL_CRYPTO_AES_GCM, EVP_aes_256_gcm(), 32, 12, 100,
		   140001);
	end();
}

static void test_ccm(void)
{
	begin();
	need(VACCEL_CRYPTO_AES_CCM);
	aead_round(VACCEL_CRYPTO_AES_CCM, EVP_aes_128_ccm(), 16, 13, 20, 1000);
	aead_round(VACCEL_CRYPTO_AES_CCM, EVP_aes_256_ccm(), 32, 7, 0, 70000);
	end();
}

static void digest_round(int alg, const EVP_MD *md, uint32_t len, int key_len)
{
	struct vaccel_crypto crypto = with(alg, key_len, 0);
	uint8_t wanted[64], got[64] = { 0 };
	unsigned int size;

	if (key_len)
		HMAC(md, key, key_len, plain, len, wanted, &size);
	else
		EVP_Digest(plain, len, wanted, &size, md, NULL);
	KTAP_EQ(run(VACCEL_OP_DIGEST, &crypto, plain, len, got, 64),
		VACCEL_ST_OK);
	KTAP_EQ(cqe.produced, size);
	KTAP_EQ(cqe.consumed, len);
	KTAP_EQ(memcmp(wanted, got, size), 0);
	KTAP_EQ(run(VACCEL_OP_DIGEST, &crypto, plain, len, got, size - 1),
		VACCEL_ST_INVALID);
}

static void test_digests(void)
{
	const EVP_MD *const mds[] = { EVP_sha1(), EVP_sha224(), EVP_sha256(),
				      EVP_sha384(), EVP_sha512() };
	int i, tried = 0;

	begin();
	for (i = 0; i < 5; i++) {
		int alg = VACCEL_CRYPTO_SHA1 + i;

		if (!(raw_reg64(&q, VACCEL_REG_CRYPTO) >> alg & 1))
			continue;
		tried++;
		digest_round(alg, mds[i], 0, 0);
		digest_round(alg, mds[i], 3, 0);
		digest_round(alg, mds[i], SIZE, 0);
		digest_round(alg, mds[i], 5000, 20);
		digest_round(alg, mds[i], 5000, 64);
	}
	end();
	if (!tried)
		KTAP_SKIP("this kernel has none of them");
}

static void test_refusals(void)
{
	struct vaccel_crypto good, crypto;

	begin();
	need(VACCEL_CRYPTO_AES_CBC);
	good = with(VACCEL_CRYPTO_AES_CBC, 16, 16);
	KTAP_EQ(run(VACCEL_OP_ENCRYPT, &good, plain, 15, device, 16),
		VACCEL_ST_INVALID);
	KTAP_EQ(run(VACCEL_OP_ENCRYPT, &good, plain, 32, device, 16),
		VACCEL_ST_INVALID);
	KTAP_EQ(run(VACCEL_OP_DIGEST, &good, plain, 16, device, 16),
		VACCEL_ST_INVALID);
	KTAP_EQ(run(VACCEL_OP_ENCRYPT, NULL, plain, 16, device, 16),
		VACCEL_ST_INVALID);
	KTAP_EQ(run(VACCEL_OP_ENCRYPT, (void *)0x10000, plain, 16, device, 16),
		VACCEL_ST_FAULT);
	crypto = good, crypto.key_len = 17;
	KTAP_EQ(run(VACCEL_OP_ENCRYPT, &crypto, plain, 16, device, 16),
		VACCEL_ST_INVALID);
	crypto = good, crypto.key_len = 60000;
	KTAP_EQ(run(VACCEL_OP_ENCRYPT, &crypto, plain, 16, device, 16),
		VACCEL_ST_INVALID);
	crypto = good, crypto.iv_len = 12;
	KTAP_EQ(run(VACCEL_OP_ENCRYPT, &crypto, plain, 16, device, 16),
		VACCEL_ST_INVALID);
	crypto = good, crypto.tag_len = 16;
	KTAP_EQ(run(VACCEL_OP_ENCRYPT, &crypto, plain, 16, device, 16),
		VACCEL_ST_INVALID);
	crypto = good, crypto.alg = 200;
	KTAP_EQ(run(VACCEL_OP_ENCRYPT, &crypto, plain, 16, device, 16),
		VACCEL_ST_UNSUPPORTED);
	crypto = good, crypto.key = 64;
	KTAP_EQ(run(VACCEL_OP_ENCRYPT, &crypto, plain, 16, device, 16),
		VACCEL_ST_FAULT);
	KTAP_EQ(cqe.result, 64);
	KTAP_EQ(run(VACCEL_OP_ENCRYPT, &good, plain, 16, device, 16),
		VACCEL_ST_OK);
	end();
}

static const struct ktap_test tests[] = {
	{ "AES-CBC", test_cbc },
	{ "AES-ECB", test_ecb },
	{ "AES-CTR", test_ctr },
	{ "AES-XTS", test_xts },
	{ "AES-GCM", test_gcm },
	{ "AES-CCM", test_ccm },
	{ "digests and HMAC", test_digests },
	{ "what is refused", test_refusals },
};

int main(void)
{
	return KTAP_RUN(tests);
}
