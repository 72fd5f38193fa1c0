#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# nginx may open no more files: accept() fails with EMFILE, and connections wait in the accept queue.
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

# Its limit is right above its highest file; connections that stay open take what numbers are free below.
files() {
	find "/proc/$worker/fd" -mindepth 1 -printf '%f\n'
}
has_files() {
	[ "$(files | wc -l)" -eq "$1" ]
}
limit=$(($(files | sort -n | tail -n 1) + 1))
prlimit --pid "$worker" --nofile="$limit:"
holes=$((limit - $(files | wc -l)))
[ "$holes" -eq 0 ] || probe --mode ack --count "$holes" --quiet "$LAB_SERVER4" 80
until_true 10 has_files "$limit" || fail "nginx has $(files | wc -l) of $limit files open"

diagnose --send "$request" --timeout 800 "$LAB_SERVER4" 80
expect_wire ' failed: SYN-ACK$'
grep -q 'Too many open files' "$dir/nginx/error.log" || fail "nginx has files left: $(cat "$dir/nginx/error.log")"
expect_failed app-not-accepting application
expect_verdict '{"confidence":"certain"}'
expect_says 'nginx' "\b$worker\b" "\b$limit\b" 'open files|open-file limit|RLIMIT_NOFILE'

# With room again it takes up what waits.
prlimit --pid "$worker" --nofile=1024:
serves_again() {
	probe --send "$request" "$LAB_SERVER4" 80
	[[ $wire == *' ok: '* ]]
}
until_true 10 serves_again || fail "nginx does not recover: $wire"
control --send "$request" "$LAB_SERVER4" 80
