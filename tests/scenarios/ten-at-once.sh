#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Ten faults at once, each on its own port: each probe gets its own verdict.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

s nft -f - <<'NFT'
table inet guard {
	chain in { type filter hook input priority 0; policy accept; tcp dport 82 drop; tcp dport 83 reject with tcp reset; }
	chain out { type filter hook output priority 0; policy accept; tcp sport 88 drop; }
}
NFT
for port in 80 82 83 87 88 91; do
	serve 0.0.0.0 "$port"
done
serve 127.0.0.1 84
serve --mode never --backlog 1 0.0.0.0 85
serve --drop-all 0.0.0.0 86
serve --mode close 0.0.0.0 89
serve --mode reset 0.0.0.0 90

# The control, port by port as far as it goes: these work until their fault is made.
for port in 80 85 87 89 91; do
	control "$LAB_SERVER4" "$port"
done
s tc qdisc add dev eth0 clsact
s tc filter add dev eth0 ingress prio 7 bpf direct-action obj "$(bpf_object 87)" sec tc
probe --mode ack --count 2 --quiet "$LAB_SERVER4" 85
probe --mode read --sport 40000 --tsval 5000000 --quiet "$LAB_SERVER4" 89

trace
for port in 80 81 82 83 84 85 86 87 88; do
	probe_in_background --timeout 500 "$LAB_SERVER4" "$port"
done
probe_in_background --timeout 500 --sport 40000 --tsval 4000000 "$LAB_SERVER4" 89
probe_in_background --mode read --timeout 500 "$LAB_SERVER4" 90
probe_in_background --mode silent --timeout 500 "$LAB_SERVER4" 91
probe_in_background --bad-tcp-checksum --timeout 500 "$LAB_SERVER4" 92
wait_probes
for got in '80 ok: SYN-ACK' '81 failed: RST' '82 failed: nothing' '83 failed: RST' '84 failed: RST' \
	'85 failed: nothing' '86 failed: nothing' '87 failed: nothing' '88 failed: nothing' '89 failed: ACK' \
	'90 failed: SYN-ACK RST' '91 ok: SYN-ACK' '92 failed: nothing'; do
	expect_wire ":$got"
done
wait_verdicts 13
trace_stop INT
expect_count 13
expect_verdict '{"verdict":"healthy"}' '.probe.dport == 80'
while read -r port cause; do
	expect_verdict "{\"verdict\":\"failed\",\"cause\":\"$cause\"}" ".probe.dport == $port"
done <<'CAUSES'
81 no-listener
82 firewall-drop
83 firewall-reject
84 listener-wrong-address
85 accept-queue-full
86 socket-filter
87 tc-drop
88 reply-dropped
89 timestamp-reject
90 reset-by-app
91 synack-unanswered
92 bad-checksum
CAUSES
expect_summary '{"probes":13,"healthy":1,"failed":12,"undetermined":0,"incomplete":0}'
expect_status 1
