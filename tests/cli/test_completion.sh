# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Completion in bash.

# What is offered, a line each, for the word at the end of a command line.
offers()
{
	bash --norc -c '
		. "$1"
		shift
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		_wd wd "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
		printf "%s\n" "${COMPREPLY[@]}"
	' bash "$CLI_DIR/../../packaging/bash-completion/wd" "$WD" "$@"
}

expect_offers()
{
	local wanted=$1 offered
	shift
	offered=$(offers "$@" | sort | paste -sd ' ')
	[ "$offered" = "$wanted" ] || fail "offers '$offered' for '$*'"
}

test_commands()
{
	expect_offers '--help --version bench compress decompress help list' ''
	expect_offers compress c
	expect_offers 'compress' help c
}

test_values()
{
	expect_offers sw compress -d ''
	expect_offers sw bench noop --device s
	expect_offers 'deflate gzip zlib' compress -a ''
	expect_offers 'inline workers' bench noop --mode = ''
	expect_offers 'inline' bench noop --mode = i
	expect_offers 'crc32 crc32c' bench cr
}

test_file_names()
{
	touch one two.gz
	mkdir three
	expect_offers 'one three' compress ''
	expect_offers 'three two.gz' decompress ''
	expect_offers 'two.gz' compress -o tw
}

# Every option of the help is offered, and no other.
test_options()
{
	local command
	for command in list compress decompress bench; do
		"$WD" help $command | grep -o -e '--[a-z]*' | sort -u >wanted
		offers $command -- | sort >offered
		diff wanted offered || fail "$command"
	done
}
