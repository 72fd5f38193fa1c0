#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Whose rule: chains as Tailscale, kube-proxy, fail2ban and Docker make them.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-rules.sh
. "$(dirname "$0")/lib-rules.sh"

# shellcheck source=tests/scenarios/lib-container.sh
. "$(dirname "$0")/lib-container.sh"

container_make
prober_source=100.64.1.10
serve_inside 0.0.0.0 8080
serve_ports 0.0.0.0 80 81 30080 30081
docker_publish 8088 8080
s iptables-nft-restore --noflush <<'RULES'
*filter
:ts-input -
:f2b-web -
:DOCKER-USER -
:KUBE-EXTERNAL-SERVICES -
:KUBE-NODEPORTS -
:KUBE-FIREWALL -
-A INPUT -p tcp --dport 80 -j ACCEPT
-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
-A INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS
-A INPUT -j KUBE-FIREWALL
-A INPUT -p tcp --dport 82 -j f2b-web
-A INPUT -j ts-input
-A KUBE-EXTERNAL-SERVICES -p tcp -m comment --comment "default/web:http has no endpoints" -m addrtype --dst-type LOCAL -m tcp --dport 30080 -j REJECT
-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
-A f2b-web -s 100.64.1.10/32 -m comment --comment mark-82 -j REJECT --reject-with icmp-port-unreachable
-A f2b-web -j RETURN
-A ts-input -s 100.101.102.103/32 -i lo -j ACCEPT
-A ts-input -s 100.115.92.0/23 ! -i tailscale0 -j RETURN
-A ts-input -s 100.64.0.0/10 ! -i tailscale0 -m comment --comment mark-81 -j DROP
-A ts-input -i tailscale0 -j ACCEPT
-A ts-input -p udp -m udp --dport 41641 -j ACCEPT
-I FORWARD 1 -j DOCKER-USER
-A DOCKER-USER -i eth0 -p tcp -m conntrack --ctorigdstport 8088 -m comment --comment mark-8088 -j DROP
-A DOCKER-USER -j RETURN
COMMIT
RULES
serve 0.0.0.0 82
# The nftables mode of kube-proxy: a verdict map of services without endpoints.
s nft -f - <<'NFT'
table ip kube-proxy {
	map no-endpoint-nodeports {
		type inet_proto . inet_service : verdict
		elements = { tcp . 30081 comment "default/web:http" : goto reject-chain }
	}
	chain filter-input {
		type filter hook input priority -110; policy accept;
		ct state new jump nodeport-endpoints-check
	}
	chain nodeport-endpoints-check {
		ip daddr 172.16.32.15 meta l4proto . th dport vmap @no-endpoint-nodeports
	}
	chain reject-chain {
		counter reject comment "mark-30081"
	}
}
NFT
remember
trace
control

place_iptables mark-81
blames INPUT mark-81 "$LAB_SERVER4" 81
expect_rule '{"owner":"Tailscale"}'
expect_says 'tailscale set --netfilter-mode'
mend "$LAB_SERVER4" 81

place_iptables mark-82
lost='ICMP 3/3'
blames INPUT mark-82 "$LAB_SERVER4" 82
expect_rule '{"owner":"fail2ban"}'
expect_says 'fail2ban-client .*unban'
mend "$LAB_SERVER4" 82

# Nothing lets a probe through to a service without endpoints: no command for the packet filter is printed.
place_iptables 'has no endpoints'
blames INPUT 'has no endpoints' "$LAB_SERVER4" 30080
expect_rule '{"owner":"kube-proxy"}'
expect_says 'kubectl get .*endpoint'
[ -n "$FAULTS_ONLY" ] || [ -z "$(first_fix)" ] || fail "this cannot help: $(first_fix)"
place_nft mark-30081
blames INPUT mark-30081 "$LAB_SERVER4" 30081
expect_rule '{"owner":"kube-proxy"}'
expect_says 'kubectl get .*endpoint'

lost=nothing
place_iptables mark-8088
blames FORWARD mark-8088 "$LAB_SERVER4" 8088
expect_rule '{"owner":"Docker"}'
expect_says 'DOCKER-USER'
fix_port=8080 # in FORWARD the packet has the container's port
mend "$LAB_SERVER4" 8088
all_told
