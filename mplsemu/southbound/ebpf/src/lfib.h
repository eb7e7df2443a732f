/* Labelled packets: swap, pop and push in transit (RFC 3031 section 3), and what a last label leads to. */
#pragma once

#include "count.h"
#include "decap.h"
#include "packet.h"
#include "punt.h"
#include "push.h"
#include "vrf.h"
#include "vsi.h"
#include "ecmp.h"

#define MAX_NULLS 16 /* explicit nulls popped from one packet at one LSR */

static __always_inline int is_uniform(void)
{
	struct settings *lab = lab_settings();

	return lab && lab->uniform_ttl;
}

/* In the uniform model, copy a popped entry's TTL to the one at `at`, if lower (RFC 3443 section 3.1). */
static __always_inline int lower_ttl(struct __sk_buff *skb, __u32 at, __u32 ttl)
{
	__u32 offset = at + ENTRY_OCTETS - 1;
	__u8 inner, outer = ttl;

	if (!is_uniform())
		return 0;
	if (bpf_skb_load_bytes(skb, offset, &inner, sizeof(inner)))
		return -1;
	return inner > outer ? bpf_skb_store_bytes(skb, offset, &outer, sizeof(outer), 0) : 0;
}

/* State of popping labels from a packet */
struct popping {
	struct __sk_buff *skb;
	__u32 lsr;
	__u32 failed;
};

static __always_inline int is_null(__u32 lsr, __u32 entry)
{
	struct ilm_key key = {lsr, entry_label(entry)};
	struct ilm *ilm = bpf_map_lookup_elem(&lfib, &key);

	return ilm && ilm->action == ILM_POP_AND_LOOK_UP;
}

CALLBACK long pop_null(__u32 before, void *context)
{
	struct popping *popping = context;
	struct labelled_frame *frame = head(popping->skb, sizeof(*frame));
	__u32 entry = frame ? bpf_ntohl(frame->entry) : 0;

	if (frame && !is_null(popping->lsr, entry))
		return 1;
	popping->failed = !frame || entry & ENTRY_BOTTOM ||
			  lower_ttl(popping->skb, sizeof(*frame), entry & ENTRY_TTL) ||
			  pop_label(popping->skb, TYPE_MPLS);
	return popping->failed;
}

/* Pop the top labels whose action is another look-up, as that of explicit null is (RFC 3032 section 2.1). */
VERIFIED_PER_CALL int pop_nulls(struct __sk_buff *skb, __u32 lsr)
{
	struct popping popping = {skb, lsr};

	repeat(MAX_NULLS, 2, pop_null, &popping);
	return popping.failed;
}

/* Forward a packet by an NHLFE of a transit LSR; `frame` is its head, `entry` its top label. */
static __always_inline int transit(struct __sk_buff *skb, __u32 lsr, __u32 port, struct labelled_frame *frame,
				   __u32 entry, struct ilm *ilm)
{
	struct nhlfe *nhlfe = &ilm->nhlfe;
	struct below below;

	if ((entry & ENTRY_TTL) <= 1)
		return punt(skb, lsr, port, PUNT_TTL_EXPIRED, 0);
	entry--;
	if (ilm->nhlfe_count > 1)
		nhlfe = nhlfe_of_flow(lsr, NHLFES_OF_LABEL, entry_label(entry), ilm->nhlfe_count, nhlfe,
				      flow_below_labels(skb));
	if (ilm->service) /* a label that was given to another provider: first the PE's own takes its place */
		entry = ilm->service << 12 | (entry & 0xfff);
	if (nhlfe->operation != OP_PUSH) {
		__builtin_memcpy(frame->ethernet.destination, nhlfe->destination, MAC_OCTETS);
		__builtin_memcpy(frame->ethernet.source, nhlfe->source, MAC_OCTETS);
	}
	switch (nhlfe->operation) {
	case OP_SWAP:
		frame->entry = bpf_htonl(nhlfe->labels[0] << 12 | (entry & 0xfff));
		return send(skb, lsr, nhlfe);
	case OP_POP:
		/* only the ends of an LSP know what it carries, so the last label cannot be popped here */
		if (entry & ENTRY_BOTTOM || lower_ttl(skb, sizeof(*frame), entry & ENTRY_TTL))
			return drop(skb, lsr, DROP_MALFORMED);
		return pop_label(skb, TYPE_MPLS) ? drop(skb, lsr, DROP_INTERNAL) : send(skb, lsr, nhlfe);
	case OP_PUSH:
		below.entry = entry;
		below.control_word = 0;
		if ((nhlfe->depth && grow_headroom(skb, ENTRY_OCTETS * nhlfe->depth)) ||
		    write_head(skb, nhlfe, &below))
			return drop(skb, lsr, DROP_INTERNAL);
		return send(skb, lsr, nhlfe);
	}
	return drop(skb, lsr, DROP_INTERNAL);
}

