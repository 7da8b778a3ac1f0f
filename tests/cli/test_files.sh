# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Files: which are read, which are written, and what becomes of them.

test_several()
{
	text 1000 >a
	text 2000 >b
	text 3000 >c
	expect 0 compress a b c
	only_files a b c a.gz b.gz c.gz
	rm a b c
	expect 0 decompress a.gz b.gz c.gz
	text 2000 | cmp - b
	only_files a b c a.gz b.gz c.gz
}

test_goes_on_after_an_error()
{
	text 1000 >a
	text 1000 >d
	mkdir folder
	expect 1 compress a missing folder d
	says 'missing: cannot read it: No such file or directory'
	says 'folder: is a directory'
	only_files a a.gz d d.gz folder
	# an error weighs more than a warning, a warning more than nothing
	text 1000 >b
	expect 2 compress a.gz b
	rm b.gz
	expect 1 compress a.gz missing b
	rm b.gz
	expect 1 compress missing a.gz b
	echo x >>a.gz
	expect 2 decompress -f a.gz d.gz
	expect 1 decompress -f a.gz missing.gz d.gz
}

test_suffixes()
{
	text 1000 >a
	expect 0 compress -a gzip a
	expect 0 compress -a zlib a
	expect 0 compress -a deflate a
	only_files a a.gz a.zz a.deflate
}

test_output()
{
	text 1000 >a
	mkdir sub
	expect 0 compress -o sub/b a
	gzip -dc sub/b | cmp - a
	expect 0 compress -o b <a
	gzip -dc b | cmp - a
	expect 0 compress --output=- a
	gzip -dc out | cmp - a
	only_files a b sub sub/b
}

test_stdout()
{
	text 1000 >a
	text 2000 >b
	expect 0 compress -c a b
	cat a b >ab
	gzip -dc out | cmp - ab
	cp out ab.gz
	expect 0 decompress -c ab.gz ab.gz
	cat ab ab | cmp - out
	only_files a b ab ab.gz
}

test_options_that_do_not_go_together()
{
	text 1000 >a
	cp a b
	expect 1 compress -o x a b
	says '-o names one output, but there are 2 inputs'
	expect 1 compress -c -o x a
	says '-o and -c'
	expect 1 compress -o '' a
	says '-o needs'
	only_files a b
}

test_original_is_kept()
{
	text 100000 >a
	touch -d 2001-02-03 a
	cp -p a saved
	expect 0 compress a
	same a saved
	[ "$(stat -c %Y%a%i a)" = "$(stat -c %Y%a a)$(stat -c %i a)" ]
	[ a -nt saved ] && fail 'it was touched'
	cp -p a.gz saved.gz
	expect 0 decompress -f a.gz
	same a.gz saved.gz
}

test_existing_is_not_overwritten()
{
	text 1000 >a
	echo precious >a.gz
	expect 1 compress a
	says 'a.gz: exists: -f overwrites it'
	[ "$(cat a.gz)" = precious ] || fail 'it was overwritten'
	echo y | "$WD" compress a 2>err && fail 'asks'
	[ "$(cat a.gz)" = precious ] || fail 'it was overwritten'
	expect 0 compress -f a
	gzip -dc a.gz | cmp - a
	echo precious >a
	expect 1 decompress a.gz
	says 'a: exists'
	[ "$(cat a)" = precious ] || fail 'it was overwritten'
	expect 0 decompress -f a.gz
	text 1000 | cmp - a
	only_files a a.gz
}

# What is there stays there until the new content is complete.
test_existing_survives_an_error()
{
	text 100000 >a
	gzip -c a | head -c 500 >a.gz
	cp a saved
	expect 1 decompress -f a.gz
	same a saved
	only_files a a.gz saved
}

# Not even where it was not there yet at the beginning.
test_existing_appears_meanwhile()
{
	local code=0
	for run in "$WD" without_tmpfile; do
		{
			sleep 0.5
			echo precious >result
			text 1000
		} | $run compress -o result 2>err || code=$?
		[ $code = 1 ] || fail "exit status $code"
		says 'result: exists'
		[ "$(cat result)" = precious ] || fail 'it was overwritten'
		only_files result
		rm result
	done
}

