#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Real faults in captures of tcpdump: Ethernet, Linux cooked v1 and v2, gzip, pcapng; what replay says of them.
# needs: tcpdump
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-capture.sh
. "$(dirname "$0")/lib-capture.sh"

needs_clbtrace

faults() {
	probe "$LAB_SERVER4" 80
	probe --mode fin "$LAB_SERVER6" 80
	probe --tsval 1000 --send 'GET / HTTP/1.0\r\n\r\n' "$LAB_SERVER4" 81
	probe --send 'GET / HTTP/1.0\r\n\r\n' "$LAB_SERVER4" 82
	probe "$LAB_SERVER4" 83
	probe --syns 3 --syn-interval 150 --timeout 500 "$LAB_SERVER4" 84
	probe --timeout 300 "$LAB_SERVER4" 85
	probe --mode silent --timeout 300 "$LAB_SERVER4" 86
	probe --send 'GET / HTTP/1.0\r\n\r\n' "$LAB_SERVER4" 87
	probe --mode read --sport 40000 --tsval 5000000 "$LAB_SERVER4" 88
	until_true 5 has_time_wait || fail "no TIME_WAIT"
	probe --timeout 300 --sport 40000 --tsval 4000000 "$LAB_SERVER4" 88
	probe --sport 50000 "$LAB_SERVER4" 80 # whose reset is the last packet
}

has_time_wait() {
	[ -n "$(s ss -Htn state time-wait)" ]
}

# Called between rounds: the next TIME_WAIT must be a new one.
no_time_wait() {
	probe --sport 40000 --tsval 9000000 --isn 4000000000 "$LAB_SERVER4" 88
}

compare() {
	expect_count 12
	expect_captured healthy certain '.probe.dport == 80 and .probe.src == "100.64.1.10"'
	expect_captured healthy certain '.probe.dport == 80 and (.probe.src | startswith("fd00"))'
	expect_captured healthy certain '.probe.dport == 81'
	expect_captured http-status certain '.probe.dport == 82'
	expect_captured no-listener possible '.probe.dport == 83'
	expect_verdict '{"source":"capture","verdict":"undetermined","probe":{"syns":3}}' '.probe.dport == 84'
	expect_says '3 SYNs, 1[0-9]{2} and 1[0-9]{2} ms apart'
	expect_captured firewall-reject likely '.probe.dport == 85'
	expect_says 'port unreachable'
	expect_captured synack-unanswered likely '.probe.dport == 86'
	expect_captured plaintext-to-tls certain '.probe.dport == 87'
	expect_captured healthy certain '.probe.dport == 88 and .verdict == "healthy"'
	expect_captured timestamp-reject likely '.probe.dport == 88 and .verdict != "healthy"'
	expect_says '\b5000[0-9]{3}\b' '\b4000000\b'
	expect_status 1
}

serve 0.0.0.0 80
serve fd00:32::15 80
serve --mode answer 0.0.0.0 81
serve --mode answer --answer 'HTTP/1.0 503 Busy' 0.0.0.0 82
serve 0.0.0.0 84
serve 0.0.0.0 85
serve 0.0.0.0 86
printf '\x15\x03\x03\x00\x02\x02\x46' >"$dir/alert"
serve --mode answer --answer-file "$dir/alert" 0.0.0.0 87
serve --mode close 0.0.0.0 88
s iptables -A INPUT -p tcp --dport 84 -j DROP
s iptables -A INPUT -p tcp --dport 85 -j REJECT

for type in '' LINUX_SLL LINUX_SLL2; do
	if [ -n "$type" ]; then
		capture -i any -y "$type"
	else
		capture -i eth0
	fi
	faults
	captured 'src port 50000 and tcp[tcpflags] & tcp-rst != 0'
	replay
	compare
	cp "$dir/out" "$dir/out.${type:-EN10MB}"
	no_time_wait
done

# The same bytes in other wrappings say the same.
gzip -k "$replay_file"
"$CLBTRACE" replay "$replay_file.gz" --json -t "$trace_timeout" -s "$LAB_SOURCES6" >"$dir/out.gz" || true
cmp "$dir/out" "$dir/out.gz" || fail "compressed, it reads otherwise"
"$CLBTRACE" replay - --json -t "$trace_timeout" -s "$LAB_SOURCES6" <"$replay_file" >"$dir/out.pipe" || true
cmp "$dir/out" "$dir/out.pipe" || fail "from standard input, it reads otherwise"
if command -v editcap >/dev/null; then
	editcap -F pcapng "$replay_file" "$dir/capture.pcapng"
	"$CLBTRACE" replay "$dir/capture.pcapng" --json -t "$trace_timeout" -s "$LAB_SOURCES6" >"$dir/out.ng" || true
	cmp "$dir/out" "$dir/out.ng" || fail "as pcapng, it reads otherwise"
fi
