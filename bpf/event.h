/* SPDX-License-Identifier: GPL-2.0-only */
/* The events that every source produces: the one header shared by the BPF programs and userspace.
 */
#ifndef CLBTRACE_EVENT_H
#define CLBTRACE_EVENT_H

#ifndef __bpf__
#include <linux/types.h> /* in BPF, kernel.h has these */
#endif

/*
 * Event ids and names. Kernel events are below EV_FACT_FIRST, host facts (produced by userspace,
 * layouts in user/fact.h) from there on. Ids are part of the recording format: only ever append.
 */
#define EVENT_KINDS(X)                                                                             \
	X(EV_PACKET, 1, "packet") /* a packet at a waypoint */                                     \
	X(EV_SOCKET, 2, "socket") /* the socket a SYN will meet, looked up at entry */             \
	X(EV_DROP, 3, "drop")	  /* kfree_skb */                                                  \
	X(EV_RESET, 4, "reset")	  /* tcp_send_reset */                                             \
	X(EV_ICMP, 5, "icmp")	  /* an ICMP error sent about a packet */                          \
	X(EV_STATE, 6, "state")	  /* inet_sock_set_state */                                        \
	X(EV_SYNACK_RETRANS, 7, "synack-retrans") /* tcp_retransmit_synack */                      \
	X(EV_LOST, 8, "lost") /* events or connections that could not be kept */                   \
	X(EV_FACT_LISTENER, 64, "fact-listener")                                                   \
	X(EV_FACT_CONN, 65, "fact-conn")                                                           \
	X(EV_FACT_SYSCTL, 66, "fact-sysctl")                                                       \
	X(EV_FACT_COUNTER, 67, "fact-counter")                                                     \
	X(EV_FACT_ROUTE, 68, "fact-route")                                                         \
	X(EV_FACT_ADDR, 69, "fact-addr")                                                           \
	X(EV_FACT_NEIGH, 70, "fact-neigh")                                                         \
	X(EV_FACT_LINK, 71, "fact-link")                                                           \
	X(EV_FACT_PROGRAM, 72, "fact-program")                                                     \
	X(EV_FACT_HOOK, 73, "fact-hook")                                                           \
	X(EV_FACT_CONNTRACK, 74, "fact-conntrack")                                                 \
	X(EV_FACT_DONE, 75, "fact-done")                                                           \
	X(EV_FACT_RULE, 76, "fact-rule")                                                           \
	X(EV_FACT_TCP_METRIC, 77, "fact-tcp-metric")

enum event_type {
#define EVENT_ENUM(id, number, name) id = number,
	EVENT_KINDS(EVENT_ENUM)
#undef EVENT_ENUM
		EV_FACT_FIRST = EV_FACT_LISTENER,
};

/* Where a packet was seen. Values are part of the recording format. */
enum waypoint {
	WP_XDP = 1,
	WP_TC_INGRESS = 2,
	WP_NETFILTER = 3, /* with hook, family and the priority just passed */
	WP_TC_EGRESS = 4,
	WP_CAPTURE = 5, /* libpcap's, live or of a file: where the host is not seen at work */
};

/* struct tcp_info_lite flags2: which TCP options the packet carried. */
enum {
	TCPOPT_SEEN_TS = 1,
	TCPOPT_SEEN_MD5 = 2,
	TCPOPT_SEEN_AO = 4,
	TCPOPT_CUT = 8, /* of a capture that does not have them all */
};

enum {
	EV_NAME_LEN = 48,
	EV_COMM_LEN = 16,
	EV_CAPTURE_HEADERS = 144,  /* Ethernet, IPv6, TCP with all options */
	EV_CAPTURE_PAYLOAD = 2176, /* the same, and 2048 bytes of payload */
};

/* First in every event. size counts the whole event, this header included. */
struct ev_hdr {
	__u16 type;
	__u16 size;
	__u32 cpu;
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u64 skb;     /* the packet's address in the kernel, 0 where there is none */
};

