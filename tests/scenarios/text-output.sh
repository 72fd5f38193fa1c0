#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The text form: time, source, target, verdict and cause on the first line, and no colour in a file.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

needs_clbtrace

# says OPTIONS...: the text form's output on one probe of a closed port.
says() {
	: >"$dir/err"
	ip netns exec "$server" "$CLBTRACE" -n 1 "$@" >"$dir/out" 2>"$dir/err" &
	trace_pid=$!
	children+=("$trace_pid")
	until_true "$trace_limit" ready_or_gone || fail "clbtrace is not ready"
	probe "$LAB_SERVER4" 80
	until_true "$trace_limit" gone "$trace_pid" || fail "clbtrace does not end"
	status=0
	wait "$trace_pid" || status=$?
}

says
line='^.*[0-9]{2}:[0-9]{2}:[0-9]{2}.*100\.64\.1\.10:[0-9]+ -> 172\.16\.32\.15:80\b.*\bfailed\b.*\bno-listener\b'
head -n 1 "$dir/out" | grep -qiE "$line" || fail "the first line: $(head -n 1 "$dir/out")"
sed -n 2p "$dir/out" | grep -qE '^[[:space:]]+[^[:space:]]' || fail "nothing indented under it: $(cat "$dir/out")"
! grep -q $'\e' "$dir/out" || fail "escape codes in a file"
! grep -q '[{}]' "$dir/out" || fail "JSON in the text form: $(cat "$dir/out")"
expect_status 1

says --color always
grep -q $'\e' "$dir/out" || fail "no colour with --color always"
says --verbose
[ "$(wc -l <"$dir/out")" -gt 4 ] || fail "no evidence with --verbose: $(cat "$dir/out")"
