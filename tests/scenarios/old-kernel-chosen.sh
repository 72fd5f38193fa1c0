#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Where the kernel refuses BPF, packets and counters are taken by themselves, with a notice; --backend bpf refuses.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

needs_clbtrace
trace_backend=
built=$CLBTRACE
CLBTRACE=$dir/clbtrace
{
	echo '#!/bin/sh'
	echo "exec setpriv --bounding-set=-bpf,-sys_admin,-perfmon --inh-caps=-all '$built' \"\$@\""
} >"$CLBTRACE"
chmod +x "$CLBTRACE"
serve 0.0.0.0 80

diagnose "$LAB_SERVER4" 80
expect_verdict '{"verdict":"healthy","source":"capture"}'
expect_status 0
[ "$(jq -r 'select(.type == "notice").text' "$dir/out" | grep -c -e '--backend pcap')" -eq 1 ] ||
	fail "no notice: $(cat "$dir/out")"
unserve
diagnose "$LAB_SERVER4" 80
expect_failed no-listener listener

# As text, the notice is on standard error.
s "$CLBTRACE" -d 1 >"$dir/out" 2>"$dir/err" || [ $? -eq 3 ] || fail "as text: $(cat "$dir/err")"
grep -q 'notice: no BPF here: .*--backend pcap' "$dir/err" || fail "no notice on stderr: $(cat "$dir/err")"
! grep -q 'no BPF here' "$dir/out" || fail "the notice is among the results: $(cat "$dir/out")"

# refuses STATUS REGEX OPTION...: one line on stderr says why.
refuses() {
	local want=$1 regex=$2 code=0
	shift 2
	s "$CLBTRACE" "$@" >"$dir/out" 2>"$dir/err" || code=$?
	[ "$code" -eq "$want" ] || fail "$*: status $code"
	if [ "$(wc -l <"$dir/err")" -ne 1 ] || ! grep -qE -- "$regex" "$dir/err"; then
		fail "$*: $(cat "$dir/err")"
	fi
}

refuses 4 CAP_BPF --backend bpf
refuses 4 CAP_BPF --xdp
refuses 2 '^clbtrace: --xdp: ' --xdp --backend pcap
refuses 2 '^clbtrace: --proc: ' --proc /proc --backend bpf
refuses 2 "^clbtrace: --proc: '$dir/none': No such file" --proc "$dir/none"
refuses 2 "^clbtrace: --proc: '$dir': .*no copy of /proc" --proc "$dir"
refuses 2 'no such interface' --backend pcap -i none0
