#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Another network namespace of this host has the same addresses, and its probes fail: none of them is in the report.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

other_client=$SCENARIO_ID-oc
other_server=$SCENARIO_ID-os
lab_make "$other_client" "$other_server"

# probe_other PROBER-OPTIONS ADDRESS PORT: as probe, between the other two.
probe_other() {
	local client=$other_client
	probe "$@"
}

same=(--sport 40000 --isn 1000) # the very same packets in both
serve 0.0.0.0 80
service_netns=$other_server serve 0.0.0.0 80
service_netns=$other_server serve 0.0.0.0 83
service_netns=$other_server serve --drop-all 0.0.0.0 84
service_netns=$other_server serve --mode never --backlog 1 0.0.0.0 85
service_netns=$other_server serve --mode reset 0.0.0.0 86
probe_other --mode ack --count 2 --quiet "$LAB_SERVER4" 85
control "${same[@]}" "$LAB_SERVER4" 80

ip netns exec "$other_server" nft -f - <<'NFT'
table inet guard {
	chain in { type filter hook input priority 0; policy accept; tcp dport 80 drop; tcp dport 82 reject with tcp reset; }
	chain out { type filter hook output priority 0; policy accept; tcp sport 83 drop; }
}
NFT

# others_fail: a dropped SYN, a closed port, a rejected SYN, a dropped SYN-ACK, a socket filter, a full accept queue,
# a reset by the application, a bad checksum.
others_fail() {
	local port
	for port in 80 81 82 83 84 85; do
		probe_other "${same[@]}" --timeout 60 "$LAB_SERVER4" "$port"
		case "$port" in
		81 | 82) expect_wire ' failed: RST$' ;;
		*) expect_wire ' failed: nothing$' ;;
		esac
	done
	probe_other "${same[@]}" --mode read "$LAB_SERVER4" 86
	expect_wire ' failed: SYN-ACK RST$'
	probe_other "${same[@]}" --bad-tcp-checksum --timeout 60 "$LAB_SERVER4" 80
	expect_wire ' failed: nothing$'
}

# Nothing but the other's: no probe was seen.
trace -d 2
others_fail
trace_wait
expect_count 0
expect_summary '{"probes":0,"healthy":0,"failed":0,"undetermined":0,"incomplete":0,"cause":"not-arriving"}'
expect_status 3

# While one of this namespace, with the same addresses, ports and numbers, is under way.
trace
probe_in_background "${same[@]}" --mode fin --ack-delay 450 --timeout 1000 "$LAB_SERVER4" 80
others_fail
wait_probes
expect_wire ' ok: SYN-ACK'
wait_verdicts 1
sleep 0.8 # longer than clbtrace's -t: theirs would have been judged by now
trace_stop INT
expect_count 1
expect_verdict '{"verdict":"healthy","probe":{"dport":80}}'
expect_summary '{"probes":1,"healthy":1,"failed":0,"undetermined":0,"incomplete":0}'
expect_total '(.targets | length) == 1'
expect_status 0

# And the reverse: the other's answer does not make up for a drop here.
ip netns exec "$other_server" nft flush ruleset
s nft -f - <<'NFT'
table inet guard {
	chain in { type filter hook input priority 0; policy accept; tcp dport 80 drop; }
}
NFT
trace
probe_in_background "${same[@]}" --timeout 500 "$LAB_SERVER4" 80
sleep 0.1
probe_other "${same[@]}" "$LAB_SERVER4" 80
expect_wire ' ok: SYN-ACK$'
wait_probes
wait_verdicts 1
trace_stop INT
expect_count 1
expect_failed firewall-drop netfilter
expect_summary '{"probes":1,"healthy":0,"failed":1}'
