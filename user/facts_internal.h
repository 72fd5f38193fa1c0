/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files that look up facts share among themselves. */
#ifndef CLBTRACE_FACTS_INTERNAL_H
#define CLBTRACE_FACTS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "facts.h"
#include "facts_copy.h"
#include "facts_iptables.h"
#include "facts_netfilter.h"
#include "facts_netlink.h"
#include "facts_netns.h"
#include "facts_rule.h"

#define NS_PER_MS  1000000ULL
#define NS_PER_SEC 1000000000ULL
#define CHEAP_NS   (20 * NS_PER_MS) /* what takes longer is held to a tenth of the time */
#define REUSE_NS   (20 * NS_PER_MS) /* under load an answer serves for so long */

enum {
	LINK_PATH_MAX = 4,
	OWN_PROGRAMS_MAX = 256,
	PROCESS_CACHE_LEN = 256,
	PROCESS_RECENT_LEN = 64,
	COUNTERS_MAX = 128,
	SNAPSHOTS_KEPT = 16,
	CACHE_SLOTS = 64,
	FILE_TEXT_LEN = 131072, /* nf_conntrack's statistics of 800 CPUs */
};

struct gather;

/* Events, one after the other, as they are pushed. */
struct record {
	uint8_t *data;
	size_t len;
	size_t cap;
};

struct cache_key {
	struct ev_flow flow; /* fields that the kind of fact does not depend on are zero */
	struct ev_flow service;
	uint64_t baseline_ns;
	uint32_t ifindex;
	uint32_t netns;
	uint32_t need;
	uint32_t pad;
};

struct cache_slot {
	struct cache_key key;
	uint64_t time_ns; /* 0: empty */
	int error;
	struct record record;
};

/* How often facts are asked for. */
struct rate {
	uint64_t start_ns;
	unsigned int count;
	unsigned int last; /* in the second before start_ns */
};

int record_add(struct record *record, const void *event, size_t size);
/* Counts one gather. Returns whether there were more than 50 in a second. */
bool rate_count(struct rate *rate, uint64_t now_ns);
/* The slot for this key. *fresh: it holds that key's answer, not older than REUSE_NS. */
struct cache_slot *cache_find(struct cache_slot slots[CACHE_SLOTS], const struct cache_key *key,
			      uint64_t now_ns, bool *fresh);

struct counter_snapshot {
	uint64_t time_ns;
	uint64_t conntrack_dropped;
	uint64_t value[COUNTERS_MAX]; /* as counter_names */
};

struct counter_history {
	struct counter_snapshot kept[SNAPSHOTS_KEPT];
	unsigned int n; /* taken so far */
};

extern const char *const counter_names[]; /* sorted */
extern const size_t counter_count;
/* Pairs of lines "Group: Name ..." and "Group: 1 ...", as netstat and snmp have. */
void counters_parse_pairs(const char *text, uint64_t value[COUNTERS_MAX]);
/* Lines "Name 1", as snmp6 has. */
void counters_parse_lines(const char *text, uint64_t value[COUNTERS_MAX]);
int counters_read(const struct proc_root *proc, struct counter_snapshot *out);
/* The newest snapshot from before since_ns, else the oldest; NULL if there is none. */
const struct counter_snapshot *counters_baseline(const struct counter_history *history,
						 uint64_t since_ns);
/* Sums drop and early_drop over the CPUs of /proc/net/stat/nf_conntrack. */
uint64_t conntrack_parse_dropped(const char *text);
/* 0 where the file does not exist. */
uint64_t conntrack_dropped(const struct proc_root *proc);
/* As sysctl(8) writes it: dots for slashes, and slashes for the dots of an interface name. */
void sysctl_name(const char *path, char *out, size_t len);
uint64_t facts_clock_ns(void); /* CLOCK_MONOTONIC */
/* Reads a small file of text. Returns its length or -errno; a longer one is cut. */
ssize_t file_text(const char *path, char *buf, size_t len);
/* Reads a file that holds one decimal number. */
int file_number(const char *path, int64_t *value);

struct process_owner {
	uint32_t inode;
	uint32_t pid;
	uint32_t fd;
};

