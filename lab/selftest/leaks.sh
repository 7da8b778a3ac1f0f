#!/bin/sh
# SPDX-License-Identifier: MIT
# A module forgets its memory; only kmemleak sees that.
# lab-profiles: debug
# shellcheck source=lab/ktap.sh
. ktap.sh
ok "leak" modprobe lab_warn how=leak
rmmod lab_warn
done_testing
