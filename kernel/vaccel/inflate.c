// SPDX-License-Identifier: GPL-2.0-only
/*
 * A decoder of RFC 1951 with the wrappings of RFC 1950 and 1952 that can stop
 * at any byte of its input and output, and whose whole state is the plain
 * struct vaccel_stream. The kernel's own cannot do that: its state is full of
 * pointers, and would have to stay in the kernel.
 */
#include <linux/string.h>
#include <linux/zlib.h>

#include "codec.h"
#include "vaccel.h"

#define END_OF_BLOCK 256
#define MAX_CODE 15
#define MAX_LIT_CODES 286
#define MAX_DIST_CODES 30

#define GZIP_HCRC BIT(1)
#define GZIP_EXTRA BIT(2)
#define GZIP_NAME BIT(3)
#define GZIP_COMMENT BIT(4)
#define GZIP_RESERVED 0xe0
#define ZLIB_DICTIONARY BIT(5)

/* What a symbol is that is not there yet, or never will be. */
#define SYMBOL_INPUT -1
#define SYMBOL_BAD -2

/* RFC 1951, 3.2.5 and 3.2.7 */
static const u16 length_base[29] = { 3,	  4,   5,   6,	 7,  8,	 9,  10,
				     11,  13,  15,  17,	 19, 23, 27, 31,
				     35,  43,  51,  59,	 67, 83, 99, 115,
				     131, 163, 195, 227, 258 };
static const u8 length_extra[29] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1,
				     1, 1, 2, 2, 2, 2, 3, 3, 3, 3,
				     4, 4, 4, 4, 5, 5, 5, 5, 0 };
static const u16 dist_base[30] = { 1,	 2,    3,    4,	    5,	   7,
				   9,	 13,   17,   25,    33,	   49,
				   65,	 97,   129,  193,   257,   385,
				   513,	 769,  1025, 1537,  2049,  3073,
				   4097, 6145, 8193, 12289, 16385, 24577 };
static const u8 dist_extra[30] = { 0, 0, 0,  0,	 1,  1,	 2,  2,	 3,  3,
				   4, 4, 5,  5,	 6,  6,	 7,  7,	 8,  8,
				   9, 9, 10, 10, 11, 11, 12, 12, 13, 13 };
static const u8 clen_order[19] = { 16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
				   11, 4,  12, 3, 13, 2, 14, 1, 15 };

/* Takes input bytes until there are @n bits; false when it has run out. */
static bool inflate_need(struct vaccel_inflate *z, unsigned int n)
{
	struct vaccel_stream *s = z->s;

	while (s->nbits < n) {
		if (z->in == z->in_end)
			return false;
		s->bits |= (u64)*z->in++ << s->nbits;
		s->nbits += 8;
	}
	return true;
}

/* As many input bytes as fit; a symbol pair needs 48 bits at most. */
static void inflate_fill(struct vaccel_inflate *z)
{
	struct vaccel_stream *s = z->s;

	while (s->nbits <= 56 && z->in != z->in_end) {
		s->bits |= (u64)*z->in++ << s->nbits;
		s->nbits += 8;
	}
}

static void inflate_drop(struct vaccel_stream *s, unsigned int n)
{
	s->bits = n < 64 ? s->bits >> n : 0;
	s->nbits -= n;
}

static u32 inflate_take(struct vaccel_stream *s, unsigned int n)
{
	u32 value = s->bits & GENMASK_ULL(n - 1, 0);

	inflate_drop(s, n);
	return value;
}

static void huffman_fast(struct vaccel_huffman *h, u32 code, unsigned int len,
			 u16 symbol)
{
	u32 reversed = 0;
	unsigned int i;

	for (i = 0; i < len; i++)
		reversed |= ((code >> i) & 1) << (len - 1 - i);
	for (; reversed < 1 << VACCEL_FAST_BITS; reversed += 1 << len)
		h->fast[reversed] = symbol << 4 | len;
}

/*
 * Builds a code from its lengths. False for lengths that are too many for one,
 * and for too few; only with @loose may it be a single code of one bit, or
 * none, which then no input can use.
 */
