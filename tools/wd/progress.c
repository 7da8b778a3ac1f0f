// SPDX-License-Identifier: MIT
/* The progress bar. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "monotonic.h"
#include "progress.h"

#define PROGRESS_DELAY NS_PER_SECOND
#define PROGRESS_PERIOD (NS_PER_SECOND / 10)
#define PROGRESS_WIDTH 24

/* The cursor is on a line with a bar; there is one terminal. */
static bool drawn;

void progress_start(struct progress *progress, const char *name, uint64_t total,
		    bool quiet)
{
	memset(progress, 0, sizeof(*progress));
	progress->enabled = !quiet && isatty(STDERR_FILENO);
	if (!progress->enabled)
		return;
	progress->name = name;
	progress->total = total;
	progress->begin = monotonic_ns();
	progress->next = progress->begin + PROGRESS_DELAY;
}

static void draw_bar(double share)
{
	int full = (int)(share * PROGRESS_WIDTH);
	int i;

	fputs(" [", stderr);
	for (i = 0; i < PROGRESS_WIDTH; i++)
		fputc(i < full ? '#' : '.', stderr);
	fprintf(stderr, "] %3d %%", (int)(share * 100));
}

static void draw(const struct progress *progress, uint64_t done, uint64_t now)
{
	double seconds = (double)(now - progress->begin) / NS_PER_SECOND;
	double rate = (double)done / seconds;

	fprintf(stderr, "\r%.30s", progress->name);
	if (progress->total && done <= progress->total)
		draw_bar((double)done / (double)progress->total);
	fprintf(stderr, " %.1f MB, %.0f MB/s", (double)done / 1e6, rate / 1e6);
	if (progress->total > done && done)
		fprintf(stderr, ", %.0f s left",
			(double)(progress->total - done) / rate);
	fputs("\033[K", stderr);
	fflush(stderr);
}

void progress_update(struct progress *progress, uint64_t done)
{
	uint64_t now;

	if (!progress->enabled)
		return;
	now = monotonic_ns();
	if (now < progress->next)
		return;
	progress->next = now + PROGRESS_PERIOD;
	drawn = true;
	draw(progress, done, now);
}

void progress_stop(struct progress *progress)
{
	progress->enabled = false;
	progress_clear();
}

void progress_clear(void)
{
	if (drawn)
		fputs("\r\033[K", stderr);
	drawn = false;
}
