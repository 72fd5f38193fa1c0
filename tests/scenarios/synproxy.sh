#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# SYNPROXY answers SYNs in the place of the service: what stands behind it decides, and its rule can drop.
# needs: curl
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-services.sh
. "$(dirname "$0")/lib-services.sh"

s sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0 2>"$dir/conntrack" ||
	skip "no connection tracking: $(cat "$dir/conntrack")"
s nft -f - 2>"$dir/nft" <<'NFT' || skip "no synproxy in this kernel: $(head -n 1 "$dir/nft")"
table inet guard {
	chain early {
		type filter hook prerouting priority raw; policy accept;
		tcp dport 80-82 tcp flags syn notrack
	}
	chain in {
		type filter hook input priority filter; policy accept;
		tcp dport 82 drop comment "before synproxy"
		tcp dport 80-82 ct state invalid,untracked synproxy mss 1460 wscale 7 timestamp sack-perm
		ct state invalid drop
	}
}
NFT
nginx_serve <<'CONF'
server { listen 80; location / { return 200 "fine\n"; } }
CONF
serve 0.0.0.0 82
trace
control

diagnose_with with_curl "http://$LAB_SERVER4/"
expect_wire '^curl: exit 0, status 200, '
expect_verdict '{"verdict":"healthy"}'

# Nothing behind it: a connection is made, and reset.
diagnose_with with_curl "http://$LAB_SERVER4:81/"
expect_wire '^curl: exit (7|52|56), '
expect_failed no-listener listener

diagnose --timeout 150 "$LAB_SERVER4" 82
expect_wire ' failed: nothing$'
expect_failed firewall-drop netfilter
expect_says 'before synproxy'
trace_stop INT
