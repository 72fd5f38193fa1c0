#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# HTTP checks: by default 100 to 499 is healthy; --expect-status says otherwise.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

request='GET /health HTTP/1.1\r\nHost: web.example\r\n\r\n'

# answers STATUS-LINE: the service on port 80 does, from now on.
answers() {
	[ -z "$service_pid" ] || unserve
	serve --mode answer --answer "HTTP/1.1 $1"$'\r\nContent-Length: 0\r\n\r\n' 0.0.0.0 80
}

answers '200 OK'
control --send "$request" "$LAB_SERVER4" 80
expect_wire 'DATA\([0-9]+\)"HTTP/1\.1 200 OK'
control --send "$request" --close rst "$LAB_SERVER4" 80

# status_failed LINE EXPECTED: the verdict quotes both lines, and what is expected.
status_failed() {
	expect_failed http-status application
	expect_verdict '{"confidence":"certain"}'
	expect_says "^service(\[[0-9]+\]| .*)? answered .*HTTP/1\.1 $1.* to .*GET /health HTTP/1\.1.*; expected: $2\$"
}

diagnose --expect-status 204,301-302 -- --send "$request" "$LAB_SERVER4" 80
expect_wire ' ok: .*200 OK'
status_failed '200 OK' 204,301-302

answers '503 Service Unavailable'
diagnose --send "$request" "$LAB_SERVER4" 80
expect_wire ' ok: .*503 Service'
status_failed '503 Service Unavailable' 100-499
diagnose --expect-status 200,503 -- --send "$request" "$LAB_SERVER4" 80
expect_verdict '{"verdict":"healthy"}'
expect_status 0

answers '404 Not Found'
control --send "$request" "$LAB_SERVER4" 80
diagnose --expect-status 200 -- --send "$request" "$LAB_SERVER4" 80
expect_wire ' ok: .*404 Not Found'
status_failed '404 Not Found' 200
expect_says 'check path does not exist'
