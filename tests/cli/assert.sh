# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What the tests of the command have in common. A test ends with the first
# command that fails. shellcheck: $code is for the tests.

fail()
{
	echo "FAILED: $*"
	for stream in out err; do
		[ ! -s $stream ] ||
			head -c 1000 $stream | cat -v | sed "s/^/$stream: /"
		echo
	done
	exit 1
}

skip()
{
	echo "$*"
	exit 77
}

# Runs wd with the arguments after the first: its streams go to the files out
# and err, and its exit status has to be the first argument.
expect()
{
	local wanted=$1 code=0
	shift
	"$WD" "$@" >out 2>err || code=$?
	[ "$code" = "$wanted" ] || fail "wd $*: exit status $code, not $wanted"
}

# Standard error has the text, or has it not, or is empty.
says()
{
	grep -qF -- "$1" err || fail "does not say '$1'"
}

says_nothing()
{
	[ ! -s err ] || fail 'says something'
}

same()
{
	cmp -- "$1" "$2" || fail "$1 and $2 differ"
}

# The files of this folder, besides out and err, are exactly these.
only_files()
{
	local found wanted
	found=$(find . -mindepth 1 ! -path ./out ! -path ./err -printf '%P\n' |
		sort)
	wanted=$(printf '%s\n' "$@" | sort)
	[ "$found" = "$wanted" ] || fail "there is" "$found" "and not" "$wanted"
}

# The field $2 of line $1 of JSON in file $3.
json()
{
	python3 -c 'import json, sys
lines = open(sys.argv[3], encoding="utf-8").read().splitlines()
value = json.loads(lines[int(sys.argv[1]) - 1])[sys.argv[2]]
print("null" if value is None else value)' "$@"
}

# The names of the fields of a line of JSON, sorted, in one line.
json_fields()
{
	python3 -c 'import json, sys
lines = open(sys.argv[2], encoding="utf-8").read().splitlines()
print(*sorted(json.loads(lines[int(sys.argv[1]) - 1])))' "$@"
}

# Inputs. text N: N bytes that compress well; noise N: that do not.
text()
{
	(yes 'the quick brown fox jumps over the lazy dog' | nl || true) \
		2>/dev/null | head -c "$1"
}

noise()
{
	python3 -c 'import random, sys
random.seed(1)
sys.stdout.buffer.write(random.randbytes(int(sys.argv[1])))' "$1"
}

# Whether python's zlib makes of each of some files, in the format $1, what is
# in the file that its name has behind the first dot: of out.1.text, text.
unpacks()
{
	python3 -c 'import sys, zlib
bits = {"gzip": 31, "zlib": 15, "deflate": -15}[sys.argv[1]]
for name in sys.argv[2:]:
    d = zlib.decompressobj(bits)
    data = d.decompress(open(name, "rb").read())
    want = open(name.split(".", 2)[2], "rb").read()
    if data != want or not d.eof or d.unused_data:
        sys.exit(name + ": is not what it should be")' "$@"
}

# Runs a command as somebody who is not root: files are then protected.
as_nobody()
{
	if [ "$(id -u)" != 0 ]; then
		"$@"
	else
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	fi
}

# Runs wd where opening a file without a name (O_TMPFILE) in this folder is not
# supported.
without_tmpfile()
{
	local code=0
	ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 \
		strace -qq -f -o "$PWD.trace" -P . \
		-e trace=openat -e inject=openat:error=EOPNOTSUPP \
		"$WD" "$@" || code=$?
	[ $code != 0 ] || grep -q 'O_TMPFILE.*INJECTED' "$PWD.trace" ||
		fail 'O_TMPFILE was not tried'
	return $code
}

# The largest amount of memory in KiB that a command has used.
max_rss()
{
	python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@"
}
