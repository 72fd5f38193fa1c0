// SPDX-License-Identifier: GPL-2.0-only
// Which tool made a packet-filter rule: told by the names that it gives its tables and chains.
#include "rule_owner.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define FIREWALLD_FIX                                                                              \
	"firewall-cmd --add-rich-rule='rule family=\"{family_word}\" source address=\"{src}\" "    \
	"{rich_port} accept'  # and the same with --permanent"

/* The first that fits. Names as the tools' own sources and documentation have them. */
const struct rule_owner rule_owners[] = {
	{"firewalld", "firewalld", NULL, NULL, FIREWALLD_FIX, false},
	{"BaoTa panel", NULL, "IN_BT", NULL, "panel, Security, IP rules: allow {src}; or: bt",
	 false},
	{"firewalld", NULL, "INPUT_ZONES", NULL, FIREWALLD_FIX, false},
	{"firewalld", NULL, "IN_", NULL, FIREWALLD_FIX, false},
	{"ufw", NULL, "ufw", NULL, "ufw prepend allow {ufw_port}", false},
	{"kube-proxy", NULL, "KUBE-", "no endpoints",
	 "kubectl get pods,endpointslices -A  # the service behind port {dport} has no ready pod: "
	 "nothing else will do",
	 true},
	{"kube-proxy", NULL, "KUBE-", NULL,
	 "kubectl get svc,endpointslices -A  # loadBalancerSourceRanges and the service's pods",
	 false},
	{"kube-proxy", "kube-proxy", NULL, NULL,
	 "kubectl get svc,endpointslices -A  # loadBalancerSourceRanges and the service's pods",
	 false},
	{"Docker", NULL, "DOCKER", NULL,
	 "{iptables} -I DOCKER-USER -s {src} {ipt_service_match} -j ACCEPT", false},
	{"Calico", NULL, "cali-", NULL,
	 "calicoctl get globalnetworkpolicy,networkpolicy -A  # allow ingress from {src}", false},
	{"Calico", "calico", NULL, NULL,
	 "calicoctl get globalnetworkpolicy,networkpolicy -A  # allow ingress from {src}", false},
	{"Cilium", NULL, "CILIUM_", NULL,
	 "kubectl get ciliumnetworkpolicies -A  # allow ingress from {src}", false},
	{"Tailscale", NULL, "ts-", NULL,
	 "tailscale set --netfilter-mode=nodivert  # Tailscale then no longer puts ts-input first: "
	 "it drops all of 100.64.0.0/10 that does not come in by tailscale0",
	 false},
	{"fail2ban", NULL, "f2b-", NULL,
	 "fail2ban-client unban {src}; fail2ban-client set {f2b_jail} addignoreip {src}", false},
	{"fail2ban", "f2b-", NULL, NULL, "fail2ban-client unban {src}", false},
	{"CrowdSec", NULL, "CROWDSEC", NULL,
	 "cscli decisions delete --ip {src}  # and allow it for good: cscli allowlists", false},
	{"CrowdSec", "crowdsec", NULL, NULL,
	 "cscli decisions delete --ip {src}  # and allow it for good: cscli allowlists", false},
	{"BaoTa panel", NULL, "BT_", NULL, "panel, Security, IP rules: allow {src}; or: bt", false},
	{"Tencent YunJing", NULL, "YJ-FIREWALL", NULL,
	 "console, Host Security: take {src} out of what it blocks", false},
	{"Podman", NULL, "NETAVARK", NULL, NULL, false},
	{"CNI", NULL, "CNI-", NULL, NULL, false},
	{"Flannel", NULL, "FLANNEL", NULL, NULL, false},
	{"libvirt", NULL, "LIBVIRT_", NULL, NULL, false},
	{"ConfigServer Firewall (csf)", NULL, "LOCALINPUT", NULL, "csf -a {src}", false},
	{"ConfigServer Firewall (csf)", NULL, "DENYIN", NULL, "csf -dr {src}; csf -a {src}", false},
	{"sshguard", "sshguard", NULL, NULL, NULL, false},
	{NULL, NULL, NULL, NULL, NULL, false},
};

static bool begins(const char *name, size_t name_len, const char *with)
{
	size_t len = strlen(with);

	return len <= name_len && !strncmp(name, with, len);
}

static bool holds(const char *text, size_t text_len, const char *part)
{
	size_t len = strlen(part);

	for (size_t at = 0; at + len <= text_len && text[at]; at++)
		if (!strncmp(text + at, part, len))
			return true;
	return false;
}

/* What a base chain itself does (its policy, its last rule) is of who fills it. */
static bool chain_fits(const struct fact_rule *rule, const char *with)
{
	if (begins(rule->chain, sizeof(rule->chain), with))
		return true;
	return !strncmp(rule->chain, rule->base, sizeof(rule->chain)) &&
	       begins(rule->via, sizeof(rule->via), with);
}

const struct rule_owner *rule_owner(const struct fact_rule *rule)
{
	for (const struct rule_owner *o = rule_owners; o->name; o++) {
		if ((!o->table || begins(rule->table, sizeof(rule->table), o->table)) &&
		    (!o->chain || chain_fits(rule, o->chain)) &&
		    (!o->text || holds(rule->text, sizeof(rule->text), o->text)))
			return o;
	}
	return NULL;
}

const char *rule_owner_name(const struct rule_owner *owner)
{
	return owner ? owner->name : NULL;
}
