/* A VRF's longest prefix match (RFC 4364 section 5). */
#pragma once

#include "maps.h"
#include "packet.h"

/* Return the route for an address, NULL if there is none. Callers pass a constant version. */
static __always_inline struct route *look_up(__u32 lsr, __u32 vrf, const __u8 *address, const int version)
{
	if (version == 4) {
		struct fib4_key key = {FIB_SCOPE_BITS + 8 * sizeof(key.address), lsr, vrf};

		__builtin_memcpy(key.address, address, sizeof(key.address));
		return bpf_map_lookup_elem(&fib4, &key);
	} else {
		struct fib6_key key = {FIB_SCOPE_BITS + 8 * sizeof(key.address), lsr, vrf};

		__builtin_memcpy(key.address, address, sizeof(key.address));
		return bpf_map_lookup_elem(&fib6, &key);
	}
}
