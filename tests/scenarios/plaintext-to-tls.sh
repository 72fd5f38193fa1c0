#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A plaintext check of a port where the service speaks TLS: answered by nginx's 400, by an alert, by a close.
# needs: nginx curl openssl
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-services.sh
. "$(dirname "$0")/lib-services.sh"

request='GET /health HTTP/1.1\r\nHost: web.example\r\n\r\n'

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
control --send "$request" "$LAB_SERVER4" 80
diagnose_with with_curl -k "https://$LAB_SERVER4/"
expect_wire '^curl: exit 0, status 200, '
expect_verdict '{"verdict":"healthy"}'

# 400 is among the expected status codes, and is the cause all the same.
diagnose --send "$request" "$LAB_SERVER4" 443
expect_wire ' ok: .*400 Bad Request'
expect_failed plaintext-to-tls application
expect_verdict '{"confidence":"certain"}'
expect_says nginx 'TLS|HTTPS' 'GET /health HTTP/1\.1' '400 Bad Request'

diagnose_with with_curl "http://$LAB_SERVER4:443/health"
expect_wire '^curl: exit 0, status 400, '
expect_failed plaintext-to-tls application
expect_verdict "{\"probe\":{\"src\":\"$real_source\"}}"

# OpenSSL closes without an alert when a connection does not begin with a TLS record.
tls_serve 444
diagnose_with with_curl -k "https://$LAB_SERVER4:444/"
expect_wire '^curl: exit 0, status 200, '
expect_verdict '{"verdict":"healthy"}'
diagnose --send "$request" "$LAB_SERVER4" 444
expect_wire ' failed: SYN-ACK (FIN|RST)( RST)*$'
expect_failed closed-without-response application
expect_says openssl 'TLS'

# alert_answers OCTAL NAME: other libraries do send a fatal alert.
alert_answers() {
	printf '\x15\x03\x03\x00\x02\x02%b' "\\0$1" >"$dir/alert"
	serve --mode answer --answer-file "$dir/alert" 0.0.0.0 81
	diagnose --send "$request" "$LAB_SERVER4" 81
	expect_wire ' ok: SYN-ACK DATA\(7\)'
	expect_failed plaintext-to-tls application
	expect_verdict '{"confidence":"certain"}'
	expect_says service "$2" 'GET /health HTTP/1\.1'
	unserve
}
alert_answers 012 unexpected_message
alert_answers 106 protocol_version
trace_stop INT
expect_status 1

# The answer to HEAD has no body, so not nginx's words: the status code is what there is.
diagnose --expect-status 200-399 -- --send 'HEAD /health HTTP/1.0\r\n\r\n' "$LAB_SERVER4" 443
expect_wire ' ok: .*400 Bad Request'
expect_verdict '{"verdict":"failed","stage":"application"}'
expect_says '400 Bad Request' 'HEAD /health HTTP/1\.0'
