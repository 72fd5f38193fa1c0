#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The SYN-ACK is dropped on its way out: by nft in OUTPUT, by tc at egress, by the qdisc.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2034 # lib.sh reads it
trace_unshared='it makes a clsact, which clbtrace has itself before 6.6'

dropped() {
	diagnose --timeout 300 "$LAB_SERVER4" 80
	expect_wire ' failed: nothing$'
	expect_failed reply-dropped reply
}

serve 0.0.0.0 80
control

s nft -f - <<'NFT'
table inet guard {
	chain out { type filter hook output priority 0; policy accept; tcp sport 80 drop; }
}
NFT
dropped
expect_verdict '{"rule":{"backend":"nft","family":"inet","table":"guard","hook":"OUTPUT"}}'
s nft flush ruleset

s tc qdisc add dev eth0 clsact
s tc filter add dev eth0 egress prio 7 bpf direct-action obj "$(bpf_object 80)" sec tc
dropped
s tc qdisc del dev eth0 clsact

# A queue too small for one packet.
s tc qdisc add dev eth0 root tbf rate 8bit burst 10 limit 1
dropped