/*
 * As in the packet: source is who sent it. Addresses are 16 bytes, IPv4 as ::ffff:a.b.c.d. In every
 * event the addresses are those with which the probe arrived, whatever this host translates them
 * to. An ICMP echo has its identifier as the port of who asks, and 0 as the other's.
 */
struct ev_flow {
	__u8 saddr[16];
	__u8 daddr[16];
	__u16 sport; /* host byte order */
	__u16 dport;
	__u8 proto;  /* IPPROTO_TCP, _UDP, _ICMP, _ICMPV6 */
	__u8 family; /* 4 or 6 */
	__u8 pad[2];
};

/* Of UDP only payload_len is there, of an ICMP echo also its sequence number as seq. */
struct ev_tcp {
	__u32 seq;
	__u32 ack;
	__u32 tsval;
	__u32 tsecr;
	__u16 window;
	__u16 payload_len;
	__u8 flags;   /* TCP header byte 13: FIN 1, SYN 2, RST 4, PSH 8, ACK 16 */
	__u8 options; /* TCPOPT_SEEN_* */
	__u8 pad[2];
};

/*
 * EV_PACKET. data[] holds cap_len bytes from the start of the frame (TC, XDP and capture waypoints
 * only). In a capture frame_len is without padding.
 */
struct ev_packet {
	struct ev_hdr hdr;
	struct ev_flow flow;
	struct ev_tcp tcp;
	__u32 ifindex;
	__s32 priority; /* netfilter: the priority that this waypoint comes right after */
	__u32 frame_len;
	__u16 cap_len;
	__u8 waypoint;	/* enum waypoint */
	__u8 hook;	/* netfilter: NF_INET_* */
	__u8 pf;	/* netfilter: NFPROTO_IPV4 2, NFPROTO_IPV6 10 */
	__u8 pkt_type;	/* tc: PACKET_HOST 0, PACKET_OTHERHOST 3, ...; capture: PACKET_OUTGOING 4
			   to a source, else 0 */
	__u8 l2_len;	/* bytes before the IP header in data[] */
	__u8 untracked; /* the connection table was full: later packets will not be followed */
	__u16 ip_id;	/* capture: of the IPv4 header, 0 in IPv6 */
	__u8 pad[2];
	/*
	 * The flow as the service sees it, where this host translates addresses (DNAT,
	 * masquerading); family 0: it does not, as far as this packet shows.
	 */
	struct ev_flow nat;
	__u8 data[];
};

/* EV_SOCKET. flow is the SYN's. Fields after state hold what that state has. */
struct ev_socket {
	struct ev_hdr hdr;
	struct ev_flow flow;
	__u8 laddr[16];
	__u32 state; /* TCP_*: 0 no socket, TCP_LISTEN 10, TCP_TIME_WAIT 6, ... */
	__u32 bound_ifindex;
	__u32 backlog;		  /* LISTEN: sk_ack_backlog, connections waiting for accept() */
	__u32 max_backlog;	  /* LISTEN: sk_max_ack_backlog, full when backlog > max_backlog */
	__u32 syn_queue;	  /* LISTEN: half-open connections (icsk_accept_queue.qlen) */
	__u32 tw_ts_recent;	  /* TIME_WAIT: the last timestamp taken from the peer, 0 if none */
	__u32 tw_ts_recent_stamp; /* TIME_WAIT: when, in seconds of CLOCK_MONOTONIC */
	__u32 tw_rcv_nxt;	  /* TIME_WAIT */
	__u8 has_filter;	  /* LISTEN: SO_ATTACH_FILTER or SO_ATTACH_BPF in place */
	__u8 any_addr;		  /* LISTEN: bound to the wildcard address */
	__u8 tw_substate;	  /* TIME_WAIT: TCP_TIME_WAIT or TCP_FIN_WAIT2 */
	__u8 pad[5];
};

