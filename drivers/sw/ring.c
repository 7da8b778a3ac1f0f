// SPDX-License-Identifier: MIT
#include <errno.h>

#include "ring.h"

int sw_ring_init(struct sw_ring *ring, unsigned int depth, bool one_producer,
		 bool one_consumer)
{
	size_t size = depth * sizeof(*ring->slots);

	if (size < WD_CACHE_LINE)
		size = WD_CACHE_LINE;
	ring->slots = aligned_alloc(WD_CACHE_LINE, size);
	if (!ring->slots)
		return -ENOMEM;
	for (unsigned int i = 0; i < depth; i++)
		atomic_init(&ring->slots[i].turn, i);
	ring->mask = depth - 1;
	ring->one_producer = one_producer;
	ring->one_consumer = one_consumer;
	atomic_init(&ring->tail, 0);
	atomic_init(&ring->head, 0);
	return 0;
}

void sw_ring_fini(struct sw_ring *ring)
{
	free(ring->slots);
}
