#!/bin/sh
# SPDX-License-Identifier: MIT
# lab-timeout: 1500
# lab-profiles: stock
# lab-user: tests/api/conformance
# lab-may-skip: stock
# The library's conformance suite on a device in the kernel, as it is, but for
# the tests that send tens of thousands of requests one by one: those are in
# library_long.
exec conformance --device vaccel-0 --match '!(corrupt.test_random_bytes|corrupt.test_all_two_byte_inputs|corrupt.test_flipped_bits|stream-compress.test_pieces_and_flushes|stream-decompress.*)'
