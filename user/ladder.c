// SPDX-License-Identifier: GPL-2.0-only
// One probe's evidence as a ladder: which packet went how far between the prober and the service.
#include "ladder.h"

#include <stdlib.h>
#include <string.h>

enum { LOOK_BACK = 6 }; /* rungs: how far a packet's steps are apart */

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static bool is_one_of(const char *text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(text, words[i]))
			return true;
	return false;
}

/* Where packets are seen, by the names that steps.c gives. */
static bool is_waypoint(const char *at)
{
	static const char *const names[] = {"xdp",	   "tc-ingress", "PREROUTING",
					    "INPUT",	   "FORWARD",	 "OUTPUT",
					    "POSTROUTING", "tc-egress",	 "netfilter"};

	return is_one_of(at, names, sizeof(names) / sizeof(*names));
}

static size_t digits(const char *text)
{
	return strspn(text, "0123456789");
}

/*
 * The length of a packet's name at the beginning of what is said of it: "SYN seq 1829",
 * "SYN-ACK seq 7 ack 1830", "datagram, 12 bytes", "echo request seq 1". 0: it begins otherwise.
 */
static size_t name_length(const char *what)
{
	const char *end = strstr(what, "seq ");

	if (begins(what, "datagram, "))
		return strlen("datagram, ") + digits(what + strlen("datagram, ")) +
		       strlen(" bytes") * (strstr(what, " bytes") != NULL);
	if (!end || strcspn(what, "\":") < (size_t)(end - what))
		return 0;
	end += strlen("seq ");
	end += digits(end);
	if (begins(end, " ack "))
		end += strlen(" ack ") + digits(end + strlen(" ack "));
	return (size_t)(end - what);
}

/* What is quoted in a step, its quotes with it; NULL: nothing. */
static const char *payload_of(const char *what)
{
	const char *quote = strstr(what, ": \"");

	return quote ? quote + 2 : NULL;
}

/* "..., 43 bytes" behind the name and in front of a quotation; a segment and the ACK before it have
 * the same name but for this. */
static unsigned long bytes_of(const char *what, size_t name_len)
{
	const char *end = strchr(what, '"'), *bytes = strstr(what + name_len, " bytes");
	const char *number = bytes;

	if (!bytes || (end && end < bytes))
		return 0;
	while (number > what && digits(number - 1))
		number--;
	return strtoul(number, NULL, 10);
}

/* A packet is on its way in if it was first seen at an entry of the host. What comes out of a
 * container is first seen at PREROUTING. */
static bool is_inbound(const struct rung *rung)
{
	return !strcmp(rung->way[0], "xdp") || !strcmp(rung->way[0], "tc-ingress");
}

/* How far the packet has come with this step. */
static void move(struct rung *rung, const char *at, const char *what)
{
	bool in = is_inbound(rung), passed = strstr(what, "passed the hook") != NULL;
	enum lane lane = LANE_FILTER;

	if (in && (!strcmp(at, "xdp") || !strcmp(at, "tc-ingress")))
		lane = LANE_NIC;
	else if (!strcmp(at, "tc-egress"))
		lane = in ? LANE_TCP : LANE_PROBER; /* in: to a container */
	else if (in && passed && !strcmp(at, "INPUT"))
		lane = LANE_TCP;
	if (in ? lane > rung->to : lane < rung->to)
		rung->to = lane;
}

static void add_way(struct rung *rung, const char *at)
{
	for (unsigned int i = 0; i < rung->n_way; i++)
		if (!strcmp(rung->way[i], at))
			return;
	if (rung->n_way < LADDER_WAY_MAX)
		rung->way[rung->n_way++] = at;
}

/* The rung of the packet that the step is about, if it is not too long ago; NULL: none. */
static struct rung *find_packet(struct rung *rungs, size_t n, const struct rung *step)
{
	for (size_t back = 1; back <= n && back <= LOOK_BACK; back++) {
		struct rung *rung = &rungs[n - back];

		if (rung->kind == RUNG_PACKET && !rung->dropped && rung->bytes == step->bytes &&
		    rung->name_len == step->name_len &&
		    !strncmp(rung->what, step->what, step->name_len))
			return rung;
	}
	return NULL;
}

