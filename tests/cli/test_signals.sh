# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What happens in the middle: signals, terminals, inputs that change.

# An input that keeps a command busy for seconds.
long_input()
{
	text 60000000 >big
}

# A child of bash in the background ignores INT, a child of python does not.
test_signals_leave_nothing()
{
	long_input
	for signal in INT TERM HUP; do
		python3 - "$WD" $signal <<'END'
import signal, subprocess, sys, time
number = getattr(signal, "SIG" + sys.argv[2])
p = subprocess.Popen([sys.argv[1], "compress", "-l", "9", "-j", "2", "-o",
                      "result", "big"],
                     preexec_fn=lambda: signal.signal(signal.SIGINT,
                                                      signal.SIG_DFL))
time.sleep(0.3)
assert p.poll() is None, "it has ended already"
p.send_signal(number)
assert p.wait() == -number, p.returncode
END
		only_files big
	done
}

test_ignored_signals_stay_ignored()
{
	text 2000000 >big
	mkfifo pipe
	(
		trap '' HUP
		exec "$WD" compress -l 6 -c <pipe >result
	) &
	# It cannot end before this end of the pipe is closed.
	exec 3>pipe
	cat big >&3
	kill -HUP $!
	cat big >&3
	exec 3>&-
	wait $! || fail 'it was ended'
	gzip -t result
}

# Where a file cannot be without a name, the temporary one goes as well.
test_signals_with_a_temporary_name()
{
	long_input
	for signal in INT TERM HUP; do
		python3 - "$WD" $signal <<'END'
import glob, os, signal, subprocess, sys, time
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + \
    ":detect_leaks=0"
number = getattr(signal, "SIG" + sys.argv[2])
p = subprocess.Popen(["strace", "-qq", "-o", "/dev/null", "-P", ".",
                      "-e", "trace=openat",
                      "-e", "inject=openat:error=EOPNOTSUPP",
                      sys.argv[1], "compress", "-l", "9", "-o", "result",
                      "big"],
                     preexec_fn=lambda: signal.signal(signal.SIGINT,
                                                      signal.SIG_DFL))
for i in range(200):
    time.sleep(0.05)
    if glob.glob(".wd-*"):
        break
else:
    sys.exit("there is no temporary file")
child = int(open("/proc/%d/task/%d/children" % (p.pid, p.pid)).read())
os.kill(child, number)
assert p.wait() in (-number, 128 + number), p.returncode
assert not glob.glob(".wd-*"), "it is left behind"
END
		only_files big
	done
}

test_broken_pipe()
{
	local codes
	set +o pipefail
	text 30000000 >big
	"$WD" compress -l 0 -c big 2>err | head -c 100 >part
	codes="${PIPESTATUS[*]}"
	[ "$codes" = '141 0' ] || fail "exit status $codes"
	says_nothing
	(
		trap '' PIPE
		"$WD" compress -l 0 -c big 2>err || echo $? >code
	) | head -c 100 >part
	[ "$(cat code)" = 1 ] || fail "exit status $(cat code)"
	says '(standard output): cannot write it: Broken pipe'
}

# A page of a mapping that is not in the file any more is a bus error.
test_input_cut_short()
{
	local code=0
	long_input
	"$WD" compress -l 9 -j 1 -o result big 2>err &
	sleep 0.2
	truncate -s 3000000 big
	wait $! || code=$?
	[ $code = 1 ] || fail "exit status $code"
	says 'big: cannot read it: it was cut short meanwhile'
	only_files big
}

# Runs wd with its standard streams on a terminal, and prints what it writes.
on_terminal()
{
	python3 - "$WD" "$@" <<'END'
import os, pty, sys
with open("screen", "wb") as screen:
    pid, fd = pty.fork()
    if not pid:
        os.execv(sys.argv[1], sys.argv[1:])
    while True:
        try:
            data = os.read(fd, 65536)
        except OSError:
            break
        if not data:
            break
        screen.write(data)
    status = os.waitpid(pid, 0)[1]
sys.exit(os.waitstatus_to_exitcode(status))
END
}

test_terminal()
{
	local code=0
	text 1000 >a
	on_terminal compress -c a || code=$?
	[ $code = 1 ] || fail "exit status $code"
	grep -q '(standard output): is a terminal' screen || fail 'says nothing'
	code=0
	on_terminal compress -o /dev/tty a || code=$?
	[ $code = 1 ] || fail "exit status $code with /dev/tty"
	on_terminal compress -f -c a || fail 'with -f'
	grep -q "$(printf '\037\213')" screen || fail 'no data with -f'
	gzip a
	on_terminal decompress -c a.gz || fail 'decompressed data'
	grep -q 'quick brown fox' screen || fail 'no decompressed data'
	on_terminal decompress || code=$?
	[ $code = 1 ] || fail "exit status $code from a terminal"
	grep -q '(standard input): is a terminal' screen || fail 'reads it'
}

# The bar is for work that takes long.
if [ -z "${CHECK_QUICK-}" ]; then
	test_progress()
	{
		long_input
		on_terminal compress -l 9 -j 1 big
		grep -qa '^.*big \[#*\.*\] *[0-9]* %.* MB/s' screen ||
			fail 'there is no progress bar'
		[ "$(tail -c 4 screen)" = $'\r\033[K' ] || fail 'it stays'
		# a message takes the place of the bar
		(
			ulimit -f $(($(stat -c %s big.gz) * 3 / 4096))
			on_terminal compress -f -l 9 -j 1 big
		) && fail 'no error'
		grep -qaF $'\r\033[Kwd: big.gz: cannot write it' screen ||
			fail 'the message is not on a line of its own'
		on_terminal compress -f -q -l 9 -j 1 big
		[ ! -s screen ] || fail 'a progress bar in spite of -q'
		head -c 1000000 big >small
		on_terminal compress small
		[ ! -s screen ] || fail 'a progress bar for short work'
		expect 0 compress -f -l 9 -j 1 big
		says_nothing
	}
fi
