/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Live sources in two halves.
 *
 * What needs privileges, an interface, a filter, a program in the kernel, is opened by a process
 * that has them and reads no packet (opener.h). What reads packets has no privileges. Between the
 * two goes a struct live_opened, flat, with descriptors beside it.
 *
 * Data in:   struct live_spec, of which the opener keeps its own copy: the reading process can
 *            ask for nothing else.
 * Data out:  a struct source; whatever kind it is, it goes on when its interface comes back.
 * Ownership: descriptors belong to whoever was given them; a source closes its own.
 * Threading: one thread for each half. Limits: LIVE_FDS_MAX descriptors a source.
 */
#ifndef TALKPATH_LIVE_H
#define TALKPATH_LIVE_H

#include "source.h"

enum {
	LIVE_INTERFACE_MAX = 64, /* octets of a name, with its end; longer than IFNAMSIZ: DPDK's */
	LIVE_TEXT_MAX = 1024,    /* of a filter, or of DPDK's arguments */
	LIVE_QUEUES_MAX = 32,
	LIVE_FDS_MAX = LIVE_QUEUES_MAX * 2 + 8
};

enum live_kind { LIVE_PACKET, LIVE_XDP, LIVE_DPDK, LIVE_KINDS };

/* What a time stamp is, from the best to the least. */
enum live_stamp { LIVE_STAMP_ADAPTER, LIVE_STAMP_KERNEL, LIVE_STAMP_PROGRAM, LIVE_STAMP_BURST };

struct live_spec {
	enum live_kind kind;
	char interface[LIVE_INTERFACE_MAX]; /* "eth1"; "any" (packet sockets); empty for DPDK */
	char text[LIVE_TEXT_MAX];           /* BPF expression, or EAL arguments; "": none */
	uint32_t buffer_octets;             /* of the kernel's; 0: the usual */
	bool mirror_port;                   /* its packets are nobody else's: see xdp_open() */
	bool known_media;                   /* of media what is expected, and no other */
	uint32_t media_octets;              /* of each media payload; 0: all of it */
};

/* Flat: it goes from process to process. */
struct live_opened {
	uint32_t ok;                    /* 0: reason tells why not */
	uint32_t retry;                 /* it may succeed later: the interface is down, or gone */
	char reason[SOURCE_REASON_MAX]; /* with what to do */
	uint32_t fd_count;              /* descriptors that come with it */
	uint16_t link;                  /* LINKTYPE_ number of its packets */
	uint16_t stamp;                 /* enum live_stamp */
	uint32_t stamp_error_ns;        /* at most, as far as is known; 0: not known */
	uint32_t snap_length;
	uint32_t ifindex;
	union {
		struct {
			uint32_t block_octets, blocks; /* of the ring at fds[0] */
			uint32_t cooked;               /* frames lack a link header */
		} packet;
		struct {
			uint32_t queues; /* sockets at fds[0..], the rest behind them: xdp_fds.h */
			uint32_t frames, frame_octets; /* of each queue's memory */
			uint32_t generic;              /* behind the driver: packets are copied */
			uint32_t processors;           /* that counters may be of */
		} xdp;
	};
};

/* The privileged half: false leaves *out with `reason` and no descriptors. */
typedef bool live_open(
    const struct live_spec *spec, struct live_opened *out, int fds[LIVE_FDS_MAX]);

/* The other half: takes the descriptors over, whatever comes of it. NULL with *error. */
typedef struct source *live_source_new(const struct live_spec *spec,
    const struct live_opened *opened, const int fds[LIVE_FDS_MAX], uint16_t capture,
    struct source_error *error);

/* For privileged halves: refuse, with what to do. False. */
__attribute__((format(printf, 2, 3))) bool live_refuse(
    struct live_opened *out, const char *format, ...);

/* The same, where it may succeed later. */
__attribute__((format(printf, 2, 3))) bool live_refuse_now(
    struct live_opened *out, const char *format, ...);

#endif
