/* SPDX-License-Identifier: GPL-2.0-only */
/* Cryptography: the kernel's names of the algorithms, and prepared keys. */
#ifndef WARPDRIVE_KERNEL_VACCEL_CRYPTO_H
#define WARPDRIVE_KERNEL_VACCEL_CRYPTO_H

#include <linux/types.h>

struct vaccel_queue;
struct vaccel_request;

bool vaccel_crypto_available(unsigned int alg);
int vaccel_crypto_cipher(struct vaccel_request *rq);
int vaccel_crypto_digest(struct vaccel_request *rq);
void vaccel_crypto_forget(struct vaccel_queue *q);

#endif /* WARPDRIVE_KERNEL_VACCEL_CRYPTO_H */
