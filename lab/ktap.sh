# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# KTAP for shell tests, after ". ktap.sh": ok, skip, and at the end done_testing.

ktap_number=0 ktap_failed=0
echo "KTAP version 1"

# ok NAME COMMAND...: passes if the command succeeds
ok() {
	ktap_name=$1
	shift
	ktap_number=$((ktap_number + 1))
	if "$@"; then
		echo "ok $ktap_number $ktap_name"
	else
		echo "not ok $ktap_number $ktap_name"
		ktap_failed=$((ktap_failed + 1))
	fi
}

skip() {
	ktap_number=$((ktap_number + 1))
	echo "ok $ktap_number $1 # SKIP $2"
}

# Prints the plan and exits.
done_testing() {
	echo "1..$ktap_number"
	[ $ktap_failed -eq 0 ]
	exit
}
