# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2002 # a pipe is not the same as a file
# wd compress: that the output is what it should be.

# Every format and level on input of every kind, read by python's zlib. The
# sizes are around those at which input is cut.
check_all()
{
	local format=$1 file level
	shift
	for level; do
		for file in in-*; do
			expect 0 compress -a "$format" -l "$level" -c "$file"
			says_nothing
			mv out "out.$level.$file"
		done
	done
	unpacks "$format" out.*
	rm out.*
}

make_inputs()
{
	: >in-empty
	printf x >in-byte
	text 524288 >in-block
	text 524289 >in-block-1
	text 1300000 >in-text
	noise 600000 >in-noise
	head -c 3000000 /dev/zero >in-zeros
	text 2097152 >in-strong
}

test_gzip_levels()
{
	make_inputs
	check_all gzip 0 1 2 3 6
	rm in-block* in-zeros in-strong
	check_all gzip 4 5 7 8 9
	head -c 100000 in-text >in-small
	rm in-text in-noise
	check_all gzip 10 11 12
}

test_zlib()
{
	make_inputs
	check_all zlib 1 3
	rm in-block* in-zeros in-strong in-noise
	check_all zlib 0 2 6 9 12
}

test_deflate()
{
	make_inputs
	check_all deflate 1 3
	rm in-block* in-zeros in-strong in-noise
	check_all deflate 0 2 6 9 12
}

test_default_is_gzip_2()
{
	text 700000 >in
	expect 0 compress in
	"$WD" compress -a gzip -l 2 -c in | cmp - in.gz || fail 'not gzip 2'
	"$WD" compress --algorithm=gzip --level=2 --stdout in | cmp - in.gz ||
		fail 'long options'
	gzip -t in.gz
}

test_gzip_reads_it()
{
	text 3000000 >in
	for level in 0 1 3 9; do
		expect 0 compress -f -l $level in
		gzip -t in.gz
		gzip -dc in.gz | cmp - in
	done
}

test_pigz_reads_it()
{
	command -v pigz >/dev/null || skip 'pigz is not installed'
	text 3000000 >in
	for level in 0 1 3 9; do
		expect 0 compress -f -l $level in
		pigz -t in.gz
		expect 0 compress -f -a zlib -l $level in
		pigz -t in.zz
	done
}

test_igzip_reads_it()
{
	command -v igzip >/dev/null || skip 'igzip is not installed'
	text 3000000 >in
	for level in 0 1 3 9; do
		expect 0 compress -f -l $level in
		igzip -t in.gz
	done
}

# One member only, no name, no time.
test_header()
{
	text 2000000 >in
	expect 0 compress -c in
	[ "$(head -c 10 out | od -An -tx1 | tr -d ' ')" = \
		1f8b0800000000000003 ] || fail 'gzip header'
	python3 - <<'END'
import zlib
d = zlib.decompressobj(31)
d.decompress(open("out", "rb").read())
assert d.eof and not d.unused_data
END
	expect 0 compress -a zlib -6 -c in
	[ "$(head -c 2 out | od -An -tx1 | tr -d ' ')" = 789c ] ||
		fail 'zlib header'
}

# Whether wd with these arguments makes the file one of standard input. Once in
# some thousand blocks ISA-L finds other matches, in one thread as in several:
# what does not come again is that.
makes_one()
{
	local input=$1
	shift
	for _ in 1 2 3; do
		case $input in
		file) "$WD" compress "$@" <in | cmp - one && return ;;
		pipe) cat in | "$WD" compress "$@" | cmp - one && return ;;
		slow) (head -c 100 && sleep 0.1 && cat) <in |
			"$WD" compress "$@" | cmp - one && return ;;
		esac
	done
	return 1
}

test_workers_do_not_matter()
{
	text 5000000 >in
	noise 900000 >>in
	for options in '-l1' '-l2 -a zlib' '-l6' '-l3 -a deflate'; do
		# shellcheck disable=SC2086 # options are words
		set -- $options
		"$WD" compress "$@" -j 1 -c in >one
		for workers in 0 2 3 16; do
			makes_one file "$@" -j $workers -c in ||
				fail "$workers workers"
			makes_one file "$@" -j $workers ||
				fail "$workers workers, standard input"
			makes_one pipe "$@" -j $workers ||
				fail "$workers workers, a pipe"
		done
		WARPDRIVE_WORKERS=2 makes_one file "$@" -c in ||
			fail 'WARPDRIVE_WORKERS=2'
		makes_one file "$@" -c in || fail 'all workers'
	done
}

# Also where the end of the input coincides with that of a block.
test_pipes_cut_as_files()
{
	for size in 0 1 524287 524288 524289 1048576; do
		text $size >in
		"$WD" compress -c in >one
		makes_one pipe || fail "$size bytes"
		makes_one slow || fail "$size bytes in two pieces"
	done
}

