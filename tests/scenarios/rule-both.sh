#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Which rule when both generations of iptables have some, and which generation.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-rules.sh
. "$(dirname "$0")/lib-rules.sh"

s iptables-legacy -w -L -n >"$dir/tables" 2>&1 || skip "no legacy iptables in this kernel: $(head -n 1 "$dir/tables")"
serve_ports 0.0.0.0 80 81 82 83
s iptables-nft-restore <<'RULES'
*filter
:INPUT ACCEPT
-A INPUT -p tcp --dport 82 -j ACCEPT
-A INPUT -p tcp --dport 81 -m comment --comment mark-81 -j DROP
-A INPUT -p tcp --dport 83 -m comment --comment mark-83 -j DROP
COMMIT
RULES
s iptables-legacy-restore <<'RULES'
*filter
:INPUT ACCEPT
-A INPUT -p tcp --dport 81 -j ACCEPT
-A INPUT -p tcp --dport 1 -j DROP
-A INPUT -p tcp --dport 83 -m comment --comment mark-83 -j DROP
-A INPUT -p tcp --dport 82 -m comment --comment mark-82 -j DROP
COMMIT
RULES

# legacy_counter MARK: packets that the rule has seen.
legacy_counter() {
	s iptables-legacy-save -c 2>"$dir/save.err" | sed -n "s/^\[\([0-9]*\):.*$1 .*/\1/p"
}

# Both generations drop at port 83: the one whose hook comes first. Its own counter says which that is.
probe --timeout 100 "$LAB_SERVER4" 83
remember
trace
control

place_iptables mark-81
blames INPUT mark-81 "$LAB_SERVER4" 81
mend "$LAB_SERVER4" 81

confidence='certain|likely'
place_legacy mark-82
blames INPUT mark-82 "$LAB_SERVER4" 82
mend "$LAB_SERVER4" 82

if [ "$(legacy_counter mark-83)" -gt 0 ]; then
	place_legacy mark-83
else
	place_iptables mark-83
fi
blames INPUT mark-83 "$LAB_SERVER4" 83
all_told
