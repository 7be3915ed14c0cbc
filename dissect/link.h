/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Link layers: which network protocol a captured frame carries, and where it begins.
 *
 * Data in:   the octets of one frame and its LINKTYPE_ number.
 * Data out:  the EtherType of the payload; the cursor stands at its first octet.
 * Limits:    LINK_VLANS_MAX tags.
 * Sources:   tcpdump.org/linktypes.html, IEEE 802.3 and 802.1Q.
 */
#ifndef TALKPATH_LINK_H
#define TALKPATH_LINK_H

#include "bytes.h"
#include "result.h"

enum { LINK_VLANS_MAX = 4 };

/* LINKTYPE_ numbers that link_parse knows; others are SKIPPED_LINK_TYPE. */
enum link_type {
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_RAW_BSD = 12,
	LINK_RAW_OPENBSD = 14,
	LINK_RAW = 101,
	LINK_LOOP = 108,
	LINK_LINUX_SLL = 113,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_LINUX_SLL2 = 276
};

enum ethertype {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_QINQ = 0x88a8,
	ETHERTYPE_QINQ_OLD = 0x9100
};

struct link {
	uint16_t ethertype; /* behind all tags */
	uint16_t vlan;      /* identifier of the outermost tag; 0 without one */
	uint8_t vlan_count;
	struct bytes payload; /* behind the link header */
};

enum dissect_result link_parse(struct link *out, enum link_type type, struct bytes in);

/* "ethernet", "linux_sll", ...; NULL for a link type that link_parse does not know. */
const char *link_type_name(enum link_type type);

#endif
