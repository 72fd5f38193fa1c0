#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A process stopped with SIGSTOP: before it accepts, and after.
# needs: nginx
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-services.sh
. "$(dirname "$0")/lib-services.sh"

request='GET /health HTTP/1.0\r\n\r\n'

nginx_serve <<'NGINX'
server { listen 80; location / { return 200 "well\n"; } }
NGINX
worker=$(nginx_worker)
control --send "$request" "$LAB_SERVER4" 80

# stopped PID...: they are, by /proc.
stopped() {
	local pid
	for pid in "$@"; do
		grep -q '^State:.*T (stopped)' "/proc/$pid/status" || return 1
	done
}

kill -STOP "$nginx_pid" "$worker"
until_true 10 stopped "$nginx_pid" "$worker" || fail "nginx does not stop"
diagnose --send "$request" --timeout 800 "$LAB_SERVER4" 80
expect_wire ' failed: SYN-ACK$'
expect_failed app-not-accepting application
expect_verdict '{"confidence":"certain"}'
expect_says '^connected, but not accepted within 600 ms: nginx' "\b($nginx_pid|$worker)\b" '\bstopped\b' \
	"kill -CONT ($nginx_pid|$worker)"

# It goes on where it was: what it takes from the queue now is of no use to anyone.
kill -CONT "$nginx_pid" "$worker"
control --send "$request" "$LAB_SERVER4" 80
nginx_end

serve --mode hold 0.0.0.0 80
has_accepted() {
	[[ $(s ss -Htnp state established 'sport = :80') == *"pid=$service_pid,"* ]]
}
trace -n 1
probe_in_background --send "$request" --timeout 800 "$LAB_SERVER4" 80
until_true 10 has_accepted || fail "the service does not accept"
kill -STOP "$service_pid"
wait_probes
trace_wait
expect_count 1
expect_wire ' failed: SYN-ACK$'
expect_failed app-no-response application
expect_says '^request received, no answer within 600 ms: service' "\b$service_pid\b" '\bstopped\b' \
	'\b24 bytes of it still unread' "kill -CONT $service_pid"
