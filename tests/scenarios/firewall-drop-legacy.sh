#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Legacy iptables drops the SYN in INPUT.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

serve 0.0.0.0 80
s iptables-legacy -w -L -n >"$dir/tables" 2>&1 || skip "no legacy iptables in this kernel: $(head -n 1 "$dir/tables")"
s iptables-legacy -w -A INPUT -p tcp --dport 81 -j DROP
control

s iptables-legacy -w -A INPUT -p tcp --dport 80 -j DROP
diagnose --timeout 300 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
expect_failed firewall-drop netfilter
expect_verdict '{"rule":{"backend":"iptables-legacy","family":"ip","table":"filter","hook":"INPUT"}}'
