# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154 # lib.sh and lib-services.sh have them
# haproxy in the client's namespace as the load balancer that checks the server; sourced after lib-services.sh.

haproxy_source=100.64.7.7 # of its checks
haproxy_log=$dir/haproxy.log

ip -n "$client" addr add "$haproxy_source/32" dev lb0

# balance SERVER-OPTIONS < DIRECTIVES: starts haproxy with one server, $LAB_SERVER4:80, checked every 100 ms; one
# result changes its state. haproxy waits for an answer as long as clbtrace does, and logs every change of a result.
balance() {
	{
		printf 'global\n\tlog stdout format raw local0\n'
		printf 'defaults\n\tlog global\n\ttimeout connect 2s\n\ttimeout client 2s\n\ttimeout server 2s\n'
		printf '\ttimeout check %sms\n\toption log-health-checks\n' "$trace_timeout"
		printf 'listen b\n\tbind 127.0.0.1:8000\n\tmode tcp\n\tsource %s\n' "$haproxy_source"
		cat
		printf '\tserver s1 %s:80 check inter 100ms fall 1 rise 1 %s\n' "$LAB_SERVER4" "$1"
	} >"$dir/haproxy.cfg"
	: >"$haproxy_log"
	ip netns exec "$client" haproxy -db -f "$dir/haproxy.cfg" </dev/null >"$haproxy_log" 2>&1 &
	haproxy_pid=$!
	children+=("$haproxy_pid")
	until_true 10 logged_or_gone 'Health check for server b/s1' || fail "haproxy does not check: $(cat "$haproxy_log")"
	! gone "$haproxy_pid" || fail "haproxy: $(cat "$haproxy_log")"
}

balance_end() {
	end "$haproxy_pid"
}

logged_or_gone() {
	grep -q "$1" "$haproxy_log" || gone "$haproxy_pid"
}

# result: haproxy's latest: "succeeded, reason: Layer7 check passed, code: 200, ..."
result() {
	sed -n 's/^Health check for server b\/s1 //p' "$haproxy_log" | tail -n 1
}

result_is() {
	[[ $(result) =~ $1 ]]
}

# haproxy_says REGEX: waits until the latest result is that.
haproxy_says() {
	until_true 10 result_is "$1" || fail "haproxy does not say $1: $(cat "$haproxy_log")"
}

# agrees RESULT-REGEX CAUSE...: haproxy says so of the server, and clbtrace, which runs, says one of these causes of
# the next two checks, while haproxy stays at that. UP goes with healthy, DOWN with any other cause.
agrees() {
	local regex=$1 outcome=failed before since checks causes
	shift
	causes=$(printf '%s\n' "$@" | jq -R . | jq -sc .)
	if [ "$1" = healthy ]; then
		outcome=healthy
		haproxy_says "^succeeded, reason: $regex.*status: .* UP\.$"
	else
		haproxy_says "^failed, reason: $regex.*status: .* DOWN\.$"
	fi
	[ -z "$FAULTS_ONLY" ] || return 0
	before=$(result)
	since=$(date -u +%Y-%m-%dT%H:%M:%S.%6NZ)
	checks=".probe.src == \"$haproxy_source\" and .time > \"$since\""
	wait_verdicts 2 "$checks"
	[ "$(result)" = "$before" ] || fail "haproxy does not stay at: $before: $(cat "$haproxy_log")"
	verdict=$(verdicts "$checks and (.verdict != \"$outcome\" or (.cause | IN(${causes}[]) | not))")
	[ -z "$verdict" ] || fail "haproxy: $before; clbtrace: $verdict"
	verdict=$(verdicts "$checks" | tail -n 1)
}
