// SPDX-License-Identifier: GPL-2.0-only
/* What a device is made of: names, defaults, limits, and the text form. */
#include <linux/numa.h>
#include <linux/nodemask.h>
#include <linux/parser.h>
#include <linux/string.h>

#include "crypto.h"
#include "vaccel.h"

/*
 * The names in the attribute "algorithms", which is what applications look for,
 * and what each takes on the device.
 */
static const struct {
	const char *name;
	u64 ops;
	u32 formats;
	u64 crypto;
} vaccel_algorithms[] = {
#define COMP (BIT_ULL(VACCEL_OP_COMPRESS) | BIT_ULL(VACCEL_OP_DECOMPRESS))
	{ "noop", BIT_ULL(VACCEL_OP_NOOP), 0, 0 },
	{ "deflate", COMP, BIT(VACCEL_FORMAT_RAW), 0 },
	{ "zlib", COMP, BIT(VACCEL_FORMAT_ZLIB), 0 },
	{ "gzip", COMP, BIT(VACCEL_FORMAT_GZIP), 0 },
#undef COMP
	{ "copy", BIT_ULL(VACCEL_OP_COPY), 0, 0 },
	{ "fill", BIT_ULL(VACCEL_OP_FILL), 0, 0 },
	{ "compare", BIT_ULL(VACCEL_OP_COMPARE), 0, 0 },
	{ "crc32c", BIT_ULL(VACCEL_OP_CRC32C), 0, 0 },
	{ "crc32", BIT_ULL(VACCEL_OP_CRC32), 0, 0 },
	{ "adler32", BIT_ULL(VACCEL_OP_ADLER32), 0, 0 },
#define CIPHER(alg)                                                 \
	BIT_ULL(VACCEL_OP_ENCRYPT) | BIT_ULL(VACCEL_OP_DECRYPT), 0, \
		BIT_ULL(VACCEL_CRYPTO_##alg)
	{ "aes-ecb", CIPHER(AES_ECB) },
	{ "aes-cbc", CIPHER(AES_CBC) },
	{ "aes-ctr", CIPHER(AES_CTR) },
	{ "aes-xts", CIPHER(AES_XTS) },
	{ "aes-gcm", CIPHER(AES_GCM) },
	{ "aes-ccm", CIPHER(AES_CCM) },
#undef CIPHER
#define DIGEST(alg) BIT_ULL(VACCEL_OP_DIGEST), 0, BIT_ULL(VACCEL_CRYPTO_##alg)
	{ "sha1", DIGEST(SHA1) },
	{ "sha224", DIGEST(SHA224) },
	{ "sha256", DIGEST(SHA256) },
	{ "sha384", DIGEST(SHA384) },
	{ "sha512", DIGEST(SHA512) },
#undef DIGEST
};

enum {
	OPT_QUEUES,
	OPT_DEPTH,
	OPT_NODE,
	OPT_ENGINES,
	OPT_IDLE_US,
	OPT_SVA,
	OPT_ALGORITHMS,
	OPT_ERROR,
};

static const match_table_t vaccel_tokens = {
	{ OPT_QUEUES, "queues=%u" },
	{ OPT_DEPTH, "depth=%u" },
	{ OPT_NODE, "node=%d" },
	{ OPT_ENGINES, "engines=%u" },
	{ OPT_IDLE_US, "idle_us=%u" },
	{ OPT_SVA, "sva=%u" },
	{ OPT_ALGORITHMS, "algorithms=%s" },
	{ OPT_ERROR, NULL },
};

void vaccel_config_default(struct vaccel_config *config)
{
	*config = (struct vaccel_config){
		.queues = 1024,
		.depth = 256,
		.node = NUMA_NO_NODE,
		.engines = 0,
		.idle_us = 200,
		.sva = true,
		.algorithms = "",
	};
}

static int vaccel_config_option(struct vaccel_config *config, int token,
				substring_t *args)
{
	unsigned int value;
	int ret;

	switch (token) {
	case OPT_QUEUES:
		return match_uint(&args[0], &config->queues);
	case OPT_DEPTH:
		return match_uint(&args[0], &config->depth);
	case OPT_NODE:
		return match_int(&args[0], &config->node);
	case OPT_ENGINES:
		return match_uint(&args[0], &config->engines);
	case OPT_IDLE_US:
		return match_uint(&args[0], &config->idle_us);
	case OPT_SVA:
		ret = match_uint(&args[0], &value);
		if (ret || value > 1)
			return ret ? ret : -EINVAL;
		config->sva = value;
		return 0;
	case OPT_ALGORITHMS:
		if (match_strlcpy(config->algorithms, &args[0],
				  sizeof(config->algorithms)) >=
		    sizeof(config->algorithms))
			return -EINVAL;
		return 0;
	default:
		return -EINVAL;
	}
}

/* "queues=64 depth=256 node=0 sva=0 algorithms=copy,gzip": any, in any order. */
int vaccel_config_parse(struct vaccel_config *config, char *text)
{
	substring_t args[MAX_OPT_ARGS];
	char *word;
	int ret;

	while ((word = strsep(&text, " \t\n"))) {
		if (!*word)
			continue;
		ret = vaccel_config_option(
			config, match_token(word, vaccel_tokens, args), args);
		if (ret)
			return ret;
	}
	return 0;
}

/* Ciphers and hashes are the kernel's, which may not have them. */
static bool vaccel_algorithm_here(int i)
{
	u64 crypto = vaccel_algorithms[i].crypto;

	return !crypto || vaccel_crypto_available(__ffs64(crypto));
}

static int vaccel_config_algorithm(struct vaccel_config *config,
				   const char *name, size_t len)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(vaccel_algorithms); i++) {
		if (strlen(vaccel_algorithms[i].name) != len ||
		    memcmp(vaccel_algorithms[i].name, name, len))
			continue;
		if (!vaccel_algorithm_here(i))
			return -EOPNOTSUPP;
		config->ops |= vaccel_algorithms[i].ops;
		config->formats |= vaccel_algorithms[i].formats;
		config->crypto |= vaccel_algorithms[i].crypto;
		return 0;
	}
	return -EINVAL;
}

