#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The application does not accept: the SYN is ignored; then, the last ACK is refused.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

serve --mode never --backlog 1 0.0.0.0 80
control
probe --mode ack --count 2 --quiet "$LAB_SERVER4" 80
diagnose --timeout 300 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
[ "$(counter TcpExtListenOverflows)" -eq 1 ] || fail "ListenOverflows did not count it"
expect_failed accept-queue-full handshake
expect_says 'backlog[^0-9]*2\b' '\b1\b' somaxconn service

# refuses PORT BACKLOG: two SYNs find room for one, and the second's final ACK is refused.
refuses() {
	local before
	before=$(counter TcpExtListenOverflows)
	trace
	probe --mode ack --acks-together --count 2 --sport 40000 --linger 100 "$LAB_SERVER4" "$1"
	expect_wire ':40001 > [^ ]+ ok: SYN-ACK$'
	[ "$(counter TcpExtListenOverflows)" -eq $((before + 1)) ] || fail "ListenOverflows did not count the ACK"
	wait_verdicts 2
	trace_stop INT
	expect_verdict '{"verdict":"failed","cause":"accept-queue-full","stage":"handshake"}' '.probe.sport == 40001'
	expect_says "backlog[^0-9]*$(($2 + 1))\b" "\b$2\b" somaxconn service
	expect_status 1
}

serve --mode never --backlog 4 0.0.0.0 81
probe --mode ack --count 4 --quiet "$LAB_SERVER4" 81
refuses 81 4

# With listen(0) every SYN is answered by a cookie, and there is no request socket to refuse.
serve --mode never --backlog 0 0.0.0.0 82
refuses 82 0
