#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# With packets and counters alone: what healthy probes look like, IPv4 and IPv6; none at all; no BPF is used.
# needs: strace
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

trace_backend=pcap
serve --mode answer :: 80
serve --mode close :: 81

trace
for address in "$LAB_SERVER4" "$LAB_SERVER6"; do
	control "$address" 80
	control --tsval 1000 "$address" 80
	control --mode fin "$address" 80
	control --mode read "$address" 81
	control --send 'GET / HTTP/1.0\r\n\r\n' "$address" 80
	expect_wire 'DATA\([0-9]+\)"HTTP/1\.0 200 OK'
done
expect_verdict '{"source":"capture","probe":{"interface":"eth0"}}'
trace_stop INT
expect_status 0

# Several sources, one run: each is counted.
trace -n 6
probe --count 6 --source 100.64.1.10 --source 100.64.1.11 --source 100.127.255.254 "$LAB_SERVER4" 80
trace_wait
expect_summary '{"probes":6,"healthy":6,"failed":0,"undetermined":0,"incomplete":0,"lost_events":0}'
expect_status 0

# What others send is no probe, and is told; what this host begins is not.
trace -p 80
s timeout 1 bash -c "</dev/tcp/$LAB_CLIENT4/80" 2>"$dir/refused" && fail "something listens on the client's port 80"
probe --source 172.16.32.200 --timeout 300 "$LAB_SERVER4" 80
trace_stop INT
expect_count 0
expect_status 3
expect_total '.probes == 0 and (tostring | test("1 connection attempt .*172\\.16\\.32\\.200"))'

needs_clbtrace
s strace -f -o "$dir/calls" -e trace=bpf,perf_event_open "$CLBTRACE" --backend pcap -d 1 >"$dir/out" 2>&1 || [ $? -eq 3 ] ||
	fail "under strace: $(cat "$dir/out")"
! grep -E 'bpf\(|perf_event_open\(' "$dir/calls" || fail "it uses BPF"
