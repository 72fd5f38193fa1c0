# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154,SC2034 # lib.sh has them, or uses them
# A container on the server: a namespace behind a bridge, as docker makes it; sourced after lib.sh.

container=$SCENARIO_ID-k
container_gateway=172.30.0.1
container_address=172.30.0.2

# k COMMAND...: in the container's namespace.
k() {
	ip netns exec "$container" "$@"
}

# serve_inside SERVICE-OPTIONS ADDRESS PORT: serve, in the container.
serve_inside() {
	local service_netns=$container
	serve "$@"
}

# container_make: the namespace, its link to the bridge docker0, its default route; the server forwards.
container_make() {
	lab_namespace "$container"
	ip -n "$server" link add docker0 type bridge
	ip -n "$server" addr add "$container_gateway/24" dev docker0
	ip -n "$server" link add veth0 type veth peer name eth0 netns "$container"
	ip -n "$server" link set veth0 master docker0 up
	ip -n "$server" link set docker0 up
	ip -n "$container" addr add "$container_address/24" dev eth0
	ip -n "$container" link set eth0 up
	ip -n "$container" route add default via "$container_gateway"
	lab_wait_up "$server" docker0
	s sysctl -q -w net.ipv4.ip_forward=1
}

# docker_publish PORT CONTAINER-PORT: docker's rules for -p PORT:CONTAINER-PORT.
docker_publish() {
	s iptables-nft-restore <<-RULES
		*nat
		:DOCKER - [0:0]
		-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
		-A POSTROUTING -s 172.30.0.0/24 ! -o docker0 -j MASQUERADE
		-A DOCKER ! -i docker0 -p tcp -m tcp --dport $1 -j DNAT --to-destination $container_address:$2
		COMMIT
		*filter
		:FORWARD DROP [0:0]
		:DOCKER - [0:0]
		-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
		-A FORWARD -o docker0 -j DOCKER
		-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
		-A DOCKER -d $container_address/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport $2 -j ACCEPT
		COMMIT
	RULES
}

# kube_publish PORT CONTAINER-PORT: as kube-proxy's nftables mode treats a node port, the source masqueraded.
kube_publish() {
	s nft -f - <<-RULES
		table ip kube-proxy {
			chain nat-prerouting {
				type nat hook prerouting priority dstnat;
				fib daddr type local tcp dport $1 jump external
			}
			chain external {
				meta mark set mark or 0x4000
				meta l4proto tcp dnat to $container_address:$2
			}
			chain nat-postrouting {
				type nat hook postrouting priority srcnat;
				meta mark & 0x4000 == 0x4000 masquerade
			}
		}
	RULES
}
