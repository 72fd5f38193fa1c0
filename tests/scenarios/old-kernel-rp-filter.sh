#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# With packets and counters alone: the strict reverse-path filter.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

trace_backend=pcap
lab_link "$client" "$server" lb1 eth1 02:00:00:00:21:01 02:00:00:00:21:0f 172.16.33 fd00:33
serve 0.0.0.0 80
s sysctl -q -w net.ipv4.conf.all.rp_filter=1
control

s ip route add 100.64.1.0/24 via 172.16.33.1
diagnose --timeout 300 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
[ "$(counter TcpExtIPReversePathFilter)" -eq 1 ] || fail "IPReversePathFilter did not count it"
expect_failed rp-filter ip
expect_says rp_filter
