# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# wd list, wd help and the command line as such.

test_table()
{
	expect 0 list
	says_nothing
	head -n 1 out | grep -q '^NAME .*DRIVER .*WHERE .*ALGORITHMS' ||
		fail 'no header'
	grep -q '^sw  *sw  *process .* yes .*\<gzip\>' out || fail 'no sw'
}

test_verbose()
{
	expect 0 list -v
	for field in driver where node sva memory api algorithms 'free queues'; do
		grep -q "^  $field  *[^ ]" out || fail "no $field"
	done
}

test_json()
{
	expect 0 list --json
	[ "$(json_fields 1 out)" = \
		'algorithms api driver free_queues memory name node sva where' ] ||
		fail "fields: $(json_fields 1 out)"
	[ "$(json 1 name out)" = sw ] || fail 'the first is not sw'
	[ "$(json 1 where out)" = process ] || fail 'sw is not in the process'
	[ "$(json 1 sva out)" = True ] || fail 'sw does not share addresses'
	[ "$(json 1 memory out)" = any ] || fail 'sw does not reach all memory'
	json 1 algorithms out | grep -q "'gzip'" || fail 'no gzip'
}

# Devices of the kernel, as sysfs has them.
test_memory()
{
	mkdir -p sys/vaccel-0 sys/vaccel-1
	echo 1 >sys/vaccel-0/flags
	echo 0 >sys/vaccel-1/flags
	export WARPDRIVE_SYSFS=$PWD/sys
	expect 0 list --json
	[ "$(json 2 memory out)" = any ] || fail 'vaccel-0 does not reach it'
	[ "$(json 3 memory out)" = reserved ] || fail 'vaccel-1 reaches all'
	expect 0 list -v
	[ "$(sed -n 's/^  memory  *//p' out | xargs)" = 'any any reserved' ] ||
		fail 'not so in the long list'
}

test_arguments()
{
	expect 1 list something
	says "'something'"
	expect 1 list --nonsense
	says 'wd help list'
	expect 1 list --json=1
}

test_full_disk()
{
	local code=0
	"$WD" list >/dev/full 2>err || code=$?
	[ $code = 1 ] || fail "exit status $code"
	says 'standard output: No space left'
}

test_help()
{
	expect 0 help
	for command in list compress decompress bench help; do
		grep -q "^  $command " out || fail "$command is not listed"
		"$WD" help $command >"help-$command" || fail "help $command"
		head -n 1 "help-$command" | grep -q "^usage: wd $command" ||
			fail "help $command says something else"
		"$WD" $command --help | cmp - "help-$command" ||
			fail "$command --help is something else"
		"$WD" $command -h | cmp - "help-$command" || fail "$command -h"
		[ "$(wc -L <"help-$command")" -le 80 ] || fail "$command: wide"
	done
	"$WD" --help | cmp - out || fail '--help is something else'
	says_nothing
}

test_version()
{
	expect 0 --version
	grep -Eqx 'wd \(WarpDrive\) [0-9]+\.[0-9]+\.[0-9]+' out || fail 'version'
	says_nothing
}

test_no_command()
{
	expect 1
	says 'wd help'
	expect 1 shrink
	says "unknown command 'shrink'"
	expect 1 help shrink
	says "unknown command 'shrink'"
	[ ! -s out ] || fail 'prints something'
}
