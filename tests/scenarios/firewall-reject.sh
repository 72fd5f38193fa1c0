#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The firewall answers: ICMP, a reset, nft reject.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

# rejects WIRE FAMILY TABLE: the prober gets that, and clbtrace blames that table.
rejects() {
	diagnose "$LAB_SERVER4" 80
	expect_wire " failed: $1\$"
	expect_failed firewall-reject netfilter
	expect_verdict "{\"rule\":{\"backend\":\"nft\",\"family\":\"$2\",\"table\":\"$3\",\"hook\":\"INPUT\"}}"
	s nft flush ruleset
}

serve 0.0.0.0 80
control

s iptables-nft -A INPUT -p tcp --dport 80 -j REJECT
rejects 'ICMP 3/3' ip filter

s iptables-nft -A INPUT -p tcp --dport 80 -j REJECT --reject-with tcp-reset
rejects RST ip filter

s nft -f - <<'NFT'
table inet guard {
	chain in { type filter hook input priority 0; policy accept; tcp dport 80 reject with icmpx type admin-prohibited; }
}
NFT
rejects 'ICMP 3/13' inet guard
