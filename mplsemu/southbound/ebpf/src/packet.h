/* Reading a packet: where its headers are, and what their fields mean. */
#pragma once

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stddef.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "maps.h"
#include "tags.h"

#define ETHERNET_OCTETS 14
#define ENTRY_OCTETS 4

#define TYPE_IPV4 bpf_htons(0x0800)
#define TYPE_ARP bpf_htons(0x0806)
#define TYPE_IPV6 bpf_htons(0x86dd)
#define TYPE_MPLS bpf_htons(0x8847)

#define PROTOCOL_ICMP 1
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define PROTOCOL_DCCP 33
#define PROTOCOL_ICMPV6 58
#define PROTOCOL_SCTP 132
#define PROTOCOL_UDP_LITE 136

/* skb->mark says whether skb->network_header can be trusted. No mark: the packet came from a device, and the
 * header follows the Ethernet header. HANDED_OVER_IN_PLACE: this program passed the packet on to a peer and
 * guarantees the same. HANDED_OVER: no guarantee. */
#define HANDED_OVER 0x4d504c53
#define HANDED_OVER_IN_PLACE 0x4d504c54

#define PACKED __attribute__((packed))

#define CALLBACK static __noinline

/* What loader.py sets before loading; the verifier then skips the branches that are never taken. */
const volatile struct {
	__u32 is_interpreted; /* the kernel interprets programs, and so rejects callbacks */
	__u32 always_fits;    /* octets of a frame that fits every link and every circuit of the lab */
} constants = {.always_fits = 1514};

/* Whether an id is that of a circuit that tags, or their lack, delimit. Where the kernel interprets programs there
 * is none (INTERPRETED_LIMITS): the verifier of Linux 6.1 would come to its limit. */
static __always_inline int is_delimited(__u32 id)
{
	return !constants.is_interpreted && id & CIRCUIT_DELIMITED;
}

/* Call a function with 0, 1, ... until it returns non-zero, at most `times` times. The verifier checks a
 * callback once, but every iteration of a loop: without callbacks there are at most `few`. */
#define repeat(times, few, callback, context)                                                                \
	do {                                                                                                 \
		if (!constants.is_interpreted)                                                                         \
			bpf_loop(times, callback, context, 0);                                               \
		else                                                                                         \
			for (__u32 turn = 0; turn < (few) && turn < (times) && !callback(turn, context);     \
			     turn++)                                                                         \
				;                                                                            \
	} while (0)

/* The verifier tracks a number's bounds only in the register that was compared. */
#define keep_in_register(number) asm volatile("" : "+r"(number))

struct ethernet {
	__u8 destination[MAC_OCTETS];
	__u8 source[MAC_OCTETS];
	__be16 type;
} PACKED;

struct ipv4 {
	__u8 version_length;
	__u8 ds_field;
	__be16 total_length;
	__be16 identification;
	__be16 fragment;
	__u8 ttl;
	__u8 protocol;
	__u16 checksum;
	__u8 source[4];
	__u8 destination[4];
} PACKED;

struct ipv6 {
	__be32 version_class_flow;
	__be16 payload_length;
	__u8 next_header;
	__u8 hop_limit;
	__u8 source[16];
	__u8 destination[16];
} PACKED;

struct ipv4_frame {
	struct ethernet ethernet;
	struct ipv4 ip;
} PACKED;

struct ipv6_frame {
	struct ethernet ethernet;
	struct ipv6 ip;
} PACKED;

struct labelled_frame {
	struct ethernet ethernet;
	__be32 entry;
} PACKED;

#define IPV4_OCTETS sizeof(struct ipv4)
#define IPV6_OCTETS sizeof(struct ipv6)
#define IPV4_FRAGMENTED bpf_htons(0x3fff) /* MF flag or fragment offset */

/* Label stack entry (RFC 3032 section 2.1), in the machine's byte order */
#define ENTRY_BOTTOM 0x100
#define ENTRY_TTL 0xff
#define entry_label(entry) ((entry) >> 12)
#define label_entry(label, tc, ttl) ((label) << 12 | (__u32)(tc) << 9 | (ttl))

