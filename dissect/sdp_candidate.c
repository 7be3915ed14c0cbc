/* SPDX-License-Identifier: Apache-2.0 */
#include "sdp_candidate.h"

enum { SDP_CANDIDATE_WORDS_MAX = 16 };

static bool candidate_port(struct text text, uint16_t *port)
{
	uint64_t number;

	if (!text_number(text, UINT16_MAX, &number)) {
		return false;
	}
	*port = (uint16_t)number;
	return true;
}

/* "1 1 UDP 2130706431 192.0.2.1 4000 typ srflx raddr 10.0.0.1 rport 5000 ..." */
bool sdp_candidate_parse(struct sdp_candidate *out, struct text candidate)
{
	struct endpoint related = {0};
	bool has_address = false;

	*out = (struct sdp_candidate){0};
	(void)text_word(&candidate); /* foundation */
	if (!text_number(text_word(&candidate), 256, &out->component) ||
	    !text_equal_nocase(text_word(&candidate), TEXT("UDP"))) {
		return false;
	}
	(void)text_word(&candidate); /* priority */
	if (!address_parse(&out->at.address, text_word(&candidate)) ||
	    !candidate_port(text_word(&candidate), &out->at.port) || out->at.port == 0) {
		return false;
	}
	for (int i = 0; i < SDP_CANDIDATE_WORDS_MAX && candidate.length > 0; i++) {
		struct text name = text_word(&candidate), value = text_word(&candidate);

		if (text_equal(name, TEXT("raddr"))) {
			has_address = address_parse(&related.address, value);
		} else if (text_equal(name, TEXT("rport")) &&
			   !candidate_port(value, &related.port)) {
			related.port = 0;
		}
	}
	/* 0.0.0.0 and the port 9 stand for an address that is kept private. */
	if (has_address && address_class(&related.address) != ADDRESS_UNSPECIFIED &&
	    related.port != 9) {
		out->related = related;
	}
	return true;
}

/* "RTP/SAVP", "RTP/SAVPF", "UDP/TLS/RTP/SAVPF": profiles of SRTP have an S in their name. */
static bool is_secure_profile(struct text protocol)
{
	size_t name = protocol.length;

	while (name > 0 && protocol.at[name - 1] != '/') {
		name--;
	}
	protocol = text_from(protocol, name);
	return text_equal_nocase(protocol, TEXT("SAVP")) ||
	       text_equal_nocase(protocol, TEXT("SAVPF"));
}

enum sdp_srtp sdp_srtp(const struct sdp *sdp, const struct sdp_media *media)
{
	if (is_secure_profile(media->protocol)) {
		return SDP_SRTP;
	}
	return media->security.crypto_count || media->security.fingerprint.length ||
		       sdp->security.fingerprint.length
		   ? SDP_SRTP_OFFERED
		   : SDP_PLAIN;
}
