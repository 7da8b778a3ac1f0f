/* SPDX-License-Identifier: MIT */
/*
 * Data to work on, made from a seed: the same seed gives the same bytes.
 */
#ifndef TESTS_SAMPLE_H
#define TESTS_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

enum sample_kind {
	SAMPLE_TEXT, /* words; compresses to about a third */
	SAMPLE_RANDOM, /* does not compress */
	SAMPLE_ZERO, /* compresses a thousandfold */
	SAMPLE_MIXED, /* stretches of all of these, and far repetitions */
	SAMPLE_RUNS, /* short periods, long matches */
	SAMPLE_KINDS
};

/* A pseudo-random sequence; any seed will do. */
struct sample_random {
	uint64_t state;
};

uint64_t sample_next(struct sample_random *random);

/* A number from 0 to @below - 1; 0 if @below is 0. */
size_t sample_below(struct sample_random *random, size_t below);

/* Fills @data with @size bytes of that kind. */
void sample_fill(void *data, size_t size, enum sample_kind kind, uint64_t seed);

/* The same in new memory, which the caller frees; never NULL. */
unsigned char *sample_new(size_t size, enum sample_kind kind, uint64_t seed);

const char *sample_kind_name(enum sample_kind kind);

#endif
