#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What nginx answers to checks that do not suit it, and what the verdict says is typical for each status.
# needs: nginx curl
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-services.sh
. "$(dirname "$0")/lib-services.sh"

echo "user:$(openssl passwd -apr1 secret)" >"$dir/passwords"
nginx_serve <<'NGINX'
server {
	listen 80;
	listen [::]:80;
	server_name web.example;
	location /health { return 200 "well\n"; }
	location /busy { return 503; }
	location /moved { return 301 https://web.example/health; }
	location /private { auth_basic "private"; auth_basic_user_file @DIR@/passwords; }
	location /get-only { if ($request_method = HEAD) { return 405; } return 200 "well\n"; }
	location / { return 404; }
}
NGINX

# request METHOD PATH: as a balancer with a check domain sends it.
request() {
	printf '%s %s HTTP/1.1\\r\\nHost: web.example\\r\\nUser-Agent: clb-healthcheck\\r\\nConnection: close\\r\\n\\r\\n' \
		"$1" "$2"
}

# answered STATUS REGEX...: the verdict on the latest probe quotes request and answer, and says what is typical.
answered() {
	local status_line=$1 request_line=$2
	shift 2
	expect_failed http-status application
	expect_verdict '{"confidence":"certain"}'
	expect_says "^nginx \(pid [0-9]+\) answered .*HTTP/1\.1 $status_line.* to .*$request_line" "$@"
}

trace --expect-status 200
control --send "$(request GET /health)" "$LAB_SERVER4" 80
expect_wire 'DATA\([0-9]+\)"HTTP/1\.1 200 OK'
expect_verdict '{"confidence":"certain"}'
control --send "$(request HEAD /health)" "$LAB_SERVER4" 80
control --send "$(request GET /health)" "$LAB_SERVER6" 80
control --send "$(request GET /get-only)" "$LAB_SERVER4" 80

diagnose --send "$(request GET /missing)" "$LAB_SERVER4" 80
expect_wire ' ok: .*404 Not Found'
answered '404 Not Found' 'GET /missing HTTP/1\.1' 'web\.example' 'expected: 200' 'path'

diagnose --send "$(request GET /busy)" "$LAB_SERVER4" 80
expect_wire ' ok: .*503 Service'
answered '503 Service Temporarily Unavailable' 'GET /busy HTTP/1\.1' 'web\.example' 'expected: 200'

diagnose --send "$(request GET /private)" "$LAB_SERVER4" 80
expect_wire ' ok: .*401 Unauthorized'
answered '401 Unauthorized' 'GET /private HTTP/1\.1' 'web\.example' 'login|log in|password|authentication'

diagnose --send "$(request GET /moved)" "$LAB_SERVER4" 80
expect_wire ' ok: .*301 Moved'
answered '301 Moved Permanently' 'GET /moved HTTP/1\.1' 'web\.example' 'HTTPS'

diagnose --send "$(request HEAD /get-only)" "$LAB_SERVER4" 80
expect_wire ' ok: .*405 Not Allowed'
answered '405 Not Allowed' 'HEAD /get-only HTTP/1\.1' 'web\.example' '\bGET\b'

diagnose --send 'GET / HTTP/1.1\r\n\r\n' "$LAB_SERVER4" 80
expect_wire ' ok: .*400 Bad Request'
answered '400 Bad Request' 'GET / HTTP/1\.1' '\bHost\b' 'check.* domain'

# A real client: one connection, the whole exchange, the end by the client.
diagnose_with with_curl "http://$LAB_SERVER4/health"
expect_wire '^curl: exit 0, status 200, '
expect_verdict "{\"verdict\":\"healthy\",\"probe\":{\"src\":\"$real_source\"}}"
expect_status 0

diagnose_with with_curl "http://$LAB_SERVER4/missing"
expect_wire '^curl: exit 0, status 404, '
answered '404 Not Found' 'GET /missing HTTP/1\.1' "$LAB_SERVER4" 'path'

trace_stop INT
expect_status 1
