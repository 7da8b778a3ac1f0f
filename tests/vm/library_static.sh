#!/bin/sh
# SPDX-License-Identifier: MIT
# lab-timeout: 1800
# lab-profiles: stock
# lab-user: tests/api/conformance
# lab-may-skip: stock
# The library's conformance suite on a device without SVA, where all that the
# tests hand it is copied; but for the tests that library_shared leaves out.
driver=/sys/bus/platform/drivers/vaccel
echo sva=0 >$driver/new_device || exit
conformance --device vaccel-1 --bounce --match "${1:-!(corrupt.test_random_bytes|corrupt.test_all_two_byte_inputs|corrupt.test_flipped_bits|stream-compress.test_pieces_and_flushes|stream-decompress.*)}"
status=$?
echo 1 >$driver/del_device
exit $status
