/* SPDX-License-Identifier: MIT */
/* The unit tests, one suite for each part of the library. */
#ifndef TESTS_UNIT_SUITES_H
#define TESTS_UNIT_SUITES_H

#include "runner.h"

extern const struct suite clock_suite;
extern const struct suite cursor_suite;
extern const struct suite device_suite;
extern const struct suite event_suite;
extern const struct suite fallback_suite;
extern const struct suite pool_suite;
extern const struct suite ring_suite;
extern const struct suite static_suite; /* with the model of vaccel */

#endif
