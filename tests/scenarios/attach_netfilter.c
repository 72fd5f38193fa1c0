// SPDX-License-Identifier: GPL-2.0-only
/* Attaches the netfilter program of an object to INPUT of IPv4, for as long as it runs. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	/* Among the packet filter's own, NF_IP_PRI_FILTER being 0. */
	LIBBPF_OPTS(bpf_netfilter_opts, opts, .pf = NFPROTO_IPV4, .hooknum = NF_INET_LOCAL_IN,
		    .priority = 10);
	struct bpf_object *object = argc == 2 ? bpf_object__open_file(argv[1], NULL) : NULL;
	struct bpf_program *program = object ? bpf_object__next_program(object, NULL) : NULL;

	libbpf_set_print(NULL);
	if (!program || bpf_object__load(object) ||
	    !bpf_program__attach_netfilter(program, &opts)) {
		printf("%s\n", strerror(errno));
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
