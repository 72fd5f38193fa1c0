#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# With packets and counters alone: the application does not accept.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

trace_backend=pcap
serve --mode never --backlog 1 0.0.0.0 80
control
probe --mode ack --count 2 --quiet "$LAB_SERVER4" 80
diagnose --timeout 300 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
[ "$(counter TcpExtListenOverflows)" -eq 1 ] || fail "ListenOverflows did not count it"
expect_failed accept-queue-full handshake
expect_says ListenOverflows service

# Where there is no other way to ask, the list in /proc tells the same, but for the limit and the process.
mkdir -p "$dir/proc/net"
copy() {
	local name
	for name in netstat snmp tcp tcp6; do
		s cat "/proc/net/$name" >"$dir/proc/net/$name.new"
		mv "$dir/proc/net/$name.new" "$dir/proc/net/$name"
	done
}
copy
trace_timeout=3000
trace --proc "$dir/proc"
probe --timeout 300 "$LAB_SERVER4" 80
copy
wait_verdicts 1
trace_stop INT
expect_failed accept-queue-full handshake
expect_says ListenOverflows
