/* SPDX-License-Identifier: MIT */
/*
 * A fuzzer's input, taken apart: numbers from its end, data from its start, so
 * that real streams can be seeds as they are.
 */
#ifndef TESTS_FUZZ_INPUT_H
#define TESTS_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Ends the program, so that the fuzzer keeps the input. */
#define CHECK(condition)                                                   \
	do {                                                               \
		if (!(condition)) {                                        \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, \
				#condition);                               \
			abort();                                           \
		}                                                          \
	} while (0)

struct input {
	const uint8_t *data;
	size_t size;
};

/* The last byte, which is then gone; 0 when there is none. */
static inline unsigned int input_byte(struct input *input)
{
	return input->size ? input->data[--input->size] : 0;
}

/* A number from 0 to @most, small ones more often. */
static inline size_t input_number(struct input *input, size_t most)
{
	size_t n = input_byte(input);

	if (n > 200)
		n = (n - 200) << 8 | input_byte(input);
	return n % (most + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
