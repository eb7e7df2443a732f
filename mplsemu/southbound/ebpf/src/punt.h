/* Packets for the controller, no faster than it should have to take them. */
#pragma once

#include "count.h"

#define SECOND_NS 1000000000ull
#define PUNTS_PER_S 1000
#define ERRORS_PER_S 200 /* what only makes ICMP errors must not take the place of address resolution */

enum bucket_kind { BUCKET_ALL = 1, BUCKET_ERRORS = 2 };

/* A token bucket that holds as many packets as it gets in a second. */
static __always_inline int may_punt(__u32 router, enum bucket_kind kind, __u64 now, __u64 per_second)
{
	struct bucket_key key = {router, kind};
	struct bucket *bucket = bpf_map_lookup_elem(&buckets, &key);
	int may;

	if (!bucket) {
		struct bucket full = {};

		bpf_map_update_elem(&buckets, &key, &full, BPF_NOEXIST);
		bucket = bpf_map_lookup_elem(&buckets, &key);
		if (!bucket)
			return 0;
	}
	bpf_spin_lock(&bucket->lock);
	if (bucket->full_ns < now)
		bucket->full_ns = now;
	may = bucket->full_ns - now <= SECOND_NS - SECOND_NS / per_second;
	if (may)
		bucket->full_ns += SECOND_NS / per_second;
	bpf_spin_unlock(&bucket->lock);
	return may;
}

/* Give the controller a copy, if it may have one now. */
SEPARATE int report(struct __sk_buff *skb, __u32 router, __u32 port, enum punt_reason reason, __u32 service)
{
	__u64 now = bpf_ktime_get_ns();
	__u64 length = skb->len;
	struct punt *record;

	if ((reason == PUNT_NO_ROUTE || reason == PUNT_PORT_UNREACHABLE) &&
	    !may_punt(router, BUCKET_ERRORS, now, ERRORS_PER_S))
		return 0;
	if (!may_punt(router, BUCKET_ALL, now, PUNTS_PER_S))
		return 0;
	record = bpf_ringbuf_reserve(&punts, sizeof(*record), 0);
	if (!record)
		return 0;
	record->router = router;
	record->port = port;
	record->reason = reason;
	record->service = service;
	if (length > PUNT_OCTETS)
		length = PUNT_OCTETS;
	record->length = length;
	/* so that every verifier sees that it is 1 to PUNT_OCTETS, which is a power of two */
	length--;
	asm volatile("%0 &= %1" : "+r"(length) : "i"(PUNT_OCTETS - 1));
	if (bpf_skb_load_bytes(skb, 0, record->frame, length + 1)) {
		bpf_ringbuf_discard(record, 0);
		return 0;
	}
	bpf_ringbuf_submit(record, 0);
	return 1;
}

/* Give a packet to the controller, and end it. */
SEPARATE int punt(struct __sk_buff *skb, __u32 router, __u32 port, enum punt_reason reason, __u32 service)
{
	int reported = report(skb, router, port, reason, service);

	if (reason == PUNT_NO_ROUTE)
		return drop(skb, router, DROP_NO_ROUTE);
	if (reason == PUNT_TTL_EXPIRED)
		return drop(skb, router, DROP_TTL);
	return drop(skb, router, reported ? DROP_PUNTED : DROP_PUNT_RATE);
}
