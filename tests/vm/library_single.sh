#!/bin/sh
# SPDX-License-Identifier: MIT
# lab-timeout: 900
# lab-profiles: stock
# lab-user: tests/api/conformance
# lab-may-skip: stock
# What differs on queues that are promised to one thread: all of the library's
# conformance suite but what it says about compressed data.
exec conformance --device vaccel-0 --single \
	--match '!(corrupt|compress|decompress|header|scatter|stream-compress|stream-decompress).*'
