# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# wd bench: that it measures what it says, and what it refuses.

fields='bounced burst cycles_per_op depth device errors gbit_per_s level mode ns_per_op op ops ops_per_s p50_ns p999_ns p99_ns seconds shared size threads workers'

# Runs a short measurement, and checks that its figures agree.
measure()
{
	expect 0 bench "$@" --seconds 0.05 --json
	says_nothing
	[ "$(wc -l <out)" = 1 ] || fail 'not one line'
	[ "$(json_fields 1 out)" = "$fields" ] ||
		fail "fields: $(json_fields 1 out)"
	python3 - <<'END'
import json
o = json.load(open("out"))
def near(a, b):
    assert abs(a - b) <= 1e-3 * abs(b) + 1e-9, (a, b, o)
assert not o["bounced"], o
assert o["ops"] > 0 and o["errors"] == 0 and o["seconds"] > 0, o
near(o["ops_per_s"], o["ops"] / o["seconds"])
near(o["gbit_per_s"], o["ops_per_s"] * o["size"] * 8 / 1e9)
assert 0 < o["ns_per_op"] <= 1e9 * o["seconds"] * o["threads"] / o["ops"] \
    * 1.001, o
assert 0 < o["p50_ns"] <= o["p99_ns"] <= o["p999_ns"], o
assert o["cycles_per_op"] is None or o["cycles_per_op"] > 0, o
END
}

test_every_operation()
{
	for op in noop copy fill compare crc32c crc32 adler32 deflate inflate
	do
		measure $op
		[ "$(json 1 op out)" = $op ] || fail op
		[ "$(json 1 device out)" = sw ] || fail device
		[ "$(json 1 mode out)" = inline ] || fail mode
		if [ $op = noop ]; then
			[ "$(json 1 size out)" = 0 ] || fail 'size of noop'
		else
			[ "$(json 1 size out)" = 65536 ] || fail size
		fi
	done
}

test_modes()
{
	for op in noop crc32c inflate; do
		measure $op --mode workers
		[ "$(json 1 mode out)" = workers ] || fail mode
		[ "$(json 1 workers out)" = 1 ] || fail workers
		measure $op --workers 2 --depth 16 --burst 4
		[ "$(json 1 mode out)" = workers ] || fail 'mode of --workers'
		[ "$(json 1 workers out)" = 2 ] || fail workers
	done
	WARPDRIVE_WORKERS=2 measure noop
	[ "$(json 1 workers out)" = 0 ] || fail 'inline with WARPDRIVE_WORKERS'
}

test_parameters()
{
	measure copy --size 4K --burst 3 --depth 7 --threads 2
	[ "$(json 1 size out)" = 4096 ] || fail size
	[ "$(json 1 burst out)" = 3 ] || fail burst
	[ "$(json 1 depth out)" = 7 ] || fail depth
	[ "$(json 1 threads out)" = 2 ] || fail threads
	[ "$(json 1 shared out)" = False ] || fail shared
	measure deflate --size 1 --level 9
	measure inflate --size 3M --level 0
	measure noop --burst 64
	[ "$(json 1 depth out)" = 64 ] || fail 'default of depth'
}

test_shared()
{
	for mode in inline workers; do
		measure noop --shared --mode $mode
		[ "$(json 1 shared out)" = True ] || fail shared
		measure crc32c --size 1K --shared --threads 4 --depth 8 \
			--burst 2 --mode $mode
	done
}

test_file()
{
	text 1000000 >data
	noise 300000 >>data
	for op in copy compare crc32 deflate inflate; do
		measure $op --file data --size 64K --depth 4
		[ "$(json 1 size out)" = 65536 ] || fail size
		# shorter than one operation
		measure $op --file data --size 2M
		[ "$(json 1 size out)" = 1300000 ] || fail 'size of a short file'
	done
}

test_poll()
{
	measure noop --poll --mode workers --depth 16
	measure inflate --poll --shared --threads 2
}

