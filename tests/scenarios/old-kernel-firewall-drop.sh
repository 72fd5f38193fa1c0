#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# With packets and counters alone: the counter of a rule of legacy iptables that drops the SYN.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

trace_backend=pcap
serve 0.0.0.0 80
s iptables-legacy -w -L -n >"$dir/tables" 2>&1 || skip "no legacy iptables in this kernel: $(head -n 1 "$dir/tables")"
s iptables-legacy -w -A INPUT -p tcp --dport 81 -j DROP
control

s iptables-legacy -w -A INPUT -p tcp --dport 80 -m comment --comment mark-80 -j DROP
diagnose --timeout 300 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
expect_failed firewall-drop netfilter
expect_verdict '{"rule":{"backend":"iptables-legacy","family":"ip","table":"filter","hook":"INPUT","number":2}}'
expect_says mark-80
