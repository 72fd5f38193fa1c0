#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Both sides speak TLS and do not agree: no common version, an unknown server name, a certificate not trusted.
# needs: nginx curl openssl
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-services.sh
. "$(dirname "$0")/lib-services.sh"

make_certificate
nginx_serve <<'NGINX'
ssl_protocols TLSv1.2 TLSv1.3;
ssl_certificate @DIR@/cert.pem;
ssl_certificate_key @DIR@/key.pem;
server { listen 443 ssl default_server; ssl_reject_handshake on; }
server { listen 443 ssl; server_name web.example; location / { return 200 "well\n"; } }
NGINX

# check_as NAME CURL-OPTIONS: with that server name in the ClientHello.
check_as() {
	local name=$1
	shift
	with_curl --connect-to "$name:443:$LAB_SERVER4:443" "$@" "https://$name/"
}

# disagreed REGEX...: the verdict's words.
disagreed() {
	expect_failed tls-handshake-failed application
	expect_verdict "{\"confidence\":\"certain\",\"probe\":{\"src\":\"$real_source\",\"dport\":443}}"
	expect_says "$@"
}

trace
diagnose_with check_as web.example -k
expect_wire '^curl: exit 0, status 200, '
expect_verdict '{"verdict":"healthy"}'
expect_status 0

# The balancer's check has no name, or another than the server's.
diagnose_with check_as other.example -k
expect_wire '^curl: exit 35, .*unrecognized name'
disagreed nginx 'unrecognized_name' 'other\.example' 'TLS 1\.3' 'TLS 1\.2'
diagnose_with with_curl -k "https://$LAB_SERVER4/"
expect_wire '^curl: exit 35, .*unrecognized name'
disagreed nginx 'unrecognized_name' 'TLS 1\.3'

# The balancer's check is older than what the server takes.
diagnose_with with_openssl -servername web.example -tls1_1 -cipher 'DEFAULT@SECLEVEL=0'
expect_wire '^openssl: exit 1, .*alert protocol version'
disagreed nginx 'protocol_version' 'web\.example' 'TLS 1\.1'

# The prober does not trust the certificate: its alert is readable in TLS 1.2, not in TLS 1.3.
diagnose_with check_as web.example --tls-max 1.2
expect_wire '^curl: exit 60, .*self-signed certificate'
disagreed 'unknown_ca' 'web\.example' 'certificate'
diagnose_with check_as web.example --tlsv1.3
expect_wire '^curl: exit 60, .*self-signed certificate'
expect_failed tls-handshake-failed application
expect_says 'web\.example' 'certificate'

trace_stop INT
expect_status 1