/* EV_DROP. reason_name is filled in by the source in userspace. */
struct ev_drop {
	struct ev_hdr hdr;
	struct ev_flow flow;
	struct ev_tcp tcp;
	__u64 location; /* return address of the kfree_skb call */
	__u32 reason;	/* enum skb_drop_reason of the running kernel */
	__u32 ifindex;	/* of skb->dev, 0 if none */
	__u32 netns;	/* inode of the network namespace, if it is not the traced one; else 0 */
	__u32 pad;
	char reason_name[EV_NAME_LEN]; /* without SKB_DROP_REASON_ */
	char symbol[EV_NAME_LEN];      /* function of location, where there is no reason */
};

/* EV_RESET. flow and tcp are those of the packet answered; of the connection when active. */
struct ev_reset {
	struct ev_hdr hdr;
	struct ev_flow flow; /* prober -> this host */
	struct ev_tcp tcp;
	__u32 reason;	/* enum sk_rst_reason of the running kernel */
	__u32 sk_state; /* TCP_*, 0 without a socket */
	__u8 active; /* 1: sent by the connection itself (close, linger, ...), no packet answered */
	__u8 has_reason; /* the kernel gives one (6.10+) */
	__u8 pad[2];
	__u32 netns;		       /* as in ev_drop */
	char reason_name[EV_NAME_LEN]; /* without SK_RST_REASON_ */
};

/* EV_ICMP. flow and tcp.seq are those of the packet that the error is about. */
struct ev_icmp {
	struct ev_hdr hdr;
	struct ev_flow flow;
	struct ev_tcp tcp;
	__u32 ifindex;
	__u8 type;
	__u8 code;
	/* 0: the icmp_send tracepoint; the ICMP packet itself: 1 at tc egress, 2 as captured */
	__u8 at_exit;
	__u8 by_other; /* 1: a capture shows that not the probe's destination sent it */
	__u32 netns;   /* as in ev_drop */
	__u32 pad2;
};

/* EV_STATE. flow is prober -> this host. */
struct ev_state {
	struct ev_hdr hdr;
	struct ev_flow flow;
	__u32 oldstate;
	__u32 newstate;
	__u32 netns; /* as in ev_drop */
	__u32 pad;
};

/* EV_SYNACK_RETRANS. flow is prober -> this host. */
struct ev_synack_retrans {
	struct ev_hdr hdr;
	struct ev_flow flow;
	__u32 count;
	__u32 pad;
};

/* EV_LOST: since the last such event. */
struct ev_lost {
	struct ev_hdr hdr;
	__u64 since_ns; /* the loss happened after this time and before hdr.time_ns */
	__u64 events;	/* ring-buffer records that found no room */
	__u64 evicted;	/* connections that found no room in the connection table */
};

#define EVENT_ASSERT_SIZE(type, size) _Static_assert(sizeof(struct type) == (size), #type)
#define EVENT_ASSERT_AT(type, field, at)                                                           \
	_Static_assert(__builtin_offsetof(struct type, field) == (at), #type "." #field)

EVENT_ASSERT_SIZE(ev_hdr, 24);
EVENT_ASSERT_SIZE(ev_flow, 40);
EVENT_ASSERT_SIZE(ev_tcp, 24);
EVENT_ASSERT_SIZE(ev_packet, 152);
EVENT_ASSERT_AT(ev_packet, tcp, 64);
EVENT_ASSERT_AT(ev_packet, ifindex, 88);
EVENT_ASSERT_AT(ev_packet, nat, 112);
EVENT_ASSERT_AT(ev_packet, data, 152);
EVENT_ASSERT_SIZE(ev_socket, 120);
EVENT_ASSERT_AT(ev_socket, state, 80);
EVENT_ASSERT_AT(ev_socket, has_filter, 112);
EVENT_ASSERT_SIZE(ev_drop, 208);
EVENT_ASSERT_AT(ev_drop, location, 88);
EVENT_ASSERT_AT(ev_drop, reason_name, 112);
EVENT_ASSERT_SIZE(ev_reset, 152);
EVENT_ASSERT_AT(ev_reset, reason_name, 104);
EVENT_ASSERT_SIZE(ev_icmp, 104);
EVENT_ASSERT_SIZE(ev_state, 80);
EVENT_ASSERT_SIZE(ev_synack_retrans, 72);
EVENT_ASSERT_SIZE(ev_lost, 48);

#endif
