#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Too many half-open connections, and no SYN cookies.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

flood() {
	probe --mode silent --count "$1" --timeout 50 --source 198.18.0.1 --quiet "$LAB_SERVER4" 80
}

s ip route add 198.18.0.0/15 via "$LAB_CLIENT4"
s sysctl -q -w net.ipv4.tcp_syncookies=0

# More than the listener's backlog.
serve --backlog 4 0.0.0.0 80
control
flood 5
diagnose --timeout 300 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
[ "$(counter TcpExtTCPReqQFullDrop)" -ge 1 ] || fail "TCPReqQFullDrop did not count it"
expect_failed syn-queue-full handshake
expect_says tcp_max_syn_backlog tcp_syncookies
unserve

# More than three quarters of tcp_max_syn_backlog: dropped without a counter of its own.
s sysctl -q -w net.ipv4.tcp_max_syn_backlog=8
serve 0.0.0.0 80
control
flood 8
diagnose --timeout 300 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
expect_failed syn-queue-full handshake
expect_says tcp_max_syn_backlog tcp_syncookies
