/* SPDX-License-Identifier: GPL-2.0-only */
/* Host facts: the events that userspace adds about the host, and what a probe can ask for. */
#ifndef CLBTRACE_FACT_H
#define CLBTRACE_FACT_H

#include "../bpf/event.h"

/*
 * What a verdict can need to know. A request is the probe's flow (prober -> this host) with a mask
 * of these; the answer is any number of facts with that same flow, then one EV_FACT_DONE.
 */
enum fact_need {
	NEED_LISTENERS =
		1 << 0,	    /* every listening TCP socket on the probe's port, as FACT_LISTENER */
	NEED_CONN = 1 << 1, /* the connection itself, as FACT_CONN, if it exists */
	NEED_SYSCTLS = 1 << 2,	  /* the sysctls a cause can quote, as FACT_SYSCTL */
	NEED_COUNTERS = 1 << 3,	  /* netstat and snmp counters that grew, as FACT_COUNTER */
	NEED_ROUTE = 1 << 4,	  /* the route from this host to the prober, as FACT_ROUTE */
	NEED_ADDRS = 1 << 5,	  /* whether either address is local, as two FACT_ADDR */
	NEED_NEIGH = 1 << 6,	  /* the reply's next hop, as FACT_NEIGH */
	NEED_PROGRAMS = 1 << 7,	  /* XDP, tc and cgroup programs in the way, as FACT_PROGRAM */
	NEED_HOOKS = 1 << 8,	  /* netfilter hook functions of the probe's family, as FACT_HOOK */
	NEED_CONNTRACK = 1 << 9,  /* conntrack count and max, as FACT_CONNTRACK */
	NEED_ELSEWHERE = 1 << 10, /* listeners on the port in other network namespaces, as
				     FACT_LISTENER with netns */
	NEED_RULE = 1 << 11, /* the rules that decided about the stopped packet, as FACT_RULE */
	NEED_TCP_METRICS = 1 << 12, /* what the kernel remembers of the prober, as FACT_TCP_METRIC
				     */
};

/* What is asked about one probe. */
struct fact_request {
	struct ev_flow probe;	/* prober -> this host, as it arrived; the answer's flow */
	struct ev_flow service; /* the same as the service sees it: other addresses after NAT */
	__u32 ifindex;		/* where the probe came in */
	__u32 needs;		/* NEED_* */
	__u32 netns;	 /* where it was stopped: inode of a network namespace, 0: the traced one */
	__u8 is_reply;	 /* NEED_RULE: what was stopped is the answer, this host -> prober */
	__u8 either_way; /* NEED_RULE: it, or the SYN-ACK to it: which is not known */
	__u8 pad[2];
	__u64 since_ns;	   /* its first packet */
	struct ev_tcp tcp; /* NEED_RULE: of the packet that was stopped */
};

#define FACT_LIMIT_UNKNOWN (~0U)

enum fact_limits {
	FACT_IFNAME_LEN = 16,
	FACT_TABLE_LEN = 64, /* nft table and chain names are cut at this */
	FACT_RULE_TEXT_LEN = 256,
	FACT_CONTAINER_LEN = 72, /* a container's id of 64 digits, or a unit's name */
};

/* A listening socket. */
struct fact_listener {
	struct ev_hdr hdr;
	struct ev_flow flow;
	__u8 laddr[16]; /* v4-mapped for AF_INET; :: for the IPv6 wildcard */
	__u32 port;
	__u32 backlog; /* idiag_rqueue: waiting for accept() */
	__u32 limit;   /* idiag_wqueue: sk_max_ack_backlog; FACT_LIMIT_UNKNOWN: not known */
	__u32 inode;
	__u32 uid;
	__u32 pid;	     /* 0 if no process was found */
	__u32 bound_ifindex; /* 0: any */
	__u8 family;	     /* 4 or 6 */
	__u8 v6only;
	char pstate; /* of the process, as in /proc/PID/stat: R S D T Z; 0: not known */
	__u8 pad;
	char comm[EV_COMM_LEN];
	char bound_ifname[FACT_IFNAME_LEN];
	__u32 fds_open;	 /* how many files the process has open, */
	__u32 fds_limit; /* and may have (soft RLIMIT_NOFILE); 0: not known */
	__u32 netns; /* inode of its network namespace; 0: the one that the service's address is in
		      */
	char container[FACT_CONTAINER_LEN]; /* from the process's cgroup path; "": none */
};

