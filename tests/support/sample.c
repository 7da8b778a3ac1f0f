/* SPDX-License-Identifier: MIT */
#include "sample.h"

#include <stdlib.h>
#include <string.h>

static const char *const words[] = {
	"queue",   "request", "answer", "the ",	  "device", " of ",  "page",
	"address", "thread",  "\n",	"static", "return", " = ",   ";\n\t",
	"struct ", "if (",    "0x",	", ",	  "buffer", "->len", "engine",
};

/* The step of Marsaglia's xorshift64* generator. */
uint64_t sample_next(struct sample_random *random)
{
	uint64_t x = random->state ? random->state : 0x9e3779b97f4a7c15;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	random->state = x;
	return x * 0x2545f4914f6cdd1d;
}

size_t sample_below(struct sample_random *random, size_t below)
{
	return below ? (size_t)(sample_next(random) >> 11) % below : 0;
}

static void fill_text(unsigned char *out, size_t size,
		      struct sample_random *random)
{
	size_t done = 0;

	while (done < size) {
		uint64_t r = sample_next(random);
		const char *word =
			words[r % (sizeof(words) / sizeof(words[0]))];
		size_t n = strlen(word);

		if (n > size - done)
			n = size - done;
		memcpy(out + done, word, n);
		done += n;
		if (done < size && (r >> 32) % 4 == 0)
			out[done++] = (unsigned char)('a' + (r >> 40) % 26);
	}
}

static void fill_random(unsigned char *out, size_t size,
			struct sample_random *random)
{
	size_t i;

	for (i = 0; i < size; i++)
		out[i] = (unsigned char)(sample_next(random) >> 32);
}

static void fill_runs(unsigned char *out, size_t size,
		      struct sample_random *random)
{
	size_t done = 0;

	while (done < size) {
		size_t period = 1 + sample_below(random, 40);
		size_t n = period + sample_below(random, 2000);
		size_t i;

		if (n > size - done)
			n = size - done;
		for (i = 0; i < n; i++)
			out[done + i] =
				i < period ?
					(unsigned char)sample_next(random) :
					out[done + i - period];
		done += n;
	}
}

/* Repeats up to @n bytes from anywhere before; returns how many. */
static size_t fill_again(unsigned char *out, size_t done, size_t n,
			 struct sample_random *random)
{
	if (n > done)
		n = done;
	memcpy(out + done, out + sample_below(random, done - n + 1), n);
	return n;
}

static void fill_mixed(unsigned char *out, size_t size,
		       struct sample_random *random)
{
	size_t done = 0;

	while (done < size) {
		size_t n = 1 + sample_below(random, 30000);

		if (n > size - done)
			n = size - done;
		switch (sample_below(random, 5)) {
		case 0:
			fill_text(out + done, n, random);
			break;
		case 1:
			fill_random(out + done, n, random);
			break;
		case 2:
			fill_runs(out + done, n, random);
			break;
		case 3:
			memset(out + done, (int)sample_below(random, 256), n);
			break;
		default:
			n = fill_again(out, done, n, random);
			break;
		}
		done += n;
	}
}

void sample_fill(void *data, size_t size, enum sample_kind kind, uint64_t seed)
{
	struct sample_random random = { seed * 2654435761u + 1 };

	if (!size)
		return;
	switch (kind) {
	case SAMPLE_TEXT:
		fill_text(data, size, &random);
		break;
	case SAMPLE_RANDOM:
		fill_random(data, size, &random);
		break;
	case SAMPLE_MIXED:
		fill_mixed(data, size, &random);
		break;
	case SAMPLE_RUNS:
		fill_runs(data, size, &random);
		break;
	default:
		memset(data, 0, size);
		break;
	}
}

unsigned char *sample_new(size_t size, enum sample_kind kind, uint64_t seed)
{
	unsigned char *data = malloc(size ? size : 1);

	if (!data)
		abort();
	sample_fill(data, size, kind, seed);
	return data;
}

const char *sample_kind_name(enum sample_kind kind)
{
	static const char *const names[SAMPLE_KINDS] = {
		[SAMPLE_TEXT] = "text",	 [SAMPLE_RANDOM] = "random",
		[SAMPLE_ZERO] = "zeros", [SAMPLE_MIXED] = "mixed",
		[SAMPLE_RUNS] = "runs",
	};

	return names[kind];
}
