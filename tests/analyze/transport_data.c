/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recordings of others with SIP over TCP and with fragments: as many messages as tshark 4.0
 * counts (`tshark -Y 'sip && tcp'`, each SIP layer of a frame), or it is said why not.
 */
#include "data.h"
#include "intake.h"
#include "open_one.h"
#include "sink.h"

struct found {
	unsigned tcp, udp, several; /* messages; those that came in several frames */
	uint64_t counts[DISSECT_RESULT_COUNT];
};

static struct found messages_of(const char *path)
{
	static struct intake intake;
	struct source_error error;
	struct source *source = open_one(path, 0, &error);
	struct packet packets[PACKET_BURST];
	struct media_packet media[MEDIA_SLOTS * PACKET_BURST];
	struct found found = {0};
	struct kept kept;
	struct record_sink sink = kept_sink(&kept);
	int count;

	cr_assert_not_null(source, "%s", path);
	cr_assert(intake_init(&intake, 7));
	while ((count = source_read(source, packets)) > 0) {
		unsigned at = 0, filled;

		while (at < (unsigned)count) {
			at += intake_burst(
			    &intake, packets + at, (unsigned)count - at, media, &filled, &sink);
		}
	}
	(void)intake_end(&intake, &sink);
	for (size_t i = 0; i < kept_count(&kept, RECORD_SIP); i++) {
		const struct signal *signal = kept_at(&kept, RECORD_SIP, i);

		found.tcp += signal->transport == SIGNAL_TCP;
		found.udp += signal->transport == SIGNAL_UDP;
		found.several += signal->frame_count > 1;
	}
	memcpy(found.counts, intake.counts[0], sizeof(found.counts));
	kept_free(&kept);
	intake_fini(&intake);
	source_close(source);
	return found;
}

Test(recordings, sip_over_tcp)
{
	static const struct {
		const char *path;
		unsigned tcp;
	} rows[] = {
	    {"negbie__heplify/example/pcap/sip_ipv4_tcp.pcap", 7},
	    {"OISF__suricata-verify/tests/sip-tcp-method/sip-tcp.pcap", 2},
	    {"OISF__suricata-verify/tests/sip-tcp-pattern-matching/sip.pcap", 2},
	    {"arkime__arkime/tests/pcap/arkime_synthetic.pcap", 3},
	    /* tshark finds 11 inside WebSocket frames (RFC 7118): another protocol. */
	    {"negbie__heplify/example/pcap/sip_tcp_websocket.pcap", 0},
	    {"vitalybupt__wireshark_samples/cisco.pcap", 4},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char name[256];
		struct found found;

		(void)snprintf(name, sizeof(name), "captures/%s", rows[i].path);
		found = messages_of(data_path(name));
		cr_expect_eq(found.tcp, rows[i].tcp, "%s: %u", rows[i].path, found.tcp);
		cr_expect_eq(found.counts[MALFORMED_SIP_STREAM], 0);
	}
}

Test(recordings, fragments)
{
	static const struct {
		const char *path;
		unsigned udp, several, incomplete;
	} rows[] = {
	    {"irontec__sngrep/tests/ipv6frag.pcap", 32, 2, 0},
	    /* One first fragment; the capture holds no second. */
	    {"jhrncar__MTAA1/redirect.pcapng", 25, 0, 1},
	    {"PatrikHarmanos__mtaa_sip_proxy/conference.pcapng", 40, 6, 0},
	    {"jhrncar__MTAA1/conference.pcapng", 71, 4, 0},
	    {"Katka-Hu__Zadanie1/videohovor.pcapng", 22, 4, 0},
	    {"goffinet__sip_captures/private-test-sip-2.pcapng", 51, 1, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char name[256];
		struct found found;

		(void)snprintf(name, sizeof(name), "captures/%s", rows[i].path);
		found = messages_of(data_path(name));
		cr_expect_eq(found.udp, rows[i].udp, "%s: %u", rows[i].path, found.udp);
		cr_expect_eq(found.several, rows[i].several, "%s: %u", rows[i].path, found.several);
		cr_expect_eq(found.counts[SKIPPED_FRAGMENT_INCOMPLETE], rows[i].incomplete);
	}
}
