/* Punts: packets for the controller, within the rate limits. */
#pragma once

#include "bucket.h"
#include "count.h"
#include "mtu.h"

/* What a record says of a packet, beside the packet */
struct punted {
	__u32 lsr;
	__u32 port;
	enum punt_reason reason;
	__u32 service;
};

/* Fill a record, which has room for `most` octets of a packet, a power of two, and submit it. */
#define fill_and_submit(skb, record, punted, length, most)                                                   \
	do {                                                                                                 \
		(record)->lsr = (punted)->lsr;                                                               \
		(record)->port = (punted)->port;                                                             \
		(record)->reason = (punted)->reason;                                                         \
		(record)->service = (punted)->service;                                                       \
		(record)->length = length;                                                                   \
		/* bound it to 1..most in a way that every verifier follows */                               \
		length--;                                                                                    \
		asm volatile("%0 &= %1" : "+r"(length) : "i"((most)-1));                                     \
		if (bpf_skb_load_bytes(skb, 0, (record)->frame, length + 1)) {                               \
			bpf_ringbuf_discard(record, 0);                                                      \
			return 0;                                                                            \
		}                                                                                            \
		bpf_ringbuf_submit(record, 0);                                                               \
		return 1;                                                                                    \
	} while (0)

/* Send the controller a copy of a jumbo frame. */
VERIFIED_PER_CALL int report_large(struct __sk_buff *skb, const struct punted *punted, __u64 length)
{
	struct large_punt *record = bpf_ringbuf_reserve(&punts, sizeof(*record), 0);

	if (!record)
		return 0;
	if (length > LARGE_PUNT_OCTETS)
		length = LARGE_PUNT_OCTETS;
	fill_and_submit(skb, record, punted, length, LARGE_PUNT_OCTETS);
}

/* Send the controller a copy, if the rate limits allow it; return whether one was sent. */
VERIFIED_PER_CALL int report(struct __sk_buff *skb, __u32 lsr, __u32 port, enum punt_reason reason,
			     __u32 service)
{
	struct punted punted = {lsr, port, reason, service};
	__u64 length = skb->len;
	struct punt *record;

	if (!may_punt(skb, lsr, port, reason, service))
		return 0;
	if (skb->gso_size && service) /* of a GSO packet in a VRF it gets the first segment */
		length = octets_of_frame(skb);
	if (length > skb->len)
		length = skb->len;
	if (length > PUNT_OCTETS)
		return report_large(skb, &punted, length);
	record = bpf_ringbuf_reserve(&punts, sizeof(*record), 0);
	if (!record)
		return 0;
	fill_and_submit(skb, record, &punted, length, PUNT_OCTETS);
}

/* Send a packet to the controller, and drop it. */
VERIFIED_PER_CALL int punt(struct __sk_buff *skb, __u32 lsr, __u32 port, enum punt_reason reason,
			   __u32 service)
{
	int reported = report(skb, lsr, port, reason, service);

	if (reason == PUNT_NO_ROUTE)
		return drop(skb, lsr, DROP_NO_ROUTE);
	if (reason == PUNT_TTL_EXPIRED)
		return drop(skb, lsr, DROP_TTL);
	return drop(skb, lsr, reported ? DROP_PUNTED : DROP_PUNT_RATE);
}
