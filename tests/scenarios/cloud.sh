#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# --cloud: whose probes are watched, how long and for which status, as that vendor's balancer does it.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

needs_clbtrace
request='GET /health HTTP/1.1\r\nHost: web.example\r\n\r\n'
for source in 168.63.129.16/32 169.254.128.0/17 35.191.0.0/16 130.211.0.0/22; do
	s ip route add "$source" via "$LAB_CLIENT4"
done

# watches VENDOR ADDRESS OTHER-ADDRESS: a probe from ADDRESS is one, a probe from the other is none.
watches() {
	trace --cloud "$1"
	probe --source "$3" "$LAB_SERVER4" 80
	expect_wire ' ok: SYN-ACK$'
	probe --source "$2" "$LAB_SERVER4" 80
	expect_wire ' ok: SYN-ACK$'
	wait_verdicts 1
	trace_stop INT
	expect_count 1
	expect_verdict "{\"verdict\":\"healthy\",\"probe\":{\"src\":\"$2\"}}"
	expect_status 0
}

serve --mode answer --answer $'HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n' 0.0.0.0 80
watches azure 168.63.129.16 100.64.1.10
watches tencent 100.64.1.10 168.63.129.16
watches tencent-classic 169.254.128.7 168.63.129.16
watches alibaba 100.64.1.10 35.191.0.7
watches huawei 100.125.3.4 100.64.1.10
watches gcp 35.191.0.7 100.64.1.10
watches gcp 130.211.1.2 100.64.1.10

# The status that the vendor wants: Azure 200 only, Alibaba 2xx and 3xx; an option of one's own wins.
diagnose --cloud alibaba -- --send "$request" "$LAB_SERVER4" 80
expect_verdict '{"verdict":"healthy"}'
diagnose --cloud azure -- --source 168.63.129.16 --send "$request" "$LAB_SERVER4" 80
expect_wire ' ok: .*302 Found'
expect_failed http-status application
expect_says '302 Found' 'expected: 200$'
diagnose --cloud azure --expect-status 302 -- --source 168.63.129.16 --send "$request" "$LAB_SERVER4" 80
expect_verdict '{"verdict":"healthy"}'
diagnose --cloud azure -s 100.64.0.0/10 -- --source 100.64.1.10 "$LAB_SERVER4" 80
expect_verdict '{"verdict":"healthy"}'

"$CLBTRACE" --help >"$dir/help"
for vendor in tencent tencent-classic alibaba huawei azure gcp; do
	grep -qw -- "$vendor" "$dir/help" || fail "--help does not have $vendor"
done
for range in 100.64.0.0/10 169.254.128.0/17 100.125.0.0/16 168.63.129.16 35.191.0.0/16 130.211.0.0/22; do
	grep -qF -- "$range" "$dir/help" || fail "--help does not have $range"
done
status=0
"$CLBTRACE" --cloud nimbus >"$dir/out" 2>"$dir/err" || status=$?
expect_status 2
grep -q nimbus "$dir/err" || fail "the unknown vendor is not named: $(cat "$dir/err")"
