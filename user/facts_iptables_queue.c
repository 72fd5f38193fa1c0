// SPDX-License-Identifier: GPL-2.0-only
// Finds the processes that read the queues of NFQUEUE.
#include <errno.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <stdlib.h>
#include <string.h>

#include "facts_internal.h"
#include "facts_iptables.h"
#include "facts_rule.h"

enum { QUEUES_MAX = 4096 };

/* Lines "  queue portid ...": seq_show() of net/netfilter/nfnetlink_queue.c. */
int legacy_parse_queues(const char *text, struct vec *out)
{
	struct legacy_reader *reader;
	unsigned int queue, portid;

	for (; *text && out->n < QUEUES_MAX; text += *text == '\n') {
		if (sscanf(text, "%u %u", &queue, &portid) == 2 && queue <= UINT16_MAX) {
			reader = vec_push(out);
			if (!reader)
				return -ENOMEM;
			*reader = (struct legacy_reader){queue, portid};
		}
		text += strcspn(text, "\n");
	}
	return 0;
}

int legacy_readers(struct vec *out)
{
	char text[FILE_TEXT_LEN];

	if (file_text("/proc/self/net/netfilter/nfnetlink_queue", text, sizeof(text)) < 0)
		return 0;
	return legacy_parse_queues(text, out);
}

uint32_t legacy_queue_pid(struct facts *facts, const struct vec *readers, uint16_t queue)
{
	const struct legacy_reader *reader = readers->data;

	for (size_t i = 0; i < readers->n; i++)
		if (reader[i].queue == queue)
			return queue_port_pid(facts, false, reader[i].portid);
	return 0;
}

bool legacy_queue_of(const struct legacy_part *target, uint16_t *first, uint16_t *n, bool *bypass)
{
	const struct xt_NFQ_info_v3 *info = target->data;

	*first = 0;
	*n = 1;
	*bypass = false;
	if (!*target->name) /* the old target QUEUE */
		return true;
	if (strcmp(target->name, "NFQUEUE") || target->revision > 3 || target->size < sizeof(*info))
		return false;
	*first = info->queuenum;
	if (target->revision >= 1 && info->queues_total)
		*n = info->queues_total;
	*bypass = target->revision >= 2 && info->flags & NFQ_FLAG_BYPASS;
	return true;
}
