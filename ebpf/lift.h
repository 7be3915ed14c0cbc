/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lifting: which packets of an interface leave the kernel for the analyzer, and what is told of
 * each. Types that the program in the kernel (lift.bpf.c) and user space share.
 *
 * Data in:   packets of an XDP interface; from user space `ports` and `endpoints`, where media is
 *            expected, `sockets`, and the settings, before the program is loaded.
 * Data out:  packets redirected to the AF_XDP socket of their queue, each with a struct lift_meta
 *            in the octets in front of it; everything else goes on as if nobody looked (XDP_PASS).
 *            `counters` counts each packet once, under its kind; and once more, under
 *            LIFT_NO_SOCKET or LIFT_NO_ROOM, one that was to be lifted and could not be: it went
 *            on like the others.
 * Threading: all of it is read by every processor; the counters are each processor's own.
 *
 * Maps of the object, by name:
 *   sockets    XSKMAP        queue -> AF_XDP socket; LIFT_QUEUES_MAX
 *   ports      ARRAY, one    struct lift_ports: the ports of all endpoints; may be mapped
 *   endpoints  HASH          struct lift_endpoint -> uint32_t, for user space alone to make use of
 *   counters   PERCPU_ARRAY  enum lift_kind -> struct lift_counter
 *   followed   LRU_HASH      the kernel's own: TCP connections that carry SIP
 * User space includes this before lift.skel.h, which names these types.
 */
#ifndef TALKPATH_LIFT_H
#define TALKPATH_LIFT_H

#include <linux/types.h>

enum {
	LIFT_QUEUES_MAX = 32,
	LIFT_ENDPOINTS_MAX = 65536,
	LIFT_FOLLOWED_MAX = 16384,
	LIFT_LAYERS_MAX = 16, /* tags, tunnels and extension headers, one in the other */
	LIFT_PORTS = 65536
};

/* What is lifted stands before LIFT_LIFTED. Names are those of counters, as users see them. */
/* clang-format off */
#define LIFT_KINDS(K)                                                                        \
	K(LIFT_RTP, "rtp")                                                                   \
	K(LIFT_RTCP, "rtcp")                                                                 \
	K(LIFT_SIP, "sip")                                                                   \
	K(LIFT_STUN, "stun")                                                                 \
	K(LIFT_CHANNEL_DATA, "channel_data")                                                 \
	K(LIFT_DTLS, "dtls")           /* handshakes */                                      \
	K(LIFT_KEEPALIVE, "keepalive")                                                       \
	K(LIFT_ENDPOINT, "endpoint")   /* what else goes to or from an endpoint: a fax */    \
	K(LIFT_DNS, "dns")                                                                   \
	K(LIFT_DHCP, "dhcp")                                                                 \
	K(LIFT_ICMP, "icmp")                                                                 \
	K(LIFT_TCP, "tcp")             /* SIP; SYN and RST at a port of SIP or STUN */       \
	K(LIFT_FRAGMENT, "fragment")   /* of UDP, TCP and ICMP */                            \
	K(LIFT_MALFORMED, "malformed") /* headers that end too soon, or are too many */      \
	K(LIFT_RTP_UNKNOWN, "rtp_unknown") /* not lifted: see lift_settings */               \
	K(LIFT_UDP_OTHER, "udp_other")                                                       \
	K(LIFT_TCP_OTHER, "tcp_other")                                                       \
	K(LIFT_IP_OTHER, "ip_other")                                                         \
	K(LIFT_NOT_IP, "not_ip")                                                             \
	K(LIFT_NO_SOCKET, "no_socket") /* was to be lifted: no socket at its queue */        \
	K(LIFT_NO_ROOM, "no_room")     /* was to be lifted: the driver has no metadata */
/* clang-format on */

#define LIFT_KIND_ENUMERATOR(kind, name) kind,
enum lift_kind { LIFT_KINDS(LIFT_KIND_ENUMERATOR) LIFT_KIND_COUNT, LIFT_LIFTED = LIFT_RTP_UNKNOWN };
#undef LIFT_KIND_ENUMERATOR

enum lift_flag {
	LIFT_CUT = 1,         /* octets of media were left behind: see lift_settings */
	LIFT_TUNNELLED = 2,   /* network is that of the inner packet */
	LIFT_ADAPTER_TIME = 4 /* time_ns is the adapter's clock, not CLOCK_MONOTONIC */
};

/* Lies in front of each lifted packet. */
struct lift_meta {
	__u64 time_ns; /* CLOCK_MONOTONIC when the packet was looked at */
	__u32 length;  /* octets of the frame on the wire */
	__u16 network; /* octets of the frame before its innermost IP header; 0: it has none */
	__u8 kind;     /* enum lift_kind */
	__u8 flags;    /* enum lift_flag */
};

/* Where media is expected. Whole words without padding, because as such they are compared. */
struct lift_endpoint {
	__u8 address[16] __attribute__((aligned(8))); /* an IPv4 address as ::ffff:a.b.c.d */
	__u64 port;                                   /* in the byte order of this machine */
};

/* A bit for each port: (octets[port / 8] >> port % 8) & 1. */
struct lift_ports {
	__u8 octets[LIFT_PORTS / 8];
};

struct lift_counter {
	__u64 packets;
	__u64 octets; /* on the wire */
};

/* Read-only data of the object: skeleton->rodata->lift_settings, set before it is loaded. */
struct lift_settings {
	/*
	 * So many octets of an RTP payload are lifted; 0: all of them. One packet in 64 is whole:
	 * the one whose level is measured, and by which it is found at other places.
	 */
	__u32 media_octets;
	/* RTP from nowhere to nowhere that `endpoints` names is counted, and not lifted. */
	__u32 known_media_only;
};

#endif
