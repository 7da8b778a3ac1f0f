#!/bin/sh
# SPDX-License-Identifier: MIT
# lab-timeout: 7200
# lab-profiles: long
# lab-user: tests/api/conformance
# lab-may-skip: long
# The whole of the library's conformance suite on a device in the kernel, with
# the tests that send tens of thousands of requests one by one.
exec conformance --device vaccel-0 --timeout 3600