static bool huffman_build(struct vaccel_huffman *h, const u8 *lens,
			  unsigned int n, bool loose)
{
	u16 next_symbol[MAX_CODE + 1];
	u32 next_code[MAX_CODE + 1];
	unsigned int len, i;
	int left = 1;
	u16 sum = 0;
	u32 code = 0;

	memset(h, 0, sizeof(*h));
	for (i = 0; i < n; i++)
		h->count[lens[i]]++;
	h->count[0] = 0;

	for (len = 1; len <= MAX_CODE; len++) {
		left = (left << 1) - h->count[len];
		if (left < 0)
			return false;
		if (h->count[len])
			h->max = len;
		next_code[len] = code;
		code = (code + h->count[len]) << 1;
		next_symbol[len] = sum;
		sum += h->count[len];
	}
	if (left && (!loose || h->max > 1))
		return false;

	for (i = 0; i < n; i++) {
		len = lens[i];
		if (!len)
			continue;
		h->symbol[next_symbol[len]++] = i;
		if (len <= VACCEL_FAST_BITS)
			huffman_fast(h, next_code[len], len, i);
		next_code[len]++;
	}
	return true;
}

/* The symbol that the bits begin with, and its length. */
static int huffman_decode(const struct vaccel_huffman *h, u64 bits,
			  unsigned int nbits, unsigned int *len)
{
	u16 fast = h->fast[bits & ((1 << VACCEL_FAST_BITS) - 1)];
	u32 code = 0, first = 0, index = 0;
	unsigned int i;

	if (fast) {
		*len = fast & 0xf;
		return *len <= nbits ? fast >> 4 : SYMBOL_INPUT;
	}
	for (i = 1; i <= h->max; i++) {
		if (i > nbits)
			return SYMBOL_INPUT;
		code |= bits & 1;
		bits >>= 1;
		if (code < first + h->count[i]) {
			*len = i;
			return h->symbol[index + code - first];
		}
		index += h->count[i];
		first = (first + h->count[i]) << 1;
		code <<= 1;
	}
	return SYMBOL_BAD;
}

static bool inflate_build(struct vaccel_inflate *z)
{
	struct vaccel_stream *s = z->s;

	return s->lens[END_OF_BLOCK] &&
	       huffman_build(&z->lit, s->lens, s->nlen, true) &&
	       huffman_build(&z->dist, s->lens + s->nlen, s->ndist, true);
}

static void inflate_fixed(struct vaccel_stream *s)
{
	memset(s->lens, 8, 144);
	memset(s->lens + 144, 9, 112);
	memset(s->lens + 256, 7, 24);
	memset(s->lens + 280, 8, 8);
	memset(s->lens + 288, 5, 32);
	s->nlen = 288;
	s->ndist = 32;
}

/* Adds what was decoded since the last call to the checksum and the total. */
void vaccel_inflate_check(struct vaccel_inflate *z)
{
	struct vaccel_stream *s = z->s;

	s->check = vaccel_check(s->format, s->check, z->plain + z->checked,
				z->pos - z->checked);
	s->total_out += z->pos - z->checked;
	z->checked = z->pos;
}

/*
 * A step of the decoder: VACCEL_SM_NR to go on in the mode that it has set,
 * else what to stop for. Nothing is taken from the input that could not be
 * used, so that it can be called again with more.
 */
#define GO_ON VACCEL_SM_NR

static int inflate_head_zlib(struct vaccel_inflate *z)
{
	struct vaccel_stream *s = z->s;
	u32 cmf, flg;

	if (!inflate_need(z, 16))
		return VACCEL_INFLATE_INPUT;
	cmf = inflate_take(s, 8);
	flg = inflate_take(s, 8);
	if ((cmf << 8 | flg) % 31 || (cmf & 0xf) != Z_DEFLATED ||
	    (cmf >> 4) + 8 > s->window_bits || (flg & ZLIB_DICTIONARY))
		return VACCEL_INFLATE_DATA;
	s->mode = VACCEL_SM_BODY;
	return GO_ON;
}