/* Pop a VRF's label, which also tells the IP version below it, and route the packet. */
static __always_inline int leave_tunnel(struct __sk_buff *skb, __u32 lsr, __u32 port, __u32 ttl,
					const struct ilm *ilm)
{
	__u32 vrf = ilm->service, version = ilm->ip_version;

	if (pop_label(skb, version == 4 ? TYPE_IPV4 : TYPE_IPV6))
		return drop(skb, lsr, DROP_INTERNAL);
	if (version == 4) {
		struct ipv4_frame *frame = head(skb, sizeof(*frame));

		if (frame && is_uniform() && frame->ip.ttl > ttl)
			set_ttl4(&frame->ip, ttl);
		return route4(skb, lsr, port, vrf);
	} else {
		struct ipv6_frame *frame = head(skb, sizeof(*frame));

		if (frame && is_uniform() && frame->ip.hop_limit > ttl)
			frame->ip.hop_limit = ttl;
		return route6(skb, lsr, port, vrf);
	}
}

/* Whether the top label of a packet from another provider was given to him (RFC 4364 section 10 (b)) */
VERIFIED_PER_CALL int is_given(struct __sk_buff *skb, __u32 lsr, __u32 port)
{
	struct labelled_frame *frame = head(skb, sizeof(*frame));
	struct ilm_key key = {lsr};
	struct ilm *ilm;

	if (!frame || frame->ethernet.type != TYPE_MPLS)
		return 0;
	key.label = entry_label(bpf_ntohl(frame->entry));
	ilm = bpf_map_lookup_elem(&lfib, &key);
	return ilm && ilm->action == ILM_FORWARD && ilm->pw == port;
}

/* Look up the top label and carry out its ILM entry. */
static __always_inline int switch_label(struct __sk_buff *skb, __u32 lsr, __u32 port)
{
	for (int turn = 0; turn < 2; turn++) {
		struct labelled_frame *frame = head(skb, sizeof(*frame));
		struct ilm_key key = {lsr};
		struct ilm *ilm;
		__u32 entry;

		if (!frame || frame->ethernet.type != TYPE_MPLS || skb->vlan_present)
			return drop(skb, lsr, DROP_MALFORMED);
		entry = bpf_ntohl(frame->entry);
		key.label = entry_label(entry);
		ilm = bpf_map_lookup_elem(&lfib, &key);
		if (!ilm)
			return drop(skb, lsr, DROP_NO_LABEL);
		/* service labels count by VRF and pseudowire */
		if (ilm->action == ILM_FORWARD || ilm->action == ILM_POP_AND_LOOK_UP)
			count(skb, lsr, COUNT_LSP, key.label);
		if (ilm->action == ILM_FORWARD)
			return transit(skb, lsr, port, frame, entry, ilm);
		if (ilm->action != ILM_POP_AND_LOOK_UP) {
			if (!(entry & ENTRY_BOTTOM))
				return drop(skb, lsr, DROP_MALFORMED);
			if (ilm->action == ILM_TO_VRF)
				return leave_tunnel(skb, lsr, port, entry & ENTRY_TTL, ilm);
			if (ilm->action == ILM_TO_PSEUDOWIRE)
				return from_pw(skb, lsr, ilm);
			if (ilm->action == ILM_STAND_BY)
				return drop(skb, lsr, DROP_NOBODY);
			return drop(skb, lsr, DROP_INTERNAL);
		}
		if (pop_nulls(skb, lsr))
			break;
	}
	return drop(skb, lsr, DROP_MALFORMED);
}
