#!/bin/sh
# SPDX-License-Identifier: MIT
# The same warning, declared.
# lab-modules: lab_warn,how=warn
# lab-expect-log: WARNING: .*lab_warn_init
# shellcheck source=lab/ktap.sh
. ktap.sh
ok "loaded" grep -q lab_warn /proc/modules
done_testing
