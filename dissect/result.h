/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can come of dissecting something: well, not our business, or malformed.
 *
 * Every dissector has the shape `enum dissect_result x_parse(struct x *out, ...)`; *out is
 * valid only with DISSECT_OK. Each value has a stable, user-visible name and is counted per
 * capture: those of class SKIPPED under "not_decoded", those of class MALFORMED under
 * "malformed". A message can be sound enough to use and still have defects; those are values
 * of this enum too, gathered in a `struct dissect_defects`.
 */
#ifndef TALKPATH_DISSECT_RESULT_H
#define TALKPATH_DISSECT_RESULT_H

#include <stdint.h>

#define DISSECT_RESULTS(X)                                                   \
	X(DISSECT_OK, OK, "ok")                                              \
	X(SKIPPED_CUT, SKIPPED, "cut")                                       \
	X(SKIPPED_LINK_TYPE, SKIPPED, "link_type")                           \
	X(SKIPPED_ARP, SKIPPED, "arp")                                       \
	X(SKIPPED_ETHERTYPE, SKIPPED, "ethertype")                           \
	X(SKIPPED_FRAGMENT_INCOMPLETE, SKIPPED, "fragment_incomplete")       \
	X(SKIPPED_FRAGMENT_DUPLICATE, SKIPPED, "fragment_duplicate")         \
	X(SKIPPED_TCP, SKIPPED, "tcp")                                       \
	X(SKIPPED_TCP_RETRANSMISSION, SKIPPED, "tcp_retransmission")         \
	X(SKIPPED_TCP_GAP, SKIPPED, "tcp_gap")                               \
	X(SKIPPED_TCP_INCOMPLETE, SKIPPED, "tcp_incomplete")                 \
	X(SKIPPED_ICMP, SKIPPED, "icmp")                                     \
	X(SKIPPED_IP_PROTOCOL, SKIPPED, "ip_protocol")                       \
	X(SKIPPED_DTLS, SKIPPED, "dtls")                                     \
	X(SKIPPED_ZRTP, SKIPPED, "zrtp")                                     \
	X(SKIPPED_RTCP_ENCRYPTED, SKIPPED, "rtcp_encrypted")                 \
	X(SKIPPED_KEEPALIVE, SKIPPED, "keepalive")                           \
	X(SKIPPED_VOICE_REPORT, SKIPPED, "voice_report")                     \
	X(SKIPPED_UDP, SKIPPED, "udp")                                       \
	X(SKIPPED_SIP_BODY_ENCODED, SKIPPED, "sip_body_encoded")             \
	X(SKIPPED_RTP_UNCONFIRMED, SKIPPED, "rtp_unconfirmed")               \
	X(MALFORMED_ETHERNET_SHORT, MALFORMED, "ethernet_short")             \
	X(MALFORMED_VLAN_SHORT, MALFORMED, "vlan_short")                     \
	X(MALFORMED_VLAN_DEPTH, MALFORMED, "vlan_depth")                     \
	X(MALFORMED_COOKED_SHORT, MALFORMED, "cooked_short")                 \
	X(MALFORMED_LOOPBACK_SHORT, MALFORMED, "loopback_short")             \
	X(MALFORMED_IP_VERSION, MALFORMED, "ip_version")                     \
	X(MALFORMED_IPV4_SHORT, MALFORMED, "ipv4_short")                     \
	X(MALFORMED_IPV4_HEADER_LENGTH, MALFORMED, "ipv4_header_length")     \
	X(MALFORMED_IPV4_TOTAL_LENGTH, MALFORMED, "ipv4_total_length")       \
	X(MALFORMED_IPV6_SHORT, MALFORMED, "ipv6_short")                     \
	X(MALFORMED_IPV6_PAYLOAD_LENGTH, MALFORMED, "ipv6_payload_length")   \
	X(MALFORMED_IPV6_EXTENSION_SHORT, MALFORMED, "ipv6_extension_short") \
	X(MALFORMED_IPV6_EXTENSION_DEPTH, MALFORMED, "ipv6_extension_depth") \
	X(MALFORMED_FRAGMENT_LENGTH, MALFORMED, "fragment_length")           \
	X(MALFORMED_FRAGMENT_OVERLAP, MALFORMED, "fragment_overlap")         \
	X(MALFORMED_ICMP_SHORT, MALFORMED, "icmp_short")                     \
	X(MALFORMED_ICMP_QUOTE, MALFORMED, "icmp_quote")                     \
	X(MALFORMED_TCP_SHORT, MALFORMED, "tcp_short")                       \
	X(MALFORMED_TCP_HEADER_LENGTH, MALFORMED, "tcp_header_length")       \
	X(MALFORMED_UDP_SHORT, MALFORMED, "udp_short")                       \
	X(MALFORMED_UDP_LENGTH, MALFORMED, "udp_length")                     \
	X(MALFORMED_RTP_SHORT, MALFORMED, "rtp_short")                       \
	X(MALFORMED_RTP_VERSION, MALFORMED, "rtp_version")                   \
	X(MALFORMED_RTP_CSRC, MALFORMED, "rtp_csrc")                         \
	X(MALFORMED_RTP_EXTENSION, MALFORMED, "rtp_extension")               \
	X(MALFORMED_RTCP_SHORT, MALFORMED, "rtcp_short")                     \
	X(MALFORMED_RTCP_VERSION, MALFORMED, "rtcp_version")                 \
	X(MALFORMED_RTCP_TYPE, MALFORMED, "rtcp_type")                       \
	X(MALFORMED_RTCP_LENGTH, MALFORMED, "rtcp_length")                   \
	X(MALFORMED_RTCP_REPORT_COUNT, MALFORMED, "rtcp_report_count")       \
	X(MALFORMED_RTCP_DEPTH, MALFORMED, "rtcp_depth")                     \
	X(MALFORMED_RTCP_PADDING, MALFORMED, "rtcp_padding")                 \
	X(MALFORMED_RTCP_SDES, MALFORMED, "rtcp_sdes")                       \
	X(MALFORMED_RTCP_BYE, MALFORMED, "rtcp_bye")                         \
	X(MALFORMED_RTCP_APP, MALFORMED, "rtcp_app")                         \
	X(MALFORMED_RTCP_FEEDBACK, MALFORMED, "rtcp_feedback")               \
	X(MALFORMED_RTCP_XR, MALFORMED, "rtcp_xr")                           \
	X(MALFORMED_RTCP_XR_BLOCK, MALFORMED, "rtcp_xr_block")               \
	X(MALFORMED_SIP_STREAM, MALFORMED, "sip_stream")                     \
	X(MALFORMED_SIP_START_LINE, MALFORMED, "sip_start_line")             \
	X(MALFORMED_SIP_STATUS_CODE, MALFORMED, "sip_status_code")           \
	X(MALFORMED_SIP_NO_CALL_ID, MALFORMED, "sip_no_call_id")             \
	X(MALFORMED_SIP_CSEQ, MALFORMED, "sip_cseq")                         \
	X(MALFORMED_SIP_HEADER_LINE, MALFORMED, "sip_header_line")           \
	X(MALFORMED_SIP_HEADER_COUNT, MALFORMED, "sip_header_count")         \
	X(MALFORMED_SIP_UNTERMINATED, MALFORMED, "sip_unterminated")         \
	X(MALFORMED_SIP_VIA, MALFORMED, "sip_via")                           \
	X(MALFORMED_SIP_ADDRESS, MALFORMED, "sip_address")                   \
	X(MALFORMED_SIP_URI, MALFORMED, "sip_uri")                           \
	X(MALFORMED_SIP_DUPLICATE_HEADER, MALFORMED, "sip_duplicate_header") \
	X(MALFORMED_SIP_CONTENT_LENGTH, MALFORMED, "sip_content_length")     \
	X(MALFORMED_SIP_BODY_SHORT, MALFORMED, "sip_body_short")             \
	X(MALFORMED_SIP_CONTACT_COUNT, MALFORMED, "sip_contact_count")       \
	X(MALFORMED_SIP_START_BLANKS, MALFORMED, "sip_start_blanks")         \
	X(MALFORMED_SIP_IPV6_BARE, MALFORMED, "sip_ipv6_bare")               \
	X(MALFORMED_SIP_NAME_ADDR, MALFORMED, "sip_name_addr")               \
	X(MALFORMED_SIP_PARAMETER, MALFORMED, "sip_parameter")               \
	X(MALFORMED_SIP_NO_PARTY, MALFORMED, "sip_no_party")                 \
	X(MALFORMED_SIP_CSEQ_METHOD, MALFORMED, "sip_cseq_method")           \
	X(MALFORMED_SIP_HEADER_VALUE, MALFORMED, "sip_header_value")         \
	X(MALFORMED_SIP_BOUNDARY, MALFORMED, "sip_boundary")                 \
	X(MALFORMED_SIP_MULTIPART_OPEN, MALFORMED, "sip_multipart_open")     \
	X(MALFORMED_SIP_PART_COUNT, MALFORMED, "sip_part_count")             \
	X(MALFORMED_SDP_LINE, MALFORMED, "sdp_line")                         \
	X(MALFORMED_SDP_VERSION, MALFORMED, "sdp_version")                   \
	X(MALFORMED_SDP_ORIGIN, MALFORMED, "sdp_origin")                     \
	X(MALFORMED_SDP_CONNECTION, MALFORMED, "sdp_connection")             \
	X(MALFORMED_SDP_MEDIA, MALFORMED, "sdp_media")                       \
	X(MALFORMED_SDP_MEDIA_COUNT, MALFORMED, "sdp_media_count")           \
	X(MALFORMED_SDP_RTPMAP, MALFORMED, "sdp_rtpmap")                     \
	X(MALFORMED_SDP_BANDWIDTH, MALFORMED, "sdp_bandwidth")               \
	X(MALFORMED_SDP_ATTRIBUTE, MALFORMED, "sdp_attribute")               \
	X(MALFORMED_STUN_SHORT, MALFORMED, "stun_short")                     \
	X(MALFORMED_STUN_TYPE, MALFORMED, "stun_type")                       \
	X(MALFORMED_STUN_LENGTH, MALFORMED, "stun_length")                   \
	X(MALFORMED_STUN_ATTRIBUTE, MALFORMED, "stun_attribute")             \
	X(MALFORMED_STUN_ATTRIBUTE_COUNT, MALFORMED, "stun_attribute_count") \
	X(MALFORMED_STUN_ADDRESS, MALFORMED, "stun_address")                 \
	X(MALFORMED_STUN_ERROR_CODE, MALFORMED, "stun_error_code")           \
	X(MALFORMED_STUN_FINGERPRINT, MALFORMED, "stun_fingerprint")         \
	X(MALFORMED_CHANNEL_DATA_LENGTH, MALFORMED, "channel_data_length")   \
	X(MALFORMED_VOICE_REPORT_TYPE, MALFORMED, "voice_report_type")       \
	X(MALFORMED_VOICE_REPORT_LINE, MALFORMED, "voice_report_line")       \
	X(MALFORMED_VOICE_REPORT_VALUE, MALFORMED, "voice_report_value")

enum dissect_class { DISSECT_CLASS_OK, DISSECT_CLASS_SKIPPED, DISSECT_CLASS_MALFORMED };

enum dissect_result {
#define DISSECT_VALUE(value, class, name) value,
	DISSECT_RESULTS(DISSECT_VALUE)
#undef DISSECT_VALUE
	    DISSECT_RESULT_COUNT
};

/* The stable name under which a result is counted. */
const char *dissect_result_name(enum dissect_result result);

enum dissect_class dissect_result_class(enum dissect_result result);

enum { DISSECT_DEFECTS_MAX = 8 };

/* The first few defects of one message that is sound enough to use. */
struct dissect_defects {
	uint8_t count;
	uint8_t list[DISSECT_DEFECTS_MAX];
};

static inline void dissect_defect(struct dissect_defects *defects, enum dissect_result defect)
{
	if (defects->count < DISSECT_DEFECTS_MAX) {
		defects->list[defects->count++] = (uint8_t)defect;
	}
}

_Static_assert(DISSECT_RESULT_COUNT <= UINT8_MAX, "defects are kept in octets");

#endif
