#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The request arrives and is not answered: by an application that has accepted, by one that does not accept.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

request='GET /health HTTP/1.0\r\n\r\n'

serve --mode answer 0.0.0.0 80
control --send "$request" "$LAB_SERVER4" 80
unserve

serve --mode hold 0.0.0.0 80
control --mode fin "$LAB_SERVER4" 80
diagnose --send "$request" --timeout 800 "$LAB_SERVER4" 80
expect_wire ' failed: SYN-ACK$'
expect_failed app-no-response application
expect_says '^request received, no answer within 600 ms: service' '\b24 bytes of it still unread'
unserve

serve --mode never 0.0.0.0 80
diagnose --send "$request" --timeout 800 "$LAB_SERVER4" 80
expect_wire ' failed: SYN-ACK$'
expect_failed app-not-accepting application
expect_verdict '{"confidence":"certain"}'
expect_says '^connected, but not accepted within 600 ms: service.* does not call accept\(\)' ', 1 in the accept queue'
