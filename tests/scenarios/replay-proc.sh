#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A support case: a capture, and copies of its host's /proc from before and after.
# needs: tcpdump
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

needs_clbtrace

# copy NAME: what the host has in /proc now.
copy() {
	local name
	mkdir -p "$dir/case/$1/net" "$dir/case/$1/sys/net/core"
	for name in netstat snmp tcp tcp6; do
		s cat "/proc/net/$name" >"$dir/case/$1/net/$name"
	done
	s cat /proc/sys/net/core/somaxconn >"$dir/case/$1/sys/net/core/somaxconn"
}

has_packets() {
	[ "$(tcpdump -nr "$dir/case.pcap" 2>"$dir/tcpdump.err" | wc -l)" -ge "$1" ]
}

# replays STATUS [OPTION...]: the last verdict is in $verdict.
replays() {
	local want=$1
	shift
	status=0
	"$CLBTRACE" replay "$dir/case.pcap" --json "$@" >"$dir/out" 2>"$dir/err" || status=$?
	check_json
	verdict=$(verdicts | tail -n 1)
	expect_status "$want"
}

serve --mode never --backlog 1 0.0.0.0 80
copy before
s tcpdump -Z root -Uni eth0 -w "$dir/case.pcap" tcp 2>"$dir/tcpdump.log" &
children+=("$!")
until_true 10 grep -q 'listening on' "$dir/tcpdump.log" || fail "tcpdump: $(cat "$dir/tcpdump.log")"
probe --mode ack --count 2 --quiet "$LAB_SERVER4" 80
probe --timeout 2500 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
probe --source 100.64.1.11 "$LAB_SERVER4" 81
until_true 10 has_packets 9 || fail "tcpdump: $(tcpdump -nr "$dir/case.pcap")"
kill -INT "${children[-1]}"
copy after

# Packets alone: the cause is one of several.
replays 1
expect_verdict '{"source":"capture","probe":{"dport":80}}' '.verdict != "healthy" and .probe.dport == 80'
is_subset '{"cause":"accept-queue-full","confidence":"likely"}' "$verdict" && fail "nobody knows that: $verdict"

# With what the host counted meanwhile, and its listeners.
replays 1 --proc "$dir/case"
expect_verdict '{"cause":"accept-queue-full","confidence":"likely"}' '.verdict != "healthy" and .probe.dport == 80'
expect_says 'ListenOverflows \+1' 'listens on 0\.0\.0\.0:80, accept queue 2'
expect_verdict '{"cause":"no-listener"}' '.probe.dport == 81'

# One copy says what listens, not what has grown.
replays 1 --proc "$dir/case/after"
verdict=$(verdicts '.verdict != "healthy" and .probe.dport == 80')
expect_says 'listens on 0\.0\.0\.0:80, accept queue 2'
is_subset '{"cause":"accept-queue-full","confidence":"likely"}' "$verdict" && fail "nobody knows that: $verdict"

status=0
"$CLBTRACE" replay "$dir/case.pcap" --proc "$dir/none" >"$dir/out" 2>"$dir/err" || status=$?
if [ "$status" -ne 2 ] || [ "$(cat "$dir/err")" != "clbtrace: --proc: '$dir/none': No such file or directory" ]; then
	fail "no such copy: status $status, $(cat "$dir/err")"
fi
