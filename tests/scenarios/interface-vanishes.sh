#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# An interface goes while clbtrace watches it: a notice, and the rest goes on.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

lab_link "$client" "$server" lb1 eth1 02:00:00:00:21:01 02:00:00:00:21:0f 172.16.33 fd00:33
needs_clbtrace
serve 0.0.0.0 80

has_notice() {
	jq -e 'select(.type == "notice")' "$dir/out" | grep -q eth1
}

trace
probe "$LAB_SERVER4" 80
wait_verdicts 1
s ip link del eth1
until_true 10 has_notice || fail "no notice that eth1 is gone: $(cat "$dir/out" "$dir/err")"
probe "$LAB_SERVER4" 80
wait_verdicts 2
trace_stop INT
expect_count 2
expect_summary '{"probes":2,"healthy":2}'
expect_status 0
