#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The ping of a UDP or ping check: answered, ignored by a sysctl, dropped by a rule, both ways.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

# ping_probe ADDRESS: one echo request.
ping_probe() {
	diagnose --mode ping --timeout 300 "$1"
}

answered() {
	ping_probe "$1"
	expect_wire ' ok: '
	expect_verdict "{\"verdict\":\"healthy\",\"probe\":{\"proto\":\"icmp\",\"dst\":\"$1\"}}"
}

# ignored ADDRESS REGEX...
ignored() {
	ping_probe "$1"
	expect_wire ' failed: '
	expect_failed icmp-ignored
	expect_verdict "{\"probe\":{\"proto\":\"icmp\",\"dst\":\"$1\"}}"
	expect_says "${@:2}"
}

trace --udp
answered "$LAB_SERVER4"
answered "$LAB_SERVER6"

s sysctl -q -w net.ipv4.icmp_echo_ignore_all=1
ignored "$LAB_SERVER4" 'net\.ipv4\.icmp_echo_ignore_all' 'sysctl -w net\.ipv4\.icmp_echo_ignore_all=0'
expect_verdict '{"confidence":"certain"}'
answered "$LAB_SERVER6"
s sysctl -q -w net.ipv4.icmp_echo_ignore_all=0

s sysctl -q -w net.ipv6.icmp.echo_ignore_all=1
ignored "$LAB_SERVER6" 'net\.ipv6\.icmp\.echo_ignore_all' 'sysctl -w net\.ipv6\.icmp\.echo_ignore_all=0'
expect_verdict '{"confidence":"certain"}'
answered "$LAB_SERVER4"
s sysctl -q -w net.ipv6.icmp.echo_ignore_all=0

s iptables-nft -A INPUT -p icmp --icmp-type echo-request -j DROP
ignored "$LAB_SERVER4" 'INPUT'
expect_verdict '{"rule":{"backend":"nft","family":"ip","table":"filter","hook":"INPUT"}}'
s iptables-nft -F INPUT
s ip6tables-nft -A INPUT -p icmpv6 --icmpv6-type echo-request -j DROP
ignored "$LAB_SERVER6" 'INPUT'
expect_verdict '{"rule":{"backend":"nft","family":"ip6","table":"filter","hook":"INPUT"}}'
s ip6tables-nft -F INPUT
answered "$LAB_SERVER4"
answered "$LAB_SERVER6"

# The kernel's limit for ICMP, made to count echo replies too.
trace_stop INT
s sysctl -q -w net.ipv4.icmp_ratemask=$((6168 | 1)) net.ipv4.icmp_ratelimit=60000
limited() {
	probe --mode ping --timeout 100 --source 100.64.3.3 "$LAB_SERVER4"
	[[ $wire == *' failed: '* ]]
}
until_true 10 limited || fail "no limit on echo replies: $wire"
trace --udp
diagnose --mode ping --timeout 300 --source 100.64.3.3 "$LAB_SERVER4"
expect_wire ' failed: '
expect_failed icmp-ignored
expect_says 'rate limit' 'icmp_rate'
s sysctl -q -w net.ipv4.icmp_ratemask=6168
answered "$LAB_SERVER4"

# The answer is dropped.
s iptables-nft -A OUTPUT -p icmp --icmp-type echo-reply -j DROP
ping_probe "$LAB_SERVER4"
expect_wire ' failed: '
expect_verdict '{"verdict":"failed"}'
expect_says 'OUTPUT'
s iptables-nft -F OUTPUT
trace_stop INT
expect_status 1

# Without --udp echo requests are nobody's probes.
trace -d 1
probe --mode ping "$LAB_SERVER4"
trace_wait
expect_count 0
expect_status 3
