#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# With --no-rule-trace nothing on the host changes, and the base chain is named, with what can have matched.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-rules.sh
. "$(dirname "$0")/lib-rules.sh"

s nft -f - <<'NFT'
table inet guard {
	chain in {
		type filter hook input priority filter; policy accept;
		tcp dport 82 counter drop comment "mark-1"
		tcp dport 81 limit rate over 1000/second counter drop comment "mark-2"
		tcp dport 81 jump deep
	}
	chain deep {
		counter drop comment "mark-81"
	}
}
NFT
s iptables-nft -t raw -A PREROUTING -p tcp --dport 83 -m comment --comment mark-83 -j DROP
s iptables-nft -t raw -A PREROUTING -p tcp --dport 1 -j DROP
serve_ports 0.0.0.0 80 81 83
remember
trace --no-rule-trace
identical
control

# blames_base HOOK MARK CHAIN PORT: the exact rule if the kernel lets clbtrace read it; else the base chain, and no more
# certainty than that.
blames_base() {
	diagnose --timeout 150 "$LAB_SERVER4" "$4"
	expect_wire ' failed: nothing$'
	stopped_by_it "$2"
	expect_verdict '{"verdict":"failed","cause":"firewall-drop"}'
	if [ -z "$FAULTS_ONLY" ] && [ "$(jq -r .confidence <<<"$verdict")" = certain ]; then
		expect_place "$1"
		return
	fi
	expect_confidence 'likely|possible'
	expect_rule "{\"backend\":\"nft\",\"family\":\"${place[1]}\",\"table\":\"${place[2]}\",\"hook\":\"$1\"}"
	expect_says "$3" "$2"
}

place_nft mark-81
blames_base INPUT mark-81 'base chain in' 81
identical
mend "$LAB_SERVER4" 81
place_iptables mark-83
remember
blames_base PREROUTING mark-83 PREROUTING 83
identical
mend "$LAB_SERVER4" 83
trace_stop INT
expect_status 1
unchanged
