/* SPDX-License-Identifier: MIT */
#include "guarded.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct guarded guarded_get(size_t size, enum guarded_edge edge)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = (size + page - 1) / page * page;
	struct guarded buffer = { .size = size, .map_size = room + 2 * page };
	unsigned char *map;

	map = mmap(NULL, buffer.map_size, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		abort();
	if (room && mprotect(map + page, room, PROT_READ | PROT_WRITE))
		abort();
	buffer.map = map;
	buffer.data = map + page;
	if (edge == GUARDED_END)
		buffer.data += room - size;
	return buffer;
}

struct guarded guarded_copy(const void *data, size_t size,
			    enum guarded_edge edge)
{
	struct guarded buffer = guarded_get(size, edge);

	if (size)
		memcpy(buffer.data, data, size);
	return buffer;
}

void guarded_protect(struct guarded *buffer)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (buffer->map_size > 2 * page &&
	    mprotect((unsigned char *)buffer->map + page,
		     buffer->map_size - 2 * page, PROT_READ))
		abort();
}

void guarded_put(struct guarded *buffer)
{
	munmap(buffer->map, buffer->map_size);
	buffer->data = NULL;
}
