#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A probe of a port that docker's rules publish from a container: its failures inside the container are its own.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-container.sh
. "$(dirname "$0")/lib-container.sh"

request='GET /health HTTP/1.1\r\nHost: web.example\r\n\r\n'
# Every verdict has the address that was probed, and the container's.
both="{\"probe\":{\"src\":\"100.64.1.10\",\"dst\":\"$LAB_SERVER4\",\"dport\":8080,
	\"translated\":{\"src\":\"100.64.1.10\",\"dst\":\"172.30.0.2\",\"dport\":80}}}"

container_make
docker_publish 8080 80

# inside_failed CAUSE STAGE: the latest probe of the published port.
inside_failed() {
	expect_failed "$1" "$2"
	expect_verdict "$both"
}

serve_inside --mode answer 0.0.0.0 80
trace
control "$LAB_SERVER4" 8080
expect_verdict "$both"
control --send "$request" "$LAB_SERVER4" 8080
expect_wire 'DATA\([0-9]+\)"HTTP/1\.0 200 OK'

# Dropped by the container's own rules, then by the host's on the way there.
k iptables-nft -A INPUT -p tcp --dport 80 -j DROP
diagnose --timeout 300 "$LAB_SERVER4" 8080
expect_wire ' failed: nothing$'
inside_failed firewall-drop netfilter
expect_says 'namespace|container'
k iptables-nft -F INPUT
s iptables-nft -F DOCKER
diagnose --timeout 300 "$LAB_SERVER4" 8080
expect_wire ' failed: nothing$'
inside_failed firewall-drop netfilter
expect_verdict '{"rule":{"backend":"nft","family":"ip","table":"filter","hook":"FORWARD"}}'
s iptables-nft -A DOCKER -d "$container_address/32" ! -i docker0 -o docker0 -p tcp --dport 80 -j ACCEPT
control "$LAB_SERVER4" 8080
unserve

# Nothing listens there, or only on the container's loopback.
diagnose "$LAB_SERVER4" 8080
expect_wire ' failed: RST$'
inside_failed no-listener listener
expect_says '172\.30\.0\.2:80'
expect_verdict '{"confidence":"certain"}'
serve_inside --mode answer 127.0.0.1 80
diagnose "$LAB_SERVER4" 8080
expect_wire ' failed: RST$'
inside_failed listener-wrong-address listener
expect_says "\\b$service_pid\\b" '127\.0\.0\.1:80'
unserve

# The application in the container fails, and is named.
serve_inside --mode answer --answer $'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n' 0.0.0.0 80
diagnose --send "$request" "$LAB_SERVER4" 8080
expect_wire ' ok: .*503 Service'
inside_failed http-status application
expect_says 'service' "\\b$service_pid\\b" '503 Service Unavailable' 'GET /health HTTP/1\.1'
unserve

serve_inside --mode answer --answer '' 0.0.0.0 80
diagnose --send "$request" "$LAB_SERVER4" 8080
expect_wire ' failed: SYN-ACK FIN$'
inside_failed closed-without-response application
expect_says 'service' "\\b$service_pid\\b"
unserve

serve_inside --mode reset 0.0.0.0 80
diagnose --mode read "$LAB_SERVER4" 8080
expect_wire ' failed: SYN-ACK RST$'
inside_failed reset-by-app application
expect_says 'service' "\\b$service_pid\\b"
unserve

serve_inside --mode never 0.0.0.0 80
diagnose --send "$request" --timeout 800 "$LAB_SERVER4" 8080
expect_wire ' failed: SYN-ACK$'
inside_failed app-not-accepting application
expect_says 'service' "\\b$service_pid\\b"

trace_stop INT
expect_status 1
