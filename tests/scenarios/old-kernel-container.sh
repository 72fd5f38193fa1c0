#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# With packets alone: what the host forwards to a container is one probe, not one on each interface.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-container.sh
. "$(dirname "$0")/lib-container.sh"

trace_backend=pcap
container_make
docker_publish 8080 80
serve_inside --mode answer 0.0.0.0 80
outer="{\"probe\":{\"src\":\"100.64.1.10\",\"dst\":\"$LAB_SERVER4\",\"dport\":8080,\"interface\":\"eth0\"}}"

trace
control "$LAB_SERVER4" 8080
expect_verdict "$outer"
control --send 'GET / HTTP/1.0\r\n\r\n' "$LAB_SERVER4" 8080
expect_verdict "$outer"
unserve
diagnose "$LAB_SERVER4" 8080
expect_wire ' failed: RST$'
expect_verdict "$outer"
expect_verdict '{"verdict":"failed"}'
trace_stop INT
expect_count 3

# A server whose own address is among the sources: its answers are no probes.
serve --mode answer 0.0.0.0 80
s ip addr add 100.64.7.7/32 dev eth0
trace
control 100.64.7.7 80
control --send 'GET / HTTP/1.0\r\n\r\n' 100.64.7.7 80
trace_stop INT
expect_count 2
