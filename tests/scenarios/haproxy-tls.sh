#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# haproxy checks the server over TLS: what clbtrace says of its checks agrees with what haproxy logs.
# needs: nginx haproxy openssl
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-services.sh
. "$(dirname "$0")/lib-services.sh"
# shellcheck source=tests/scenarios/lib-haproxy.sh
. "$(dirname "$0")/lib-haproxy.sh"

make_certificate

# web DIRECTIVE...: nginx speaks TLS on port 80, with these besides; web_plain: plaintext.
web() {
	[ -z "$nginx_pid" ] || nginx_end
	nginx_serve <<-NGINX
		server {
			listen 80 ssl;
			ssl_certificate @DIR@/cert.pem;
			ssl_certificate_key @DIR@/key.pem;
			location / { return 200 "well"; }
			$*
		}
	NGINX
}

web_plain() {
	nginx_end
	nginx_serve <<-'NGINX'
		server { listen 80; location / { return 200 "well"; } }
	NGINX
}

trace
# The handshake alone; then with a request, encrypted.
web
balance "check-ssl verify none" </dev/null
agrees 'Layer6 check passed' healthy
expect_says TLS
web_plain
agrees 'Layer6 invalid response' tls-mismatch
expect_says 'HTTP/1\.1 400'
web ssl_reject_handshake on';'
agrees 'Layer6 invalid response' tls-handshake-failed
expect_says unrecognized_name
web
agrees 'Layer6 check passed' healthy
nginx_end
agrees 'Layer4 connection problem' no-listener
serve --mode answer --answer '' 0.0.0.0 80
agrees 'Layer6 invalid response' tls-mismatch
unserve
serve --mode hold 0.0.0.0 80
agrees 'Layer6 timeout' app-no-response
unserve
balance_end

web
balance "check-ssl verify none check-sni web.example" <<'HAPROXY'
	option httpchk GET /
HAPROXY
agrees 'Layer7 check passed, code: 200' healthy
expect_says TLS status
web_plain
agrees 'Layer6 invalid response' tls-mismatch
web
agrees 'Layer7 check passed, code: 200' healthy
balance_end

# haproxy does not trust the certificate, and says so in an alert.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=other.example \
	-keyout "$dir/other.key" -out "$dir/other.pem" 2>"$dir/openssl" || fail "no certificate: $(cat "$dir/openssl")"
balance "check-ssl verify required ca-file $dir/other.pem" </dev/null
agrees 'Layer6 invalid response' tls-handshake-failed
trace_stop INT
expect_status 1
