#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tcp_tw_recycle, as far as it shows without a kernel that has it: SYNs with timestamps that go back are dropped here
# by a rule, and the counter and the sysctl are those of a copy of /proc.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

trace_backend=pcap
proc=$dir/proc
mkdir -p "$proc/net" "$proc/sys/net/ipv4"
trace_timeout=3000
passive=4

# host RECYCLE: the copy of /proc, PAWSPassive in it.
host() {
	local name
	echo "$1" >"$proc/sys/net/ipv4/tcp_tw_recycle"
	echo 1 >"$proc/sys/net/ipv4/tcp_timestamps"
	for name in snmp tcp tcp6; do
		s cat "/proc/net/$name" >"$proc/net/$name"
	done
	count
}

# count: writes net/netstat, in the form of Linux 2.6.32; in one go, as it may be read at any time.
count() {
	printf 'TcpExt: TW TWRecycled TWKilled PAWSPassive PAWSActive PAWSEstab ListenOverflows ListenDrops\n' >"$dir/netstat"
	printf 'TcpExt: 70 2 0 %s 0 0 0 0\n' "$passive" >>"$dir/netstat"
	mv "$dir/netstat" "$proc/net/netstat"
}

# two_probes TSVAL TSVAL COUNTED: the first is answered, and the server closes; the second is dropped, and PAWSPassive
# grows by so many.
two_probes() {
	trace --proc "$proc"
	probe --mode read --tsval "$1" "$LAB_SERVER4" 80
	expect_wire ' ok: '
	wait_verdicts 1
	s iptables-legacy -w -I INPUT -p tcp --dport 80 --syn -j DROP
	probe --tsval "$2" --timeout 200 "$LAB_SERVER4" 80
	s iptables-legacy -w -D INPUT 1
	expect_wire ' failed: nothing$'
	passive=$((passive + $3))
	count
	wait_verdicts 2
	trace_stop INT
	expect_status 1
}

s iptables-legacy -w -L -n >"$dir/tables" 2>&1 || skip "no legacy iptables in this kernel: $(head -n 1 "$dir/tables")"
serve --mode close 0.0.0.0 80
host 1
control --proc "$proc" -- --mode read --tsval 1000 "$LAB_SERVER4" 80

two_probes 900000 88123 1
expect_verdict '{"verdict":"failed","cause":"tw-recycle","stage":"handshake"}'
expect_says PAWSPassive tcp_tw_recycle
[ -n "$FAULTS_ONLY" ] || jq -e '.fix | any(test("net\\.ipv4\\.tcp_tw_recycle=0"))' <<<"$verdict" >"$dir/jq" ||
	fail "no fix: $verdict"

# The sysctl is off; or the timestamps go on, or the counter stands still: it is something else.
other() {
	two_probes "$@"
	[ -n "$FAULTS_ONLY" ] || jq -e '.cause != "tw-recycle" and .verdict != "healthy"' <<<"$verdict" >"$dir/jq" ||
		fail "it is not tw-recycle: $verdict"
}

host 0
other 900000 88123 1
host 1
other 900000 990000 0
other 990000 88123 0
