#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# TCP-MD5 that the listener does not expect; then, none where it does.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

serve 0.0.0.0 80
control
diagnose --timeout 300 --md5 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
[ "$(counter TcpExtTCPMD5Unexpected)" -eq 1 ] || fail "TCPMD5Unexpected did not count it"
expect_failed tcp-auth handshake
unserve

serve --md5 100.64.1.10 0.0.0.0 80
diagnose --timeout 300 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
[ "$(counter TcpExtTCPMD5NotFound)" -eq 1 ] || fail "TCPMD5NotFound did not count it"
expect_failed tcp-auth handshake
