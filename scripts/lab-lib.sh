# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Makes and removes the two-namespace bench, for scripts/lab and the scenarios alike.
#
#   client namespace                          server namespace
#   lb0  172.16.32.1/24  fd00:32::1/64  ----  eth0  172.16.32.15/24  fd00:32::15/64
#
# The client is the gateway behind which the probers' addresses are: the server routes 100.64.0.0/10 and
# fd00:64::/64 to it. Those addresses are nobody's: tests/prober.c makes packets from them, and the client's own
# kernel, which does not forward, ignores the answers. The MAC addresses are fixed, so that the prober needs no ARP.

export LAB_SERVER4=172.16.32.15 LAB_CLIENT4=172.16.32.1 LAB_SOURCES4=100.64.0.0/10
export LAB_SERVER6=fd00:32::15 LAB_CLIENT6=fd00:32::1 LAB_SOURCES6=fd00:64::/64
lab_server_mac=02:00:00:00:20:0f
lab_client_mac=02:00:00:00:20:01

# lab_namespace NAME: a namespace with loopback up, no forwarding, no IPv6 addresses of its own choosing.
lab_namespace() {
	ip netns add "$1"
	ip -n "$1" link set lo up
	ip netns exec "$1" sysctl -q -w net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0 \
		net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
		net.ipv6.conf.all.accept_ra=0 net.ipv6.conf.default.accept_ra=0 \
		net.ipv6.conf.default.addr_gen_mode=1 net.ipv6.conf.default.accept_dad=0
}

# lab_link CLIENT SERVER CLIENT-NAME SERVER-NAME CLIENT-MAC SERVER-MAC NETWORK4 NETWORK6: one more veth pair, with
# the addresses NETWORK4.1 and .15, NETWORK6::1 and ::15.
lab_link() {
	ip -n "$2" link add "$4" address "$6" type veth peer name "$3" address "$5" netns "$1"
	ip -n "$1" addr add "$7.1/24" dev "$3"
	ip -n "$2" addr add "$7.15/24" dev "$4"
	ip -n "$1" addr add "$8::1/64" dev "$3" nodad
	ip -n "$2" addr add "$8::15/64" dev "$4" nodad
	ip -n "$1" link set "$3" up
	ip -n "$2" link set "$4" up
	lab_wait_up "$1" "$3"
	lab_wait_up "$2" "$4"
}

# lab_wait_up NAMESPACE LINK: until both ends of a veth have noticed each other, at most 5 s.
lab_wait_up() {
	local tries
	for ((tries = 0; tries < 500; tries++)); do
		case "$(ip -n "$1" -o link show "$2")" in *"state UP"*) return ;; esac
		sleep 0.01
	done
	echo "lab: $2 in $1 does not come up" >&2
	return 1
}

# lab_make CLIENT SERVER: the whole bench. On failure, lab_remove takes what there is.
lab_make() {
	lab_namespace "$1"
	lab_namespace "$2"
	lab_link "$1" "$2" lb0 eth0 "$lab_client_mac" "$lab_server_mac" 172.16.32 fd00:32
	ip -n "$2" route add "$LAB_SOURCES4" via "$LAB_CLIENT4"
	ip -n "$2" -6 route add "$LAB_SOURCES6" via "$LAB_CLIENT6"
}

# lab_exists NAME
lab_exists() {
	[ -e "/run/netns/$1" ]
}

# lab_remove NAME...: ends what runs in each namespace, by process id, and removes it; fine if it is not there.
lab_remove() {
	local name pid
	for name in "$@"; do
		lab_exists "$name" || continue
		while read -r pid; do
			kill -KILL "$pid" 2>/dev/null || true
		done < <(ip netns pids "$name" 2>/dev/null)
		ip netns del "$name"
	done
}
