/* SPDX-License-Identifier: Apache-2.0 */
/*
 * STUN messages (RFC 8489, RFC 3489) with the attributes of TURN (RFC 8656), ICE (RFC 8445) and
 * NAT discovery (RFC 5780), and TURN's ChannelData (RFC 8656 section 12).
 *
 * Data in:   one UDP payload as captured, and its length on the wire.
 * Data out:  what the header says, and of each attribute its first occurrence (RFC 8489 section
 *            14); slices of the payload.
 * Limits:    STUN_ATTRIBUTES_MAX attributes, STUN_PEERS_MAX peers and STUN_UNKNOWN_MAX unknown
 *            attribute types kept.
 *
 * A message is OK when it has a header; anything else wrong with it is a defect in its list,
 * and the attribute concerned is absent. What the capture cut off is no defect.
 */
#ifndef TALKPATH_STUN_H
#define TALKPATH_STUN_H

#include "address.h"
#include "bytes.h"
#include "result.h"
#include "text.h"

enum {
	STUN_HEADER_LENGTH = 20,
	STUN_ID_LENGTH = 16,
	STUN_ATTRIBUTES_MAX = 64,
	STUN_PEERS_MAX = 8,
	STUN_UNKNOWN_MAX = 8,
	CHANNEL_DATA_HEADER_LENGTH = 4
};

enum stun_class { STUN_REQUEST, STUN_INDICATION, STUN_SUCCESS, STUN_ERROR };

enum stun_method {
	STUN_BINDING = 0x001,
	TURN_ALLOCATE = 0x003,
	TURN_REFRESH = 0x004,
	TURN_SEND = 0x006,
	TURN_DATA = 0x007,
	TURN_CREATE_PERMISSION = 0x008,
	TURN_CHANNEL_BIND = 0x009
};

/* What a message can hold, as the number of a bit in stun.present. */
enum stun_attribute {
	/* addresses, which have their places in stun.addresses */
	STUN_MAPPED_ADDRESS,
	STUN_XOR_MAPPED_ADDRESS,
	STUN_XOR_RELAYED_ADDRESS,
	STUN_SOURCE_ADDRESS,  /* RFC 3489 */
	STUN_CHANGED_ADDRESS, /* RFC 3489 */
	STUN_RESPONSE_ORIGIN, /* RFC 5780 */
	STUN_OTHER_ADDRESS,   /* RFC 5780 */
	STUN_ADDRESSES,
	/* --- */
	STUN_ERROR_CODE = STUN_ADDRESSES,
	STUN_SOFTWARE,
	STUN_USERNAME,
	STUN_REALM,
	STUN_NONCE,
	STUN_LIFETIME,
	STUN_CHANNEL_NUMBER,
	STUN_DATA,
	STUN_PRIORITY,
	STUN_USE_CANDIDATE,
	STUN_ICE_CONTROLLED,
	STUN_ICE_CONTROLLING,
	STUN_MESSAGE_INTEGRITY,
	STUN_MESSAGE_INTEGRITY_SHA256,
	STUN_FINGERPRINT /* and it is right */
};

struct stun {
	enum stun_class class;
	uint16_t method;   /* enum stun_method, or any other number */
	bool classic;      /* RFC 3489: without magic cookie */
	const uint8_t *id; /* STUN_ID_LENGTH octets: the cookie and the transaction ID */
	uint32_t present;  /* bits: stun_has() */
	struct endpoint addresses[STUN_ADDRESSES];
	unsigned peer_count;
	struct endpoint peers[STUN_PEERS_MAX]; /* XOR-PEER-ADDRESS */
	uint16_t error_code;                   /* 300..699 */
	struct text reason;
	unsigned unknown_count;
	uint16_t unknown[STUN_UNKNOWN_MAX]; /* UNKNOWN-ATTRIBUTES */
	struct text software, username, realm;
	uint32_t lifetime_s;
	uint16_t channel;
	uint32_t priority;
	uint64_t tie_breaker; /* of ICE-CONTROLLED or ICE-CONTROLLING */
	struct bytes data;    /* DATA, as far as it was captured */
	uint16_t data_length; /* octets of it on the wire */
	struct dissect_defects defects;
};

static inline bool stun_has(const struct stun *m, enum stun_attribute attribute)
{
	return m->present >> attribute & 1;
}

/*
 * Is this STUN? With the magic cookie the header is enough. Without it (RFC 3489) only a Binding
 * message whose length and attributes fit to the octet is believed.
 */
bool stun_shape(struct bytes in);

enum dissect_result stun_parse(struct stun *out, struct bytes in, size_t wire_length);

/* The sender's address as the server saw it, or NULL. The XORed one, which no NAT rewrites. */
const struct endpoint *stun_mapped(const struct stun *m);

/* Does the message belong to TURN? */
static inline bool stun_is_turn(const struct stun *m)
{
	return m->method >= TURN_ALLOCATE && m->method <= TURN_CHANNEL_BIND;
}

struct channel_data {
	uint16_t channel;
	uint16_t data_length; /* octets on the wire */
	struct bytes data;    /* what was captured of them */
};

/*
 * Could this be ChannelData? RFC 7983 gives it first octets 64..79. What was captured may go
 * beyond its length by padding alone, or stay behind it by what the snap length took away.
 */
bool channel_data_shape(struct bytes in);

enum dissect_result channel_data_parse(
    struct channel_data *out, struct bytes in, size_t wire_length);

#endif
