# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2034,SC2154 # dir, children, client, server, status: lib.sh has them
# What scenarios about captures share: tcpdump beside the probes, and clbtrace replay of its file.

capture_pid=
replay_file=$dir/capture.pcap

# capture [TCPDUMP-OPTIONS]: starts tcpdump in the server's namespace ($capture_netns: another).
capture() {
	: >"$dir/tcpdump"
	rm -f "$replay_file"
	ip netns exec "${capture_netns:-$server}" tcpdump -U --immediate-mode -Z root -w "$replay_file" "$@" \
		>/dev/null 2>"$dir/tcpdump" &
	capture_pid=$!
	children+=("$capture_pid")
	until_true 10 grep -qs 'listening on' "$dir/tcpdump" || fail "tcpdump does not start: $(cat "$dir/tcpdump")"
}

has_packet() {
	[ -n "$(tcpdump -nr "$replay_file" "$1" 2>/dev/null)" ]
}

# captured FILTER: waits until the file has such a packet, then ends tcpdump.
captured() {
	until_true 10 has_packet "$1" || fail "no packet $1 was captured: $(tcpdump -nr "$replay_file" 2>&1)"
	kill -TERM "$capture_pid"
	wait "$capture_pid" || true
}

# replay: explains the capture; its output is where that of clbtrace always is.
replay() {
	status=0
	"$CLBTRACE" replay "$replay_file" --json -t "$trace_timeout" -s "$LAB_SOURCES6" >"$dir/out" 2>"$dir/err" ||
		status=$?
	[ ! -s "$dir/err" ] || fail "clbtrace replay says: $(cat "$dir/err")"
	check_json
}

# expect_captured CAUSE CONFIDENCE [FILTER]
expect_captured() {
	expect_verdict "{\"source\":\"capture\",\"cause\":\"$1\",\"confidence\":\"$2\"}" "${3:-true}"
}
