/* SPDX-License-Identifier: Apache-2.0 */
/*
 * STUN in recordings, held against what tshark 4.0 counts in them ("stun && udp",
 * "stun.channel", "classicstun && udp"), and what the intake makes of it.
 */
#include "classify.h"
#include "data.h"
#include "frame.h"
#include "intake.h"
#include "open_one.h"
#include "sink.h"
#include "stun.h"

#define NDPI "captures/ntop__nDPI/tests/cfgs/default/pcap/"

/* tshark counts ChannelData as STUN; here the two stand apart. */
static const struct recording {
	const char *file;
	unsigned stun, classic, channels;
	unsigned defects; /* messages with any */
} recordings[] = {
    {"captures/MichalCab__ISA/sip.pcap", 4, 2, 0, 0},
    {"captures/PatrikHarmanos__mtaa_sip_proxy/conference.pcapng", 71, 0, 0, 0},
    {"captures/arkime__arkime/tests/pcap/stun-ice-testcall.pcap", 108, 0, 0, 0},
    /* one whose length of 113 is no multiple of four */
    {"captures/arkime__arkime/tests/pcap/stun.pcap", 1, 3, 0, 1},
    {"captures/goffinet__sip_captures/sip-flow-private-2.pcapng", 2, 0, 0, 0},
    {"captures/nfstream__nfstream/tests/pcaps/hangout.pcap", 19, 0, 0, 0},
    {"captures/nfstream__nfstream/tests/pcaps/stun_facebook.pcapng", 57, 0, 18, 0},
    {NDPI "lru_ipv6_caches.pcapng", 29, 0, 0, 0},
    {NDPI "skype-conference-call.pcap", 14, 0, 0, 0},
    /* tshark has one more: the start of a message that an ICMP error quotes */
    {NDPI "stun.pcap", 121, 0, 19, 1},
    {NDPI "stun_classic.pcap", 0, 2, 0, 0},
    {NDPI "stun_dtls_rtp.pcapng", 4, 0, 0, 0},
    {NDPI "stun_wa_call.pcapng", 96, 0, 0, 0},
    {NDPI "stun_zoom.pcapng", 24, 0, 0, 0},
    /* tshark has two channels more, numbered 0xff10: a header of the maker's around STUN; and
     * six of his Data indications without cookie as classic, which RFC 3489 does not know */
    {NDPI "teams.pcap", 55, 0, 0, 24},
    {NDPI "viber.pcap", 15, 0, 0, 0},
    /* octets behind the message: tshark says nothing of them */
    {NDPI "wa_voice.pcap", 66, 0, 0, 24},
    /* tshark has nine more, of the type that asks for a secret: that goes over TLS only */
    {NDPI "zoom.pcap", 0, 9, 0, 0},
    /* and here 53 more, quoted by ICMP errors */
    {NDPI "zoom_p2p.pcapng", 0, 80, 0, 0},
    {"captures/zeek__zeek/testing/btest/Traces/tls/webrtc-stun.pcap", 10, 0, 0, 0},
};

static void count_payload(struct recording *found, const struct frame *frame)
{
	enum dissect_result reason;
	struct channel_data channel;
	struct stun m;

	switch (payload_classify(frame->payload, &reason)) {
	case PAYLOAD_STUN:
		cr_assert_eq(stun_parse(&m, frame->payload, frame->payload_length), DISSECT_OK);
		found->stun += !m.classic;
		found->classic += m.classic;
		found->defects += m.defects.count > 0;
		break;
	case PAYLOAD_CHANNEL_DATA:
		found->channels += channel_data_parse(&channel, frame->payload,
				       frame->payload_length) == DISSECT_OK;
		break;
	default:
		break;
	}
}

Test(stun_recordings, are_counted_as_elsewhere)
{
	for (size_t i = 0; i < sizeof(recordings) / sizeof(recordings[0]); i++) {
		const struct recording *wanted = &recordings[i];
		struct recording found = {.file = wanted->file};
		struct source_error error;
		struct source *source = open_one(data_path(wanted->file), 0, &error);
		struct packet packets[PACKET_BURST];
		int count;

		cr_assert_not_null(source, "%s", wanted->file);
		while ((count = source_read(source, packets)) > 0) {
			for (int k = 0; k < count; k++) {
				struct frame frame;

				if (frame_parse(&frame, packets[k].link,
					bytes_of(packets[k].data, packets[k].captured),
					packets[k].length) == DISSECT_OK &&
				    frame.protocol == IP_PROTOCOL_UDP && !frame.fragment.set) {
					count_payload(&found, &frame);
				}
			}
		}
		source_close(source);
		cr_expect_eq(found.stun, wanted->stun, "%s: %u", wanted->file, found.stun);
		cr_expect_eq(found.classic, wanted->classic, "%s: %u", wanted->file, found.classic);
		cr_expect_eq(found.channels, wanted->channels, "%s: %u channels", wanted->file,
		    found.channels);
		cr_expect_eq(
		    found.defects, wanted->defects, "%s: %u defects", wanted->file, found.defects);
	}
}

/* What of a recording the intake hands on: kind by kind. */
static size_t records_of(const char *file, enum record_kind kind, unsigned *relayed_media)
{
	static struct intake intake;
	struct source_error error;
	struct source *source = open_one(data_path(file), 0, &error);
	struct packet packets[PACKET_BURST];
	struct kept kept;
	struct record_sink sink = kept_sink(&kept);
	size_t records;
	int count;

	cr_assert_not_null(source, "%s", file);
	cr_assert(intake_init(&intake, 7));
	*relayed_media = 0;
	while ((count = source_read(source, packets)) > 0) {
		for (unsigned at = 0; at < (unsigned)count;) {
			struct media_packet media[MEDIA_SLOTS * PACKET_BURST];
			unsigned media_count;

			at += intake_burst(&intake, packets + at, (unsigned)count - at, media,
			    &media_count, &sink);
			*relayed_media += media_count;
		}
	}
	source_close(source);
	records = kept_count(&kept, kind);
	kept_free(&kept);
	return records;
}

/* The call's 108 messages are all checks and discovery: each goes to the desk. */
Test(stun_recordings, go_to_the_desk)
{
	unsigned media;

	cr_expect_eq(records_of("captures/arkime__arkime/tests/pcap/stun-ice-testcall.pcap",
			 RECORD_STUN, &media),
	    108);
	cr_expect_eq(media, 0);
	cr_expect_gt(records_of("captures/zeek__zeek/testing/btest/Traces/tls/webrtc-stun.pcap",
			 RECORD_DTLS, &media),
	    0);
}
