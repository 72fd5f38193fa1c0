// SPDX-License-Identifier: GPL-2.0-only
// Reads how full the connection tracking table is.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "facts_internal.h"

static uint64_t line_dropped(const char *names, const char *line)
{
	uint64_t sum = 0;
	size_t len;

	for (;;) {
		names += strspn(names, " ");
		line += strspn(line, " ");
		len = strcspn(names, " \n");
		if (!len || !strcspn(line, " \n"))
			return sum;
		if ((len == 4 && !strncmp(names, "drop", 4)) ||
		    (len == 10 && !strncmp(names, "early_drop", 10)))
			sum += strtoul(line, NULL, 16);
		names += len;
		line += strcspn(line, " \n");
	}
}

uint64_t conntrack_parse_dropped(const char *text)
{
	const char *line = strchr(text, '\n');
	uint64_t sum = 0;

	while (line && line[1]) {
		sum += line_dropped(text, line + 1);
		line = strchr(line + 1, '\n');
	}
	return sum;
}

uint64_t conntrack_dropped(const struct proc_root *proc)
{
	char text[FILE_TEXT_LEN];

	if (proc_text(proc, "net/stat/nf_conntrack", text, sizeof(text)) <= 0)
		return 0;
	return conntrack_parse_dropped(text);
}

/* Without connection tracking there is no fact, which is an answer too. */
int gather_conntrack(struct gather *g)
{
	const struct counter_snapshot *base;
	const struct proc_root *proc = &g->facts->proc;
	struct fact_conntrack fact = {0};
	int64_t count, max;
	int err;

	err = proc_number(proc, "sys/net/netfilter/nf_conntrack_count", &count);
	if (!err)
		err = proc_number(proc, "sys/net/netfilter/nf_conntrack_max", &max);
	if (err)
		return err == -ENOENT ? 0 : err;
	fact.count = count;
	fact.max = max;
	/* Snapshots are taken in the traced namespace only. */
	base = counters_baseline(&g->facts->counters, g->request->since_ns);
	if (base && !gather_is_elsewhere(g))
		fact.dropped = conntrack_dropped(proc) - base->conntrack_dropped;
	return gather_add(g, EV_FACT_CONNTRACK, &fact, sizeof(fact));
}
