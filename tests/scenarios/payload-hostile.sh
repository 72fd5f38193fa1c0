#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# 64 KiB of terminal escapes, NULs and invalid UTF-8, as answer and as request, do nothing to a terminal or to JSON.
# needs: curl
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-services.sh
. "$(dirname "$0")/lib-services.sh"

# What terminals obey, in 7 and 8 bits; NULs; bytes that are no UTF-8, a surrogate, an overlong slash, a byte order
# mark, text that turns around; and what JSON and shells take as their own.
# shellcheck disable=SC2016 # nothing of it is to expand
hostile() {
	printf '\e]0;owned\a\e[2J\e[1;31m\e[6n\eP$q"p\e\\\x9b31m\x9d52;c;Zm9v\x9c\x90+q\x00\x00\x7f\b\b\r\v\f'
	printf '\xff\xfe\xc3\x28\xed\xa0\x80\xc0\xaf\xef\xbb\xbf\xe2\x80\xae\xf4\x90\x80\x80\xc2\x85\xc2\x9b2K'
	printf '"}\n{"type":"verdict"}\n\\u0000\\\n$(reboot)`reboot`%%s%%n\x1b[999;999H\x1b'
}

hostile >"$dir/once"
while [ "$(wc -c <"$dir/once")" -lt 65536 ]; do
	cat "$dir/once" "$dir/once" >"$dir/twice"
	mv "$dir/twice" "$dir/once"
done
head -c 65536 "$dir/once" >"$dir/hostile"
{ printf 'HTTP/1.1 503 '; head -c 65523 "$dir/hostile"; } >"$dir/status"
{ printf 'GET /'; hostile | tr -d '\r\n '; printf ' HTTP/1.1\r\nHost: '; hostile; printf '\r\n\r\n'; } >"$dir/target"
{
	printf 'GET / HTTP/1.1\r\nHost: '
	hostile | tr -d '\r\n'
	printf '\r\nUser-Agent: '
	hostile | tr -d '\r\n'
	printf '\r\n\r\n'
} >"$dir/request"
head -c 4096 "$dir/hostile" >"$dir/request.raw"

# harmless FILE: printable ASCII and newlines.
harmless() {
	local bad
	bad=$(LC_ALL=C tr -d '\n\040-\176' <"$1" | od -An -tx1 | head -n 1)
	[ -z "$bad" ] || fail "bytes in $(basename "$1"): $bad"
}

# both_forms OUTCOME PROBER-OPTION... ADDRESS PORT: one probe for the JSON, one for the text with all its evidence.
both_forms() {
	local outcome=$1
	shift
	trace -n 1 -v
	probe "$@"
	trace_wait
	expect_count 1
	[ -n "$FAULTS_ONLY" ] || harmless "$dir/out"
	expect_verdict "$outcome"
	[ -z "$FAULTS_ONLY" ] || return 0
	: >"$dir/err"
	ip netns exec "$server" "$CLBTRACE" -t "$trace_timeout" -n 1 -v --color never >"$dir/text" 2>"$dir/err" &
	trace_pid=$!
	children+=("$trace_pid")
	until_true "$trace_limit" ready_or_gone || fail "clbtrace is not ready"
	probe "$@"
	until_true "$trace_limit" gone "$trace_pid" || fail "clbtrace does not end"
	trace_pid=
	harmless "$dir/text"
	harmless "$dir/err"
	[ -s "$dir/text" ] || fail "no text"
}

# answered_with FILE OUTCOME PROBER-OPTION...: an HTTP request wants an HTTP answer, any other just an answer.
answered_with() {
	serve --mode answer --answer-file "$1" 0.0.0.0 80
	both_forms "$2" "${@:3}" --close peer "$LAB_SERVER4" 80
	expect_wire ' ok: SYN-ACK DATA'
	unserve
}

serve --mode answer 0.0.0.0 80
control --send 'GET / HTTP/1.0\r\n\r\n' "$LAB_SERVER4" 80
unserve

answered_with "$dir/hostile" '{"cause":"http-status"}' --send 'GET / HTTP/1.0\r\n\r\n'
answered_with "$dir/status" '{"cause":"http-status"}' --send 'GET / HTTP/1.0\r\n\r\n'
answered_with "$dir/status" '{"cause":"http-status"}' --send-file "$dir/request"
answered_with "$dir/status" '{}' --send-file "$dir/target"
answered_with "$dir/hostile" '{"verdict":"healthy"}' --send-file "$dir/request.raw"

# To one that does not answer it: 64 KiB of request, by a real client.
serve --mode hold 0.0.0.0 80
send_all() {
	wire=$(c timeout 2 curl -q -sS --interface "$real_source" --max-time 1 -A "$(tr -d '\0\r\n' <"$dir/request.raw")" \
		--data-binary "@$dir/hostile" "http://$LAB_SERVER4/" 2>&1 | LC_ALL=C tr -dc '\040-\176') || true
}
diagnose_with send_all
expect_wire 'timed out'
expect_failed app-no-response application
[ -n "$FAULTS_ONLY" ] || harmless "$dir/out"
unserve

# A TLS check of it: the answer is quoted.
serve --mode greet --answer-file "$dir/hostile" 0.0.0.0 80
diagnose_with with_curl -k "https://$LAB_SERVER4:80/"
expect_wire '^curl: exit '
expect_failed tls-mismatch application
[ -n "$FAULTS_ONLY" ] || harmless "$dir/out"
