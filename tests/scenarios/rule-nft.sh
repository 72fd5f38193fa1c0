#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Which rule of native nft: drop, reject, set, map, limit, jumps, policy, invalid, at the device, on the reply.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-rules.sh
. "$(dirname "$0")/lib-rules.sh"

serve_ports 0.0.0.0 80 81 82 83 84 85 86 87 88 89 90 91 92
s nft -f - <<'NFT'
table inet guard {
	set banned { type ipv4_addr; flags interval; elements = { 100.64.0.0/16, 100.127.1.0/24 }; }
	map ports { type inet_service : verdict; elements = { 1 : drop, 85 : drop, 2085 : accept }; }
	chain early {
		type filter hook prerouting priority raw; policy accept;
		tcp dport 92 notrack
	}
	chain in {
		type filter hook input priority filter; policy accept;
		ct state established accept
		tcp dport { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25 } drop
		tcp dport 81 counter drop comment "mark-81"
		tcp dport 82 counter reject with tcp reset comment "mark-82"
		tcp dport 83 counter reject with icmpx admin-prohibited comment "mark-83"
		tcp dport 84 ip saddr @banned counter drop comment "mark-84"
		tcp dport vmap @ports comment "mark-85"
		ip saddr . tcp dport vmap { 100.64.1.10 . 86 : drop, 10.0.0.1 . 86 : accept } comment "mark-86"
		tcp dport 87 limit rate over 1/hour burst 1 packets counter drop comment "mark-87"
		tcp dport 88 jump first
	}
	chain first {
		tcp dport 1 accept
		goto second
	}
	chain second {
		ip saddr 10.0.0.0/8 accept
		ip daddr 172.16.32.15 counter drop comment "mark-88"
	}
	chain out {
		type filter hook output priority filter; policy accept;
		tcp sport 1 accept
		ct state invalid counter drop comment "mark-92"
	}
	chain port {
		type filter hook ingress device "eth0" priority filter; policy accept;
		tcp dport 90 counter drop comment "mark-90"
	}
}
table netdev edge {
	chain in {
		type filter hook ingress device "eth0" priority filter + 10; policy accept;
		tcp dport 1 drop
		tcp dport 89 counter drop comment "mark-89"
	}
}
table ip strict {
	chain in {
		type filter hook input priority filter + 10; policy drop;
		tcp dport != 91 accept
		ip protocol icmp accept
	}
}
NFT
remember
trace
control

# rule HOOK PORT: the rule with the mark of that port is blamed, and mended.
rule() {
	place_nft "mark-$2"
	blames "$1" "mark-$2" "$LAB_SERVER4" "$2"
	mend "$LAB_SERVER4" "$2"
}

rule INPUT 81
lost=RST
rule INPUT 82
lost='ICMP 3/13'
rule INPUT 83
lost=nothing

place_nft mark-84
blames INPUT mark-84 "$LAB_SERVER4" 84
expect_rule '{"set":"banned","element":"100.64.0.0/16"}'
expect_says '100\.64\.0\.0/16 .*banned'
mend "$LAB_SERVER4" 84
place_nft mark-85
blames INPUT mark-85 "$LAB_SERVER4" 85
expect_rule '{"set":"ports","element":"85"}'
mend "$LAB_SERVER4" 85

rule INPUT 86
control "$LAB_SERVER4" 87
rule INPUT 87
rule INPUT 88
rule INGRESS 89
rule INGRESS 90
place_policy nft ip strict in
blames INPUT 'policy drop' "$LAB_SERVER4" 91
mend "$LAB_SERVER4" 91
rule OUTPUT 92
all_told
