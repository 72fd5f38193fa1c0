#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# With packets alone: an interface goes, comes, is down and up again; a notice each, and the rest goes on.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

trace_backend=pcap
needs_clbtrace
serve 0.0.0.0 80

# told REGEX N: so many notices match.
told() {
	[ "$(jq -r 'select(.type == "notice").text' "$dir/out" | grep -cE -- "$1")" -ge "$2" ]
}

link_up() {
	lab_link "$client" "$server" lb1 eth1 02:00:00:00:21:01 02:00:00:00:21:0f 172.16.33 fd00:33
}

# probe_eth1: from a source that is routed that way.
probe_eth1() {
	s ip route add 100.64.9.0/24 via 172.16.33.1
	probe --interface lb1 --to-mac 02:00:00:00:21:0f --source 100.64.9.1 172.16.33.15 80
	expect_wire ' ok: '
}

link_up
trace
probe "$LAB_SERVER4" 80
wait_verdicts 1
s ip link del eth1
until_true 10 told 'eth1 is gone' 1 || fail "no notice that eth1 is gone: $(cat "$dir/out" "$dir/err")"
probe "$LAB_SERVER4" 80
wait_verdicts 2
link_up
until_true 10 told 'eth1 came up' 1 || fail "no notice that eth1 came up: $(cat "$dir/out" "$dir/err")"
probe_eth1
wait_verdicts 3
expect_verdict '{"verdict":"healthy","probe":{"interface":"eth1","dst":"172.16.33.15"}}'
s ip link set eth1 down
s ip link set eth1 up
lab_wait_up "$server" eth1
probe_eth1
wait_verdicts 4
trace_stop INT
expect_summary '{"probes":4,"healthy":4}'
expect_status 0
