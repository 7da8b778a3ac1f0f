/* SPDX-License-Identifier: MIT */
/*
 * The conformance suite's parts, one for each file of tests.
 */
#ifndef TESTS_API_SUITES_H
#define TESTS_API_SUITES_H

#include "runner.h"

extern const struct suite argument_suite;
extern const struct suite checksum_suite;
extern const struct suite compress_suite;
extern const struct suite corrupt_suite;
extern const struct suite deadline_suite;
extern const struct suite decompress_suite;
extern const struct suite device_suite;
extern const struct suite environment_suite;
extern const struct suite flush_suite;
extern const struct suite fork_suite;
extern const struct suite fragment_suite;
extern const struct suite header_suite;
extern const struct suite memory_suite;
extern const struct suite operation_suite;
extern const struct suite queue_suite;
extern const struct suite scatter_suite;
extern const struct suite session_async_suite;
extern const struct suite session_stream_suite;
extern const struct suite session_suite;
extern const struct suite stream_compress_suite;
extern const struct suite stream_decompress_suite;
extern const struct suite stream_suite;
extern const struct suite thread_suite;
extern const struct suite transfer_suite;

/* The slow part. */
extern const struct suite endurance_suite;
extern const struct suite large_suite;

#endif