/* Again at the entry: a packet that was sent twice. */
static bool enters_again(const struct rung *rung, const char *at)
{
	return is_inbound(rung) && rung->to > LANE_NIC &&
	       (!strcmp(at, "xdp") || !strcmp(at, "tc-ingress"));
}

static void drop(struct rung *rung, const char *what)
{
	if (is_inbound(rung) && rung->to == LANE_NIC && strstr(what, "NETFILTER"))
		rung->to = LANE_FILTER;
	rung->dropped_as = strstr(what, "dropped: ");
	if (rung->dropped_as)
		rung->dropped_as += strlen("dropped: ");
	/* A socket that closes empties its queues (inet_sock_destruct): that is no packet's end
	 * before its time. */
	rung->dropped = !rung->dropped_as || !begins(rung->dropped_as, "QUEUE_PURGE");
}

static size_t add_packet(struct rung *rungs, size_t n, const struct rung *step)
{
	bool freed = !strcmp(step->at, "kfree_skb");
	struct rung *rung = find_packet(rungs, n, step);

	if (rung && enters_again(rung, step->at))
		rung = NULL;
	if (!rung) {
		rung = &rungs[n++];
		*rung = *step;
		if (freed) { /* it was seen nowhere else */
			rung->kind = RUNG_EVENT;
			rung->dropped = true;
			rung->from = rung->to = LANE_TCP;
			return n;
		}
		rung->kind = RUNG_PACKET;
		add_way(rung, step->at);
		rung->from = is_inbound(rung) ? LANE_PROBER : rung->bytes ? LANE_APP : LANE_TCP;
		rung->to = is_inbound(rung) ? LANE_NIC : LANE_FILTER;
	}
	rung->last_us = step->t_us;
	if (freed) {
		drop(rung, step->what);
		return n;
	}
	add_way(rung, step->at);
	move(rung, step->at, step->what);
	if (!rung->payload)
		rung->payload = payload_of(step->what);
	return n;
}

/* The number behind a word in a packet's name; 0: it is not there. */
static uint32_t number_after(const char *what, const char *word)
{
	const char *found = strstr(what, word);

	return found ? (uint32_t)strtoul(found + strlen(word), NULL, 10) : 0;
}

static uint32_t distance(uint32_t a, uint32_t b)
{
	return a - b < b - a ? a - b : b - a;
}

/*
 * A capture does not say which way a packet went. The first is the prober's, and its sequence
 * numbers are near that one's; of what goes back to it, the acknowledgements are.
 */
static bool is_reply(const struct rung *first, const char *what)
{
	uint32_t isn = number_after(first->what, "seq ");

	if (begins(what, "SYN-ACK") || begins(what, "echo reply") || begins(what, "datagram"))
		return true;
	return strstr(what, " ack ") && distance(number_after(what, " ack "), isn) <
						distance(number_after(what, "seq "), isn);
}

/* Of a capture: between the prober and the host, and not seen in it. */
static size_t add_captured(struct rung *rungs, size_t n, const struct rung *step)
{
	bool reply = n && is_reply(&rungs[0], step->what);

	rungs[n] = *step;
	rungs[n].kind = RUNG_PACKET;
	rungs[n].from = reply ? LANE_NIC : LANE_PROBER;
	rungs[n].to = reply ? LANE_PROBER : LANE_NIC;
	rungs[n].payload = payload_of(step->what);
	add_way(&rungs[n], step->at);
	return n + 1;
}

static bool is_captured(const struct rung *rung)
{
	return !strcmp(rung->at, "capture");
}

/* Puts the last rung behind those that were before it or at its time. */
static void place_by_time(struct rung *rungs, size_t n)
{
	const struct rung last = rungs[n - 1];
	size_t at = n - 1;

	while (at && rungs[at - 1].t_us > last.t_us)
		at--;
	memmove(rungs + at + 1, rungs + at, (n - 1 - at) * sizeof(*rungs));
	rungs[at] = last;
}

