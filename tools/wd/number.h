/* SPDX-License-Identifier: MIT */
/* Numbers on the command line. */
#ifndef WD_NUMBER_H
#define WD_NUMBER_H

#include <stdint.h>

/*
 * Reads a whole number from @min to @max, with K, M or G behind it for
 * multiples of 1024. Returns 0 and the number in *@value, -EINVAL if @text is
 * not a number, or -ERANGE.
 */
int number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/* As number_parse(), a number with a fraction and nothing behind it. */
int number_parse_real(const char *text, double min, double max, double *value);

#endif
