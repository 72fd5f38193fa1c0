#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Two rules of legacy iptables have counted and could both have dropped the probe: neither is named as the one.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-rules.sh
. "$(dirname "$0")/lib-rules.sh"

s iptables-legacy -w -L -n >"$dir/tables" 2>&1 || skip "no legacy iptables in this kernel: $(head -n 1 "$dir/tables")"
serve_ports 0.0.0.0 80 81
s iptables-legacy -w -A INPUT -p tcp --dport 81 -m statistic --mode nth --every 2 --packet 0 \
	-m comment --comment mark-1 -j DROP
s iptables-legacy -w -A INPUT -p tcp --dport 81 -m comment --comment mark-2 -j DROP
remember
trace
control

# Of two packets at once the first rule takes the first, which is no probe, the second rule the other, which is.
diagnose --timeout 150 --source 10.8.0.1 --source "$prober_source" --count 2 "$LAB_SERVER4" 81
expect_wire ' failed: nothing$'
for mark in mark-1 mark-2; do
	place_legacy "$mark"
	[ "$place_hits" = 1 ] || fail "$mark has not stopped one packet but $place_hits"
done
expect_verdict '{"verdict":"failed","cause":"firewall-drop"}'
expect_confidence possible
expect_rule '{"backend":"iptables-legacy","family":"ip","table":"filter","hook":"INPUT"}'
[ -n "$FAULTS_ONLY" ] || jq -e '.rule | has("number") | not' <<<"$verdict" >"$dir/jq" || fail "it is guessed: $verdict"
expect_says mark-1 mark-2
all_told
