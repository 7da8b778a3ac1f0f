// SPDX-License-Identifier: MIT
/* Messages on standard error. */
#include <stdarg.h>
#include <stdio.h>

#include "message.h"
#include "progress.h"

static bool quiet;
static char last[4096];

void message_set_quiet(bool value)
{
	quiet = value;
}

const char *message_last(void)
{
	return last;
}

void message_forget(void)
{
	last[0] = '\0';
}

void message_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(last, sizeof(last), format, args);
	va_end(args);
	progress_clear();
	fprintf(stderr, "wd: %s\n", last);
}

void message_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(last, sizeof(last), format, args);
	va_end(args);
	if (quiet)
		return;
	progress_clear();
	fprintf(stderr, "wd: warning: %s\n", last);
}
