#!/bin/sh
# SPDX-License-Identifier: MIT
# lab-timeout: 300
# lab-profiles: stock
# lab-user: tools/wd/wd
# lab-files: /bin/gzip
# The command on devices with and without SVA, side by side: the same results;
# what differs is that the second copies, and says so.
# shellcheck disable=SC2317 # "ok" calls the functions
# shellcheck source=lab/ktap.sh
. ktap.sh
driver=/sys/bus/platform/drivers/vaccel

# field NAME of the one line of JSON in out
field() {
	sed -n "s/.*\"$1\":\([^,}]*\).*/\1/p" out
}

lists_memory() {
	wd list -v >devices &&
		[ "$(sed -n 's/^  memory  *//p' devices | tr '\n' ' ')" = \
			'any any reserved ' ] &&
		wd list --json | sed -n 's/.*vaccel-1".*"memory":"\([a-z]*\)".*/\1/p' |
		grep -qx reserved
}

# LEVEL: what one device writes the other reads, and gzip.
crosses() {
	wd compress -q -d vaccel-1 -l"$1" -c input >packed &&
		gzip -dc packed | cmp - input &&
		wd decompress -q -d vaccel-0 -c packed | cmp - input &&
		wd compress -q -d vaccel-0 -l"$1" -c input |
		wd decompress -q -d vaccel-1 >back && cmp input back
}

# All of it is the device's work, and all of it is copied.
counts_copies() {
	wd compress -q -d vaccel-1 --json -f -o packed input >out &&
		[ "$(field device)" = '"vaccel-1"' ] &&
		[ "$(field fallbacks)" = 0 ] && [ "$(field bounces)" -gt 0 ] &&
		[ "$(field bounced_bytes)" -ge 600000 ]
}

copies_nothing() {
	wd compress -q -d vaccel-0 --json -f -o packed input >out &&
		[ "$(field bounces)" = 0 ] && [ "$(field bounced_bytes)" = 0 ]
}

# A device without SVA has one process at a time: the next is told so.
one_at_a_time() {
	mkfifo pipe || return
	wd compress -q -d vaccel-1 -c pipe >packed &
	first=$!
	exec 7>pipe
	printf '%s' 'a little' >&7
	while [ "$(cat /sys/class/uacce/vaccel-1/available_instances)" = 1024 ]; do
		sleep 0.1
	done
	! wd compress -q -d vaccel-1 -c input >/dev/null 2>message
	refused=$?
	exec 7>&-
	wait "$first" && [ "$refused" = 0 ] && grep -q 'vaccel-1' message &&
		[ "$(gzip -dc packed)" = 'a little' ] && crosses 1
}

bench() {
	wd bench "$1" -d vaccel-1 --seconds 0.2 --size 4K --json >out &&
		[ "$(field errors)" = 0 ] && [ "$(field ops)" -gt 0 ] &&
		[ "$(field bounced)" = true ]
}

echo sva=0 >$driver/new_device || exit
zcat /proc/config.gz >input 2>/dev/null || cat /proc/kallsyms >input
while [ "$(stat -c %s input)" -lt 600000 ]; do
	cat /proc/kallsyms >>input
done
head -c 600000 input >first && mv first input

ok "wd list shows which memory they reach" lists_memory
for level in 0 1 6; do
	ok "level $level across both" crosses $level
done
ok "copies are counted" counts_copies
ok "none where none are needed" copies_nothing
ok "one process at a time" one_at_a_time
for op in copy compare crc32c deflate inflate; do
	ok "bench $op" bench $op
done
echo 1 >$driver/del_device
done_testing
