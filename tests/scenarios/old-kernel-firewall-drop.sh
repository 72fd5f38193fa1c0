#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# With packets and counters alone: the counter of a rule of legacy iptables that drops the SYN, or the
# answer, or may have dropped either; and a rule of nft that the kernel names.
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

s iptables-legacy -w -F
s iptables-legacy -w -A OUTPUT -p udp -j DROP
s iptables-legacy -w -A OUTPUT -p tcp --sport 80 -m comment --comment mark-out -j DROP
diagnose --timeout 300 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
expect_failed reply-dropped reply
expect_verdict '{"confidence":"likely","rule":{"backend":"iptables-legacy","family":"ip","table":"filter","hook":"OUTPUT","number":2}}'
expect_says mark-out 'iptables-legacy -I OUTPUT -d .* --sport 80 -j ACCEPT'

# The first SYN is let through, but not its answer; the second one is not.
trace_timeout=1500
s iptables-legacy -w -A INPUT -p tcp --dport 80 -m statistic --mode nth --every 2 --packet 1 -j DROP
diagnose --syns 2 --timeout 2000 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
expect_failed firewall-drop netfilter
expect_verdict '{"confidence":"possible","rule":{"hook":"INPUT","number":1}}'
expect_says 'as has one for the answer in OUTPUT, .*chain OUTPUT, rule 2;'
s iptables-legacy -w -F
trace_timeout=600

s nft -f - <<'NFT'
table inet guard {
	chain out { type filter hook output priority 0; policy accept; tcp sport 80 drop; }
}
NFT
diagnose --timeout 300 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
expect_failed reply-dropped reply
expect_verdict '{"confidence":"likely","rule":{"backend":"nft","family":"inet","table":"guard","hook":"OUTPUT","number":1}}'
