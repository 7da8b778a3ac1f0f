#!/bin/sh
# SPDX-License-Identifier: MIT
# The kernel oopses; the tests after this one need another machine.
# shellcheck source=lab/ktap.sh
. ktap.sh
ok "oops" modprobe lab_warn how=oops
done_testing
