#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Which rule of nft's bridge family, when the address is the bridge's.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-rules.sh
. "$(dirname "$0")/lib-rules.sh"

s ip link add br0 address "$lab_server_mac" type bridge 2>"$dir/bridge" || skip "no bridge in this kernel"
s ip addr flush dev eth0
s ip link set eth0 master br0
s ip addr add "$LAB_SERVER4/24" dev br0
s ip link set br0 up
until_true 5 lab_wait_up "$server" br0
s ip route replace "$LAB_SOURCES4" via "$LAB_CLIENT4" dev br0
s nft -f - 2>"$dir/nft" <<'NFT' || skip "no bridge family in this kernel's nf_tables: $(head -n 1 "$dir/nft")"
table bridge guard {
	chain pre {
		type filter hook prerouting priority filter; policy accept;
		tcp dport 1 drop
		tcp dport 81 counter drop comment "mark-81"
	}
	chain in {
		type filter hook input priority filter; policy accept;
		ether type ip jump deep
	}
	chain deep {
		tcp dport 1 drop
		tcp dport 82 counter drop comment "mark-82"
	}
}
NFT
serve_ports 0.0.0.0 80 81 82
remember
trace
control

place_nft mark-81
blames PREROUTING mark-81 "$LAB_SERVER4" 81
mend "$LAB_SERVER4" 81
place_nft mark-82
blames INPUT mark-82 "$LAB_SERVER4" 82
mend "$LAB_SERVER4" 82
all_told
