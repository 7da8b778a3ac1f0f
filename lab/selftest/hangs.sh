#!/bin/sh
# SPDX-License-Identifier: MIT
# Sleeps for longer than it may.
# lab-timeout: 3
# shellcheck source=lab/ktap.sh
. ktap.sh
sleep 1000
ok "came back" true
done_testing
