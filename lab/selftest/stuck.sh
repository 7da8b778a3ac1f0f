#!/bin/sh
# SPDX-License-Identifier: MIT
# Waits in the kernel where no signal reaches it.
# lab-timeout: 3
# shellcheck source=lab/ktap.sh
. ktap.sh
ok "stuck" modprobe lab_warn how=hang
done_testing