struct process_cache {
	struct process_owner owners[PROCESS_CACHE_LEN];
	uint32_t recent[PROCESS_RECENT_LEN]; /* processes that had sockets asked for */
	unsigned int n_recent;
	uint64_t recent_not_before_ns; /* when those may be searched again */
	uint64_t all_not_before_ns;    /* and the whole of /proc */
	uint64_t among_not_before_ns;  /* and those of some namespace */
};

struct process_want {
	uint32_t inode;
	uint32_t netns; /* of the socket; for process_find_among() only */
	uint32_t pid;	/* 0: not found */
};

/*
 * Finds the processes that hold these sockets; of several one that is stopped or in
 * uninterruptible sleep, else the first in /proc.
 */
void process_find(struct process_cache *cache, bool loaded, struct process_want *want, size_t n);
/* The same, only among those of processes (struct netns_pid) that are in the sockets' namespaces.
 */
void process_find_among(struct process_cache *cache, bool loaded, const struct vec *processes,
			struct process_want *want, size_t n);

struct process_info {
	char comm[EV_COMM_LEN];
	char state;	    /* R S D T t Z ..., 0: not known */
	uint32_t fds_open;  /* 0: not known */
	uint32_t fds_limit; /* likewise */
	char container[FACT_CONTAINER_LEN];
};

/* All zero if it is gone. */
void process_describe(uint32_t pid, struct process_info *out);
uint32_t process_parent(uint32_t pid); /* 0 if it is gone */
/* Whether it is halted, or may open no more files. */
bool process_is_stuck(uint32_t pid);
/* The state and parent fields of the text of /proc/PID/stat, 0 if there is none. */
char process_parse_state(const char *stat);
uint32_t process_parse_parent(const char *stat);
/* The soft limit of open files in the text of /proc/PID/limits, 0 if there is none. */
uint32_t process_parse_fds_limit(const char *limits);
/*
 * The container that the text of /proc/PID/cgroup names: the first 12 digits of an id of 64, or the
 * name of an LXC container or of a machine; "": none.
 */
void container_parse(const char *text, char out[FACT_CONTAINER_LEN]);

struct link_info {
	uint32_t ifindex;
	uint32_t master;
	uint32_t flags;	     /* IFF_* */
	uint32_t xdp_native; /* program ids, 0: none */
	uint32_t xdp_generic;
	uint32_t xdp_offloaded;
	int32_t link_netns; /* number of the namespace of its peer or lower device; -1: this one */
	char name[FACT_IFNAME_LEN];
	char kind[16]; /* vrf, bridge, ... */
};

int link_get(struct netlink *route, uint32_t ifindex, struct link_info *out);
/* Every interface of the namespace: struct link_info in out. */
int links_dump(struct netlink *route, struct vec *out);
/* The interface, then its masters (bond, bridge, VRF). Returns their number. */
int link_path(struct netlink *route, uint32_t ifindex, struct link_info out[LINK_PATH_MAX]);
/* The interface that IP sees: the bridge or bond of a port, else the interface itself. */
uint32_t link_l3(struct netlink *route, uint32_t ifindex);
/* The VRF that the interface belongs to, else 0. */
uint32_t link_vrf(struct netlink *route, uint32_t ifindex);

struct route_answer {
	int error; /* errno, positive */
	uint32_t type;
	uint32_t oif;
	uint8_t gateway[16];
};

/*
 * How the host would send from src (NULL: any) to dst: a FIB look-up as the kernel's own output
 * does, in the VRF oif if that is not 0. No route is an answer, with error set. Returns 0 or
 * -errno.
 */
int route_get(struct netlink *route, const uint8_t dst[16], const uint8_t *src, uint32_t oif,
	      struct route_answer *out);

/* The reply's way, in the VRF of the probe; -errno as route_get(). */
int route_to_prober(struct gather *g, struct route_answer *out);
/* The local address of an RTM_NEWADDR. Returns 0 or -EINVAL. */
int addr_parse(const struct nlmsghdr *nlh, uint8_t addr[16]);
/* The interface that has this address, 0: none. */
uint32_t addr_find_link(struct netlink *route, const uint8_t addr[16]);
bool addr_is_link_local(const uint8_t addr[16]); /* fe80::/10 */

