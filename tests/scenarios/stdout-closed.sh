#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Whoever reads the output goes away, as head does: clbtrace ends quietly.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

needs_clbtrace
serve 0.0.0.0 80

for form in --json --color=never; do
	mkfifo "$dir/pipe$form"
	head -n 1 <"$dir/pipe$form" >"$dir/first" &
	reader=$!
	children+=("$reader")
	: >"$dir/err"
	ip netns exec "$server" "$CLBTRACE" "$form" >"$dir/pipe$form" 2>"$dir/err" &
	trace_pid=$!
	children+=("$trace_pid")
	until_true "$trace_limit" ready_or_gone || fail "clbtrace is not ready"
	probe "$LAB_SERVER4" 80
	until_true 10 gone "$reader" || fail "no first line"
	probe "$LAB_SERVER4" 80
	until_true 10 gone "$trace_pid" || fail "clbtrace goes on without a reader"
	status=0
	wait "$trace_pid" || status=$?
	[ "$status" -lt 128 ] || [ "$status" -eq 141 ] || fail "it ended with status $status"
	[ "$(grep -cvx 'clbtrace: ready' "$dir/err")" -eq 0 ] || fail "it was not quiet: $(cat "$dir/err")"
	[ -s "$dir/first" ] || fail "the reader got nothing"
done
