#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# clbtrace is killed 50 times, while it starts and while it runs: the ruleset stays as it was, to the byte.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-rules.sh
. "$(dirname "$0")/lib-rules.sh"

needs_clbtrace

s nft -f - <<'NFT'
table inet guard {
	set banned { type ipv4_addr; flags interval; elements = { 100.64.0.0/16 }; }
	chain in {
		type filter hook input priority filter; policy accept;
		ip saddr @banned tcp dport 81 counter drop comment "mark-81"
	}
	chain out { type filter hook output priority filter; policy accept; tcp sport 1 drop; }
}
NFT
s iptables-nft -A INPUT -p tcp --dport 82 -j REJECT
s ip6tables-nft -t raw -A PREROUTING -p tcp --dport 82 -j DROP
s iptables-legacy -w -A INPUT -p tcp --dport 83 -j DROP 2>"$dir/legacy" || true
# nft_list: without the packets that the probes have counted.
nft_list() {
	s nft -a list ruleset 2>&1 | sed -E 's/packets [0-9]+ bytes [0-9]+//'
}

serve_ports 0.0.0.0 80 81
remember
nft_list >"$dir/nft.before"

started() {
	[ "$(cat "/proc/$trace_pid/comm" 2>/dev/null)" = clbtrace ]
}

# as_announced: while clbtrace runs, the ruleset differs if and only if it says so.
as_announced() {
	local announced=no differs=no
	! grep -q '"type":"notice".*rule' "$dir/out" || announced=yes
	ruleset >"$dir/during"
	cmp -s "$dir/before" "$dir/during" || differs=yes
	[ "$announced" = "$differs" ] || fail "announced: $announced; the ruleset differs: $differs: $(cat "$dir/out")"
}

kill_it() {
	{
		kill -s KILL "$trace_pid"
		wait "$trace_pid" || true
	} 2>"$dir/killed" # the shell's own words about it
	nft_list >"$dir/nft.after"
	cmp -s "$dir/nft.before" "$dir/nft.after" || fail "left: $(diff "$dir/nft.before" "$dir/nft.after")"
}

for ((round = 0; round < 50; round++)); do
	trace_start
	if [ $((round % 10)) -eq 0 ]; then
		until_true "$trace_limit" ready_or_gone || fail "clbtrace is not ready after $trace_limit s"
		as_announced
		probe --timeout 50 "$LAB_SERVER4" 81
	else
		until_true 5 started
		sleep "0.$(printf %03d $((round * 9)))"
	fi
	kill_it
done
trace_pid=
identical

# And after all that it still says which rule.
place_nft mark-81
blames INPUT mark-81 "$LAB_SERVER4" 81
identical