# The module makes the session refuse blocks, see tamper.c.
tampered()
{
	[ -f "${WD_TAMPER-}" ] || fail 'WD_TAMPER does not name the module'
	TAMPER=$1 LD_PRELOAD=$WD_TAMPER \
		ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0 \
		expect "${@:2}"
}

test_device_that_is_full()
{
	text 9000000 >in
	for workers in 0 1 2 5; do
		tampered full 0 compress -j $workers -c in
		gzip -dc out | cmp - in || fail "$workers workers"
		cat in | tampered full 0 compress -j $workers
		gzip -dc out | cmp - in || fail "$workers workers, a pipe"
	done
}

test_device_that_fails()
{
	text 9000000 >in
	for workers in 0 2; do
		tampered broken 1 compress -j $workers in
		says 'in: cannot compress it on sw: Input/output error'
		only_files in
	done
}

test_stdin_from_its_position()
{
	text 600000 >in
	(
		dd bs=1000 count=1 of=/dev/null status=none
		"$WD" compress >out
		[ -z "$(head -c 1)" ] || fail 'something is left to read'
	) <in
	tail -c +1001 in >rest
	gzip -dc out | cmp - rest
}

test_files_that_say_they_are_empty()
{
	expect 0 compress -c /proc/cpuinfo
	gzip -dc out | grep -q processor || fail 'no content'
}

test_many_small_files()
{
	local i names=()
	for i in $(seq 40); do
		text $((i * 997)) >"f$i"
		names+=("f$i")
	done
	expect 0 compress "${names[@]}"
	says_nothing
	for i in "${names[@]}"; do
		gzip -dc "$i.gz" | cmp - "$i"
	done
}

test_short_levels()
{
	text 200000 >in
	for level in 1 6 9; do
		"$WD" compress -l $level -c in >long
		"$WD" compress -$level -c in | cmp - long
	done
}

test_levels_matter()
{
	text 2000000 >in
	noise 10000 >>in
	"$WD" compress -l 1 -c in >one
	"$WD" compress -l 9 -c in >nine
	"$WD" compress -l 0 -c in >none
	[ "$(stat -c %s nine)" -lt "$(stat -c %s one)" ] || fail '9 and 1'
	[ "$(stat -c %s none)" -gt "$(stat -c %s in)" ] || fail '0'
}

test_bad_algorithm()
{
	text 1000 >in
	expect 1 compress -a lzma in
	says "unknown algorithm 'lzma': -a takes deflate, zlib or gzip"
	only_files in
}

test_bad_level()
{
	text 1000 >in
	for level in 13 -2 x '' 1x 99999999999999999999; do
		expect 1 compress "--level=$level" in
		says "unknown level '$level': -l takes 1"
	done
	only_files in
}

test_bad_device()
{
	text 1000 >in
	expect 1 compress -d warp-9 in
	says "there is no device 'warp-9': 'wd list' shows"
	WARPDRIVE_DEVICE=warp-8 expect 1 compress in
	says "there is no device 'warp-8': 'wd list' shows"
	WARPDRIVE_DEVICE=warp-8 expect 0 compress -d sw in
	only_files in in.gz
}

test_bad_workers()
{
	text 1000 >in
	for workers in -1 x 1025 ''; do
		expect 1 compress -j "$workers" in
		says "cannot have '$workers' workers: -j takes 0"
	done
	WARPDRIVE_WORKERS=many expect 1 compress in
	says "cannot have 'many' workers: WARPDRIVE_WORKERS takes"
	only_files in
	WARPDRIVE_WORKERS=many expect 0 compress -j 2 in
	WARPDRIVE_WORKERS='' expect 0 compress -f in
	WARPDRIVE_WORKERS=all expect 0 compress -f in
	expect 0 compress -f -j all in
	only_files in in.gz
}

test_bad_option()
{
	expect 1 compress --faster
	says 'wd help compress'
	expect 1 compress -t
	expect 1 compress -l
	[ ! -s out ] || fail 'prints something'
}

# The trailer of gzip has the length modulo 2^32. It takes seconds.
if [ -z "${CHECK_QUICK-}${WARPDRIVE_SANITIZER-}" ]; then
	test_over_4_gib()
	{
		truncate -s 4294967301 in
		expect 0 compress -l 1 --json -o in.gz in
		[ "$(json 1 bytes_in out)" = 4294967301 ] || fail bytes_in
		[ "$(tail -c 4 in.gz | od -An -tu4 | tr -d ' ')" = 5 ] ||
			fail 'length in the trailer'
		expect 0 decompress -t --json in.gz
		[ "$(json 1 bytes_out out)" = 4294967301 ] || fail bytes_out
	}
fi
