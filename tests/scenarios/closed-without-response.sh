#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The application closes without a byte of answer: having read the request, or with the request unread.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

request='GET /health HTTP/1.0\r\n\r\n'

serve --mode answer 0.0.0.0 80
control --send "$request" "$LAB_SERVER4" 80
unserve

serve --mode answer --answer '' 0.0.0.0 80
diagnose --send "$request" "$LAB_SERVER4" 80
expect_wire ' failed: SYN-ACK FIN$'
expect_failed closed-without-response application
expect_verdict '{"confidence":"certain"}'
expect_says '^service.* closed the connection without answering the request$' "service.*'s log"
unserve

# Stopped until the request is there: it then closes with it unread, and the kernel resets.
serve --mode close 0.0.0.0 80
control --mode read "$LAB_SERVER4" 80
trace -n 1
kill -STOP "$service_pid"
probe_in_background --send "$request" "$LAB_SERVER4" 80
sleep 0.2
kill -CONT "$service_pid"
wait_probes
trace_wait
expect_count 1
expect_wire ' failed: SYN-ACK RST$'
expect_failed closed-without-response application
expect_says 'closed the connection without answering the request \(with bytes of it unread\)$'

# Not stopped, it closes before or after the request comes.
diagnose --send "$request" "$LAB_SERVER4" 80
expect_wire ' failed: SYN-ACK (FIN|RST)( RST)*$'
expect_failed closed-without-response application
