#!/bin/sh
# SPDX-License-Identifier: MIT
# lab-timeout: 300
# lab-profiles: stock
# lab-user: tools/wd/wd
# lab-files: /bin/gzip
# The command on a device in the kernel: list, compress, decompress, bench.
# shellcheck disable=SC2086,SC2317 # "ok" calls the functions
# shellcheck source=lab/ktap.sh
. ktap.sh
device=vaccel-0

lists_both() {
	wd list >devices || return
	grep -q '^sw .*process' devices && grep -q "^$device .*kernel.*gzip" devices
}

round_trip() {
	wd compress -q -d $device -a "$1" "$2" -c input >packed &&
		wd decompress -q -d $device -a "$1" -c packed >back &&
		cmp input back
}

# What one side writes the other reads.
crosses() {
	wd compress -q -d $device -a "$1" -c input >packed &&
		wd decompress -q -d sw -a "$1" -c packed | cmp - input &&
		wd compress -q -d sw -a "$1" -c input |
		wd decompress -q -d $device -a "$1" >back && cmp input back
}

gzip_reads_it() {
	wd compress -q -d $device -c input >input.gz && gzip -t input.gz &&
		gzip -dc input.gz | cmp - input && rm input.gz
}

through_pipes() {
	# shellcheck disable=SC2002 # a pipe is what is wanted
	cat input | wd compress -d $device | wd decompress -q -d $device |
		cmp - input
}

several_files() {
	head -c 70000 input >one && head -c 1 input >two && : >three &&
		wd compress -q -d $device one two three &&
		for file in one two three; do
			mv $file $file.orig || return
		done &&
		wd decompress -q -d $device one.gz two.gz three.gz &&
		for file in one two three; do
			cmp $file $file.orig || return
		done
}

refuses_damage() {
	wd compress -q -d $device -c input >damaged || return
	printf 'x' | dd of=damaged bs=1 seek=40000 conv=notrunc 2>/dev/null
	! wd decompress -q -d $device -t -a gzip -c <damaged 2>message &&
		[ -s message ]
}

# field NAME of the one line of JSON in out
field() {
	sed -n "s/.*\"$1\":\([^,}]*\).*/\1/p" out
}

no_fallback() {
	wd compress -q -d $device --json -f -o packed input >out &&
		[ "$(field device)" = "\"$device\"" ] &&
		[ "$(field fallbacks)" = 0 ]
}

# An engine that hangs costs time, not the result.
falls_back() {
	echo 1 >/sys/kernel/debug/vaccel/$device/stick || return
	head -c 20000 input >small
	WARPDRIVE_STALL=300 wd compress -q -d $device --json -f -o packed small \
		>out && [ "$(field fallbacks)" -ge 1 ] &&
		gzip -dc <packed | cmp - small
}

bench() {
	wd bench "$1" -d $device --seconds 0.2 --size 4K --json >out &&
		[ "$(field errors)" = 0 ] && [ "$(field ops)" -gt 0 ] &&
		[ "$(field device)" = "\"$device\"" ]
}

zcat /proc/config.gz >input 2>/dev/null || cat /proc/kallsyms >input
while [ "$(stat -c %s input)" -lt 600000 ]; do
	cat /proc/kallsyms >>input
done
head -c 600000 input >first && mv first input

ok "wd list shows both" lists_both
for format in gzip zlib deflate; do
	ok "$format there and back" round_trip $format -l2
	ok "$format across sw" crosses $format
done
for level in 0 1 6 9 12; do
	ok "level $level" round_trip gzip -l$level
done
ok "gzip reads it" gzip_reads_it
ok "pipes" through_pipes
ok "several files, an empty one among them" several_files
ok "damage is found" refuses_damage
ok "all of it done by the device" no_fallback
ok "a stuck engine: sw instead, and counted" falls_back
for op in noop copy fill compare crc32c crc32 adler32 deflate inflate; do
	ok "bench $op" bench $op
done
done_testing
