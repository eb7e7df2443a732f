/* Packets that arrive on a VRF's circuit: ARP, neighbour discovery, and what the gateway routes. */
#pragma once

#include "lines.h"
#include "solicitation.h"
#include "vrf.h"

#define ARP_REQUEST bpf_htons(1)
#define ARP_REPLY bpf_htons(2)
#define DHCP_SERVER_PORT bpf_htons(67)
#define DHCPV6_SERVER_PORT bpf_htons(547)
#define IPV4_IN_IPV6 12 /* offset in an IPv4-mapped address (RFC 4291 section 2.5.5.2) */

struct arp_frame {
	struct ethernet ethernet;
	__be16 hardware;
	__be16 protocol;
	__u8 hardware_octets;
	__u8 protocol_octets;
	__be16 operation;
	__u8 sender_mac[MAC_OCTETS];
	__u8 sender[4];
	__u8 target_mac[MAC_OCTETS];
	__u8 target[4];
} PACKED;

/* Answer ARP requests for a gateway (RFC 826). The controller gets every ARP packet, to learn its sender. */
static __always_inline int answer_arp(struct __sk_buff *skb, __u32 lsr, const struct port *port,
				      const struct settings *lab)
{
	struct arp_frame *arp = head(skb, sizeof(*arp));
	struct gateway_key key = {circuit_at(skb, port)};

	if (!arp || arp->hardware != bpf_htons(1) || arp->protocol != TYPE_IPV4 ||
	    arp->hardware_octets != MAC_OCTETS || arp->protocol_octets != 4 || arp->operation != ARP_REQUEST)
		return punt(skb, lsr, port->number, PUNT_ARP, port->service);
	key.address[10] = key.address[11] = 0xff;
	__builtin_memcpy(key.address + IPV4_IN_IPV6, arp->target, sizeof(arp->target));
	if (!bpf_map_lookup_elem(&gateways, &key))
		return punt(skb, lsr, port->number, PUNT_ARP, port->service);
	report(skb, lsr, port->number, PUNT_ARP, port->service);
	__builtin_memcpy(arp->ethernet.destination, arp->ethernet.source, MAC_OCTETS);
	__builtin_memcpy(arp->ethernet.source, lab->gateway_mac, MAC_OCTETS);
	arp->operation = ARP_REPLY;
	__builtin_memcpy(arp->target_mac, arp->sender_mac, MAC_OCTETS);
	__builtin_memcpy(arp->target, arp->sender, sizeof(arp->target));
	__builtin_memcpy(arp->sender_mac, lab->gateway_mac, MAC_OCTETS);
	__builtin_memcpy(arp->sender, key.address + IPV4_IN_IPV6, sizeof(arp->sender));
	return leave_by(skb, key.circuit);
}

static __always_inline int is_neighbour_discovery(struct __sk_buff *skb, __u8 next_header)
{
	struct transport transport = {.skb = skb, .protocol = next_header, .at = sizeof(struct ipv6_frame)};
	__u8 type = 0;

	walk_extension_headers(&transport);
	if (transport.protocol != PROTOCOL_ICMPV6 || transport.is_fragment)
		return 0;
	bpf_skb_load_bytes(skb, transport.at, &type, sizeof(type));
	return type == NEIGHBOUR_SOLICITATION || type == NEIGHBOUR_ADVERTISEMENT;
}

static __always_inline int is_mac(const __u8 *mac, const __u8 *other)
{
	__u16 a[3], b[3];

	__builtin_memcpy(a, mac, MAC_OCTETS);
	__builtin_memcpy(b, other, MAC_OCTETS);
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2];
}

static __always_inline int is_broadcast(const __u8 *mac)
{
	__u16 words[3];

	__builtin_memcpy(words, mac, MAC_OCTETS);
	return (words[0] & words[1] & words[2]) == 0xffff;
}

/* Whether a DHCP client broadcasts a request (RFC 2131 section 4.1). */
static __always_inline int is_dhcp_request(struct __sk_buff *skb)
{
	struct ipv4_frame *packet = head(skb, sizeof(*packet));
	__be16 port = 0;
	__u32 at;

	if (!packet || !is_broadcast(packet->ethernet.destination) ||
	    packet->ip.protocol != PROTOCOL_UDP || packet->ip.fragment & IPV4_FRAGMENTED)
		return 0;
	at = ETHERNET_OCTETS + 4 * (packet->ip.version_length & 15);
	bpf_skb_load_bytes(skb, at + sizeof(port), &port, sizeof(port));
	return port == DHCP_SERVER_PORT;
}

