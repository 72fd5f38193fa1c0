// SPDX-License-Identifier: GPL-2.0-only
/* One probe from its first SYN to its end: what it sends on what it gets. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "prober.h"

static void note_payload(struct probe *probe, const uint8_t *p, size_t len)
{
	char text[41];
	size_t i, n = 0;

	for (i = 0; i < len && n < sizeof(text) - 1; i++)
		text[n++] = isprint(p[i]) && p[i] != '"' ? (char)p[i] : '.';
	text[n] = '\0';
	probe_note(probe, "DATA(%zu)\"%s\"", len, text);
}

void probe_start(struct prober *prober, unsigned int index)
{
	const struct prober_options *opt = &prober->opt;
	struct probe *probe = &prober->probes[index];
	int64_t now = prober_now_ms();

	probe->source = index % opt->n_sources;
	probe->sport = (uint16_t)(opt->sport + index / opt->n_sources);
	probe->isn = opt->have_isn ? opt->isn : (uint32_t)random();
	probe->snd_nxt = probe->isn + 1;
	probe->syns_left = opt->syns - 1;
	probe->next_syn = now + opt->syn_interval_ms;
	probe->deadline = now + opt->timeout_ms;
	if (opt->mode == MODE_UDP || opt->mode == MODE_PING) {
		/* Without --isn the first in a sequence, as ping(8) has it. */
		if (!opt->have_isn)
			probe->isn = 1;
		probe->state = PROBE_WAITING;
		probe_send_datagram(prober, probe);
		return;
	}
	probe->state = PROBE_SYN_SENT;
	probe_send_segment(prober, probe, TH_SYN, NULL, 0);
}

static void finish(struct probe *probe, bool ok)
{
	probe->ok = ok;
	probe->state = PROBE_DONE;
}

static void send_fin(struct prober *prober, struct probe *probe)
{
	probe_send_segment(prober, probe, TH_FIN | TH_ACK, NULL, 0);
	probe->state = PROBE_CLOSING;
}

/* The final ACK of the handshake, and what the mode says next. */
static void open_connection(struct prober *prober, struct probe *probe)
{
	const struct prober_options *opt = &prober->opt;

	probe_send_segment(prober, probe, TH_ACK, NULL, 0);
	probe->state = PROBE_OPEN;
	switch (opt->mode) {
	case MODE_ACK:
		finish(probe, true);
		break;
	case MODE_RST:
		probe_send_segment(prober, probe, TH_RST | TH_ACK, NULL, 0);
		finish(probe, true);
		break;
	case MODE_FIN:
		send_fin(prober, probe);
		break;
	case MODE_REQUEST:
		probe_send_request(prober, probe);
		break;
	default:
		break;
	}
}

static void on_syn_ack(struct prober *prober, struct probe *probe, const struct received *in)
{
	const struct prober_options *opt = &prober->opt;

	if (probe->state != PROBE_SYN_SENT) {
		if (probe->state == PROBE_OPEN || probe->state == PROBE_CLOSING)
			probe_send_segment(prober, probe, TH_ACK, NULL, 0);
		return;
	}
	probe->rcv_nxt = in->seq + 1;
	probe->syns_left = 0;
	if (opt->mode == MODE_HALF_OPEN) {
		probe_send_segment(prober, probe, TH_RST, NULL, 0);
		finish(probe, true);
	} else if (opt->mode == MODE_SILENT) {
		probe->ok = true;
	} else if (opt->acks_together || opt->ack_delay_ms) {
		probe->state = PROBE_HOLD_ACK;
		probe->have_deadline_ack = !opt->acks_together;
		probe->ack_at = prober_now_ms() + opt->ack_delay_ms;
		probe->deadline += opt->ack_delay_ms;
	} else {
		open_connection(prober, probe);
	}
}

static void on_data(struct prober *prober, struct probe *probe, const struct received *in)
{
	const struct prober_options *opt = &prober->opt;

	if (in->seq != probe->rcv_nxt)
		return;
	note_payload(probe, in->payload, in->payload_len);
	probe->rcv_nxt += (uint32_t)in->payload_len;
	if (opt->mode != MODE_REQUEST || probe->state != PROBE_OPEN) {
		probe_send_segment(prober, probe, TH_ACK, NULL, 0);
		return;
	}
	probe->ok = true;
	if (opt->close_after_peer) {
		probe_send_segment(prober, probe, TH_ACK, NULL, 0);
		return;
	}
	if (!opt->close_with_rst) {
		send_fin(prober, probe);
		return;
	}
	probe_send_segment(prober, probe, TH_RST | TH_ACK, NULL, 0);
	finish(probe, true);
}

static void on_fin(struct prober *prober, struct probe *probe, const struct received *in)
{
	if (in->seq + in->payload_len != probe->rcv_nxt)
		return;
	probe_note(probe, "FIN");
	probe->rcv_nxt++;
	probe_send_segment(prober, probe, probe->state == PROBE_CLOSING ? TH_ACK : TH_FIN | TH_ACK,
			   NULL, 0);
	finish(probe, probe->ok || prober->opt.mode == MODE_READ || prober->opt.mode == MODE_FIN);
}

