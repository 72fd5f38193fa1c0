/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading a packet's bytes where they are: behind a context, or in kernel memory. */
#ifndef CLBTRACE_BYTES_BPF_H
#define CLBTRACE_BYTES_BPF_H

#include "kernel.h"

/* Copies headers and addresses, whatever their type. */
typedef __u32 __attribute__((may_alias)) word;

/* Where bytes are read from. The kind is a constant at every use, so that one reader remains. */
enum bytes_kind { BYTES_SKB, BYTES_XDP, BYTES_KERNEL };

struct bytes {
	const void *base; /* context, or kernel address */
	__u32 kind;
	__u32 limit; /* BYTES_KERNEL: bytes that may be read at base */
};

/*
 * bpf_rdonly_cast() (kernel 6.2) makes any address a pointer that may be loaded through; a fault
 * reads as 0. Such a load costs 1 ns, a helper call more than 30 where return thunks are in use.
 * Each object declares a flavor of its own: bpftool 7.1 cannot link two objects that declare the
 * same kernel function.
 */
#define FLAVORED(function, flavor) function##___##flavor
#define FLAVOR(function, flavor)   FLAVORED(function, flavor)
#define RDONLY_CAST		   FLAVOR(bpf_rdonly_cast, OBJECT)
#define KERNEL_CAST(type, address)                                                                 \
	(has_casts ? (const struct type *)RDONLY_CAST((const void *)(address),                     \
						      bpf_core_type_id_kernel(struct type))        \
		   : (const struct type *)(address))

extern void *RDONLY_CAST(const void *obj, __u32 btf_id) __ksym __weak;

/* Set before load: whether there is bpf_rdonly_cast(). Without it kernel memory is read by helper.
 */
const volatile __u32 has_casts __weak = 0;

/* A field behind a KERNEL_CAST(), as BPF_CORE_READ(): what cannot be read is 0. */
#define KERNEL_READ(from, ...)                                                                     \
	(has_casts ? ___arrow((from), __VA_ARGS__) : BPF_CORE_READ((from), __VA_ARGS__))

enum { AT_MAX = 0x3fff /* so that the verifier knows a bound */ };

/* Unrolled: words is a constant. Only for packet pointers whose bounds were checked. */
static __always_inline void copy_words(word *to, const word *from, __u32 words)
{
#pragma unroll
	for (__u32 i = 0; i < words; i++)
		to[i] = from[i];
}

/* The same from any kernel address: a struct ipv6hdr serves as a window of 8 words. */
static __always_inline void copy_kernel_words(word *to, const void *from, __u32 words)
{
	const struct ipv6hdr *window = NULL;

	if (!has_casts) {
		bpf_probe_read_kernel(to, words * 4, from);
		return;
	}
#pragma unroll
	for (__u32 i = 0; i < words; i++) {
		if (i % 8 == 0)
			window = KERNEL_CAST(ipv6hdr, from + i * 4 - 8);
		to[i] = i % 8 < 4 ? window->saddr.in6_u.u6_addr32[i % 4]
				  : window->daddr.in6_u.u6_addr32[i % 4];
	}
}

/* The same from an offset of the linear part of a packet, if the words are there. */
static __always_inline bool copy_linear(word *to, __u32 data, __u32 data_end, __u64 at, __u32 words)
{
	const void *from = (const void *)(long)data;

	/*
	 * The verifier wants the pointer whole, and the one that is tested to be the one that is
	 * used: the compiler would add the offset to its lower half, and twice.
	 */
	asm volatile("" : "+r"(from));
	if (at > AT_MAX)
		return false;
	from += at;
	asm volatile("" : "+r"(from));
	if (from + words * 4 > (const void *)(long)data_end)
		return false;
	copy_words(to, from, words);
	return true;
}

/* The fixed parts of headers: words is a constant. Without a helper call where that can be done. */
static __always_inline long bytes_load(const struct bytes *from, __u32 at, void *to, __u32 words)
{
	const struct __sk_buff *skb = from->base;
	const struct xdp_md *xdp = from->base;

	if (from->kind == BYTES_KERNEL) {
		if (at + words * 4 > from->limit)
			return -1;
		copy_kernel_words(to, from->base + at, words);
		return 0;
	}
	if (from->kind == BYTES_XDP)
		return copy_linear(to, xdp->data, xdp->data_end, at, words)
			       ? 0
			       : bpf_xdp_load_bytes((struct xdp_md *)xdp, at, to, words * 4);
	return copy_linear(to, skb->data, skb->data_end, at, words)
		       ? 0
		       : bpf_skb_load_bytes(skb, at, to, words * 4);
}

/*
 * How much of a frame to capture: 1 to room, a constant. Counted from 1 less, so that the verifier
 * knows that it is not 0: before 6.8 it learns nothing from a test for that.
 */
static __always_inline __u32 capture_len(__u32 frame_len, __u32 room)
{
	__u32 less = frame_len - 1;

	if (less >= room)
		less = room - 1;
	asm volatile("" : "+r"(less)); /* the compiler must not add the 1 before */
	return less + 1;
}

/* Any number of bytes. The verifier must know that len is at least 1, and that there is room. */
static __always_inline long bytes_load_some(const struct bytes *from, __u32 at, void *to, __u32 len)
{
	if (from->kind == BYTES_SKB)
		return bpf_skb_load_bytes(from->base, at, to, len);
	if (from->kind == BYTES_XDP)
		return bpf_xdp_load_bytes((struct xdp_md *)from->base, at, to, len);
	if (at + len > from->limit)
		return -1;
	return bpf_probe_read_kernel(to, len, from->base + at);
}

#endif
