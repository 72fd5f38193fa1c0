#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Which rule when it looks the source up in an ipset, and which element of the set.
# needs: ipset
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-rules.sh
. "$(dirname "$0")/lib-rules.sh"

s ipset create banned hash:net 2>"$dir/ipset" || skip "no ip_set in this kernel: $(head -n 1 "$dir/ipset")"
s ipset add banned 10.0.0.0/8
s ipset add banned 100.64.0.0/16
s ipset create others hash:net
s ipset add others 100.127.0.0/16
serve_ports 0.0.0.0 80 81 82
s iptables-nft-restore <<'RULES'
*filter
:INPUT ACCEPT
-A INPUT -p tcp --dport 81 -m set --match-set others src -j DROP
-A INPUT -p tcp --dport 81 -m set --match-set banned src -m comment --comment mark-81 -j DROP
COMMIT
RULES
legacy=
if s iptables-legacy -w -A INPUT -p tcp --dport 82 -m set --match-set others src -j DROP 2>"$dir/legacy"; then
	legacy=1
	s iptables-legacy -w -A INPUT -p tcp --dport 82 -m set --match-set banned src -m comment --comment mark-82 -j DROP
fi
s ipset save | sort >"$dir/sets"
remember
trace
control

place_iptables mark-81
blames INPUT mark-81 "$LAB_SERVER4" 81
expect_rule '{"set":"banned","element":"100.64.0.0/16"}'
mend "$LAB_SERVER4" 81

if [ -n "$legacy" ]; then
	confidence='certain|likely'
	place_legacy mark-82
	blames INPUT mark-82 "$LAB_SERVER4" 82
	expect_rule '{"set":"banned","element":"100.64.0.0/16"}'
	mend "$LAB_SERVER4" 82
fi
all_told
s ipset save | sort | cmp -s - "$dir/sets" || fail "the sets are not as before: $(s ipset save)"