test_mode_and_time()
{
	text 1000 >a
	chmod 640 a
	touch -d '2001-02-03 04:05:06.789' a
	expect 0 compress a
	[ "$(stat -c '%a %.Y' a.gz)" = "$(stat -c '%a %.Y' a)" ] ||
		fail "$(stat -c '%a %.Y' a.gz)"
	chmod 600 a.gz
	expect 0 decompress -o b a.gz
	[ "$(stat -c '%a %.Y' b)" = "$(stat -c '%a %.Y' a.gz)" ] ||
		fail "$(stat -c '%a %.Y' b)"
	# special bits are for the file that was given them
	chmod 4755 a
	expect 0 compress -f a
	[ "$(stat -c %a a.gz)" = 755 ] || fail "$(stat -c %a a.gz)"
}

test_mode_of_new_files()
{
	text 1000 >a
	(umask 027 && expect 0 compress -o b <a)
	[ "$(stat -c %a b)" = 640 ] || fail "$(stat -c %a b)"
	(umask 022 && expect 0 compress -o c <a)
	[ "$(stat -c %a c)" = 644 ] || fail "$(stat -c %a c)"
}

test_owner()
{
	[ "$(id -u)" = 0 ] || return 0
	text 1000 >a
	chown 65534:12345 a
	expect 0 compress a
	[ "$(stat -c %u:%g a.gz)" = 65534:12345 ] || fail "$(stat -c %u:%g a.gz)"
}

# What cannot be kept may not open the file to another group.
test_group_of_another()
{
	[ "$(id -u)" = 0 ] || return 0
	text 1000 >a
	chown 65534:12345 a
	chmod 664 a
	chmod 777 .
	: >out
	: >err
	chmod 666 out err
	as_nobody "$WD" compress a 2>err || fail 'compress'
	[ "$(stat -c '%g %a' a.gz)" = '65534 604' ] ||
		fail "$(stat -c '%g %a' a.gz)"
}

test_symbolic_links()
{
	text 1000 >a
	mkdir sub
	echo old >sub/target
	ln -s sub/target link
	expect 1 compress -o link a
	says 'link: exists'
	expect 0 compress -f -o link a
	[ -L link ] || fail 'the link is gone'
	gzip -dc sub/target | cmp - a
	ln -s nowhere dangling
	expect 1 compress -o dangling a
	says 'dangling: exists'
	[ "$(readlink dangling)" = nowhere ] || fail 'it was replaced'
	ln -s a input
	expect 0 compress input
	gzip -dc input.gz | cmp - a
	only_files a dangling input input.gz link sub sub/target
}

# shellcheck disable=SC2094 # that is the point
test_input_is_output()
{
	text 1000 >a
	cp a saved
	ln a hard
	ln -s a soft
	for name in a ./a hard soft; do
		expect 1 compress -f -o $name a
		says "$name: is the input as well"
	done
	"$WD" compress -c a >>a 2>err && fail 'standard output'
	says '(standard output): is the input as well'
	"$WD" compress -f -o a <a 2>err && fail 'standard input'
	says 'a: is the input as well'
	same a saved
}

test_compressed_already()
{
	text 1000 >a
	expect 0 compress a
	expect 2 compress a.gz
	says 'warning: a.gz: left as it is'
	expect 2 compress -q a.gz
	says_nothing
	only_files a a.gz
	expect 0 compress -f a.gz
	gzip -dc a.gz.gz | gzip -dc | cmp - a
}

test_unreadable()
{
	text 1000 >a
	chmod 000 a
	chmod 777 .
	as_nobody "$WD" compress a 2>err && fail 'it was read'
	says 'a: cannot read it: Permission denied'
	expect 1 compress ''
	expect 1 compress a/b
	says 'a/b: cannot read it: Not a directory'
	expect 1 compress "$(printf 'x%.0s' $(seq 300))"
	says 'File name too long'
}

test_unwritable()
{
	text 1000 >a
	chmod 755 .
	chmod 644 a
	mkdir ro
	chmod 555 ro
	as_nobody "$WD" compress -o ro/b a 2>err && fail 'it was written'
	says 'ro/b: cannot write it: Permission denied'
	expect 1 compress -o missing/b a
	says 'missing/b: cannot write it: No such file or directory'
	expect 1 compress -o a/b a
	says 'a/b: cannot write it: Not a directory'
	expect 1 compress -o ro a
	says 'ro: is a directory'
	expect 1 compress -f -o . a
	says '.: is a directory'
	only_files a ro
}

