# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2002 # a pipe is not the same as a file
# wd decompress: what it reads, and what it refuses.

# pack FORMAT LEVEL IN OUT: what python's zlib makes of a file.
pack()
{
	python3 -c 'import sys, zlib
bits = {"gzip": 31, "zlib": 15, "deflate": -15}[sys.argv[1]]
c = zlib.compressobj(int(sys.argv[2]), zlib.DEFLATED, bits)
data = open(sys.argv[3], "rb").read()
open(sys.argv[4], "wb").write(c.compress(data) + c.flush())' "$@"
}

test_reads_what_others_write()
{
	text 3000000 >in
	noise 300000 >>in
	for level in 0 1 6 9; do
		pack gzip $level in one.gz
		pack zlib $level in two.zz
		pack deflate $level in three.deflate
		expect 0 decompress -f one.gz two.zz
		expect 0 decompress -f -a deflate three.deflate
		says_nothing
		same one in
		same two in
		same three in
	done
	gzip -9 -c in >four.gz
	expect 0 decompress -c four.gz
	same out in
}

test_streams_and_pipes()
{
	text 3000000 >in
	pack gzip 6 in in.gz
	cat in.gz | "$WD" decompress | cmp - in
	"$WD" decompress <in.gz | cmp - in
	"$WD" decompress -c - <in.gz | cmp - in
	(head -c 7 in.gz; sleep 0.1; tail -c +8 in.gz) | "$WD" decompress |
		cmp - in
	# a byte at a time
	head -c 3000 in >small
	pack gzip 6 small small.gz
	python3 - <<'END' | "$WD" decompress | cmp - small
import os, sys
for byte in open("small.gz", "rb").read():
    os.write(1, bytes([byte]))
END
}

test_every_header_field()
{
	text 5000 >in
	python3 - <<'END'
import struct, zlib
data = open("in", "rb").read()
raw = zlib.compressobj(6, zlib.DEFLATED, -15)
body = raw.compress(data) + raw.flush()
body += struct.pack("<II", zlib.crc32(data), len(data))
head = b"\x1f\x8b\x08%c\x01\x02\x03\x04\x02\x03"
extra = struct.pack("<H", 300) + bytes(range(100)) * 3
parts = [(1, b""), (4, extra), (8, b"name with spaces\0"),
         (16, b"comment\0")]
def write(path, flags):
    header = head % flags
    for flag, part in parts:
        if flags & flag:
            header += part
    if flags & 2:
        header += struct.pack("<H", zlib.crc32(header) & 0xffff)
    open(path, "wb").write(header + body)
for flags in range(32):
    write("f%d.gz" % flags, flags)
write("reserved.gz", 0x20)
END
	for flags in $(seq 0 31); do
		expect 0 decompress -c "f$flags.gz"
		same out in
		cat "f$flags.gz" | "$WD" decompress | cmp - in
	done
	expect 1 decompress reserved.gz
	says 'reserved.gz: '
}

test_members()
{
	text 1000000 >one
	: >two
	text 10 >three
	for file in one two three; do
		gzip -c $file >>all.gz
	done
	cat one two three >all.want
	expect 0 decompress all.gz
	says_nothing
	same all all.want
	cat all.gz | "$WD" decompress | cmp - all.want
}

test_names()
{
	text 1000 >a
	gzip -c a >b.tgz
	gzip -c a >c.tar.gz
	expect 0 decompress b.tgz c.tar.gz
	same b.tar a
	same c.tar a
	cp b.tgz d.z
	cp b.tgz .gz
	expect 1 decompress d.z
	says 'd.z: its name ends neither'
	expect 1 decompress .gz
	expect 0 decompress -o e d.z
	same e a
	only_files .gz a b.tar b.tgz c.tar c.tar.gz d.z e
}

test_trailing_garbage()
{
	text 1000000 >want
	pack gzip 6 want a.gz
	pack zlib 6 want b.zz
	echo garbage | tee -a a.gz >>b.zz
	for file in a.gz b.zz; do
		expect 2 decompress "$file"
		says "warning: $file: decompressed, but what follows"
		same "${file%.*}" want
	done
	expect 2 decompress -q -f a.gz
	says_nothing
	same a want
	cat a.gz | "$WD" decompress -q >out && fail 'exit status 0'
	same out want
	# as short as the first byte of another member
	pack gzip 6 want c.gz
	printf '\037' >>c.gz
	expect 2 decompress c.gz
	same c want
}

test_trailing_zeros()
{
	text 1000 >want
	gzip -c want >a.gz
	head -c 100 /dev/zero >>a.gz
	expect 0 decompress a.gz
	says_nothing
	same a want
	head -c 1000000 /dev/zero >>a.gz
	cat a.gz | "$WD" decompress | cmp - want
	echo x >>a.gz
	expect 2 decompress -f a.gz
	says 'warning: a.gz'
	same a want
}

# Nothing of a bad file is kept, whatever was right about its beginning.
refused()
{
	local file=$1 why=$2
	shift 2
	expect 1 decompress "$@" -o result "$file"
	says "wd: $file: "
	says "$why"
	[ ! -e result ] || fail 'something is left behind'
	[ "$(find . -name '.wd-*')" = '' ] || fail 'a temporary file is left'
}

