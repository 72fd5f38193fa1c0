#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# exclusive: it has a listener in an isolated namespace, which other scenarios must not find
# The service listens in another network namespace: in a container without a published port, in an isolated one.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-container.sh
. "$(dirname "$0")/lib-container.sh"

isolated=$SCENARIO_ID-i
container_make
lab_namespace "$isolated"

# elsewhere PORT: nothing listens here, and the verdict names the process that does, there.
elsewhere() {
	diagnose "$LAB_SERVER4" "$1"
	expect_wire ' failed: RST$'
	expect_failed listener-elsewhere listener
	expect_says 'service' "\\b$service_pid\\b" 'namespace|container' "$1"
}

trace
serve_inside 0.0.0.0 80
elsewhere 80
expect_says 'publish|-p '
docker_publish 80 80
control "$LAB_SERVER4" 80
s iptables-nft -t nat -F
s iptables-nft -F

# With a listener of its own on the port, that in the container does not matter.
serve 127.0.0.1 80
diagnose "$LAB_SERVER4" 80
expect_wire ' failed: RST$'
expect_failed listener-wrong-address listener
expect_says "\\b$service_pid\\b"
unserve

# Not reachable at all, by the container's loopback address or in a namespace without an interface.
serve_inside 127.0.0.1 81
elsewhere 81
service_netns=$isolated serve 0.0.0.0 82
elsewhere 82
serve_inside :: 83
elsewhere 83

# Nowhere.
diagnose "$LAB_SERVER4" 84
expect_wire ' failed: RST$'
expect_failed no-listener listener

# As a container: the process's cgroup carries its id.
cgroup=$(findmnt -n -o TARGET -t cgroup2 | head -n 1)
if [ -n "$cgroup" ]; then
	id=$(printf '%064x' $$ | tr 0 a)
	mkdir -p "$cgroup/$SCENARIO_ID/docker-$id.scope"
	at_exit "until_true 5 rmdir '$cgroup/$SCENARIO_ID/docker-$id.scope' '$cgroup/$SCENARIO_ID' 2>/dev/null"
	at_exit "lab_remove '$container'"
	serve_inside 0.0.0.0 85
	echo "$service_pid" >"$cgroup/$SCENARIO_ID/docker-$id.scope/cgroup.procs"
	elsewhere 85
	expect_says "${id:0:12}"
fi

trace_stop INT
expect_status 1