/* Whether a DHCPv6 client speaks to all relay agents, ff02::1:2 (RFC 8415 section 7.1, RFC 2464 section 7). */
static __always_inline int is_dhcpv6_request(struct __sk_buff *skb)
{
	struct ipv6_frame *packet = head(skb, sizeof(*packet));
	__be16 port = 0;
	__u16 words[3];

	if (!packet || packet->ip.next_header != PROTOCOL_UDP)
		return 0;
	__builtin_memcpy(words, packet->ethernet.destination, MAC_OCTETS);
	if (words[0] != bpf_htons(0x3333) || words[1] != bpf_htons(1) || words[2] != bpf_htons(2))
		return 0;
	bpf_skb_load_bytes(skb, sizeof(*packet) + sizeof(port), &port, sizeof(port));
	return port == DHCPV6_SERVER_PORT;
}

static __always_inline int from_routed_circuit(struct __sk_buff *skb, const struct port *port)
{
	struct ethernet *ethernet = head(skb, sizeof(*ethernet));
	struct settings *lab = lab_settings();
	__u32 lsr = port->lsr;
	struct ipv4_frame *packet;
	struct ipv6_frame *frame;
	int answered;
	__be16 type;

	if (!ethernet || !lab)
		return drop(skb, lsr, DROP_MALFORMED);
	type = ethernet->type;
	if (is_group(ethernet->source)) /* IEEE 802.3 section 3.2.3: a source address is an individual's */
		return drop(skb, lsr, DROP_GROUP_SOURCE);
	if (skb->vlan_present)
		return drop(skb, lsr, DROP_NOT_FOR_US);
	if (type == TYPE_ARP)
		return answer_arp(skb, lsr, port, lab);
	if (type == TYPE_IPV4) {
		if (!is_mac(ethernet->destination, lab->gateway_mac)) {
			if (port->flags & PORT_DHCP_RELAY && is_dhcp_request(skb))
				return punt(skb, lsr, port->number, PUNT_DHCP, port->service);
			return drop(skb, lsr, DROP_NOT_FOR_US);
		}
		if (!is_whole4(skb))
			return drop(skb, lsr, DROP_MALFORMED);
		packet = head(skb, sizeof(*packet));
		if (!packet || is_martian4(packet->ip.source))
			return drop(skb, lsr, DROP_MARTIAN);
		if (port->flags & PORT_STRICT_URPF && !is_from4(skb, port, &packet->ip))
			return drop(skb, lsr, DROP_SOURCE);
		count(skb, lsr, COUNT_VRF_IN, port->service);
		return route4(skb, lsr, port->number, port->service);
	}
	if (type != TYPE_IPV6) /* above all no labels from a customer (RFC 4364 section 13.1) */
		return drop(skb, lsr, DROP_NOT_FOR_US);
	frame = head(skb, sizeof(*frame));
	if (!frame || !is_sane6(skb, &frame->ip))
		return drop(skb, lsr, DROP_MALFORMED);
	if (port->flags & PORT_STRICT_URPF && !is_from6(skb, port, &frame->ip))
		return drop(skb, lsr, is_martian6(frame->ip.source) ? DROP_MARTIAN : DROP_SOURCE);
	if (is_neighbour_discovery(skb, frame->ip.next_header)) {
		answered = answer_solicitation(skb, lsr, port->number, port->service, circuit_at(skb, port));
		return answered ?: punt(skb, lsr, port->number, PUNT_NEIGHBOUR_DISCOVERY, port->service);
	}
	if (!is_mac(frame->ethernet.destination, lab->gateway_mac)) {
		if (port->flags & PORT_DHCPV6_RELAY && is_dhcpv6_request(skb))
			return punt(skb, lsr, port->number, PUNT_DHCP, port->service);
		return drop(skb, lsr, DROP_NOT_FOR_US);
	}
	if (is_martian6(frame->ip.source))
		return drop(skb, lsr, DROP_MARTIAN);
	count(skb, lsr, COUNT_VRF_IN, port->service);
	if (is_link_local_gateway(frame->ip.destination))
		return local6(skb, lsr, port->number, port->service, frame->ip.next_header);
	return route6(skb, lsr, port->number, port->service);
}