/*
 * Takes @n bytes of a gzip header, lowest first. Until the data begins, .check
 * is the CRC of the header, whose low half may stand at its end.
 */
static u32 inflate_take_header(struct vaccel_stream *s, unsigned int n)
{
	u32 value = inflate_take(s, 8 * n);
	__le32 bytes = cpu_to_le32(value);

	s->check = vaccel_check(VACCEL_FORMAT_GZIP, s->check, &bytes, n);
	return value;
}

/* The fixed part: four bytes that say what it is, six that are skipped. */
static int inflate_head_gzip(struct vaccel_inflate *z)
{
	struct vaccel_stream *s = z->s;
	u32 word;

	if (!s->have) {
		if (!inflate_need(z, 32))
			return VACCEL_INFLATE_INPUT;
		word = inflate_take_header(s, 4);
		s->hflags = word >> 24;
		if ((word & 0xffffff) != 0x088b1f ||
		    (s->hflags & GZIP_RESERVED))
			return VACCEL_INFLATE_DATA;
		s->have = 1;
	}
	if (!inflate_need(z, 48))
		return VACCEL_INFLATE_INPUT;
	inflate_take_header(s, 4);
	inflate_take_header(s, 2);
	s->have = 0;
	s->mode = VACCEL_SM_GZ_EXTRA_LEN;
	return GO_ON;
}

static int inflate_head(struct vaccel_inflate *z)
{
	switch (z->s->format) {
	case VACCEL_FORMAT_ZLIB:
		return inflate_head_zlib(z);
	case VACCEL_FORMAT_GZIP:
		return inflate_head_gzip(z);
	default:
		z->s->mode = VACCEL_SM_BODY;
		return GO_ON;
	}
}

static int inflate_gzip_extra(struct vaccel_inflate *z)
{
	struct vaccel_stream *s = z->s;

	if (s->mode == VACCEL_SM_GZ_EXTRA_LEN) {
		s->left = 0;
		if (s->hflags & GZIP_EXTRA) {
			if (!inflate_need(z, 16))
				return VACCEL_INFLATE_INPUT;
			s->left = inflate_take_header(s, 2);
		}
		s->mode = VACCEL_SM_GZ_EXTRA;
	}
	for (; s->left; s->left--) {
		if (!inflate_need(z, 8))
			return VACCEL_INFLATE_INPUT;
		inflate_take_header(s, 1);
	}
	s->mode = VACCEL_SM_GZ_NAME;
	return GO_ON;
}

/* A name or a comment, which ends with a zero. */
static int inflate_gzip_string(struct vaccel_inflate *z, u8 flag, u8 next)
{
	struct vaccel_stream *s = z->s;

	while (s->hflags & flag) {
		if (!inflate_need(z, 8))
			return VACCEL_INFLATE_INPUT;
		if (!inflate_take_header(s, 1))
			s->hflags &= ~flag;
	}
	s->mode = next;
	return GO_ON;
}

static int inflate_gzip_hcrc(struct vaccel_inflate *z)
{
	struct vaccel_stream *s = z->s;

	if (s->hflags & GZIP_HCRC) {
		if (!inflate_need(z, 16))
			return VACCEL_INFLATE_INPUT;
		if (inflate_take(s, 16) != (s->check & 0xffff))
			return VACCEL_INFLATE_DATA;
	}
	s->check = 0;
	s->mode = VACCEL_SM_BODY;
	return GO_ON;
}

static int inflate_block(struct vaccel_inflate *z)
{
	struct vaccel_stream *s = z->s;

	if (s->last) {
		inflate_drop(s, s->nbits & 7);
		vaccel_inflate_check(z);
		s->have = 0;
		s->mode = VACCEL_SM_TRAILER;
		return GO_ON;
	}
	if (!inflate_need(z, 3))
		return VACCEL_INFLATE_INPUT;
	s->last = inflate_take(s, 1);
	switch (inflate_take(s, 2)) {
	case 0:
		inflate_drop(s, s->nbits & 7);
		s->mode = VACCEL_SM_STORED_LEN;
		return GO_ON;
	case 1:
		inflate_fixed(s);
		inflate_build(z);
		s->mode = VACCEL_SM_SYMBOL;
		return GO_ON;
	case 2:
		s->mode = VACCEL_SM_TABLE;
		return GO_ON;
	default:
		return VACCEL_INFLATE_DATA;
	}
}

