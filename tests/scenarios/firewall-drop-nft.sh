#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Native nft: a rule of an inet table; a policy; two tables of which one drops; netdev ingress.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

# drops FAMILY TABLE HOOK: clbtrace blames that table.
drops() {
	diagnose --timeout 300 "$LAB_SERVER4" 80
	expect_wire ' failed: nothing$'
	expect_failed firewall-drop netfilter
	expect_verdict "{\"rule\":{\"backend\":\"nft\",\"family\":\"$1\",\"table\":\"$2\",\"hook\":\"$3\"}}"
	s nft flush ruleset
}

serve 0.0.0.0 80
s nft -f - <<'NFT'
table inet guard {
	chain in { type filter hook input priority 0; policy accept; tcp dport 81 drop; }
}
NFT
control

s nft add rule inet guard in tcp dport 80 drop
drops inet guard INPUT

s nft -f - <<'NFT'
table ip strict {
	chain in { type filter hook input priority 0; policy drop; tcp dport 22 accept; }
}
NFT
drops ip strict INPUT

# Two base chains on one hook: the first accepts, the second drops.
s nft -f - <<'NFT'
table inet early {
	chain in { type filter hook input priority -10; policy accept; tcp dport 80 accept; }
}
table inet late {
	chain in { type filter hook input priority 20; policy accept; tcp dport 80 drop; }
}
NFT
drops inet late INPUT

# And the other way round.
s nft -f - <<'NFT'
table inet early {
	chain in { type filter hook input priority -10; policy accept; tcp dport 80 drop; }
}
table inet late {
	chain in { type filter hook input priority 20; policy accept; }
}
NFT
drops inet early INPUT

s nft -f - <<'NFT'
table netdev edge {
	chain in { type filter hook ingress device "eth0" priority 0; policy accept; tcp dport 80 drop; }
}
NFT
drops netdev edge INGRESS
