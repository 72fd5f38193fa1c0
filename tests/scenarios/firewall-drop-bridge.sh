#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# eth0 is a port of a bridge, which has the address: drops at the bridge's ingress, in INPUT, at the port's ingress.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

s ip link add br0 address "$lab_server_mac" type bridge 2>"$dir/bridge" || skip "no bridge in this kernel"
s ip addr flush dev eth0
s ip link set eth0 master br0
s ip addr add "$LAB_SERVER4/24" dev br0
s ip link set br0 up
until_true 5 lab_wait_up "$server" br0
s ip route replace "$LAB_SOURCES4" via "$LAB_CLIENT4" dev br0

# drops HOOK FAMILY TABLE: clbtrace blames that table at that hook.
drops() {
	diagnose --timeout 300 "$LAB_SERVER4" 80
	expect_wire ' failed: nothing$'
	expect_failed firewall-drop netfilter
	expect_verdict "{\"rule\":{\"hook\":\"$1\",\"family\":\"$2\",\"table\":\"$3\"}}"
	s nft flush ruleset
}

serve 0.0.0.0 80
s nft -f - <<'NFT'
table inet guard {
	chain in { type filter hook input priority 0; policy accept; tcp dport 81 drop; }
}
table netdev edge {
	chain in { type filter hook ingress device "br0" priority 0; policy accept; tcp dport 81 drop; }
}
NFT
control

s nft add rule netdev edge in tcp dport 80 drop
drops INGRESS netdev edge

s iptables-nft -A INPUT -p tcp --dport 80 -j DROP
drops INPUT ip filter

s nft -f - <<'NFT'
table inet guard {
	chain in { type filter hook input priority 0; policy accept; iifname "br0" tcp dport 80 drop; }
}
NFT
drops INPUT inet guard

s nft -f - <<'NFT'
table netdev port {
	chain in { type filter hook ingress device "eth0" priority 0; policy accept; tcp dport 80 drop; }
}
NFT
drops INGRESS netdev port
control
