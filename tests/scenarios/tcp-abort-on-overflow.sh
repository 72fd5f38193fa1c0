#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# With tcp_abort_on_overflow a full accept queue resets the connection at its final ACK.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

s sysctl -q -w net.ipv4.tcp_abort_on_overflow=1
serve --mode never --backlog 4 0.0.0.0 80
control
probe --mode ack --count 4 --quiet "$LAB_SERVER4" 80

trace
probe --mode ack --acks-together --count 2 --sport 40000 --linger 100 "$LAB_SERVER4" 80
expect_wire ':40001 > [^ ]+ ok: SYN-ACK RST$'
wait_verdicts 2
trace_stop INT
expect_verdict '{"verdict":"failed","cause":"accept-queue-full","stage":"handshake"}' '.probe.sport == 40001'
expect_says tcp_abort_on_overflow service
