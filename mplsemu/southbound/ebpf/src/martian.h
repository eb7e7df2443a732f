/* Packets that no router accepts: invalid headers and martian addresses. */
#pragma once

#include "packet.h"

#define MAX_OPTION_WORDS 10 /* of an IPv4 header, whose length has four bits */

/* Whether version and lengths of an IPv4 header are valid (RFC 1812 section 5.2.2) */
static __always_inline int is_sane4(struct __sk_buff *skb, const struct ipv4 *ip)
{
	__u32 length = bpf_ntohs(ip->total_length), header = 4 * (ip->version_length & 15);

	return ip->version_length >> 4 == 4 && header >= IPV4_OCTETS && length >= header &&
	       length <= skb->len - ETHERNET_OCTETS;
}

static __always_inline int is_sane6(struct __sk_buff *skb, const struct ipv6 *ip)
{
	return bpf_ntohl(ip->version_class_flow) >> 28 == 6 &&
	       IPV6_OCTETS + bpf_ntohs(ip->payload_length) <= skb->len - ETHERNET_OCTETS;
}

/* State of a one's complement sum of 16-bit words (RFC 1071) */
struct sum {
	struct __sk_buff *skb;
	__u32 total;
	__u32 words; /* of 32 bits, in the options */
	__u32 failed;
};

CALLBACK long add_option_word(__u32 before, void *context)
{
	struct sum *sum = context;
	__u16 halves[2];

	if (before >= sum->words)
		return 1;
	sum->failed = !!bpf_skb_load_bytes(sum->skb, sizeof(struct ipv4_frame) + 4 * before, halves,
					   sizeof(halves));
	sum->total += halves[0] + halves[1];
	return sum->failed;
}

/* Whether an IPv4 header is valid, checksum included (RFC 1812 section 5.2.2). */
VERIFIED_PER_CALL int is_whole4(struct __sk_buff *skb)
{
	struct ipv4_frame *frame = head(skb, sizeof(*frame));
	struct sum sum = {.skb = skb};

	if (!frame || !is_sane4(skb, &frame->ip))
		return 0;
	for (__u32 i = 0; i < IPV4_OCTETS / 2; i++)
		sum.total += ((const __u16 *)&frame->ip)[i];
	sum.words = (frame->ip.version_length & 15) - IPV4_OCTETS / 4;
	if (sum.words)
		repeat(MAX_OPTION_WORDS, MAX_OPTION_WORDS, add_option_word, &sum);
	sum.total = (sum.total & 0xffff) + (sum.total >> 16);
	return !sum.failed && ((sum.total + (sum.total >> 16)) & 0xffff) == 0xffff;
}

/* This host, loopback, multicast and reserved (RFC 1812 section 5.3.7, RFC 6890) */
static __always_inline int is_martian4(const __u8 *address)
{
	return address[0] == 0 || address[0] == 127 || address[0] >= 224;
}

/* Unspecified, loopback and multicast (RFC 4291) */
static __always_inline int is_martian6(const __u8 *address)
{
	__u32 words[4];

	__builtin_memcpy(words, address, sizeof(words));
	return address[0] == 0xff || (!words[0] && !words[1] && !words[2] && !(words[3] & ~bpf_htonl(1)));
}

static __always_inline int is_unspecified(const __u8 *address)
{
	__u32 words[4];

	__builtin_memcpy(words, address, sizeof(words));
	return !(words[0] | words[1] | words[2] | words[3]);
}

static __always_inline int is_link_local(const __u8 *address)
{
	return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}
