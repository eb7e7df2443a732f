/* SPDX-License-Identifier: GPL-2.0-only
 *
 * An access line that several sites share, on the customers' side: it puts tags on the frames of each site,
 * and gives each site what has its tags, without them. Hosts see no tag, and need no VLAN support in their
 * kernel.
 *
 * It is attached to the ingress of the line's end and of each site's interface behind it. Licence: see
 * lsr.bpf.c. */
#include <linux/pkt_cls.h>

#include "tags.h"

char of_kernel_functions[] SEC("license") = "GPL";

/* An interface and tags; access.py writes both maps */
struct on_line {
	__u32 ifindex;
	struct tags tags;
	__u16 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 16);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct on_line);
	__type(value, __u32);
} sites SEC(".maps"); /* the interface of a site, by the line and the tags of its frames there */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 16);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct on_line);
} lines SEC(".maps"); /* the other way round; the line is perhaps DIRECT */

#define DIRECT (1u << 31) /* of a line: its peer is in another namespace, so a frame is handed to it at once. Not
			   * to a site: where its frames leave, they are captured. */

SEC("tc")
int access(struct __sk_buff *skb)
{
	__u32 ifindex = skb->ifindex, *site;
	struct on_line *line = bpf_map_lookup_elem(&lines, &ifindex), key = {ifindex};

	if (line) {
		/* without tags of its own a site cannot have its customer's: they would be taken for another's */
		if (!line->tags.type && has_tag(skb))
			return TC_ACT_SHOT;
		if (push_tags(skb, line->tags.type, line->tags.outer, line->tags.inner))
			return TC_ACT_SHOT;
		return line->ifindex & DIRECT ? bpf_redirect_peer(line->ifindex & ~DIRECT, 0)
					      : bpf_redirect(line->ifindex, 0);
	}
	read_tags(skb, &key.tags);
	site = bpf_map_lookup_elem(&sites, &key);
	if (!site && key.tags.inner) { /* the inner tag is the customer's own */
		key.tags.inner = 0;
		site = bpf_map_lookup_elem(&sites, &key);
	}
	if (!site || pop_tags(skb, key.tags.type, key.tags.inner))
		return TC_ACT_SHOT;
	return bpf_redirect(*site, 0);
}
