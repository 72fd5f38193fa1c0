#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The prober gives up before clbtrace's -t: it closes or resets a connection on which nothing was answered.
# needs: haproxy curl
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-services.sh
. "$(dirname "$0")/lib-services.sh"
# shellcheck source=tests/scenarios/lib-haproxy.sh
. "$(dirname "$0")/lib-haproxy.sh"

trace
serve --mode answer 0.0.0.0 80
diagnose_with with_curl --max-time 0.3 "http://$LAB_SERVER4/"
expect_wire '^curl: exit 0, status 200, '
expect_verdict '{"verdict":"healthy"}'
balance '' <<'HAPROXY'
	option httpchk GET /health
	timeout check 300ms
HAPROXY
agrees 'Layer7 check passed, code: 200' healthy

# gives_up SERVICE-MODE CAUSE: haproxy resets; curl, which closes, has the service close in its turn.
gives_up() {
	unserve
	serve --mode "$1" 0.0.0.0 80
	agrees 'Layer7 timeout' "$2"
	expect_says 'service' "\\b$service_pid\\b"
	balance_end
	[ -n "$FAULTS_ONLY" ] || trace_stop INT
	expect_status 1
	trace
	diagnose_with with_curl --max-time 0.3 "http://$LAB_SERVER4/"
	expect_wire '^curl: exit 28, .*timed out'
	expect_failed "$2" application
	expect_says 'service' "\\b$service_pid\\b"
	balance '' <<-'HAPROXY'
		option httpchk GET /health
		timeout check 300ms
	HAPROXY
}
gives_up read app-no-response
gives_up hold app-no-response
gives_up never app-not-accepting