test_truncated()
{
	text 2000000 >in
	noise 5000 >>in
	gzip -c in >whole.gz
	size=$(stat -c %s whole.gz)
	for length in 1 2 3 9 10 11 100 $((size / 2)) $((size - 9)) \
		$((size - 8)) $((size - 4)) $((size - 1)); do
		head -c "$length" whole.gz >bad.gz
		refused bad.gz ''
		cat bad.gz | "$WD" decompress >out 2>err && fail 'accepted'
		says '(standard input): '
	done
	head -c $((size - 1)) whole.gz >bad.gz
	refused bad.gz truncated
	pack zlib 6 in whole.zz
	head -c -1 whole.zz >bad.zz
	refused bad.zz truncated
	pack deflate 6 in whole.deflate
	head -c -1 whole.deflate >bad.deflate
	refused bad.deflate truncated -a deflate
	# the second member
	head -c 30 whole.gz | cat whole.gz - >bad.gz
	refused bad.gz truncated
}

test_corrupt()
{
	text 300000 >in
	noise 3000 >>in
	gzip -c in >whole.gz
	pack zlib 6 in whole.zz
	# check values and lengths
	for from_end in 1 4 5 8; do
		flip whole.gz -$from_end >bad.gz
		refused bad.gz corrupt
	done
	for from_end in 1 4; do
		flip whole.zz -$from_end >bad.zz
		refused bad.zz corrupt
	done
	# the method
	flip whole.gz 2 >bad.gz
	refused bad.gz ''
	# anywhere: it is noticed
	python3 - <<'END'
data = open("whole.gz", "rb").read()
for i in range(1, 41):
    bad = bytearray(data)
    bad[10 + i * (len(data) - 20) // 41] ^= 0x10
    open("bad%d.gz" % i, "wb").write(bad)
END
	for i in $(seq 1 40); do
		refused "bad$i.gz" ''
	done
}

# The file with one bit of the byte at position $2 turned.
flip()
{
	python3 -c 'import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[int(sys.argv[2])] ^= 0x10
sys.stdout.buffer.write(data)' "$1" "$2"
}

test_not_compressed()
{
	noise 100000 >random
	: >empty
	text 1000 >prose
	refused random 'not in gzip or zlib format'
	refused prose 'not in gzip or zlib format'
	refused empty 'too short'
	printf '\037' >byte
	refused byte 'too short'
	for format in gzip zlib; do
		refused prose corrupt -a $format
		refused empty '' -a $format
	done
	refused random '' -a deflate
	refused empty truncated -a deflate
}

test_random_behind_a_good_header()
{
	noise 200000 >random
	for i in $(seq 1 20); do
		(
			printf '\037\213\010\000\000\000\000\000\000\003'
			tail -c +$((i * 5000)) random
		) >bad.gz
		refused bad.gz ''
		(
			printf '\170\234'
			tail -c +$((i * 5000)) random
		) >bad.zz
		refused bad.zz ''
	done
}

test_dictionary()
{
	text 1000 >in
	python3 - <<'END'
import zlib
c = zlib.compressobj(zdict=b"the quick brown fox")
open("dict.zz", "wb").write(c.compress(open("in", "rb").read()) + c.flush())
END
	refused dict.zz 'preset dictionary'
}

test_wrong_algorithm()
{
	text 1000 >in
	pack gzip 6 in a.gz
	pack zlib 6 in a.zz
	refused a.gz corrupt -a zlib
	refused a.zz corrupt -a gzip
	expect 1 decompress -a bzip2 a.gz
	says "unknown algorithm 'bzip2'"
}

test_test_writes_nothing()
{
	text 1000000 >in
	gzip -c in >in.gz
	rm in
	expect 0 decompress -t in.gz
	says_nothing
	[ ! -s out ] || fail 'writes to standard output'
	head -c 1000 in.gz >bad.gz
	expect 1 decompress -t bad.gz in.gz
	says 'bad.gz: '
	only_files bad.gz in.gz
}

# A bomb costs time, but neither memory nor, here, disk.
test_bomb()
{
	local size=1024 limit=40000 rss
	if [ -n "${WARPDRIVE_SANITIZER-}" ]; then
		size=64 limit=400000
	fi
	truncate -s ${size}M zeros
	expect 0 compress -l 1 -o bomb.gz zeros
	rm zeros
	rss=$(max_rss "$WD" decompress -o /dev/null bomb.gz)
	[ "$rss" -lt $limit ] || fail "$rss KiB for a file"
	# shellcheck disable=SC2016 # for the other shell
	rss=$(max_rss sh -c 'cat bomb.gz | "$WD" decompress >/dev/null')
	[ "$rss" -lt $limit ] || fail "$rss KiB for a pipe"
	rss=$(max_rss "$WD" decompress -t bomb.gz)
	[ "$rss" -lt $limit ] || fail "$rss KiB for a test"
}

test_bad_option()
{
	expect 1 decompress --level=3
	says 'wd help decompress'
	expect 1 decompress -j 2
	expect 1 decompress --nonsense
}

test_bad_device()
{
	text 1000 >in
	gzip in
	expect 1 decompress -d warp-9 in.gz
	says "there is no device 'warp-9'"
	only_files in.gz
}