/* The probe's own connection as the kernel has it at the time of asking. */
struct fact_conn {
	struct ev_hdr hdr;
	struct ev_flow flow;
	__u32 state;  /* TCP_* */
	__u32 inode;  /* 0: no owner, not accepted yet */
	__u32 rqueue; /* bytes the application has not read */
	__u32 wqueue;
	__u32 pid;
	char comm[EV_COMM_LEN];
	char pstate; /* of the process, as in /proc/PID/stat: R S D T Z */
	__u8 pad[3];
	__u32 fds_open; /* as in fact_listener */
	__u32 fds_limit;
	char container[FACT_CONTAINER_LEN];
	__u8 pad2[8];
};

struct fact_sysctl {
	struct ev_hdr hdr;
	struct ev_flow flow;
	char name[64]; /* as for sysctl(8): net.ipv4.tcp_syncookies; %s of an interface filled in */
	__s64 value;
};

/* A counter that grew between the last snapshot before the probe's first SYN and now. */
struct fact_counter {
	struct ev_hdr hdr;
	struct ev_flow flow;
	char name[EV_NAME_LEN]; /* TcpExtListenOverflows, IpOutNoRoutes: group and name as nstat
				   prints */
	__u64 delta;
};

/* The kernel's own answer to "how would a reply to the prober go" (RTM_GETROUTE, FIB lookup). */
struct fact_route {
	struct ev_hdr hdr;
	struct ev_flow flow;
	__u32 error; /* errno, positive; 0: there is a route */
	__u32 type;  /* RTN_* */
	__u32 oif;
	__u8 pad[4];
	__u8 gateway[16]; /* all zero: on link */
	char ifname[FACT_IFNAME_LEN];
};

struct fact_addr {
	struct ev_hdr hdr;
	struct ev_flow flow;
	__u8 addr[16];
	__u32 ifindex;	/* of the interface that has the address, 0 if none */
	__u8 is_source; /* 1: the probe's source, 0: its destination */
	__u8 is_local;
	__u8 pad[2];
	char ifname[FACT_IFNAME_LEN];
};

struct fact_neigh {
	struct ev_hdr hdr;
	struct ev_flow flow;
	__u8 addr[16]; /* the next hop */
	__u32 ifindex;
	__u32 state; /* NUD_*; 0: no entry */
	char ifname[FACT_IFNAME_LEN];
};

/* An interface's name: sent unasked, at the start and when one appears; its flow is all zero. */
struct fact_link {
	struct ev_hdr hdr;
	struct ev_flow flow;
	__u32 ifindex;
	__u32 master; /* ifindex of the bridge, bond or VRF it belongs to, else 0 */
	char ifname[FACT_IFNAME_LEN];
};

enum fact_program_place {
	PROG_XDP_NATIVE = 1,
	PROG_XDP_GENERIC = 2,
	PROG_XDP_OFFLOADED = 3,
	PROG_TC_INGRESS = 4, /* clsact or ingress qdisc filter */
	PROG_TC_EGRESS = 5,
	PROG_TCX_INGRESS = 6,
	PROG_TCX_EGRESS = 7,
	PROG_CGROUP_INGRESS = 8,
	PROG_CGROUP_EGRESS = 9,
	PROG_QDISC = 10, /* name: kind of the root qdisc */
};

/* A program or filter that can drop the probe or its answer; clbtrace's own are left out. */
struct fact_program {
	struct ev_hdr hdr;
	struct ev_flow flow;
	__u32 place; /* enum fact_program_place */
	__u32 ifindex;
	__u32 id;		/* BPF program id, 0 if it is not one */
	__u32 prio;		/* tc: preference */
	__u32 handle;		/* tc: filter handle */
	char kind[16];		/* tc: u32, bpf, flower, ... */
	char name[EV_NAME_LEN]; /* of the BPF program, or cgroup path */
	char ifname[FACT_IFNAME_LEN];
	__u8 pad[4];
};

enum fact_hook_backend {
	HOOK_OTHER = 0, /* a module's own function */
	HOOK_NFT = 1,
	HOOK_IPTABLES_LEGACY = 2,
	HOOK_CONNTRACK = 3, /* conntrack, NAT and defragmentation */
	HOOK_WAYPOINT = 4,  /* clbtrace's own: sent unasked at the start, its flow all zero */
};