static int inflate_stored(struct vaccel_inflate *z)
{
	struct vaccel_stream *s = z->s;
	u32 word, part;

	if (s->mode == VACCEL_SM_STORED_LEN) {
		if (!inflate_need(z, 32))
			return VACCEL_INFLATE_INPUT;
		word = inflate_take(s, 32);
		if ((word & 0xffff) != (~word >> 16))
			return VACCEL_INFLATE_DATA;
		s->left = word & 0xffff;
		s->mode = VACCEL_SM_STORED;
	}
	while (s->left) {
		if (z->pos == z->limit)
			return VACCEL_INFLATE_OUTPUT;
		if (s->nbits) {
			z->plain[z->pos++] = inflate_take(s, 8);
			s->left--;
			continue;
		}
		part = min3((u32)(z->in_end - z->in), s->left,
			    z->limit - z->pos);
		if (!part)
			return VACCEL_INFLATE_INPUT;
		memcpy(z->plain + z->pos, z->in, part);
		z->in += part;
		z->pos += part;
		s->left -= part;
	}
	s->mode = VACCEL_SM_BODY;
	return GO_ON;
}

static int inflate_table(struct vaccel_inflate *z)
{
	struct vaccel_stream *s = z->s;

	if (s->mode == VACCEL_SM_TABLE) {
		if (!inflate_need(z, 14))
			return VACCEL_INFLATE_INPUT;
		s->nlen = inflate_take(s, 5) + 257;
		s->ndist = inflate_take(s, 5) + 1;
		s->ncode = inflate_take(s, 4) + 4;
		if (s->nlen > MAX_LIT_CODES || s->ndist > MAX_DIST_CODES)
			return VACCEL_INFLATE_DATA;
		memset(s->clens, 0, sizeof(s->clens));
		s->have = 0;
		s->mode = VACCEL_SM_CODE_LENS;
	}
	for (; s->have < s->ncode; s->have++) {
		if (!inflate_need(z, 3))
			return VACCEL_INFLATE_INPUT;
		s->clens[clen_order[s->have]] = inflate_take(s, 3);
	}
	if (!huffman_build(&z->lit, s->clens, sizeof(s->clens), false))
		return VACCEL_INFLATE_DATA;
	memset(s->lens, 0, sizeof(s->lens));
	s->have = 0;
	s->mode = VACCEL_SM_LENS;
	return GO_ON;
}

/* One symbol of the code lengths, with its extra bits. */
static int inflate_lens_symbol(struct vaccel_inflate *z)
{
	static const u8 extra[3] = { 2, 3, 7 };
	static const u8 base[3] = { 3, 3, 11 };
	struct vaccel_stream *s = z->s;
	unsigned int len, repeat;
	u8 value = 0;
	int symbol;

	inflate_fill(z);
	symbol = huffman_decode(&z->lit, s->bits, s->nbits, &len);
	if (symbol < 0)
		return symbol == SYMBOL_BAD ? VACCEL_INFLATE_DATA :
					      VACCEL_INFLATE_INPUT;
	if (symbol < 16) {
		inflate_drop(s, len);
		s->lens[s->have++] = symbol;
		return GO_ON;
	}
	symbol -= 16;
	if (s->nbits < len + extra[symbol])
		return VACCEL_INFLATE_INPUT;
	inflate_drop(s, len);
	repeat = base[symbol] + inflate_take(s, extra[symbol]);
	if (s->have + repeat > s->nlen + s->ndist || (!symbol && !s->have))
		return VACCEL_INFLATE_DATA;
	if (!symbol)
		value = s->lens[s->have - 1];
	memset(s->lens + s->have, value, repeat);
	s->have += repeat;
	return GO_ON;
}