test_devices_and_pipes()
{
	text 100000 >a
	expect 0 compress -o /dev/null a
	[ -c /dev/null ] || fail '/dev/null was replaced'
	expect 0 compress -f -o /dev/null a
	[ -c /dev/null ] || fail '/dev/null was replaced'
	mkfifo pipe
	gzip -dc <pipe >back &
	expect 0 compress -o pipe a
	wait $!
	same back a
	cat a >pipe &
	expect 1 compress pipe
	says 'pipe: is not a regular file: say where'
	wait $! || true
	cat a >pipe &
	expect 0 compress -c pipe
	wait $!
	gzip -dc out | cmp - a
	expect 0 compress -c /dev/null
	[ -z "$(gzip -dc out)" ] || fail 'not empty'
	only_files a back pipe
}

# /dev/stdout is a link to what standard output is.
test_dev_stdout()
{
	text 1000 >a
	"$WD" compress -o /dev/stdout a | gzip -dc | cmp - a
	[ -L /dev/stdout ] || fail '/dev/stdout was replaced'
}

test_odd_names()
{
	local name names=('a b' $'new\nline' 'ä' $'\xff\xfe' '-x' '%s%n' "it's")
	for name in "${names[@]}"; do
		text 1000 >"./$name"
	done
	expect 0 compress --json -- "${names[@]}"
	[ "$(wc -l <out)" = ${#names[@]} ] || fail 'not one line for each'
	[ "$(json 3 file out)" = 'ä' ] || fail 'a name in UTF-8'
	[ "$(json 6 file out)" = '%s%n' ] || fail 'a name with %'
	for name in "${names[@]}"; do
		rm "./$name"
		expect 0 decompress -- "$name.gz"
		text 1000 | cmp - "./$name"
	done
}

test_full_device()
{
	local code=0
	text 3000000 >a
	expect 0 compress a
	"$WD" compress -c a >/dev/full 2>err || code=$?
	[ $code = 1 ] || fail "exit status $code"
	says '(standard output): cannot write it: No space left on device'
	expect 1 compress -o /dev/full a
	says '/dev/full: cannot write it: No space left on device'
	expect 1 decompress -o /dev/full a.gz
	says '/dev/full: cannot write it: No space left on device'
	only_files a a.gz
}

# A disk that is really full where one can be mounted, else a limit.
test_full_disk()
{
	noise 3000000 >a
	gzip -1 -c a >b.gz
	mkdir disk
	if unshare -Urm mount -t tmpfs -o size=1m none disk 2>/dev/null; then
		# shellcheck disable=SC2016 # for the other shell
		unshare -Urm sh -c 'mount -t tmpfs -o size=1m none disk
			"$WD" compress -o disk/a.gz a 2>err1; echo $? >code1
			"$WD" decompress -o disk/b b.gz 2>err2; echo $? >code2
			ls -A disk >left'
		why='No space left on device'
	else
		limited
		why='File too large'
	fi
	limits_hold
}

test_size_limit()
{
	noise 3000000 >a
	gzip -1 -c a >b.gz
	mkdir disk
	limited
	why='File too large'
	limits_hold
}

limited()
{
	(
		ulimit -f 500
		"$WD" compress -o disk/a.gz a 2>err1 || echo $? >code1
		"$WD" decompress -o disk/b b.gz 2>err2 || echo $? >code2
	)
	ls -A disk >left
}

limits_hold()
{
	cat err1 err2 >err
	[ "$(cat code1 code2)" = "$(printf '1\n1')" ] || fail 'exit status'
	says "disk/a.gz: cannot write it: $why"
	says "disk/b: cannot write it: $why"
	[ ! -s left ] || fail "left: $(cat left)"
}

test_without_unnamed_files()
{
	text 1000000 >a
	without_tmpfile compress a
	gzip -dc a.gz | cmp - a
	[ "$(stat -c %a a.gz)" = "$(stat -c %a a)" ] || fail 'mode'
	without_tmpfile compress a 2>err && fail 'it was overwritten'
	says 'a.gz: exists'
	without_tmpfile compress -f -l 1 a
	gzip -dc a.gz | cmp - a
	head -c 2000 a.gz >bad.gz
	without_tmpfile decompress bad.gz 2>err && fail 'it is truncated'
	only_files a a.gz bad.gz
}

test_closed_streams()
{
	text 100000 >a
	"$WD" compress -c a >&- 2>err && fail 'no standard output'
	says '(standard output)'
	"$WD" compress <&- >out 2>err && fail 'no standard input'
	says '(standard input)'
	"$WD" compress a <&- >&- 2>&- || fail 'they are not needed'
	gzip -dc a.gz | cmp - a
	# the output must not become standard error
	echo garbage >>a.gz
	"$WD" decompress -o b a.gz <&- 2>&- || [ $? = 2 ] || fail 'no warning'
	same a b
}

test_report()
{
	text 1000000 >a
	expect 0 compress -v a
	grep -Eq '^a: 1000000 -> [0-9]+ bytes, ratio [0-9.]+, [0-9.]+ MB/s, gzip on sw, 0 fell back to sw, 0 bounced$' err ||
		fail 'report of compress'
	[ ! -s out ] || fail 'something on standard output'
	expect 0 decompress -f -v a.gz
	grep -Eq '^a.gz: [0-9]+ -> 1000000 bytes, ratio' err ||
		fail 'report of decompress'
	expect 1 compress -v missing
	[ "$(wc -l <err)" = 1 ] || fail 'reports what was not done'
}

test_json()
{
	local fields='algorithm bounced_bytes bounces bytes_in bytes_out device fallbacks file'
	text 1000000 >a
	expect 0 compress --json a
	says_nothing
	[ "$(json_fields 1 out)" = "$fields level mb_per_s message operation output ratio seconds status" ] ||
		fail "fields: $(json_fields 1 out)"
	[ "$(json 1 file out)" = a ] || fail file
	[ "$(json 1 output out)" = a.gz ] || fail output
	[ "$(json 1 bytes_in out)" = 1000000 ] || fail bytes_in
	[ "$(json 1 bytes_out out)" = "$(stat -c %s a.gz)" ] || fail bytes_out
	[ "$(json 1 device out)" = sw ] || fail device
	[ "$(json 1 fallbacks out)" = 0 ] || fail fallbacks
	[ "$(json 1 bounces out)" = 0 ] || fail bounces
	[ "$(json 1 status out)" = ok ] || fail status
	python3 - <<'END'
import json
o = json.load(open("out"))
assert abs(o["ratio"] - o["bytes_in"] / o["bytes_out"]) < 1e-3, o["ratio"]
assert o["seconds"] > 0
rate = o["bytes_in"] / o["seconds"] / 1e6
assert abs(o["mb_per_s"] / rate - 1) < 1e-2, (o["mb_per_s"], rate)
END
	expect 1 decompress -f --json a.gz missing.gz
	[ "$(json_fields 1 out)" = "$fields mb_per_s message operation output ratio seconds status" ] ||
		fail "fields: $(json_fields 1 out)"
	[ "$(json 1 bytes_out out)" = 1000000 ] || fail 'bytes_out of decompress'
	[ "$(json 2 status out)" = error ] || fail 'status of an error'
	json 2 message out | grep -q '^missing.gz: cannot read' || fail message
	echo x >>a.gz
	expect 2 decompress -f --json a.gz
	[ "$(json 1 status out)" = warning ] || fail 'status of a warning'
}

# Standard output is taken when the data goes there.
test_json_beside_data()
{
	text 1000000 >a
	expect 0 compress -c --json a
	gzip -dc out | cmp - a
	[ "$(json 1 bytes_in err)" = 1000000 ] || fail 'not on standard error'
	expect 0 compress --json <a
	[ "$(json 1 file err)" = '(standard input)' ] || fail file
}

test_sync()
{
	text 1000000 >a
	expect 0 compress --sync a
	expect 0 decompress --sync -f a.gz
	text 1000000 | cmp - a
	expect 0 compress --sync -c a
}
