// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

static const char *const wd_log_names[] = { "off", "error", "warning", "info",
					    "debug" };
#define WD_LOG_LEVELS (sizeof(wd_log_names) / sizeof(wd_log_names[0]))

static enum wd_log_level wd_log_wanted(void)
{
	/* -1: not looked up yet. Racing threads find the same answer. */
	static atomic_int wanted = -1;
	int level = atomic_load_explicit(&wanted, memory_order_relaxed);
	const char *name;

	if (level >= 0)
		return (enum wd_log_level)level;

	level = WD_LOG_OFF;
	name = secure_getenv("WARPDRIVE_LOG");
	for (size_t i = 0; name && i < WD_LOG_LEVELS; i++)
		if (!strcmp(name, wd_log_names[i]))
			level = (int)i;
	atomic_store_explicit(&wanted, level, memory_order_relaxed);
	return (enum wd_log_level)level;
}

void wd_log(enum wd_log_level level, const char *format, ...)
{
	char line[512];
	va_list args;

	if (level > wd_log_wanted())
		return;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	fprintf(stderr, "warpdrive: %s: %s\n", wd_log_names[level], line);
}
