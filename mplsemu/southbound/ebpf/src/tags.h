/* VLAN tags: read, removed and put on, one or two, of any packet (IEEE 802.1Q, IEEE 802.1ad).
 *
 * The kernel keeps the outermost tag of the types 0x8100 and 0x88a8 outside the packet data. Tags of type
 * 0x9100 are always in the data, and the kernel does not know them for tags.
 *
 * Also part of access.bpf.c, so it knows no maps. */
#pragma once

#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define MAC_OCTETS 6
#define MACS_OCTETS (2 * MAC_OCTETS)
#define TAG_OCTETS 4

#define TYPE_VLAN bpf_htons(0x8100)
#define TYPE_SERVICE_VLAN bpf_htons(0x88a8)
#define TYPE_OLD_SERVICE_VLAN bpf_htons(0x9100)
#define OLD_SERVICE_VLAN 0x9100

#define VLAN_ID 0xfff

/* A function that is never inlined. `__hidden`: libbpf makes it static for the verifier, which then checks it
 * at each call with that call's arguments; a global function is checked once for any arguments, which needs
 * the kernel's BTF. Not `static` in C: clang may then change its signature and leave the result register
 * undefined. */
#define VERIFIED_PER_CALL __hidden __noinline

/* The outermost tags of a frame, in the machine's byte order; what is not there is 0 */
struct tags {
	__u16 type; /* of the outer one */
	__u16 outer;
	__u16 inner; /* only of type 0x8100 */
};

static __always_inline int is_outer_type(__be16 type)
{
	return type == TYPE_VLAN || type == TYPE_SERVICE_VLAN || type == TYPE_OLD_SERVICE_VLAN;
}

static __always_inline int has_tag(struct __sk_buff *skb)
{
	return skb->vlan_present || is_outer_type(skb->protocol);
}

static __always_inline void read_tags(struct __sk_buff *skb, struct tags *tags)
{
	__u32 at = MACS_OCTETS, next = skb->protocol;
	__be16 words[2] = {};

	tags->type = tags->outer = tags->inner = 0;
	if (skb->vlan_present) {
		tags->type = bpf_ntohs(skb->vlan_proto);
		tags->outer = skb->vlan_tci & VLAN_ID;
		if (next != TYPE_VLAN)
			return;
	} else {
		if (!is_outer_type(next) || bpf_skb_load_bytes(skb, at, words, sizeof(words)))
			return;
		tags->type = bpf_ntohs(words[0]);
		tags->outer = bpf_ntohs(words[1]) & VLAN_ID;
		at += TAG_OCTETS;
	}
	if (!bpf_skb_load_bytes(skb, at, words, sizeof(words)) && words[0] == TYPE_VLAN)
		tags->inner = bpf_ntohs(words[1]) & VLAN_ID;
}

/* Make a tag of type 0x9100 one that the kernel knows. */
static __always_inline int adopt_old_tag(struct __sk_buff *skb)
{
	__be16 type = TYPE_VLAN;

	/* the second tag pushes the first into the packet data; popping them, the kernel reads types again */
	return bpf_skb_store_bytes(skb, MACS_OCTETS, &type, sizeof(type), 0) ||
	       bpf_skb_vlan_push(skb, TYPE_VLAN, 1) || bpf_skb_vlan_push(skb, TYPE_VLAN, 1) ||
	       bpf_skb_vlan_pop(skb) || bpf_skb_vlan_pop(skb);
}

/* Remove the tags that a frame was found to have. */
VERIFIED_PER_CALL int pop_tags(struct __sk_buff *skb, __u32 type, __u32 has_inner)
{
	if (type == OLD_SERVICE_VLAN && adopt_old_tag(skb))
		return -1;
	if (type && bpf_skb_vlan_pop(skb))
		return -1;
	return has_inner ? bpf_skb_vlan_pop(skb) : 0;
}

/* Push a tag of type 0x9100. */
static __always_inline int push_old_tag(struct __sk_buff *skb, __u32 vlan)
{
	struct {
		__u8 macs[MACS_OCTETS];
		__be16 words[4];
	} front;

	/* both tags are pushed; then the outer one's type is written over, and the other, which the kernel
	 * keeps outside, gives way to one before it that is popped too: behind that it sees no tag */
	if (bpf_skb_vlan_push(skb, TYPE_VLAN, vlan) || bpf_skb_vlan_push(skb, TYPE_VLAN, 1) ||
	    bpf_skb_load_bytes(skb, 0, front.macs, sizeof(front.macs)) ||
	    bpf_skb_change_head(skb, TAG_OCTETS, 0))
		return -1;
	front.words[0] = TYPE_VLAN;
	front.words[1] = bpf_htons(1);
	front.words[2] = TYPE_OLD_SERVICE_VLAN;
	front.words[3] = bpf_htons(vlan);
	if (bpf_skb_store_bytes(skb, 0, &front, sizeof(front), 0))
		return -1;
	return bpf_skb_vlan_pop(skb) || bpf_skb_vlan_pop(skb) ? -1 : 0;
}

/* Push a circuit's tags: none if `type` is 0, one if `inner` is 0. */
VERIFIED_PER_CALL int push_tags(struct __sk_buff *skb, __u32 type, __u32 outer, __u32 inner)
{
	if (!type)
		return 0;
	if (inner && bpf_skb_vlan_push(skb, TYPE_VLAN, inner))
		return -1;
	if (type == OLD_SERVICE_VLAN)
		return push_old_tag(skb, outer);
	return bpf_skb_vlan_push(skb, bpf_htons(type), outer);
}
