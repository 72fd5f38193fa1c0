#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# With packets and counters alone: too many half-open connections, and no SYN cookies.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

trace_backend=pcap
s ip route add 198.18.0.0/15 via "$LAB_CLIENT4"
s sysctl -q -w net.ipv4.tcp_syncookies=0
serve --backlog 4 0.0.0.0 80
control

probe --mode silent --count 5 --timeout 50 --source 198.18.0.1 --quiet "$LAB_SERVER4" 80
diagnose --timeout 300 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
[ "$(counter TcpExtTCPReqQFullDrop)" -ge 1 ] || fail "TCPReqQFullDrop did not count it"
expect_failed syn-queue-full handshake
expect_says tcp_max_syn_backlog tcp_syncookies
