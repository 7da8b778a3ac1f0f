// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "rounds.h"

_Noreturn void rounds_die(const char *what, int error)
{
	fprintf(stderr, "%s: %s\n", what, strerror(error < 0 ? -error : error));
	exit(1);
}

static int rounds_print(const struct round_case *cases, size_t count,
			unsigned int rounds, const char *unit)
{
	json_t *all = json_object();
	json_t *root = json_pack("{s:s, s:o}", "unit", unit, "cases", all);
	int ret;

	for (size_t i = 0; i < count; i++) {
		json_t *samples = json_array();

		for (unsigned int r = 0; r < rounds; r++)
			json_array_append_new(samples,
					      json_real(cases[i].samples[r]));
		json_object_set_new(all, cases[i].name, samples);
	}
	ret = root ? json_dumpf(root, stdout, JSON_REAL_PRECISION(6)) : -1;
	putchar('\n');
	json_decref(root);
	return ret ? -EIO : 0;
}

int rounds_run(struct round_case *cases, size_t count, unsigned int rounds,
	       const char *unit)
{
	int ret = 0;

	for (size_t i = 0; i < count; i++) {
		cases[i].samples = calloc(rounds, sizeof(double));
		if (!cases[i].samples)
			ret = -ENOMEM;
	}
	for (unsigned int r = 0; r <= rounds; r++)
		for (size_t i = 0; i < count && !ret; i++) {
			double sample = cases[i].run(&cases[i]);

			if (sample < 0) {
				fprintf(stderr, "%s: failed\n", cases[i].name);
				ret = -EIO;
			}
			if (r) /* the first is for warming up */
				cases[i].samples[r - 1] = sample;
		}
	if (!ret)
		ret = rounds_print(cases, count, rounds, unit);
	for (size_t i = 0; i < count; i++)
		free(cases[i].samples);
	return ret;
}