static size_t add_step(struct rung *rungs, size_t n, const json_t *from)
{
	struct rung step = {.kind = RUNG_EVENT,
			    .from = LANE_TCP,
			    .to = LANE_TCP,
			    .at = text_of(from, "at"),
			    .what = text_of(from, "what")};

	step.t_us = step.last_us = json_integer_value(json_object_get(from, "t_us"));
	if (is_waypoint(step.at) || is_captured(&step) || !strcmp(step.at, "kfree_skb")) {
		step.name_len = name_length(step.what);
		step.bytes = bytes_of(step.what, step.name_len);
		if (step.name_len)
			return is_captured(&step) ? add_captured(rungs, n, &step)
						  : add_packet(rungs, n, &step);
	}
	if (!strcmp(step.at, "tcp_send_reset") && begins(step.what, "closed"))
		step.from = step.to = LANE_APP;
	else if (!strcmp(step.at, "tc-egress"))
		step.to = LANE_PROBER;
	else if (!strcmp(step.at, "host") || !strcmp(step.at, "request") ||
		 !strcmp(step.at, "clbtrace"))
		step.kind = RUNG_NOTE;
	rungs[n] = step;
	/* What the prober asked for belongs to the packet that it was in. */
	if (!strcmp(step.at, "request"))
		place_by_time(rungs, n + 1);
	return n + 1;
}

/* Where probes that fail in a stage end. */
static enum lane lane_of_stage(const char *stage)
{
	static const struct {
		const char *stage;
		enum lane lane;
	} stages[] = {
		{"arrival", LANE_NIC},	    {"ingress", LANE_NIC},     {"ip", LANE_FILTER},
		{"netfilter", LANE_FILTER}, {"listener", LANE_TCP},    {"handshake", LANE_TCP},
		{"reply", LANE_NIC},	    {"application", LANE_APP}, {"udp", LANE_TCP},
	};

	for (size_t i = 0; i < sizeof(stages) / sizeof(*stages); i++)
		if (!strcmp(stages[i].stage, stage))
			return stages[i].lane;
	return LANE_TCP;
}

/* How far the prober's packets came, where nothing says where the probe ended. */
static enum lane furthest(const struct rung *rungs, size_t n)
{
	enum lane lane = LANE_PROBER;

	for (size_t i = 0; i < n; i++)
		if (rungs[i].kind == RUNG_PACKET && rungs[i].from == LANE_PROBER &&
		    rungs[i].to > lane)
			lane = rungs[i].to;
	return lane ? lane : LANE_TCP;
}

static size_t add_end(struct rung *rungs, size_t n, const json_t *verdict)
{
	const char *stage = text_of(verdict, "stage");
	struct rung *end = &rungs[n];

	*end = (struct rung){.kind = RUNG_END,
			     .at = text_of(verdict, "verdict"),
			     .what = text_of(verdict, "cause")};
	end->t_us = end->last_us = json_integer_value(json_object_get(verdict, "duration_us"));
	end->from = end->to = *stage ? lane_of_stage(stage) : furthest(rungs, n);
	place_by_time(rungs, n + 1);
	return n + 1;
}

size_t ladder_of(const json_t *verdict, struct rung rungs[LADDER_MAX])
{
	const json_t *steps = json_object_get(verdict, "evidence"), *step;
	size_t n = 0, i;

	json_array_foreach(steps, i, step)
	{
		if (n < LADDER_MAX - 1)
			n = add_step(rungs, n, step);
	}
	/* Long ones are not looked at in netfilter: that is no sign that they ended there. */
	for (i = 0; i < n; i++)
		rungs[i].lost_sight = rungs[i].kind == RUNG_PACKET && rungs[i].to == LANE_NIC &&
				      rungs[i].bytes && !rungs[i].dropped &&
				      !is_captured(&rungs[i]);
	return add_end(rungs, n, verdict);
}