/* BPF programs that this process holds. */
struct own_programs {
	uint32_t id[OWN_PROGRAMS_MAX];
	size_t n;
};

void own_programs_read(struct own_programs *own);
bool own_program(const struct own_programs *own, uint32_t id);
/* The program's name; empty if it cannot be asked. */
void bpf_program_name(uint32_t id, char *out, size_t len);

struct rule_trace;

struct facts {
	struct proc_root proc;
	struct netns_view home; /* the traced namespace: the one that facts_open() was called in */
	struct netns_view *views[NETNS_VIEWS];
	struct netns_view *at; /* the namespace that this process is in now */
	struct netns_list netns;
	struct survey survey;
	struct rule_trace *trace; /* NULL: rules are not to be traced */
	struct rule_cache rules;
	hook_walk_fn walk;
	void *walk_ctx;
	rule_find_fn rule_find;
	void *rule_find_ctx;
	struct counter_history counters;
	struct counter_snapshot counters_now;
	struct process_cache processes;
	struct vec symbols;   /* struct symbol: the hook functions met so far */
	bool nft_known;	      /* nf_tables is there: asking does not make the kernel load it */
	uint16_t tcp_metrics; /* generic netlink family, 0: none; */
	bool tcp_metrics_known;
	bool nft_looked; /* in /proc/kallsyms, for it being built in */
	bool hook_dump_missing;
	struct own_programs own;
	struct legacy_state legacy;
	struct rate rate;
	struct record scratch;
	struct cache_slot cache[CACHE_SLOTS];
};

/* One request. */
struct gather {
	struct facts *facts;
	const struct fact_request *request;
	const struct ev_flow *flow; /* as it is in the namespace that is looked up in */
	uint32_t ifindex;	    /* where it came in there, 0: not known */
	uint64_t now_ns;
	bool loaded;
	bool located; /* the next two are known */
	uint32_t service_netns;
	int service_error;
	struct record *record;
};

/* What is common to facts_open() and facts_open_proc(). */
int facts_new(struct facts **out, const struct proc_root *root);

/* Whether the probe was stopped in another namespace than the traced one. */
bool gather_is_elsewhere(const struct gather *g);
/* Adds a fact to the answer: fills in its header and flow. Returns 0 or -ENOMEM. */
int gather_add(struct gather *g, uint16_t type, void *fact, size_t size);

/* The sockets listening on port (0: on any), nothing of their processes: struct fact_listener. */
int listeners_dump(struct netlink *diag, uint8_t proto, uint16_t port, struct vec *out);
/* Fills in what is about their processes, wherever those are. */
void listeners_owners(struct facts *facts, bool loaded, struct vec *listeners);
/* The same, looking for each only in the socket's own namespace, its netns. */
void listeners_owners_in(struct facts *facts, bool loaded, struct vec *listeners);

/* The XDP, tcx and tc programs of one interface. */
int link_programs(struct gather *g, const struct link_info *link, bool ingress, bool egress);
/* The functions at a hook (NF_NETDEV_*) of n interfaces. */
int link_hooks(struct gather *g, uint8_t hook, const struct link_info *links, int n);
int tc_programs(struct gather *g, const struct link_info *link, bool ingress, bool egress);
int cgroup_programs(struct gather *g);
/* The unified hierarchy's line of /proc/PID/cgroup; false if there is none. */
bool cgroup_parse_path(const char *text, char *out, size_t len);
/* Where /proc/self/mountinfo has the unified hierarchy's root; false: nowhere. */
bool cgroup_parse_mount(const char *text, char *out, size_t len);

int gather_listeners(struct gather *g);
int gather_conn(struct gather *g);
int gather_sysctls(struct gather *g);
int gather_counters(struct gather *g);
int gather_route(struct gather *g);
int gather_addrs(struct gather *g);
int gather_neigh(struct gather *g);
int gather_programs(struct gather *g);
int gather_hooks(struct gather *g);
int gather_conntrack(struct gather *g);
int gather_elsewhere(struct gather *g);
int gather_rule_named(struct gather *g);
int gather_tcp_metrics(struct gather *g);

#endif
