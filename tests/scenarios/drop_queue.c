// SPDX-License-Identifier: GPL-2.0-only
// Reads a netfilter queue, and drops all that is in it.
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static struct nlmsghdr *message(char *buf, int type, uint16_t queue)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nfg;

	nlh->nlmsg_type = (NFNL_SUBSYS_QUEUE << 8) | type;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = AF_UNSPEC;
	nfg->version = NFNETLINK_V0;
	nfg->res_id = htons(queue);
	return nlh;
}

static int send_message(struct mnl_socket *nl, const struct nlmsghdr *nlh)
{
	return mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0 ? -1 : 0;
}

static int bind_queue(struct mnl_socket *nl, char *buf, uint16_t queue)
{
	struct nfqnl_msg_config_cmd bind = {.command = NFQNL_CFG_CMD_BIND};
	struct nfqnl_msg_config_params params = {
		.copy_range = htonl(64),
		.copy_mode = NFQNL_COPY_PACKET,
	};
	struct nlmsghdr *nlh = message(buf, NFQNL_MSG_CONFIG, queue);

	nlh->nlmsg_flags |= NLM_F_ACK;
	mnl_attr_put(nlh, NFQA_CFG_CMD, sizeof(bind), &bind);
	mnl_attr_put(nlh, NFQA_CFG_PARAMS, sizeof(params), &params);
	return send_message(nl, nlh);
}

static int drop(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;
	const struct nfqnl_msg_packet_hdr *packet = NULL;
	struct nfqnl_msg_verdict_hdr verdict = {.verdict = htonl(NF_DROP)};
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	struct nlmsghdr *answer;
	char buf[256];

	mnl_attr_for_each(attr, nlh, sizeof(*nfg))
	{
		if (mnl_attr_get_type(attr) == NFQA_PACKET_HDR)
			packet = mnl_attr_get_payload(attr);
	}
	if (!packet)
		return MNL_CB_OK;
	verdict.id = packet->packet_id;
	answer = message(buf, NFQNL_MSG_VERDICT, ntohs(nfg->res_id));
	mnl_attr_put(answer, NFQA_VERDICT_HDR, sizeof(verdict), &verdict);
	return send_message(data, answer) ? MNL_CB_ERROR : MNL_CB_OK;
}

/* Waits for packets, until it is killed; the first message is the answer to bind_queue. */
static int run(struct mnl_socket *nl, char *buf, size_t len)
{
	ssize_t got = mnl_socket_recvfrom(nl, buf, len);

	if (got < 0 || mnl_cb_run(buf, (size_t)got, 0, mnl_socket_get_portid(nl), NULL, NULL) < 0)
		return -1;
	puts("ready");
	fflush(stdout);
	while ((got = mnl_socket_recvfrom(nl, buf, len)) >= 0)
		if (mnl_cb_run(buf, (size_t)got, 0, 0, drop, nl) < 0)
			return -1;
	return -1;
}

int main(int argc, char **argv)
{
	static char buf[8192];
	struct mnl_socket *nl;

	if (argc != 2) {
		fprintf(stderr, "usage: drop_queue NUMBER\n");
		return 2;
	}
	nl = mnl_socket_open(NETLINK_NETFILTER);
	if (nl && !mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) &&
	    !bind_queue(nl, buf, (uint16_t)atoi(argv[1])))
		run(nl, buf, sizeof(buf));
	perror("drop_queue");
	return 1;
}
