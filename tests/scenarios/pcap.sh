#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The capture file: readable while clbtrace runs, 0600, never through a symbolic link.
# needs: tcpdump
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

needs_clbtrace
packets() {
	tcpdump -nr "$dir/probes.pcap" 2>/dev/null | wc -l
}

has_packets() {
	[ "$(packets)" -ge "$1" ]
}

serve 0.0.0.0 80
control

trace -w "$dir/probes.pcap"
probe "$LAB_SERVER4" 80
wait_verdicts 1
until_true 5 has_packets 3 || fail "while clbtrace runs: $(packets) packets, expected SYN, SYN-ACK, RST"
[ "$(stat -c %a "$dir/probes.pcap")" = 600 ] || fail "its mode is $(stat -c %a "$dir/probes.pcap")"
probe --mode silent --timeout 50 "$LAB_SERVER4" 80
trace_stop INT
tcpdump -nr "$dir/probes.pcap" >"$dir/text" 2>"$dir/errors" || fail "tcpdump: $(cat "$dir/errors")"
for flags in '\[S\]' '\[S\.\]' '\[R\]'; do
	grep -q "Flags $flags" "$dir/text" || fail "no packet with $flags: $(cat "$dir/text")"
done
[ "$(packets)" -eq 5 ] || fail "$(packets) packets, expected 5: $(cat "$dir/text")"

echo kept >"$dir/target"
ln -s "$dir/target" "$dir/link.pcap"
code=0
timeout 10 ip netns exec "$server" "$CLBTRACE" -d 1 -w "$dir/link.pcap" >"$dir/out" 2>"$dir/err" || code=$?
[ "$code" -eq 2 ] || fail "through a symbolic link: exit status $code, expected 2"
[ "$(cat "$dir/target")" = kept ] || fail "it wrote through the symbolic link"
