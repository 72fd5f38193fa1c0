// SPDX-License-Identifier: GPL-2.0-only
// The cause table: what can befall a probe on its way in: arrival, ingress, IP, netfilter.
#include "causes_internal.h"

const struct cause causes_arrival[] = {
	{
		.id = "not-arriving",
		.stage = "arrival",
		.step = "1, 2, 6",
		.title = "no probe from any configured source reached this host",
		.explain = "Nothing was seen at the entry of any watched interface: the probes are "
			   "lost before this host, come from other addresses than those watched, "
			   "or an XDP program in front takes them.",
		.outcome = OUTCOME_FAILED,
		.summary = "no probe reached this host",
		.fix = {"security group and network ACL of this server: allow the probe sources "
			"and the port (step 2); 100.64.0.0/10 must be allowed when checks do not "
			"come from the VIP (step 6)",
			"the balancer checks from its VIP? name it: clbtrace --source VIP",
			"classic account with a public balancer: the server's public bandwidth "
			"must not be 0 (step 1)",
			"cross-region binding: the automatic security-group bypass does not apply "
			"there (step 2)",
			"the server is bound to the listener, with this address and port, and "
			"health checks are on there"},
	},
	{
		.id = "xdp-drop",
		.stage = "ingress",
		.step = "7",
		.title = "an XDP program dropped the probe",
		.explain = "A generic XDP program on the interface returned XDP_DROP (or failed) "
			   "for the probe. Drops of a native XDP program free no packet and cannot "
			   "be seen; the summary names such a program.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(DROP_XDP), 0, CONFIDENCE_CERTAIN}},
		.needs = NEED_PROGRAMS,
		.summary = "dropped by an XDP program on {if}[: {xdp_program}]",
		.fix = {"[bpftool prog show id {xdp_id}  # whose it is; let {src} -> port {dport} "
			"pass in its configuration]",
			"ip link set dev {if} {xdp_mode} off  # removes it: only if you know what "
			"it protects"},
	},
	{
		.id = "tc-drop",
		.stage = "ingress",
		.step = "7",
		.title = "a tc filter dropped the probe at ingress",
		.explain = "A filter or BPF program at the interface's tc ingress, behind the "
			   "point where the probe was first seen, returned a drop.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(DROP_TC), 0, CONFIDENCE_CERTAIN}},
		.needs = NEED_PROGRAMS,
		.summary = "dropped at tc ingress of {if}[: {tc_program}]",
		.fix = {"tc -s filter show dev {if} ingress  # the filters, with counters",
			"[{tc_fix}]"},
	},
	{
		.id = "bad-checksum",
		.stage = "ingress",
		.step = "-",
		.title = "IP or TCP checksum wrong",
		.explain = "The probe arrived with a checksum that does not match: something on "
			   "the way changed the packet, or an offload (of a tunnel or virtual NIC) "
			   "is broken.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(DROP_CSUM), 0, CONFIDENCE_CERTAIN},
			  {UNANSWERED | E(GREW_CSUM), ALONE(E(GREW_CSUM)), CONFIDENCE_LIKELY},
			  {UNANSWERED | E(GREW_CSUM), E_ANY_ANSWER, CONFIDENCE_POSSIBLE}},
		.needs = NEED_COUNTERS,
		.captured = "the probe's checksum is wrong: {unanswered_words}[, {grew_words}]",
		.summary = "the probe's {csum_proto} checksum is wrong ({reason}): it was damaged "
			   "or rewritten on its way here",
		.fix = {"ethtool -K {if} rx off  # rules out a broken receive-checksum offload",
			"report it to the cloud provider with a capture (clbtrace -w FILE.pcap)"},
	},
	{
		.id = "rp-filter",
		.stage = "ip",
		.step = "-",
		.title = "dropped by the reverse-path filter",
		.explain = "With rp_filter=1 the kernel drops a packet when the route back to its "
			   "source does not use the interface it came in on; with 2 when there is "
			   "no route back at all. The larger of the 'all' and the interface's "
			   "value counts.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(DROP_RPFILTER), 0, CONFIDENCE_CERTAIN},
			  {UNANSWERED | E(GREW_RPFILTER), ALONE(E(GREW_RPFILTER)),
			   CONFIDENCE_LIKELY},
			  {UNANSWERED | E(GREW_RPFILTER), E_ANY_ANSWER, CONFIDENCE_POSSIBLE}},
		.needs = NEED_SYSCTLS | NEED_ROUTE | NEED_COUNTERS,
		.captured = "reverse-path filter: {src} came in on {if}, {route_words} (rp_filter: "
			    "all={rp_all}, {if}={rp_if}): {unanswered_words}[, {grew_words}]",
		.summary = "reverse-path filter: {src} came in on {if}, {route_words} (rp_filter: "
			   "all={rp_all}, {if}={rp_if})",
		.fix = {"sysctl -w net.ipv4.conf.all.rp_filter={rp_all_fix} "
			"net.ipv4.conf.{sysctl_if}.rp_filter={rp_if_fix}",
			"or correct the route: ip route get {src}"},
	},
	{
		.id = "source-is-local",
		.stage = "ip",
		.step = "-",
		.title = "the probe's source is an address of this host",
		.explain = "The kernel drops a packet from outside that carries one of its own "
			   "addresses as source. Typical: a VIP left on lo from a "
			   "direct-server-return set-up, and probes that come from the VIP.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(DROP_LOCAL_SOURCE), 0, CONFIDENCE_CERTAIN},
			  {E(SRC_LOCAL) | E(SYNACK_MADE) | E(DROP_REPLY), E(HANDSHAKE),
			   CONFIDENCE_CERTAIN},
			  {E(SRC_LOCAL) | E(SYNACK_MADE) | E(TIMEOUT), E(HANDSHAKE) | E(PROBER_RST),
			   CONFIDENCE_CERTAIN},
			  {E(SRC_LOCAL) | E(DROP_OTHER), E(DELIVERED), CONFIDENCE_LIKELY},
			  {UNANSWERED | E(SRC_LOCAL), E_ANY_ANSWER, CONFIDENCE_LIKELY}},
		.needs = NEED_ADDRS | NEED_SYSCTLS,
		.summary = "the probe's source {src} is an address of this host[ (on {src_if})]: "
			   "{local_words}",
		.fix = {"[ip addr del {src_cidr} dev {src_if}  # if the VIP does not have to be "
			"here]",
			"[{?vip}or have the balancer probe from 100.64.0.0/10 instead of the VIP]"},
	},
	{
		.id = "not-for-us",
		.stage = "arrival",
		.step = "-",
		.title = "the packet's destination is not this host",
		.explain = "The probe arrived, but its destination address (or its Ethernet "
			   "address) is not this host's: a stale ARP or routing entry upstream, a "
			   "removed address, or a wrong server bound to the balancer. Or this host "
			   "translates it (DNAT) to an address that it has no way to, or does not "
			   "forward to.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(DROP_NOT_OURS), 0, CONFIDENCE_CERTAIN},
			  {E(FORWARDED) | E(DST_NOT_LOCAL) | E(TIMEOUT),
			   E(SYNACK_MADE) | E(TRANSLATED) | E(ELSEWHERE) | E(RESPONSE) |
				   E_DROP_SYN | E(DROP_NEIGH) | E(RST_OUT) | E(DATAGRAM),
			   CONFIDENCE_CERTAIN},
			  {E(DROP_OTHER) | E(DST_NOT_LOCAL),
			   E(DELIVERED) | E(FORWARDED) | E(TRANSLATED) | E(ELSEWHERE),
			   CONFIDENCE_LIKELY},
			  {UNANSWERED | E(DST_NOT_LOCAL), ALONE(0), CONFIDENCE_LIKELY}},
		.needs = NEED_ADDRS | NEED_SYSCTLS,
		.summary = "{not_ours_words}",
		.fix = {"[{forward_fix}]",
			"[{?as_it_came}ip -br addr  # is {dst} missing here? then: ip addr add "
			"{dst}/{dst_bits} dev {if}]",
			"[{?as_it_came}or bind the right server address to the balancer's "
			"listener]"},
	},
	{
		.id = "conntrack-full",
		.stage = "netfilter",
		.step = "-",
		.title = "the connection-tracking table is full",
		.explain =
			"nf_conntrack has no room for a new connection and drops its first packet "
			"('nf_conntrack: table full, dropping packet' in the kernel log).",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(DROP_NETFILTER) | E(CONNTRACK_FULL), 0, CONFIDENCE_CERTAIN},
			  {UNANSWERED | E(CONNTRACK_FULL), ALONE(E(CONNTRACK_FULL)),
			   CONFIDENCE_LIKELY},
			  {UNANSWERED | E(CONNTRACK_FULL), E_ANY_ANSWER, CONFIDENCE_POSSIBLE}},
		.needs = NEED_CONNTRACK | NEED_HOOKS,
		.summary = "connection-tracking table full: {ct_count} of {ct_max} entries",
		.fix = {"sysctl -w net.netfilter.nf_conntrack_max={ct_fix}",
			"{iptables} -t raw -I PREROUTING -s {src} {ipt_match} -j CT "
			"--notrack  # keeps probes out of it"},
	},
	{
		.id = "nfqueue-drop",
		.stage = "netfilter",
		.step = "7",
		.title = "handed to a userspace queue that dropped it or is not there",
		.explain =
			"A packet-filter rule hands the probe to a program (NFQUEUE: an intrusion "
			"prevention system, a security agent). Without a program that reads the "
			"queue the kernel drops what is handed to it.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(DROP_NETFILTER) | E(DROP_QUEUE), 0, CONFIDENCE_CERTAIN},
			  {E(DROP_NETFILTER) | E(RULE_QUEUES), 0, CONFIDENCE_CERTAIN},
			  {UNANSWERED | E(RULE_COUNTED) | E(RULE_QUEUES), ALONE(E(RULE_COUNTED)),
			   CONFIDENCE_LIKELY}},
		.needs = NEED_HOOKS | NEED_ADDRS | NEED_LISTENERS | NEED_RULE,
		.summary = "handed to {queue_words}, {hook_words}[, {chain_words}]",
		.fix = {"start the program that reads the queue, or give its rule --queue-bypass "
			"(nft: "
			"queue flags bypass): cat /proc/net/netfilter/nfnetlink_queue",
			"[{fw_fix}]", "{fw_show}"},
	},
	{
		.id = "module-drop",
		.stage = "netfilter",
		.step = "7",
		.title = "a third-party kernel module's netfilter hook dropped it",
		.explain = "No packet-filter rule accounts for the drop, but a hook function of "
			   "another kernel module or BPF program sits where the probe vanished: a "
			   "security agent's, as a rule.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(DROP_NETFILTER) | E(MODULE_HOOK), E(ICMP_SENT), CONFIDENCE_LIKELY}},
		.needs = NEED_HOOKS | NEED_ADDRS | NEED_LISTENERS | NEED_RULE,
		.summary =
			"dropped {hook_words} where no rule accounts for it, but {hook_function} "
			"is there",
		.fix = {"[modinfo {hook_module}  # whose it is: let {src} pass in that agent's "
			"configuration]",
			"[bpftool prog show id {hook_program}; bpftool link show  # whose it is: "
			"let "
			"{src} pass there]",
			"{fw_show}"},
	},
	{
		.id = "firewall-reject",
		.stage = "netfilter",
		.step = "7",
		.title = "a firewall rule rejected it with a reset or an ICMP error",
		.explain = "A packet-filter rule dropped the probe and answered with a TCP reset "
			   "or an ICMP 'unreachable'.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(DROP_NETFILTER) | E(ICMP_SENT), E(ECHO), CONFIDENCE_CERTAIN},
			  {E(DROP_NETFILTER) | E(RULE_REJECTS), E(ECHO), CONFIDENCE_CERTAIN},
			  {E(DROP_NETFILTER) | E(RST_OUT),
			   E(NO_SOCKET) | E(RESET_ACTIVE) | E(RESET_HANDSHAKE), CONFIDENCE_CERTAIN},
			  {E(CAPTURE) | E(ICMP_SENT) | E(RULE_REJECTS),
			   E(SYNACK_MADE) | E(RESPONSE) | E(ECHO), CONFIDENCE_LIKELY},
			  {E(CAPTURE) | E(RST_OUT) | E(RULE_REJECTS), E(SYNACK_MADE) | E(DATAGRAM),
			   CONFIDENCE_LIKELY},
			  {E(CAPTURE) | E(PORT_UNREACHABLE),
			   E(SYNACK_MADE) | E(RESPONSE) | E(DATAGRAM) | E(ICMP_BY_OTHER),
			   CONFIDENCE_LIKELY},
			  {E(CAPTURE) | E(ICMP_PROHIBITED), E(SYNACK_MADE) | E(RESPONSE),
			   CONFIDENCE_LIKELY},
			  {E(CAPTURE) | E(ICMP_SENT),
			   E(SYNACK_MADE) | E(RESPONSE) | E(PORT_UNREACHABLE), CONFIDENCE_POSSIBLE},
			  {E(CAPTURE) | E(PORT_UNREACHABLE),
			   E(SYNACK_MADE) | E(RESPONSE) | E(DATAGRAM), CONFIDENCE_POSSIBLE},
			  {E(CAPTURE) | E(RST_OUT) | E(LISTENER_FITS), E(SYNACK_MADE) | E(DATAGRAM),
			   CONFIDENCE_POSSIBLE}},
		.needs = NEED_HOOKS | NEED_ADDRS | NEED_LISTENERS | NEED_RULE,
		.summary = "rejected by the firewall {hook_words}[, {chain_words}], answered with "
			   "{reject_words}",
		.captured = "{rejected_words}[: {chain_words}]",
		.fix = {"[{owner_fix}]", "[{fw_fix}]", "{fw_show}"},
	},
	{
		.id = "firewall-drop",
		.stage = "netfilter",
		.step = "7",
		.title = "a firewall rule dropped it",
		.explain = "iptables, ip6tables, nftables or a tool on top of them (firewalld, "
			   "ufw, a security agent) dropped the probe.",
		.outcome = OUTCOME_FAILED,
		.rules = {{E(DROP_NETFILTER), E(ECHO), CONFIDENCE_CERTAIN},
			  {UNANSWERED | E(RULE_COUNTED), ALONE(E(RULE_COUNTED)) | E(RULE_QUEUES),
			   CONFIDENCE_LIKELY},
			  {UNANSWERED | E(RULE_COUNTED), E_ANY_ANSWER, CONFIDENCE_POSSIBLE}},
		.needs = NEED_HOOKS | NEED_ADDRS | NEED_LISTENERS | NEED_RULE,
		.summary = "dropped by the firewall {hook_words}[, {chain_words}][ "
			   "({dropped_packet})]",
		.captured = "dropped by the firewall {hook_words}[, {chain_words}]: the rule "
			    "matches and has counted[, as has one for the answer "
			    "{reply_rule_words}]; {unanswered_words}[, {grew_words}]",
		.fix = {"[{owner_fix}]", "[{fw_fix}]", "[{reply_rule_fix}]", "{fw_show}"},
	},
	{.next = causes_service},
};
