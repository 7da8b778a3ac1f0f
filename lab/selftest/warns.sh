#!/bin/sh
# SPDX-License-Identifier: MIT
# The program is content; the kernel's log is not.
# lab-modules: lab_warn,how=warn
# shellcheck source=lab/ktap.sh
. ktap.sh
ok "loaded" grep -q lab_warn /proc/modules
done_testing
