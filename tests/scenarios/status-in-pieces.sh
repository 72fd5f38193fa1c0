#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Status line and request in segments of 1 and 3 bytes, and out of order: the verdicts are those of one piece.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

request='GET /health HTTP/1.1\r\nHost: web.example\r\nUser-Agent: clb-healthcheck\r\n\r\n'

# answers STATUS-LINE SERVICE-OPTION...: the service on port 80 does, from now on.
answers() {
	local answer="HTTP/1.1 $1"$'\r\nContent-Length: 0\r\n\r\n'
	shift
	[ -z "$service_pid" ] || unserve
	serve --mode answer --answer "$answer" "$@" 0.0.0.0 80
}

# What of a verdict must not depend on the pieces: all but times and process ids.
essence() {
	jq -c '[.verdict, .cause, .confidence, (.summary | gsub("pid [0-9]+"; "pid") |
		gsub("[0-9.]+ (ms|us|s)\\b"; "TIME")), .fix]' <<<"$verdict"
}

# same_as_whole PROBER-OPTION...: the verdict is that of the request and answer in one piece.
same_as_whole() {
	diagnose --send "$request" --close peer "$@" "$LAB_SERVER4" 80
	expect_wire ' ok: SYN-ACK DATA'
	[ -n "$FAULTS_ONLY" ] || [ "$(essence)" = "$whole" ] || fail "not as in one piece: $(essence); but: $whole"
}

trace
for line in '200 OK' '503 Service Unavailable' '418 No'; do
	answers "$line"
	diagnose --send "$request" --close peer "$LAB_SERVER4" 80
	expect_wire "DATA\([0-9]+\)\"HTTP/1\.1 ${line%% *}"
	case "$line" in
	503*)
		expect_failed http-status application
		expect_says "HTTP/1\.1 503 Service Unavailable.* to .*GET /health HTTP/1\.1" 'web\.example'
		;;
	*)
		expect_verdict '{"verdict":"healthy"}'
		expect_says "HTTP/1\.1 $line"
		;;
	esac
	[ -n "$FAULTS_ONLY" ] || whole=$(essence)
	for pieces in 1 3; do
		answers "$line" --pieces "$pieces"
		same_as_whole --pieces "$pieces"
	done
	answers "$line"
	same_as_whole --pieces 20 --pieces-reversed
	same_as_whole --pieces 3 --pieces-reversed
done

# A prober that closes as soon as it has the first byte: what the service still sends counts.
answers '503 Service Unavailable' --pieces 1
diagnose --send "$request" "$LAB_SERVER4" 80
expect_wire ' ok: SYN-ACK DATA'
expect_failed http-status application
trace_stop INT
expect_status 1
