#!/bin/sh
# SPDX-License-Identifier: MIT
# lab-timeout: 1800
# lab-profiles: stock
# lab-user: tests/api/conformance
# lab-may-skip: stock
# The library's conformance suite on a device without SVA, where all that the
# tests hand it is copied; but for the tests that have the device decode
# thousands of requests, which library_shared does and copying does not change.
driver=/sys/bus/platform/drivers/vaccel
echo sva=0 >$driver/new_device || exit
conformance --device vaccel-1 --bounce --match "${1:-!(corrupt.*|header.*|stream-compress.*|stream-decompress.*|compress.test_too_little_room|compress.test_large_inputs)}"
status=$?
echo 1 >$driver/del_device
exit $status