static int inflate_lens(struct vaccel_inflate *z)
{
	struct vaccel_stream *s = z->s;
	int ret;

	while (s->have < s->nlen + s->ndist) {
		ret = inflate_lens_symbol(z);
		if (ret != GO_ON)
			return ret;
	}
	if (!inflate_build(z))
		return VACCEL_INFLATE_DATA;
	s->mode = VACCEL_SM_SYMBOL;
	return GO_ON;
}

/* How far a match may reach back. */
static u32 inflate_history(const struct vaccel_inflate *z)
{
	return min(z->pos - z->start, 1u << z->s->window_bits);
}

/* The length and distance behind a length symbol: taken as one, or not. */
static int inflate_pair(struct vaccel_inflate *z, int symbol, unsigned int len)
{
	struct vaccel_stream *s = z->s;
	unsigned int have = len;
	unsigned int length, dist;
	u64 bits = s->bits >> len;
	int dsym;

	symbol -= END_OF_BLOCK + 1;
	if (symbol >= ARRAY_SIZE(length_base))
		return VACCEL_INFLATE_DATA;
	length = length_base[symbol] +
		 (bits & ((1 << length_extra[symbol]) - 1));
	bits >>= length_extra[symbol];
	have += length_extra[symbol];
	if (have > s->nbits)
		return VACCEL_INFLATE_INPUT;

	dsym = huffman_decode(&z->dist, bits, s->nbits - have, &len);
	if (dsym == SYMBOL_INPUT)
		return VACCEL_INFLATE_INPUT;
	if (dsym == SYMBOL_BAD || dsym >= ARRAY_SIZE(dist_base))
		return VACCEL_INFLATE_DATA;
	bits >>= len;
	have += len + dist_extra[dsym];
	if (have > s->nbits)
		return VACCEL_INFLATE_INPUT;
	dist = dist_base[dsym] + (bits & ((1 << dist_extra[dsym]) - 1));
	if (dist > inflate_history(z))
		return VACCEL_INFLATE_DATA;

	inflate_drop(s, have);
	s->left = length;
	s->dist = dist;
	s->mode = VACCEL_SM_MATCH;
	return GO_ON;
}

static int inflate_match(struct vaccel_inflate *z)
{
	struct vaccel_stream *s = z->s;
	u8 *to = z->plain + z->pos;
	u32 part = min(s->left, z->limit - z->pos);
	u32 i;

	if (s->dist >= part)
		memcpy(to, to - s->dist, part);
	else
		for (i = 0; i < part; i++)
			to[i] = to[(s32)i - (s32)s->dist];
	z->pos += part;
	s->left -= part;
	if (s->left)
		return VACCEL_INFLATE_OUTPUT;
	s->mode = VACCEL_SM_SYMBOL;
	return GO_ON;
}

static int inflate_symbols(struct vaccel_inflate *z)
{
	struct vaccel_stream *s = z->s;
	unsigned int len;
	int symbol;

	for (;;) {
		inflate_fill(z);
		symbol = huffman_decode(&z->lit, s->bits, s->nbits, &len);
		if (symbol < 0)
			return symbol == SYMBOL_BAD ? VACCEL_INFLATE_DATA :
						      VACCEL_INFLATE_INPUT;
		if (symbol > END_OF_BLOCK)
			return inflate_pair(z, symbol, len);
		if (symbol == END_OF_BLOCK) {
			inflate_drop(s, len);
			s->mode = VACCEL_SM_BODY;
			return GO_ON;
		}
		if (z->pos == z->limit)
			return VACCEL_INFLATE_OUTPUT;
		inflate_drop(s, len);
		z->plain[z->pos++] = symbol;
	}
}

