#!/bin/sh
# SPDX-License-Identifier: MIT
# Nothing is wrong here; runs after the machine of "oopses" has ended.
# shellcheck source=lab/ktap.sh
. ktap.sh
ok "a directory of its own" test "$PWD" = /tmp/passes
done_testing
