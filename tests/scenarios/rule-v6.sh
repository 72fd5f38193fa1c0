#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Which rule when the probe is IPv6: of nft's family ip6 and inet, of ip6tables of both kinds.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-rules.sh
. "$(dirname "$0")/lib-rules.sh"

prober_source=fd00:64::10
serve_ports :: 80 81 82 83 84 85
s nft -f - <<'NFT'
table ip6 guard {
	chain in {
		type filter hook input priority filter - 5; policy accept;
		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
		tcp dport 81 counter drop comment "mark-81"
		tcp dport 82 counter reject comment "mark-82"
	}
}
table inet other {
	set banned { type ipv6_addr; flags interval; elements = { fd00:64::/64 }; }
	chain in {
		type filter hook input priority filter - 4; policy accept;
		ip saddr 100.64.0.0/10 tcp dport 83 drop
		ip6 saddr @banned tcp dport 83 counter drop comment "mark-83"
	}
}
NFT
s ip6tables-nft -A INPUT -p tcp --dport 1 -j DROP
s ip6tables-nft -A INPUT -p tcp --dport 84 -m comment --comment mark-84 -j DROP
legacy=
if s ip6tables-legacy -w -A INPUT -p tcp --dport 1 -j DROP 2>"$dir/legacy"; then
	legacy=1
	s ip6tables-legacy -w -A INPUT -p tcp --dport 85 -m comment --comment mark-85 -j REJECT --reject-with tcp-reset
fi
remember
trace
control "$LAB_SERVER6" 80

place_nft mark-81
blames INPUT mark-81 "$LAB_SERVER6" 81
mend "$LAB_SERVER6" 81

place_nft mark-82
lost='ICMP 1/4'
blames INPUT mark-82 "$LAB_SERVER6" 82
lost=nothing
mend "$LAB_SERVER6" 82

place_nft mark-83
blames INPUT mark-83 "$LAB_SERVER6" 83
expect_rule '{"set":"banned","element":"fd00:64::/64"}'
mend "$LAB_SERVER6" 83

place_iptables mark-84 ip6
blames INPUT mark-84 "$LAB_SERVER6" 84
mend "$LAB_SERVER6" 84

if [ -n "$legacy" ]; then
	place_legacy mark-85 ip6
	lost=RST
	confidence='certain|likely'
	blames INPUT mark-85 "$LAB_SERVER6" 85
	mend "$LAB_SERVER6" 85
fi
all_told