/* One entry of a netfilter hook, in the order that packets meet them. */
struct fact_hook {
	struct ev_hdr hdr;
	struct ev_flow flow;
	__s32 priority;
	__u8 pf;	  /* NFPROTO_IPV4 2, NFPROTO_IPV6 10, NFPROTO_NETDEV 5 */
	__u8 hook;	  /* NF_INET_*, or NF_NETDEV_INGRESS 0 */
	__u8 backend;	  /* enum fact_hook_backend */
	__u8 policy_drop; /* nft: the base chain's policy is drop */
	char family[8];	  /* as nft prints it: ip, ip6, inet, netdev */
	char table[FACT_TABLE_LEN];
	char chain[FACT_TABLE_LEN];
	char function[EV_NAME_LEN]; /* kernel function, or the BPF program's name; when known */
	char module[32];
	__u32 ifindex;	  /* netdev: the device */
	__u32 drop_rules; /* rules that can drop or reject in this table's chains; ~0 not counted */
	__u32 prog_id;	  /* of a BPF program, else 0 */
	__u8 pad[4];
};

/* How it is known that a rule decided. */
enum fact_rule_how {
	RULE_TRACED =
		1, /* the kernel named it: rule tracing, or the expression that was evaluated */
	RULE_COUNTED = 2,  /* its counter moved, and it matches what is known of the packet */
	RULE_POSSIBLE = 3, /* it could have: it matches what is known of the packet */
};

enum fact_rule_verdict {
	RULE_DROP = 1,
	RULE_REJECT = 2,
	RULE_POLICY = 3, /* no rule: the base chain's policy is drop */
	RULE_QUEUE = 4,	 /* to userspace, which dropped it or is not there */
};

/*
 * A packet-filter rule that decided about the packet of the request, or may have: then there are
 * several. Names as the tools print them, not escaped.
 */
struct fact_rule {
	struct ev_hdr hdr;
	struct ev_flow flow;
	__s32 priority; /* of the base chain */
	__u8 pf;	/* as in fact_hook */
	__u8 hook;
	__u8 backend; /* enum fact_hook_backend: HOOK_NFT or HOOK_IPTABLES_LEGACY */
	__u8 how;     /* enum fact_rule_how */
	__u8 verdict; /* enum fact_rule_verdict */
	__u8 is_reply;
	__u16 queue;	 /* RULE_QUEUE: its number */
	__u32 number;	 /* of the rule in its chain, from 1; 0: not known, or the policy */
	__u64 handle;	 /* nft; 0: none */
	__u32 queue_pid; /* RULE_QUEUE: the process that listens to it, 0: none does */
	__u32 pad;
	char queue_comm[EV_COMM_LEN];
	char family[8];
	char table[FACT_TABLE_LEN];
	char chain[FACT_TABLE_LEN]; /* with the rule */
	char base[FACT_TABLE_LEN];  /* base chain that the packet came by */
	char via[FACT_TABLE_LEN]; /* the last other chain that it went through before; "": not known
				   */
	char set[FACT_TABLE_LEN]; /* ipset, nft set or map that it looked the packet up in; "": none
				   */
	char element[FACT_TABLE_LEN];  /* of that set, that matched */
	char text[FACT_RULE_TEXT_LEN]; /* the rule, as its tool prints it; cut */
};

struct fact_conntrack {
	struct ev_hdr hdr;
	struct ev_flow flow;
	__u64 count;
	__u64 max;
	__u64 dropped; /* growth of "drop" + "early_drop" in /proc/net/stat/nf_conntrack, as for
			  counters */
};

/* The last timestamp of a host, where the kernel keeps it for tcp_tw_recycle (3.6 to 4.11). */
struct fact_tcp_metric {
	struct ev_hdr hdr;
	struct ev_flow flow;
	__u8 addr[16];
	__u32 tsval;
	__u32 age_s; /* seconds, when it was asked for */
};

/* The facts asked for with this mask have all been sent. */
struct fact_done {
	struct ev_hdr hdr;
	struct ev_flow flow;
	__u32 needs;
	__u32 pad;
};

EVENT_ASSERT_SIZE(fact_listener, 232);
EVENT_ASSERT_SIZE(fact_conn, 192);
EVENT_ASSERT_SIZE(fact_sysctl, 136);
EVENT_ASSERT_SIZE(fact_counter, 120);
EVENT_ASSERT_SIZE(fact_route, 112);
EVENT_ASSERT_SIZE(fact_addr, 104);
EVENT_ASSERT_SIZE(fact_neigh, 104);
EVENT_ASSERT_SIZE(fact_link, 88);
EVENT_ASSERT_SIZE(fact_program, 168);
EVENT_ASSERT_SIZE(fact_hook, 304);
EVENT_ASSERT_SIZE(fact_conntrack, 88);
EVENT_ASSERT_SIZE(fact_done, 72);
EVENT_ASSERT_SIZE(fact_rule, 760);
EVENT_ASSERT_SIZE(fact_tcp_metric, 88);

#endif