test_text()
{
	expect 0 bench crc32c --seconds 0.05 --workers 1 --threads 2 --shared
	grep -q '^crc32c on sw, workers' out || fail 'first line'
	grep -Eq '[0-9]+ operations in [0-9.]+ s, 0 errors' out || fail errors
	grep -Eq 'latency: median [0-9]+ ns' out || fail latency
}

# Time for one operation is that of one thread.
test_time_of_a_thread()
{
	expect 0 bench noop --threads 4 --seconds 0.5 --json
	python3 - <<'END'
import json
o = json.load(open("out"))
share = o["ns_per_op"] * o["ops"] / (1e9 * o["seconds"] * o["threads"])
assert 0.5 < share < 1.001, share
END
}

# The time that is asked for is the time that it takes.
test_seconds()
{
	expect 0 bench noop --seconds 1 --json
	python3 - <<'END'
import json
o = json.load(open("out"))
assert 0.9 < o["seconds"] < 2, o["seconds"]
END
}

# Starting and ending take some; operations take none, neither in this thread
# nor where workers have enough to do.
test_no_system_calls()
{
	count_calls 'noop --burst 16'
	count_calls 'noop --shared'
	# a sanitizer makes calls of its own, and work too slow for a count
	[ -n "${WARPDRIVE_SANITIZER-}" ] ||
		count_calls 'deflate --mode workers --depth 64 --poll'
}

count_calls()
{
	# shellcheck disable=SC2086 # arguments are words
	ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 \
		strace -qq -f -c -o calls "$WD" bench $1 --json --seconds 0.5 \
		>out
	python3 - "$1" <<'END'
import json, sys
ops = json.load(open("out"))["ops"]
total = [line for line in open("calls") if line.rstrip().endswith("total")]
calls = int(total[0].split()[3])
print(sys.argv[1], ":", calls, "system calls", ops, "operations")
assert ops > 200
assert calls < 1000 + ops / 20, (calls, ops)
END
}

refused()
{
	local why=$1
	shift
	expect 1 bench "$@"
	says "$why"
	[ ! -s out ] || fail 'prints something'
}

test_bad_arguments()
{
	refused 'no operation given: there are noop copy'
	refused "unknown operation 'encrypt'" encrypt
	refused "'copy' is too many" noop copy
	refused 'wd help bench' noop --nonsense
	for bad in 0 -1 x 1.5 '' 1T 2G 99999999999999999999 ' 1' 1KK; do
		refused "--size takes a number" copy "--size=$bad"
		refused "--depth takes a number" noop "--depth=$bad"
		refused "--burst takes a number" noop "--burst=$bad"
		refused "--threads takes a number" noop "--threads=$bad"
		refused "--workers takes a number" noop "--workers=$bad"
	done
	for bad in 0 -1 x '' nan inf 1e9 1s; do
		refused "--seconds takes a number" noop "--seconds=$bad"
	done
	refused '--level takes a number' deflate --level 13
	refused '--mode takes inline or workers' noop --mode kernel
	refused '--mode inline has no --workers' noop --mode inline --workers 1
	refused 'is less than --burst' noop --burst 8 --depth 4
	refused 'the most that a shared queue holds' noop --shared \
		--threads 1024 --depth 1024
	refused "there is no device 'warp-9'" noop --device warp-9
	refused 'missing: cannot read it' copy --file missing
	: >empty
	refused 'empty: --file takes a regular file' copy --file empty
}

# An operation that fails, or whose result is wrong, is not hidden. The module
# tampers with answers on their way back.
test_failing_operations()
{
	[ -f "${WD_TAMPER-}" ] || fail 'WD_TAMPER does not name the module'
	tampered()
	{
		TAMPER=$1 LD_PRELOAD=$WD_TAMPER \
			ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0 \
			expect 1 bench "${@:3}" --seconds 0.1 --json
		says "$2"
	}
	tampered status 'operations failed, the first with: Input/output error' \
		noop
	[ "$(json 1 errors out)" -gt 0 ] || fail 'errors are not counted'
	tampered result 'crc32c answered, but its result is wrong' crc32c
	tampered data 'deflate answered, but its result is wrong' deflate
	tampered data 'inflate answered, but its result is wrong' inflate
	tampered data 'copy answered, but its result is wrong' copy
}
