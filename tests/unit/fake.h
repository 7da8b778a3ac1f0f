/* SPDX-License-Identifier: MIT */
/*
 * A driver with one device, "fake", that does what a test tells it to: works,
 * refuses, fails or is gone, for every request or for some.
 */
#ifndef TESTS_UNIT_FAKE_H
#define TESTS_UNIT_FAKE_H

#include "driver.h"

enum { FAKE_DEPTH = 64 };

struct fake_plan {
	int status; /* what it answers to ... */
	unsigned int every; /* ... each request of this number; 0: none */
	int open_error; /* what opening the device answers */
	bool hold; /* answer nothing until this is cleared */
	bool reserved_only; /* reaches no memory but reserved */
};

/* The plan, and what the device has counted. */
extern struct fake_plan fake_plan;
extern unsigned int fake_opened, fake_closed, fake_sent, fake_answered;

/* Registers the driver, with a new plan; for the rest of the process. */
void fake_register(void);

#endif
