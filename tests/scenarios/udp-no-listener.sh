#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A UDP check: answered, taken without a word, refused with ICMP port unreachable, dropped by a rule.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

# datagram PROBER-OPTIONS ADDRESS PORT
datagram() {
	diagnose --mode udp --send 'ping' "$@"
}

# taken ADDRESS PORT WIRE: it is healthy, and the prober got that.
taken() {
	datagram --timeout 300 "$1" "$2"
	expect_wire "$3"
	expect_verdict "{\"verdict\":\"healthy\",\"probe\":{\"proto\":\"udp\",\"dst\":\"$1\",\"dport\":$2}}"
}

# unreachable ADDRESS PORT SOURCE: the kernel said port unreachable.
unreachable() {
	datagram "$1" "$2"
	expect_wire ' failed: '
	expect_failed udp-no-listener udp
	expect_verdict "{\"confidence\":\"certain\",\"probe\":{\"proto\":\"udp\",\"src\":\"$3\",\"dport\":$2}}"
	expect_says 'port unreachable' "\\b$2\\b"
}

trace --udp
serve --udp --mode answer --answer 'pong' 0.0.0.0 5300
serve --udp --mode hold 0.0.0.0 5301
serve --udp --mode answer --answer 'pong' :: 5302
taken "$LAB_SERVER4" 5300 ' ok: DATA\(4\)'
taken "$LAB_SERVER4" 5301 ' ok: nothing'
taken "$LAB_SERVER6" 5302 ' ok: DATA\(4\)'

unreachable "$LAB_SERVER4" 5400 100.64.1.10
unreachable "$LAB_SERVER6" 5400 fd00:64::10

# A TCP service on the port is no UDP service.
serve 0.0.0.0 5401
unreachable "$LAB_SERVER4" 5401 100.64.1.10

# The kernel's limit holds the ICMP error back: to the balancer, the service that is not there looks well.
s sysctl -q -w net.ipv4.icmp_ratelimit=60000
limited() {
	before=$(counter IcmpOutRateLimitHost)
	probe --mode udp --timeout 100 --source 100.64.3.3 "$LAB_SERVER4" 5403
	[ "$(counter IcmpOutRateLimitHost)" -gt "$before" ]
}
trace_stop INT
until_true 10 limited || fail "no limit on ICMP errors: $wire"
trace --udp
datagram --timeout 300 --source 100.64.3.3 "$LAB_SERVER4" 5403
expect_wire ' ok: nothing'
expect_failed udp-no-listener udp
expect_says 'no UDP socket.* port 5403' 'rate limit'
s sysctl -q -w net.ipv4.icmp_ratelimit=0

# UDP on loopback only: its process is named.
serve --udp --mode answer 127.0.0.1 5402
unreachable "$LAB_SERVER4" 5402 100.64.1.10
expect_says 'service' "\\b$service_pid\\b" '127\.0\.0\.1:5402' 'port unreachable'

# No ICMP where a rule drops the datagram, to an open port or a closed one.
s iptables-nft -A INPUT -p udp -j DROP
for port in 5300 5400; do
	datagram --timeout 300 "$LAB_SERVER4" "$port"
	expect_failed firewall-drop netfilter
	expect_verdict '{"probe":{"proto":"udp"},"rule":{"backend":"nft","family":"ip","table":"filter","hook":"INPUT"}}'
done
s iptables-nft -R INPUT 1 -p udp -j REJECT
datagram --timeout 300 "$LAB_SERVER4" 5300
expect_wire ' failed: '
expect_failed firewall-reject netfilter
s iptables-nft -F INPUT
taken "$LAB_SERVER4" 5300 ' ok: DATA\(4\)'
trace_stop INT
expect_status 1

# Without --udp datagrams are nobody's probes.
trace -d 1
probe --mode udp --send 'ping' "$LAB_SERVER4" 5400
trace_wait
expect_count 0
expect_status 3
