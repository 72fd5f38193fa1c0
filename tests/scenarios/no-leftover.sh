#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Nothing of clbtrace stays in the kernel, whatever ends it and whenever.
# exclusive: it compares the BPF links and programs of the whole host
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

needs_clbtrace

# What the host has: BPF programs, links and maps, the queueing disciplines and rules of the namespace.
inventory() {
	list | sort
}

list() {
	local kind
	for kind in prog link map; do
		bpftool -j "$kind" show | jq -r --arg kind "$kind" '.[] | "\($kind) \(.id) \(.type) \(.name // "")"'
	done
	s tc qdisc show
	s tc filter show dev eth0 ingress 2>/dev/null || true
	s nft list ruleset
	s ip -o link show | sed 's/.*: \([^:]*\): .*\(xdp[^ ]*\).*/\1 \2/; t; d'
}

# What others had in the kernel before may be gone since.
leftover() {
	comm -13 "$dir/before" "$dir/after"
}

as_before() {
	inventory >"$dir/after"
	[ -z "$(leftover)" ]
}

started() {
	[ "$(cat "/proc/$trace_pid/comm" 2>/dev/null)" = clbtrace ]
}

# ends SIGNAL DELAY: sends the signal so long after the start; "ready": once it is ready.
ends() {
	trace_start
	if [ "$2" = ready ]; then
		until_true "$trace_limit" ready_or_gone
		probe --count 3 "$LAB_SERVER4" 80
	else
		until_true 5 started # before that it is the shell that would take the signal
		sleep "$2" # a moment of the start-up, whichever that is on this machine
	fi
	kill -s "$1" "$trace_pid" 2>/dev/null || true
	until_true "$trace_limit" gone "$trace_pid" || fail "$1 after $2 s: it does not end"
	status=0
	wait "$trace_pid" || status=$?
	[ "$1" = KILL ] || [ "$status" -lt 128 ] || [ "$2" = 0 ] || fail "$1 after $2 s: status $status"
	until_true 10 as_before || fail "$1 after $2 s left: $(leftover)"
}

serve 0.0.0.0 80
inventory >"$dir/before"
trace
as_before && fail "the inventory does not notice clbtrace"
trace_stop INT
for signal in INT TERM KILL; do
	for delay in 0 0.02 0.05 0.1 0.2 0.4 ready; do
		ends "$signal" "$delay"
	done
done
