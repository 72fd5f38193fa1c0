#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# --netns: clbtrace, started outside, traces inside the namespace that is named, by name or by a process in it.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

needs_clbtrace
trace_outside=yes

serve 0.0.0.0 80

# inside NAMESPACE-OR-PID: verdicts have what only the inside of the namespace can tell.
inside() {
	trace --netns "$1"
	diagnose "$LAB_SERVER4" 80
	expect_wire ' ok: SYN-ACK$'
	expect_verdict '{"verdict":"healthy","probe":{"interface":"eth0","dport":80}}'
	diagnose "$LAB_SERVER4" 81
	expect_wire ' failed: RST$'
	expect_failed no-listener listener
	s iptables-nft -A INPUT -p tcp --dport 80 -j DROP
	diagnose --timeout 300 "$LAB_SERVER4" 80
	expect_wire ' failed: nothing$'
	expect_failed firewall-drop netfilter
	expect_verdict '{"rule":{"backend":"nft","family":"ip","table":"filter","hook":"INPUT"}}'
	s iptables-nft -F INPUT
	s sysctl -q -w net.ipv4.conf.all.rp_filter=1
	s ip route del "$LAB_SOURCES4"
	diagnose --timeout 300 "$LAB_SERVER4" 80
	expect_wire ' failed: nothing$'
	expect_failed rp-filter ip
	s ip route add "$LAB_SOURCES4" via "$LAB_CLIENT4"
	s sysctl -q -w net.ipv4.conf.all.rp_filter=0
	serve 127.0.0.1 82
	diagnose "$LAB_SERVER4" 82
	expect_failed listener-wrong-address listener
	expect_says 'service' "\\b$service_pid\\b" '127\.0\.0\.1:82'
	unserve
	trace_stop INT
	expect_status 1
}

inside "$server"
serve 0.0.0.0 83
inside "$service_pid"

# Nothing of the outside, or of another namespace, is in it.
trace -d 1 --netns "$client"
probe "$LAB_SERVER4" 80
trace_wait
expect_count 0
expect_status 3

# refused NAMESPACE: exit status 2, and one line that names it.
refused() {
	status=0
	"$CLBTRACE" --json --netns "$1" -d 1 >"$dir/out" 2>"$dir/err" || status=$?
	[ "$status" -eq 2 ] || fail "--netns $1: exit status $status: $(cat "$dir/err")"
	[ "$(wc -l <"$dir/err")" -eq 1 ] || fail "--netns $1: not one line: $(cat "$dir/err")"
	grep -qF -- "$1" "$dir/err" || fail "--netns $1 is not named: $(cat "$dir/err")"
	[ ! -s "$dir/out" ] || fail "--netns $1: on stdout: $(cat "$dir/out")"
}
refused "$SCENARIO_ID-none"
refused 4194305 # above the largest process id there can be
refused ../../proc/1/ns/net
