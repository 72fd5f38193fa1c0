// SPDX-License-Identifier: GPL-2.0-only
/* Attaches a pinned BPF LSM (or tp_btf) program for as long as it runs: older bpftools cannot. */
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	union bpf_attr attr;
	int program, link;

	if (argc != 2)
		return 2;
	memset(&attr, 0, sizeof(attr));
	attr.pathname = (__u64)(unsigned long)argv[1];
	program = (int)syscall(SYS_bpf, BPF_OBJ_GET, &attr, sizeof(attr));
	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.prog_fd = (__u32)program;
	link = program < 0 ? -1
			   : (int)syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));
	if (link < 0) {
		perror("attach");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
