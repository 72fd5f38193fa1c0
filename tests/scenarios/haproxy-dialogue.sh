#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# haproxy checks the server with a dialogue of its own (tcp-check): clbtrace agrees with what it logs.
# needs: haproxy
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-services.sh
. "$(dirname "$0")/lib-services.sh"
# shellcheck source=tests/scenarios/lib-haproxy.sh
. "$(dirname "$0")/lib-haproxy.sh"

trace
serve --mode answer --answer $'+PONG\r\n' 0.0.0.0 80
balance '' <<'HAPROXY'
	option tcp-check
	tcp-check send PING\r\n
	tcp-check expect string +PONG
HAPROXY
agrees 'Layer7 check passed' healthy
unserve
serve --mode answer --answer '' 0.0.0.0 80
agrees 'Layer7 ' closed-without-response
unserve
serve --mode read 0.0.0.0 80
agrees 'Layer7 timeout' app-no-response
unserve
serve --mode hold 0.0.0.0 80
agrees 'Layer7 timeout' app-no-response
trace_stop INT
expect_status 1
