// SPDX-License-Identifier: MIT
/*
 * edu TEXT N: on QEMU's edu device, copies TEXT through its DMA engine, behind an
 * IOMMU, by pointer, and has it compute N!.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <warpdrive/queue.h>
#include <warpdrive/request.h>

static struct wd_queue q = { .device = "edu-0", .algorithm = "copy" };

static void run(struct wd_request *r)
{
	void *done;

	if (wd_send(&q, r) || wd_recv_sync(&q, &done) || r->status) {
		fprintf(stderr, "edu: the device failed: %s\n",
			strerror(-r->status));
		exit(1);
	}
}

int main(int argc, char **argv)
{
	struct wd_request copy = { .op = WD_COPY };
	struct wd_request factorial = { .op = WD_FACTORIAL };
	size_t len = argc == 3 ? strlen(argv[1]) + 1 : 0;
	char *memory;

	if (argc != 3 || len > 4096 || wd_request_queue(&q))
		return 1;
	/* The device reaches this memory and no other. */
	memory = wd_reserve_memory(&q, 8192);
	if (!memory)
		return 1;
	memcpy(memory, argv[1], len);
	copy.src = memory;
	copy.dst = memory + 4096;
	copy.src_len = len;
	copy.dst_len = len;
	run(&copy);
	factorial.operand = strtoul(argv[2], NULL, 10);
	run(&factorial);
	printf("copied by the device from %p to %p: %s\n", (void *)memory,
	       (void *)(memory + 4096), memory + 4096);
	printf("%s! = %llu\n", argv[2], (unsigned long long)factorial.result);
	wd_release_queue(&q);
	return 0;
}
