#!/bin/sh
# SPDX-License-Identifier: MIT
# lab-timeout: 300
# lab-profiles: stock debug
# lab-user: tests/api/conformance
# Reserved memory on a device without SVA, where nothing is copied.
driver=/sys/bus/platform/drivers/vaccel
echo sva=0 >$driver/new_device || exit
conformance --device vaccel-1 --match 'memory.*'
status=$?
echo 1 >$driver/del_device
exit $status
