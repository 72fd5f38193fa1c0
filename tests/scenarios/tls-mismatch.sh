#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A TLS check of a port where the service does not speak TLS: answered in plaintext, closed, reset, greeted.
# needs: nginx curl openssl
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-services.sh
. "$(dirname "$0")/lib-services.sh"

make_certificate
nginx_serve <<'NGINX'
server {
	listen 80;
	listen 443 ssl;
	ssl_certificate @DIR@/cert.pem;
	ssl_certificate_key @DIR@/key.pem;
	location / { return 200 "well\n"; }
}
NGINX

trace
diagnose_with with_curl -k "https://$LAB_SERVER4/"
expect_wire '^curl: exit 0, status 200, '
expect_verdict '{"verdict":"healthy"}'
diagnose_with with_curl "http://$LAB_SERVER4/"
expect_wire '^curl: exit 0, status 200, '
expect_verdict '{"verdict":"healthy"}'

# mismatched PORT REGEX...: a TLS check of the port, and the words that its verdict has.
mismatched() {
	local port=$1
	shift
	diagnose_with with_curl -k "https://$LAB_SERVER4:$port/"
	expect_wire '^curl: exit (35|56), '
	expect_failed tls-mismatch application
	expect_verdict "{\"probe\":{\"dport\":$port}}"
	expect_says TLS "$@"
}

mismatched 80 nginx 'HTTP/1\.1 400 Bad Request'
expect_verdict '{"confidence":"certain"}'

# It takes the ClientHello for a request that it does not understand.
serve --mode answer --answer '' 0.0.0.0 81
mismatched 81 service clos
serve --mode answer --answer $'-ERR unknown command\r\n' 0.0.0.0 82
mismatched 82 service '-ERR unknown command'

# Stopped until the ClientHello is there: then reset with it unread.
serve --mode reset 0.0.0.0 83
unread_on() {
	[ "$(s ss -Htn state established "sport = :$1" | awk '{ print $1 }')" -gt 0 ] 2>/dev/null
}
reset_unread() {
	kill -STOP "$service_pid"
	c curl -q -sS -k --interface "$real_source" --max-time 5 "https://$LAB_SERVER4:83/" >"$dir/curl" 2>&1 &
	children+=("$!")
	until_true 10 unread_on 83 || fail "no ClientHello arrives"
	kill -CONT "$service_pid"
	wait "${children[-1]}" || [ $? -eq 35 ] || fail "curl: $(cat "$dir/curl")"
}
diagnose_with reset_unread
expect_failed tls-mismatch application
expect_says TLS service reset

# A service that speaks first, as SSH, SMTP and FTP do.
serve --mode greet --answer $'SSH-2.0-OpenSSH_9.2p1 Debian\r\n' 0.0.0.0 84
mismatched 84 service 'SSH-2\.0-OpenSSH_9\.2p1'

trace_stop INT
expect_status 1