static void on_tcp(struct prober *prober, struct probe *probe, const struct received *in)
{
	bool live = probe->state == PROBE_OPEN || probe->state == PROBE_CLOSING;

	if (in->tsval)
		probe->peer_tsval = in->tsval;
	if (in->flags & TH_RST) {
		probe_note(probe, "RST");
		if (probe->state != PROBE_DONE)
			finish(probe, false);
	} else if (in->flags & TH_SYN) {
		probe_note(probe, in->flags & TH_ACK ? "SYN-ACK" : "SYN");
		if (in->flags & TH_ACK && in->ack == probe->isn + 1)
			on_syn_ack(prober, probe, in);
	} else if (probe->state == PROBE_SYN_SENT) {
		/* An ACK without SYN: the SYN met an old connection. */
		probe_note(probe, "ACK");
		if (prober->opt.rst_on_ack) {
			probe->snd_nxt = in->ack;
			probe_send_segment(prober, probe, TH_RST, NULL, 0);
			probe->snd_nxt = probe->isn + 1;
		}
	} else if (live) {
		if (in->payload_len)
			on_data(prober, probe, in);
		if (in->flags & TH_FIN && probe->state != PROBE_DONE)
			on_fin(prober, probe, in);
		else if (probe->state == PROBE_CLOSING && in->ack == probe->snd_nxt)
			probe->ok = probe->ok || prober->opt.mode == MODE_FIN;
	}
}

static void on_datagram(const struct prober *prober, struct probe *probe, const struct received *in)
{
	if (prober->opt.mode == MODE_PING)
		probe_note(probe, "ECHO-REPLY(%u)", in->seq);
	else
		note_payload(probe, in->payload, in->payload_len);
	if (probe->state == PROBE_WAITING)
		finish(probe, true);
}

/* Finds the probe by its source and port: both are a function of its index. */
void probe_receive(struct prober *prober, const struct received *in)
{
	const struct prober_options *opt = &prober->opt;
	unsigned int source, index;
	struct probe *probe;

	for (source = 0; source < opt->n_sources; source++)
		if (!memcmp(&opt->sources[source], &in->to, sizeof(in->to)))
			break;
	if (source == opt->n_sources || in->sport < opt->sport)
		return;
	index = (unsigned int)(in->sport - opt->sport) * opt->n_sources + source;
	if (index >= opt->count || prober->probes[index].state == PROBE_IDLE)
		return;
	probe = &prober->probes[index];
	if (!in->icmp) {
		if (opt->mode == MODE_UDP || opt->mode == MODE_PING)
			on_datagram(prober, probe, in);
		else
			on_tcp(prober, probe, in);
		return;
	}
	probe_note(probe, "ICMP %u/%u", in->icmp_type, in->icmp_code);
	if (probe->state != PROBE_DONE)
		finish(probe, false);
}

/* Once every probe holds its SYN-ACK, all final ACKs leave in one go. */
void probe_release_acks(struct prober *prober)
{
	unsigned int i;

	for (i = 0; i < prober->opt.count; i++)
		if (prober->probes[i].state != PROBE_HOLD_ACK)
			return;
	for (i = 0; i < prober->opt.count; i++)
		open_connection(prober, &prober->probes[i]);
}

void probe_timers(struct prober *prober, struct probe *probe)
{
	int64_t now = prober_now_ms();

	if (probe->state == PROBE_IDLE || probe->state == PROBE_DONE)
		return;
	if (probe->state == PROBE_SYN_SENT && probe->syns_left && now >= probe->next_syn) {
		probe->syns_left--;
		probe->next_syn = now + prober->opt.syn_interval_ms;
		probe_send_segment(prober, probe, TH_SYN, NULL, 0);
	}
	if (probe->state == PROBE_HOLD_ACK && probe->have_deadline_ack && now >= probe->ack_at)
		open_connection(prober, probe);
	if (probe->state != PROBE_DONE && now >= probe->deadline)
		finish(probe, probe->ok || prober->opt.mode == MODE_UDP);
}

static const char *address_text(int family, const struct in6_addr *address, char *buf,
				socklen_t size)
{
	return inet_ntop(family, address, buf, size);
}

void probe_print(const struct prober *prober, const struct probe *probe)
{
	const struct prober_options *opt = &prober->opt;
	const char *open = opt->family == AF_INET6 ? "[" : "",
		   *close = opt->family == AF_INET6 ? "]" : "";
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];

	printf("%s%s%s:%u > %s%s%s:%u %s: %s\n", open,
	       address_text(opt->family, &opt->sources[probe->source], src, sizeof(src)), close,
	       probe->sport, open, address_text(opt->family, &opt->target, dst, sizeof(dst)), close,
	       opt->port, probe->ok ? "ok" : "failed", probe->got[0] ? probe->got : "nothing");
}