/* Read a field of the context at a constant offset: the verifier rejects an address that clang computed. */
#define context_field(skb, field)                                                                            \
	({                                                                                                   \
		void *value;                                                                                 \
		asm volatile("%0 = *(u32 *)(%1 + %2)"                                                        \
			     : "=r"(value)                                                                   \
			     : "r"(skb), "i"(offsetof(struct __sk_buff, field)));                            \
		value;                                                                                       \
	})

/* Return the packet's first octets for reading and writing, NULL if it is shorter. */
static __always_inline void *head(struct __sk_buff *skb, const __u32 octets)
{
	void *data = context_field(skb, data);

	if (data + octets > context_field(skb, data_end)) {
		if (skb->len < octets || bpf_skb_pull_data(skb, octets))
			return 0;
		data = context_field(skb, data);
		if (data + octets > context_field(skb, data_end))
			return 0;
	}
	return data;
}

/* Whether bpf_skb_adjust_room can insert octets behind a packet's Ethernet header, or remove `fewer`. It does
 * so in one step, but requires an IP packet with its header there, and sets SKB_GSO_DODGY on GSO packets. */
static __always_inline int is_adjustable(struct __sk_buff *skb, const __u32 fewer)
{
	__u32 protocol = skb->protocol;

	return (protocol == TYPE_IPV4 || protocol == TYPE_IPV6) && skb->mark != HANDED_OVER &&
	       !skb->gso_size && !skb->vlan_present &&
	       skb->len >= fewer + ETHERNET_OCTETS + sizeof(struct ipv6);
}

static __always_inline int adjust(struct __sk_buff *skb, __s32 octets)
{
	return bpf_skb_adjust_room(skb, octets, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_NO_CSUM_RESET);
}

static __always_inline int is_group(const __u8 *mac)
{
	return mac[0] & 1;
}

static __always_inline int is_tag(__be16 type)
{
	return type == TYPE_VLAN || type == TYPE_SERVICE_VLAN;
}

/* The TC for a DS field, which is the class selector of its DSCP (program/diffserv.py) */
static __always_inline __u32 class_of(__u8 ds_field)
{
	return ds_field >> DS_FIELD_CLASS_SHIFT;
}

static __always_inline __u32 class_of_ipv4(const struct ipv4 *ip)
{
	return class_of(ip->ds_field);
}

static __always_inline __u32 class_of_ipv6(const struct ipv6 *ip)
{
	return class_of(bpf_ntohl(ip->version_class_flow) >> 20);
}

/* What follows a chain of IPv6 headers: the protocol, its offset, whether the packet is a fragment */
struct transport {
	struct __sk_buff *skb;
	__u32 protocol;
	__u32 at;
	__u32 is_fragment;
};

#define MAX_EXTENSION_HEADERS 6
#define HOP_BY_HOP 0
#define ROUTING 43
#define FRAGMENT 44
#define DESTINATION_OPTIONS 60

CALLBACK long read_extension_header(__u32 before, void *context)
{
	struct transport *found = context;
	struct {
		__u8 next;
		__u8 length;
		__be16 rest;
	} extension;
	__u32 kind = found->protocol;

	if (kind != HOP_BY_HOP && kind != ROUTING && kind != FRAGMENT && kind != DESTINATION_OPTIONS)
		return 1;
	if (bpf_skb_load_bytes(found->skb, found->at, &extension, sizeof(extension)))
		return 1;
	found->protocol = extension.next;
	found->at += kind == FRAGMENT ? 8 : 8 * (extension.length + 1);
	found->is_fragment = kind == FRAGMENT && extension.rest & bpf_htons(0xfff9);
	return found->is_fragment;
}

/* Walk the extension headers of RFC 8200 section 4 from `at` on, where the IPv6 header ends. */
static __always_inline void walk_extension_headers(struct transport *found)
{
	repeat(MAX_EXTENSION_HEADERS, 2, read_extension_header, found);
}
