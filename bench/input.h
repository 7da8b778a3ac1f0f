/* SPDX-License-Identifier: MIT */
/* The file that is worked on. */
#ifndef BENCH_INPUT_H
#define BENCH_INPUT_H

#include <stddef.h>

/* Maps a file and has it in memory; ends the program if that fails. */
const unsigned char *input_map(const char *path, size_t *len);

#endif
