#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tcpdump -w - | clbtrace replay -: verdicts come as the packets do, and without one when the time has passed.
# needs: tcpdump
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

needs_clbtrace
pipe=$dir/pipe
mkfifo "$pipe"

# trace_pipe [CLBTRACE-OPTIONS]: tcpdump into clbtrace, whose process id is in $trace_pid.
trace_pipe() {
	: >"$dir/err"
	: >"$dir/tcpdump"
	env --default-signal=INT "$CLBTRACE" replay - --json -t "$trace_timeout" "$@" <"$pipe" >"$dir/out" 2>"$dir/err" &
	trace_pid=$!
	children+=("$trace_pid")
	ip netns exec "$server" tcpdump -U --immediate-mode -Z root -i eth0 -w - tcp >"$pipe" 2>"$dir/tcpdump" &
	children+=("$!")
	tcpdump_pid=$!
	until_true 10 grep -qs 'listening on' "$dir/tcpdump" || fail "tcpdump does not start: $(cat "$dir/tcpdump")"
}

serve 0.0.0.0 80
s iptables -A INPUT -p tcp --dport 81 -j DROP

# The reader ends first.
trace_pipe
probe "$LAB_SERVER4" 80
wait_verdicts 1 '.verdict == "healthy"'
probe --timeout 100 "$LAB_SERVER4" 81
wait_verdicts 1 '.verdict == "undetermined" and .probe.dport == 81'
probe --timeout 100 "$LAB_SERVER4" 81
trace_stop INT
expect_count 3
expect_summary '{"probes":3,"healthy":1,"undetermined":2}'
expect_status 1
end "$tcpdump_pid"

# The writer ends first.
trace_pipe
probe "$LAB_SERVER4" 80
wait_verdicts 1
kill -TERM "$tcpdump_pid"
trace_wait
expect_summary '{"probes":1,"healthy":1}'
expect_status 0

# --count ends it, though the pipe stays open.
trace_pipe -n 1
probe "$LAB_SERVER4" 80
trace_wait
expect_count 1
end "$tcpdump_pid"
