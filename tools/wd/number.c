// SPDX-License-Identifier: MIT
/* Numbers on the command line. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"

static unsigned int unit_shift(char unit)
{
	switch (toupper((unsigned char)unit)) {
	case 'K':
		return 10;
	case 'M':
		return 20;
	case 'G':
		return 30;
	default:
		return 0;
	}
}

int number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	unsigned int shift = 0;
	uint64_t number;
	char *end;

	/* strtoull() takes a sign and leading spaces; a size has neither */
	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno)
		return -errno;
	if (*end) {
		shift = unit_shift(*end);
		if (!shift || end[1])
			return -EINVAL;
	}
	if (number > UINT64_MAX >> shift)
		return -ERANGE;
	number <<= shift;
	if (number < min || number > max)
		return -ERANGE;
	*value = number;
	return 0;
}

int number_parse_real(const char *text, double min, double max, double *value)
{
	double number;
	char *end;

	if (!isdigit((unsigned char)text[0]) && text[0] != '.')
		return -EINVAL;
	errno = 0;
	number = strtod(text, &end);
	if (end == text || *end || !isfinite(number))
		return -EINVAL;
	if (errno || number < min || number > max)
		return -ERANGE;
	*value = number;
	return 0;
}
