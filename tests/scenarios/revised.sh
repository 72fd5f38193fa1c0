#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The first SYN is dropped; its retransmission gets through, and the verdict is revised.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

needs_clbtrace
serve 0.0.0.0 80
control

s nft -f - <<'NFT'
table inet guard {
	chain in { type filter hook input priority 0; policy accept; tcp dport 80 drop; }
}
NFT
trace
probe_in_background --syns 3 --syn-interval 1200 --timeout 5000 "$LAB_SERVER4" 80
wait_verdicts 1
s nft flush ruleset
wait_probes
expect_wire ' ok: SYN-ACK$'
wait_verdicts 2
trace_stop INT
expect_count 2
expect_verdict '{"verdict":"failed","cause":"firewall-drop","revised":false}' '.revised == false'
expect_verdict '{"verdict":"healthy","revised":true}' '.revised == true'
expect_total '.probes == 1'
