#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# With packets and counters alone: a wrong checksum, a signature that the listener has no key for.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

trace_backend=pcap
serve 0.0.0.0 80
control

diagnose --bad-tcp-checksum --timeout 300 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
expect_failed bad-checksum ingress
expect_says 'TcpInCsumErrors \+1'

diagnose --md5 --timeout 300 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
expect_failed tcp-auth handshake
expect_says 'TCPMD5Unexpected \+1'
