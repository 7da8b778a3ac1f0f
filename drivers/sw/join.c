// SPDX-License-Identifier: MIT
#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <string.h>

#include "cursor.h"
#include "join.h"

/*
 * The search narrows down: it decodes in steps of the first size, keeping a
 * copy of the decoder from before each, until a step meets the last block;
 * then that step again from the copy in steps of the next size, and so on.
 */
static const size_t sw_join_steps[] = { 65536, 4096, 256, 16, 1 };
#define SW_JOIN_STEPS (sizeof(sw_join_steps) / sizeof(sw_join_steps[0]))

/* What is decoded goes nowhere; it only has to go somewhere. */
#define SW_JOIN_SINK (256 * 1024)

struct sw_join {
	struct inflate_state state;
	struct inflate_state before;
	uint8_t sink[SW_JOIN_SINK];
};

struct sw_join *sw_join_create(void)
{
	return malloc(sizeof(struct sw_join));
}

void sw_join_destroy(struct sw_join *join)
{
	free(join);
}

/* Decodes @len more bytes; 0, or -EIO if they are not deflate. */
static int sw_join_decode(struct sw_join *join, uint8_t *data, size_t len)
{
	struct inflate_state *s = &join->state;

	s->next_in = data;
	s->avail_in = (uint32_t)len;
	do {
		s->next_out = join->sink;
		s->avail_out = sizeof(join->sink);
		if (isal_inflate(s) < 0)
			return -EIO;
	} while (s->block_state != ISAL_BLOCK_FINISH &&
		 (s->avail_in || !s->avail_out));
	return 0;
}

/*
 * Finds the byte that holds the first bit of the last block: *@at. The decoder
 * is left as it was before that byte.
 */
static int sw_join_find_byte(struct sw_join *join, uint8_t *data, size_t len,
			     size_t *at)
{
	size_t begin = 0;

	isal_inflate_init(&join->state);
	for (size_t i = 0; i < SW_JOIN_STEPS; i++) {
		size_t step = sw_join_steps[i];

		for (;;) {
			size_t n = len - begin < step ? len - begin : step;

			if (!n)
				return -EIO;
			join->before = join->state;
			if (sw_join_decode(join, data + begin, n))
				return -EIO;
			if (join->state.bfinal)
				break;
			begin += n;
		}
		join->state = join->before;
	}
	*at = begin;
	return 0;
}

/*
 * Clears the bit in its byte: the highest one that, cleared, makes the decoder
 * see no last block, since bits above it come later and cannot change that.
 */
static int sw_join_clear_bit(struct sw_join *join, uint8_t *byte)
{
	for (int bit = 7; bit >= 0; bit--) {
		uint8_t cleared = *byte & (uint8_t) ~(1u << bit);

		if (cleared == *byte)
			continue;
		join->state = join->before;
		/* Not deflate any more: then it was some other bit. */
		if (sw_join_decode(join, &cleared, 1) || join->state.bfinal)
			continue;
		*byte = cleared;
		join->state = join->before;
		return 0;
	}
	return -EIO;
}

int sw_join_unfinish(struct sw_join *join, unsigned char *data, size_t *len)
{
	static const uint8_t empty[] = { 0x00, 0x00, 0x00, 0xff, 0xff };
	struct inflate_state *s = &join->state;
	size_t at;
	size_t skip;

	if (sw_join_find_byte(join, data, *len, &at) ||
	    sw_join_clear_bit(join, data + at))
		return -EIO;

	/* The rest; the decoder then waits for the next block's three bits. */
	if (sw_join_decode(join, data + at, *len - at) ||
	    s->block_state != ISAL_BLOCK_HDR || s->bfinal)
		return -EIO;

	/* They fit into what is left of the last byte, or need one more. */
	skip = s->read_in_length >= 3 ? 1 : 0;
	memcpy(data + *len, empty + skip, sizeof(empty) - skip);
	*len += sizeof(empty) - skip;
	return 0;
}
