#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# haproxy checks the server with a TCP connection: what clbtrace says of its checks agrees with what haproxy logs.
# needs: haproxy
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-services.sh
. "$(dirname "$0")/lib-services.sh"
# shellcheck source=tests/scenarios/lib-haproxy.sh
. "$(dirname "$0")/lib-haproxy.sh"

trace
serve --mode read 0.0.0.0 80
balance '' </dev/null
agrees 'Layer4 check passed' healthy
s iptables-nft -A INPUT -p tcp --dport 80 -j DROP
agrees 'Layer4 timeout' firewall-drop
expect_verdict '{"rule":{"family":"ip","table":"filter","hook":"INPUT"}}'
s iptables-nft -R INPUT 1 -p tcp --dport 80 -j REJECT --reject-with tcp-reset
agrees 'Layer4 connection problem' firewall-reject
s iptables-nft -F INPUT
agrees 'Layer4 check passed' healthy
s iptables-nft -A OUTPUT -p tcp --sport 80 -j DROP
agrees 'Layer4 timeout' reply-dropped
s iptables-nft -F OUTPUT
agrees 'Layer4 check passed' healthy
s ip route del "$LAB_SOURCES4"
agrees 'Layer4 timeout' no-return-route
s ip route add "$LAB_SOURCES4" via "$LAB_CLIENT4"
agrees 'Layer4 check passed' healthy

# To a plain TCP check, a stopped process is as good as any: the kernel answers. Both say so.
kill -STOP "$service_pid"
agrees 'Layer4 check passed' healthy
unserve
agrees 'Layer4 connection problem' no-listener
serve --mode never --backlog 1 0.0.0.0 80
probe --mode ack --count 2 --quiet "$LAB_SERVER4" 80
agrees 'Layer4 timeout' accept-queue-full
trace_stop INT
expect_status 1
