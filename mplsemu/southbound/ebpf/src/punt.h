/* Punts: packets for the controller, within the rate limits. */
#pragma once

#include "bucket.h"
#include "count.h"
#include "mtu.h"

/* Send the controller a copy, if the rate limits allow it; return whether one was sent. */
VERIFIED_PER_CALL int report(struct __sk_buff *skb, __u32 lsr, __u32 port, enum punt_reason reason,
			     __u32 service)
{
	__u64 length = skb->len;
	struct punt *record;

	if (!may_punt(skb, lsr, service, reason))
		return 0;
	record = bpf_ringbuf_reserve(&punts, sizeof(*record), 0);
	if (!record)
		return 0;
	record->lsr = lsr;
	record->port = port;
	record->reason = reason;
	record->service = service;
	if (skb->gso_size && service) /* of a GSO packet in a VRF it gets the first segment */
		length = octets_of_frame(skb);
	if (length > PUNT_OCTETS)
		length = PUNT_OCTETS;
	if (length > skb->len)
		length = skb->len;
	record->length = length;
	/* bound it to 1..PUNT_OCTETS, a power of two, in a way that every verifier follows */
	length--;
	asm volatile("%0 &= %1" : "+r"(length) : "i"(PUNT_OCTETS - 1));
	if (bpf_skb_load_bytes(skb, 0, record->frame, length + 1)) {
		bpf_ringbuf_discard(record, 0);
		return 0;
	}
	bpf_ringbuf_submit(record, 0);
	return 1;
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
