#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# TLS checks that work: the verdict is healthy, and says that the status code could not be read.
# needs: nginx curl openssl
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-services.sh
. "$(dirname "$0")/lib-services.sh"

make_certificate
nginx_serve <<'NGINX'
server {
	listen 443 ssl http2;
	ssl_protocols TLSv1.2 TLSv1.3;
	ssl_certificate @DIR@/cert.pem;
	ssl_certificate_key @DIR@/key.pem;
	location /health { return 200 "well\n"; }
	location / { return 503; }
}
NGINX

# healthy_over_tls: what an encrypted exchange is judged, with words about what could not be read.
healthy_over_tls() {
	expect_verdict "{\"verdict\":\"healthy\",\"cause\":\"healthy\",\"probe\":{\"src\":\"$real_source\",\"dport\":443}}"
	expect_says 'TLS' 'status'
	expect_status 0
}

trace --expect-status 200
for options in '--tlsv1.3' '--tls-max 1.2' '--http1.1'; do
	# shellcheck disable=SC2086 # words
	diagnose_with with_curl -k $options "https://$LAB_SERVER4/health"
	expect_wire '^curl: exit 0, status 200, '
	healthy_over_tls
done

# A status code that would fail is not readable either.
diagnose_with with_curl -k "https://$LAB_SERVER4/"
expect_wire '^curl: exit 0, status 503, '
healthy_over_tls

# A handshake and nothing more.
diagnose_with with_openssl -servername web.example
expect_wire '^openssl: exit 0, .*TLSv1\.3'
healthy_over_tls
diagnose_with with_openssl -tls1_2
expect_wire '^openssl: exit 0, .*TLSv1\.2'
healthy_over_tls

# The control of the words: with the server gone, the same client fails.
nginx_end
diagnose_with with_curl -k "https://$LAB_SERVER4/health"
expect_wire '^curl: exit 7, '
expect_failed no-listener listener

trace_stop INT
expect_status 1
