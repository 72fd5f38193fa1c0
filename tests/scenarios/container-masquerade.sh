#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A probe of a node port of kube-proxy's: another address and port, and another source, in the pod.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-container.sh
. "$(dirname "$0")/lib-container.sh"

request='GET /health HTTP/1.1\r\nHost: web.example\r\n\r\n'

container_make
kube_publish 30080 80

# one_probe OUTCOME: it has the addresses with which it arrived, and those that the pod sees.
one_probe() {
	expect_verdict "{\"verdict\":\"$1\",\"probe\":{\"src\":\"100.64.1.10\",\"dst\":\"$LAB_SERVER4\",\"dport\":30080,
		\"translated\":{\"src\":\"172.30.0.1\",\"dst\":\"172.30.0.2\",\"dport\":80}}}"
}

serve_inside --mode answer 0.0.0.0 80
# The pod sees the masqueraded source: the control of the set-up itself.
k nft -f - <<'NFT'
table inet seen {
	counter gateway { }
	chain in { type filter hook input priority 0; ip saddr 172.30.0.1 tcp flags syn / syn,ack counter name gateway; }
}
NFT
trace
control --send "$request" "$LAB_SERVER4" 30080
one_probe healthy
k nft -j list counter inet seen gateway | jq -e '.nftables[].counter? | select(.) | .packets > 0' >"$dir/jq" ||
	fail "the pod does not see the gateway's address"
control "$LAB_SERVER4" 30080

k iptables-nft -A INPUT -p tcp --dport 80 -j DROP
diagnose --timeout 300 "$LAB_SERVER4" 30080
expect_wire ' failed: nothing$'
expect_failed firewall-drop netfilter
one_probe failed
k iptables-nft -F INPUT
unserve

diagnose "$LAB_SERVER4" 30080
expect_wire ' failed: RST$'
expect_failed no-listener listener
one_probe failed

serve_inside --mode reset 0.0.0.0 80
diagnose --mode read "$LAB_SERVER4" 30080
expect_wire ' failed: SYN-ACK RST$'
expect_failed reset-by-app application
one_probe failed
expect_says 'service' "\\b$service_pid\\b"
unserve

serve_inside --mode hold 0.0.0.0 80
diagnose --send "$request" --timeout 800 "$LAB_SERVER4" 30080
expect_wire ' failed: SYN-ACK$'
expect_failed app-no-response application
one_probe failed
expect_says 'service' "\\b$service_pid\\b"

trace_stop INT
expect_status 1
expect_total '(.targets | length) == 1 and .probes == 6'