static int inflate_trailer(struct vaccel_inflate *z)
{
	struct vaccel_stream *s = z->s;

	if (s->format != VACCEL_FORMAT_RAW && !s->have) {
		u32 check;

		if (!inflate_need(z, 32))
			return VACCEL_INFLATE_INPUT;
		check = inflate_take(s, 32);
		if (s->format == VACCEL_FORMAT_ZLIB)
			check = swab32(check);
		if (check != s->check)
			return VACCEL_INFLATE_DATA;
		s->have = 1;
	}
	if (s->format == VACCEL_FORMAT_GZIP) {
		if (!inflate_need(z, 32))
			return VACCEL_INFLATE_INPUT;
		if (inflate_take(s, 32) != (u32)s->total_out)
			return VACCEL_INFLATE_DATA;
	}
	s->mode = VACCEL_SM_END;
	return VACCEL_INFLATE_END;
}

/* Decodes until the input or the room is used up, or the stream ends. */
enum vaccel_inflate_result vaccel_inflate_run(struct vaccel_inflate *z)
{
	int ret = GO_ON;

	while (ret == GO_ON) {
		switch (z->s->mode) {
		case VACCEL_SM_HEAD:
			ret = inflate_head(z);
			break;
		case VACCEL_SM_GZ_EXTRA_LEN:
		case VACCEL_SM_GZ_EXTRA:
			ret = inflate_gzip_extra(z);
			break;
		case VACCEL_SM_GZ_NAME:
			ret = inflate_gzip_string(z, GZIP_NAME,
						  VACCEL_SM_GZ_COMMENT);
			break;
		case VACCEL_SM_GZ_COMMENT:
			ret = inflate_gzip_string(z, GZIP_COMMENT,
						  VACCEL_SM_GZ_HCRC);
			break;
		case VACCEL_SM_GZ_HCRC:
			ret = inflate_gzip_hcrc(z);
			break;
		case VACCEL_SM_BODY:
			ret = inflate_block(z);
			break;
		case VACCEL_SM_STORED_LEN:
		case VACCEL_SM_STORED:
			ret = inflate_stored(z);
			break;
		case VACCEL_SM_TABLE:
		case VACCEL_SM_CODE_LENS:
			ret = inflate_table(z);
			break;
		case VACCEL_SM_LENS:
			ret = inflate_lens(z);
			break;
		case VACCEL_SM_SYMBOL:
			ret = inflate_symbols(z);
			break;
		case VACCEL_SM_MATCH:
			ret = inflate_match(z);
			break;
		case VACCEL_SM_TRAILER:
			ret = inflate_trailer(z);
			break;
		default:
			ret = VACCEL_INFLATE_DATA;
			break;
		}
	}
	return ret;
}

static bool inflate_lens_valid(const u8 *lens, size_t n)
{
	while (n--)
		if (lens[n] > MAX_CODE)
			return false;
	return true;
}

/*
 * Is what was loaded a state of this decoder? Builds the codes that it is in
 * the middle of. Whatever passes keeps every index in its array.
 */
bool vaccel_inflate_resume(struct vaccel_inflate *z)
{
	struct vaccel_stream *s = z->s;

	if (s->nbits > 63 || (s->bits >> s->nbits) || s->nlen > 288 ||
	    s->ndist > 32 || s->ncode > sizeof(s->clens) || s->left > 0xffff ||
	    !inflate_lens_valid(s->lens, sizeof(s->lens)) ||
	    !inflate_lens_valid(s->clens, sizeof(s->clens)))
		return false;

	switch (s->mode) {
	case VACCEL_SM_STORED_LEN:
	case VACCEL_SM_STORED:
		return !(s->nbits & 7);
	case VACCEL_SM_CODE_LENS:
		return s->have <= s->ncode;
	case VACCEL_SM_LENS:
		return s->have <= s->nlen + s->ndist &&
		       s->nlen > END_OF_BLOCK &&
		       huffman_build(&z->lit, s->clens, sizeof(s->clens),
				     false);
	case VACCEL_SM_MATCH:
		if (!s->dist || s->dist > s->window_len || s->left > 258)
			return false;
		fallthrough;
	case VACCEL_SM_SYMBOL:
		return s->nlen > END_OF_BLOCK && inflate_build(z);
	default:
		return true;
	}
}
