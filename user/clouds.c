// SPDX-License-Identifier: GPL-2.0-only
// What the load balancers of the clouds that --cloud knows probe with, by default.
#include "clouds.h"

#include <stdio.h>
#include <string.h>

#define BOUND                                                                                      \
	"this server is in the balancer's backend group, with this address and port, and health "  \
	"checks are on there"

/*
 * Where each row can be looked up, in the vendor's documentation:
 * - Tencent: "Health Check" (timeout 2 s, codes 1xx to 5xx) and "Health check source IP supports
 *   non-VIP" (100.64.0.0/10); of the classic internal CLB 169.254.128.0/17.
 * - Alibaba: "CLB health checks" (100.64.0.0/10, which no security group has to allow; 2xx and 3xx)
 *   and "FAQ about health checks" (timeout 5 s; 10 s is what it recommends for UDP).
 * - Huawei: the ELB API ("Configuring a Health Check": 100.125.0.0/16) demands a timeout and has no
 *   default; 3 s is the example value of the user guide's page of that name. FAQ "Which status
 * codes are returned": a shared balancer takes 200, 202 and 401, a dedicated one 200. Dedicated
 * ones probe from the subnet of their backend, so 100.125.0.0/16 is taken for a shared one.
 * - Azure: "Azure Load Balancer health probes": 168.63.129.16, nothing but 200. It has an interval,
 *   5 s unless set, and no timeout: what has no answer when the next probe is due has failed.
 * - Google: "Health checks overview" (both ranges, nothing but 200), and the reference of gcloud
 *   compute health-checks create http (timeout 5 s).
 */
const struct cloud clouds[N_CLOUDS] = {
	{
		.id = "tencent",
		.about = "Tencent CLB; if it checks from its VIP: --source VIP",
		.sources = {"100.64.0.0/10"},
		.timeout_ms = 2000,
		.status = "100-599",
	},
	{
		.id = "tencent-classic",
		.about = "Tencent CLB, classic network, internal",
		.sources = {"169.254.128.0/17"},
		.timeout_ms = 2000,
		.status = "100-599",
		.checks = {"security group and network ACL of this server: allow the probes' "
			   "sources, 169.254.128.0/17, and the port (step 2)",
			   "the balancer checks from its VIP? name it: clbtrace --source VIP",
			   BOUND},
	},
	{
		.id = "alibaba",
		.about = "Alibaba Cloud CLB (SLB)",
		.sources = {"100.64.0.0/10"},
		.timeout_ms = 5000,
		.status = "200-399",
		.checks = {"network ACL of this server's subnet: it must not block 100.64.0.0/10 "
			   "(the security group needs no rule for that range)",
			   BOUND},
	},
	{
		.id = "huawei",
		.about = "Huawei shared ELB; dedicated: --source SUBNET, status 200",
		.sources = {"100.125.0.0/16"},
		.timeout_ms = 3000,
		.status = "200,202,401",
		.checks = {"security group and network ACL of this server: allow the probes' "
			   "sources, 100.125.0.0/16, and the port",
			   "a dedicated balancer probes from its backend subnet: name that with "
			   "--source",
			   BOUND},
	},
	{
		.id = "azure",
		.about = "Azure Load Balancer",
		.sources = {"168.63.129.16"},
		.timeout_ms = 5000,
		.status = "200",
		.checks = {"network security groups of this server and its subnet: allow the "
			   "service tag AzureLoadBalancer (168.63.129.16) to the probe's port",
			   BOUND},
	},
	{
		.id = "gcp",
		.about = "Google Cloud; other ranges that its page names: --source",
		.sources = {"35.191.0.0/16", "130.211.0.0/22"},
		.timeout_ms = 5000,
		.status = "200",
		.checks = {"VPC firewall: an ingress rule that allows 35.191.0.0/16 and "
			   "130.211.0.0/22 to the probe's port on this server",
			   "a target-pool network balancer probes from 209.85.152.0/22 and "
			   "209.85.204.0/22 too: name them with --source",
			   "this server is in the instance group or endpoint group of the backend "
			   "service, with this port"},
	},
};

const struct cloud *cloud_find(const char *id)
{
	for (size_t i = 0; i < N_CLOUDS; i++)
		if (!strcmp(clouds[i].id, id))
			return &clouds[i];
	return NULL;
}

static void append_item(char *buf, size_t len, const char *item)
{
	size_t at = strlen(buf);

	snprintf(buf + at, len - at, "%s%s", at ? ", " : "", item);
}

const char *cloud_ids(char *buf, size_t len)
{
	buf[0] = 0;
	for (size_t i = 0; i < N_CLOUDS; i++)
		append_item(buf, len, clouds[i].id);
	return buf;
}

const char *cloud_sources(const struct cloud *cloud, char *buf, size_t len)
{
	buf[0] = 0;
	for (size_t i = 0; i < CLOUD_SOURCES_MAX && cloud->sources[i]; i++)
		append_item(buf, len, cloud->sources[i]);
	return buf;
}
