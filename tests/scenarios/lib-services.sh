# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154,SC2034 # what lib.sh has
# Real services and clients for scenarios: nginx and other TLS servers, curl, openssl; sourced after lib.sh.

real_source=100.64.9.9 # of curl and openssl: an address that the client has, unlike those of the prober
nginx_pid=             # of nginx's master process, while it runs

ip -n "$client" addr add "$real_source/32" dev lb0

# make_certificate: $dir/key.pem and $dir/cert.pem, for web.example.
make_certificate() {
	[ ! -e "$dir/cert.pem" ] || return 0
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=web.example \
		-keyout "$dir/key.pem" -out "$dir/cert.pem" 2>"$dir/openssl" || fail "no certificate: $(cat "$dir/openssl")"
}

# nginx_serve: starts nginx in the server's namespace with the server blocks on stdin, and waits until it listens: it
# writes its pid file after that. One worker, as root: it reads files below $dir.
nginx_serve() {
	mkdir -p "$dir/nginx"
	rm -f "$dir/nginx/pid"
	{
		printf 'daemon off;\nuser root;\nworker_processes 1;\npid %s/pid;\nerror_log %s/error.log;\n' \
			"$dir/nginx" "$dir/nginx"
		printf 'events {}\nhttp {\naccess_log off;\n'
		printf '%s_temp_path %s;\n' client_body "$dir/nginx" proxy "$dir/nginx" fastcgi "$dir/nginx" \
			uwsgi "$dir/nginx" scgi "$dir/nginx"
		sed "s|@DIR@|$dir|g"
		printf '}\n'
	} >"$dir/nginx/nginx.conf"
	ip netns exec "$server" nginx -e "$dir/nginx/error.log" -c "$dir/nginx/nginx.conf" </dev/null >"$dir/nginx/out" 2>&1 &
	nginx_pid=$!
	children+=("$nginx_pid")
	until_true 10 has_answer_or_gone "$dir/nginx/pid" "$nginx_pid" || fail "nginx does not start"
	[ -s "$dir/nginx/pid" ] || fail "nginx: $(cat "$dir/nginx/error.log" "$dir/nginx/out")"
}

has_answer_or_gone() {
	[ -s "$1" ] || gone "$2"
}

# nginx_worker: its process id, once it is there.
nginx_worker() {
	until_true 10 pgrep -P "$nginx_pid" >"$dir/nginx/worker" || fail "nginx has no worker"
	cat "$dir/nginx/worker"
}

nginx_end() {
	kill -TERM "$nginx_pid"
	wait "$nginx_pid" || true
	nginx_pid=
}

# tls_serve PORT OPTIONS...: openssl s_server in the server's namespace.
tls_serve() {
	local port=$1 pid
	shift
	make_certificate
	ip netns exec "$server" openssl s_server -accept "$port" -key "$dir/key.pem" -cert "$dir/cert.pem" -www "$@" \
		</dev/null >"$dir/s_server.$port" 2>&1 &
	pid=$!
	children+=("$pid")
	until_true 10 listens_or_gone "$port" "$pid" || fail "openssl s_server does not listen on $port"
	! gone "$pid" || fail "openssl s_server: $(cat "$dir/s_server.$port")"
	service_pid=$pid
}

# listens PORT: something in the server's namespace does.
listens() {
	[ -n "$(s ss -Hltn "sport = :$1")" ]
}

listens_or_gone() {
	listens "$1" || gone "$2"
}

# with_curl CURL-OPTIONS URL: from $real_source; its outcome is in $wire as "curl: exit 0, status 200, ERROR".
with_curl() {
	local code=0 out
	out=$(c curl -q -sS --interface "$real_source" --max-time 5 -o "$dir/body" \
		-w '%{http_code}, %{errormsg}' "$@" 2>"$dir/curl") || code=$?
	wire="curl: exit $code, status $out"
}

# with_openssl S_CLIENT-OPTIONS: a TLS handshake from $real_source and nothing more; what it says is in $wire.
with_openssl() {
	local code=0 out
	out=$(c openssl s_client -connect "$LAB_SERVER4:443" -bind "$real_source:0" "$@" </dev/null 2>&1) || code=$?
	wire="openssl: exit $code, $out"
}
