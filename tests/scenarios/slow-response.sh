#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The times of an exchange, in JSON and with -v, and an answer after the timeout.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

request='GET /health HTTP/1.0\r\n\r\n'

# expect_timing FILTER: the times up to some point are there, whole and not negative, and the jq filter holds.
expect_timing() {
	[ -z "$FAULTS_ONLY" ] || return 0
	jq -e '.timing | (keys_unsorted == ["syn_to_synack_us", "synack_to_ack_us", "request_to_first_byte_us",
			"first_byte_to_close_us"][:length]) and
		all(.[]; type == "number" and . >= 0 and . == floor)' <<<"$verdict" >"$dir/jq" || fail "no times: $verdict"
	jq -e ".timing + {duration_us} | $1" <<<"$verdict" >"$dir/jq" || fail "not $1: $verdict"
}

serve --mode answer 0.0.0.0 80
control --send "$request" --close peer "$LAB_SERVER4" 80
expect_timing 'length == 5 and .request_to_first_byte_us < 100000 and
	.syn_to_synack_us + .synack_to_ack_us + .request_to_first_byte_us + .first_byte_to_close_us <=
		.duration_us + 4'
# What did not happen has no time.
control "$LAB_SERVER4" 80
[ -n "$FAULTS_ONLY" ] || jq -e '.timing | .syn_to_synack_us >= 0 and (has("synack_to_ack_us") or
	has("request_to_first_byte_us") or has("first_byte_to_close_us") | not)' <<<"$verdict" >"$dir/jq" ||
	fail "times of what did not happen: $verdict"
# The prober is slow.
control --send "$request" --ack-delay 150 --close peer "$LAB_SERVER4" 80
expect_timing '.synack_to_ack_us >= 150000 and .request_to_first_byte_us < 100000'
unserve

# The service is slow, and not too slow.
serve --mode answer --delay 100 0.0.0.0 80
control --send "$request" --close peer "$LAB_SERVER4" 80
expect_timing '.request_to_first_byte_us >= 100000 and .request_to_first_byte_us < 600000 and
	.syn_to_synack_us < 100000 and .duration_us >= 100000'
unserve

# Too slow for the balancer, which waits on: the answer comes, and is late.
serve --mode answer --delay 700 0.0.0.0 80
trace
probe --send "$request" --close peer --timeout 2000 "$LAB_SERVER4" 80
expect_wire ' ok: .*HTTP/1\.0 200 OK'
wait_verdicts 1 '.cause == "slow-response"'
trace_stop INT
expect_verdict '{"verdict":"failed","cause":"slow-response","stage":"application","confidence":"certain"}'
expect_status 1
expect_says "service" "\\b$service_pid\\b" '\b(7[0-9]{2}(\.[0-9])? ms|0\.7[0-9]* s)' '600 ms'
expect_timing '.request_to_first_byte_us >= 700000'

# The text form shows the times with -v.
[ -z "$FAULTS_ONLY" ] || exit 0
unserve
serve --mode answer --delay 100 0.0.0.0 80
: >"$dir/err"
ip netns exec "$server" "$CLBTRACE" -v -n 1 >"$dir/out" 2>"$dir/err" &
trace_pid=$!
children+=("$trace_pid")
until_true "$trace_limit" ready_or_gone || fail "clbtrace is not ready"
probe --send "$request" --close peer "$LAB_SERVER4" 80
until_true "$trace_limit" gone "$trace_pid" || fail "clbtrace does not end"
grep -qE 'first byte.* 1[0-9]{2}(\.[0-9]+)? ms' "$dir/out" || fail "no times with -v: $(cat "$dir/out")"
