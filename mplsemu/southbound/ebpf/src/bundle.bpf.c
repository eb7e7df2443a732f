/* SPDX-License-Identifier: GPL-2.0-only
 *
 * A site's end of lines to several PEs that share its load: they are one link to the site (link aggregation,
 * IEEE 802.1AX). Each flow that leaves takes one of the lines that work; nothing goes from line to line.
 *
 * A line is out of use while its far end says so, by an LACPDU without the flag Synchronization, and from when a
 * frame could not be sent on it: then its PE has to say that it is in use again, which it does once it takes
 * packets. Hosts and kernels need no bonding driver.
 *
 * It is attached to the ingress of every line's end and of the interface towards the site. Licence: see lsr.bpf.c. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char of_kernel_functions[] SEC("license") = "GPL";

#define SLOW_PROTOCOLS 0x8809
#define SUBTYPE_AT 14 /* behind the Ethernet header: 1 is LACP */
#define STATE_AT 32 /* the actor's, behind 14 + 18 octets (IEEE 802.1AX section 6.4.2.3) */
#define SYNCHRONIZATION 0x08
#define SENT 0
#define LINES 2

/* bundle.py writes the maps; a line says whether it is out of use */
struct line {
	__u32 site;
	__u32 is_out;
};

struct bundle {
	__u32 lines[LINES];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 14);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct bundle);
} bundles SEC(".maps"); /* the lines of a site, by the interface towards it */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 15);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct line);
} lines SEC(".maps"); /* the other way round */

/* What a PE says: its frames come anyhow */
static __always_inline int hear(struct __sk_buff *skb, struct line *line)
{
	__u8 subtype = 0, state = 0;

	if (!bpf_skb_load_bytes(skb, SUBTYPE_AT, &subtype, 1) && subtype == 1 &&
	    !bpf_skb_load_bytes(skb, STATE_AT, &state, 1))
		line->is_out = !(state & SYNCHRONIZATION);
	return TC_ACT_SHOT;
}

static __always_inline int send(struct __sk_buff *skb, __u32 ifindex)
{
	struct line *line = bpf_map_lookup_elem(&lines, &ifindex);
	long result;

	if (!line || line->is_out)
		return 0;
	/* unlike a redirection, which comes later, this says whether the line has a carrier */
	result = bpf_clone_redirect(skb, ifindex, 0);
	if (result == SENT || result == 1) /* NET_XMIT_DROP: the queue of a line with a rate is full */
		return 1;
	line->is_out = 1;
	return 0;
}

SEC("tc")
int bundle(struct __sk_buff *skb)
{
	__u32 ifindex = skb->ifindex, flow;
	struct line *line = bpf_map_lookup_elem(&lines, &ifindex);
	struct bundle *own;

	if (line) {
		if (skb->protocol == bpf_htons(SLOW_PROTOCOLS))
			return hear(skb, line);
		return bpf_redirect(line->site, 0);
	}
	own = bpf_map_lookup_elem(&bundles, &ifindex);
	if (!own)
		return TC_ACT_SHOT;
	flow = bpf_get_hash_recalc(skb) >> 16 & 1;
	if (!send(skb, flow ? own->lines[1] : own->lines[0]))
		send(skb, flow ? own->lines[0] : own->lines[1]);
	return TC_ACT_STOLEN;
}