/* Turns the names into bits, and into the form that sysfs shows. */
static int vaccel_config_algorithms(struct vaccel_config *config)
{
	char *names = config->algorithms;
	size_t len;
	int ret;
	int i;

	if (!*names)
		for (i = 0; i < ARRAY_SIZE(vaccel_algorithms); i++) {
			if (!vaccel_algorithm_here(i))
				continue;
			strlcat(names, vaccel_algorithms[i].name,
				sizeof(config->algorithms));
			strlcat(names, "\n", sizeof(config->algorithms));
		}
	strreplace(names, ',', '\n');

	config->ops = BIT_ULL(VACCEL_OP_NOOP);
	while (*names) {
		len = strcspn(names, "\n");
		ret = vaccel_config_algorithm(config, names, len);
		if (ret)
			return ret;
		names += len;
		names += *names == '\n';
	}
	return 0;
}

int vaccel_config_check(struct vaccel_config *config)
{
	if (!config->queues || config->queues > VACCEL_QUEUES_MAX)
		return -EINVAL;
	if (config->depth < VACCEL_DEPTH_MIN ||
	    config->depth > VACCEL_DEPTH_MAX || !is_power_of_2(config->depth))
		return -EINVAL;
	if (config->node != NUMA_NO_NODE &&
	    (config->node < 0 || config->node >= MAX_NUMNODES ||
	     !node_online(config->node)))
		return -EINVAL;
	if (config->engines > WQ_MAX_ACTIVE || config->idle_us > USEC_PER_SEC)
		return -EINVAL;
	return vaccel_config_algorithms(config);
}
