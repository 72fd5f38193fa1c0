// SPDX-License-Identifier: GPL-2.0-only
// Reads the last timestamp that the kernel remembers of the prober.
#include "facts_tcp_metrics.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/tcp_metrics.h>
#include <string.h>

#include "facts_internal.h"
#include "flow.h"

static int on_family(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[CTRL_ATTR_FAMILY_NAME + 1];
	char name[GENL_NAMSIZ];
	uint16_t *family = data;

	netlink_attrs(nlh, sizeof(struct genlmsghdr), attrs, CTRL_ATTR_FAMILY_NAME);
	if (!attrs[CTRL_ATTR_FAMILY_NAME] || !attrs[CTRL_ATTR_FAMILY_ID] ||
	    mnl_attr_get_payload_len(attrs[CTRL_ATTR_FAMILY_ID]) < sizeof(*family))
		return MNL_CB_OK;
	netlink_get_text(attrs[CTRL_ATTR_FAMILY_NAME], name, sizeof(name));
	if (!strcmp(name, TCP_METRICS_GENL_NAME))
		*family = mnl_attr_get_u16(attrs[CTRL_ATTR_FAMILY_ID]);
	return MNL_CB_OK;
}

static void prepare(struct netlink_request *request, uint16_t family, uint8_t cmd)
{
	struct genlmsghdr *genl;

	netlink_prepare(request, family, 0, sizeof(*genl));
	genl = request->extra;
	genl->cmd = cmd;
	genl->version = 1;
}

/*
 * One family asked for by its name would have the kernel look for a module, the list of all does
 * not (net/netlink/genetlink.c, ctrl_getfamily(), ctrl_dumpfamily()).
 */
int tcp_metrics_family(struct netlink *generic, uint16_t *family)
{
	struct netlink_request request;

	*family = 0;
	prepare(&request, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	return netlink_dump(generic, &request, on_family, family, NULL);
}

bool tcp_metrics_parse(const struct nlmsghdr *nlh, struct fact_tcp_metric *out)
{
	const struct nlattr *attrs[TCP_METRICS_ATTR_TW_TS_STAMP + 1], *tsval, *age;

	netlink_attrs(nlh, sizeof(struct genlmsghdr), attrs, TCP_METRICS_ATTR_TW_TS_STAMP);
	tsval = attrs[TCP_METRICS_ATTR_TW_TSVAL];
	age = attrs[TCP_METRICS_ATTR_TW_TS_STAMP];
	if (!tsval || !age || mnl_attr_get_payload_len(tsval) < sizeof(uint32_t) ||
	    mnl_attr_get_payload_len(age) < sizeof(uint32_t))
		return false;
	if ((int32_t)mnl_attr_get_u32(age) < 0) /* the clock was set back */
		return false;
	out->tsval = mnl_attr_get_u32(tsval);
	out->age_s = mnl_attr_get_u32(age);
	return true;
}

static int on_metric(const struct nlmsghdr *nlh, void *data)
{
	struct fact_tcp_metric *fact = data;

	if (tcp_metrics_parse(nlh, fact))
		memcpy(fact->addr, fact->flow.saddr, sizeof(fact->addr));
	return MNL_CB_OK;
}

/* Without an entry, or without timestamps in it, there is no fact, which is an answer too. */
int gather_tcp_metrics(struct gather *g)
{
	const bool v4 = addr_is_v4(g->flow->saddr);
	struct netlink *generic = &g->facts->at->generic;
	struct fact_tcp_metric fact = {.flow = *g->flow};
	struct netlink_request request;
	int err = 0;

	if (!g->facts->tcp_metrics_known)
		err = tcp_metrics_family(generic, &g->facts->tcp_metrics);
	if (err)
		return err;
	g->facts->tcp_metrics_known = true;
	if (!g->facts->tcp_metrics)
		return 0;
	prepare(&request, g->facts->tcp_metrics, TCP_METRICS_CMD_GET);
	netlink_put_addr(request.nlh, v4 ? TCP_METRICS_ATTR_ADDR_IPV4 : TCP_METRICS_ATTR_ADDR_IPV6,
			 g->flow->saddr);
	/* Before 3.14 an entry is for all addresses of this host, and this is passed over. */
	netlink_put_addr(request.nlh,
			 v4 ? TCP_METRICS_ATTR_SADDR_IPV4 : TCP_METRICS_ATTR_SADDR_IPV6,
			 g->flow->daddr);
	err = netlink_ask(generic, &request, on_metric, &fact);
	if (err == -ESRCH)
		return 0;
	if (err || addr_is_any(fact.addr))
		return err;
	return gather_add(g, EV_FACT_TCP_METRIC, &fact, sizeof(fact));
}
