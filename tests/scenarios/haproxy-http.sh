#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# haproxy checks the server with GET /health: what clbtrace says of its checks agrees with what haproxy logs.
# needs: nginx haproxy openssl
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-services.sh
. "$(dirname "$0")/lib-services.sh"
# shellcheck source=tests/scenarios/lib-haproxy.sh
. "$(dirname "$0")/lib-haproxy.sh"

# web STATUS: nginx answers that.
web() {
	[ -z "$nginx_pid" ] || nginx_end
	nginx_serve <<-NGINX
		server { listen 80; location /health { return $1 "well"; } location / { return 404; } }
	NGINX
}

trace --expect-status 200-399 # as haproxy has it without http-check expect
web 200
balance '' <<'HAPROXY'
	option httpchk
	http-check send meth GET uri /health ver HTTP/1.1 hdr Host web.example
HAPROXY

agrees 'Layer7 check passed, code: 200' healthy
web 503
agrees 'Layer7 wrong status, code: 503' http-status
expect_says '503' 'GET /health HTTP/1\.1' 'web\.example'
web 200
haproxy_says succeeded # it does not log that another code is as wrong
web 404
agrees 'Layer7 wrong status, code: 404' http-status
web 200
agrees 'Layer7 check passed, code: 200' healthy
nginx_end
agrees 'Layer4 connection problem' no-listener

# Slower than haproxy waits.
serve --mode answer --delay 1000 0.0.0.0 80
agrees 'Layer7 timeout' app-no-response slow-response
unserve

# Accepts, and closes without an answer.
serve --mode answer --answer '' 0.0.0.0 80
agrees 'Layer7 invalid response' closed-without-response
unserve

# Stopped: the kernel still makes the connection.
web 200
agrees 'Layer7 check passed, code: 200' healthy
kill -STOP "$nginx_pid" "$(nginx_worker)"
agrees 'Layer7 timeout' app-not-accepting
kill -CONT "$nginx_pid" "$(nginx_worker)"
agrees 'Layer7 check passed, code: 200' healthy
nginx_end

# The port speaks TLS.
make_certificate
nginx_serve <<'NGINX'
server { listen 80 ssl; ssl_certificate @DIR@/cert.pem; ssl_certificate_key @DIR@/key.pem; }
NGINX
agrees 'Layer7 wrong status, code: 400' plaintext-to-tls
trace_stop INT
expect_status 1
