/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A live interface through libpcap: promiscuous, non-blocking, polled on its descriptor.
 *
 * libpcap may reuse a packet's memory once its callback has returned, so packets are copied
 * into a buffer that lives until the next read.
 */
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "library.h"
#include "source.h"

enum {
	LIVE_SNAP_LENGTH = 65535,
	LIVE_KERNEL_BUFFER = 32 << 20, /* octets; about a second of 300 Mbit/s */
	LIVE_TIMEOUT_MS = 100,         /* how long the kernel may gather packets */
	LIVE_COPY_BUFFER = 4 << 20     /* a burst of the longest packets fits */
};

_Static_assert(LIVE_COPY_BUFFER >= PACKET_BURST * LIVE_SNAP_LENGTH, "a burst must fit");

/* clang-format off */
#define PCAP_FUNCTIONS(F) \
	F(pcap_dispatch) F(pcap_geterr) F(pcap_stats) F(pcap_close) F(pcap_set_snaplen) \
	F(pcap_set_promisc) F(pcap_set_timeout) F(pcap_set_buffer_size) \
	F(pcap_set_tstamp_precision) F(pcap_activate) F(pcap_setnonblock) \
	F(pcap_create) F(pcap_get_tstamp_precision) F(pcap_get_selectable_fd) \
	F(pcap_datalink)
/* clang-format on */

struct pcap_library {
	PCAP_FUNCTIONS(LIBRARY_MEMBER)
};

struct live_source {
	struct source source;
	struct pcap_library lib;
	pcap_t *pcap;
	uint32_t ns_per_fraction;
	struct packet *out; /* the burst being filled */
	int count;
	size_t used; /* octets of copies */
	uint8_t copies[LIVE_COPY_BUFFER];
};

static void packet_copy(u_char *user, const struct pcap_pkthdr *header, const u_char *data)
{
	struct live_source *live = (struct live_source *)(void *)user;
	uint32_t captured = header->caplen < LIVE_SNAP_LENGTH ? header->caplen : LIVE_SNAP_LENGTH;

	memcpy(live->copies + live->used, data, captured);
	live->out[live->count++] = (struct packet){
	    .time_ns = (int64_t)header->ts.tv_sec * 1000000000 +
		       (int64_t)header->ts.tv_usec * live->ns_per_fraction,
	    .data = live->copies + live->used,
	    .captured = captured,
	    .length = header->len,
	    .frame = ++live->source.frame,
	    .capture = live->source.capture,
	    .link = live->source.interfaces[0].link,
	};
	live->used += captured;
}

static int live_read(struct source *source, struct packet out[PACKET_BURST])
{
	struct live_source *live = (struct live_source *)source;

	live->out = out;
	live->count = 0;
	live->used = 0;
	if (live->lib.pcap_dispatch(live->pcap, PACKET_BURST, packet_copy, (u_char *)live) < 0) {
		return source_fail(&source->error, "%s", live->lib.pcap_geterr(live->pcap));
	}
	return live->count > 0 ? live->count : SOURCE_IDLE;
}

static bool live_drops(struct source *source, struct source_drops *out)
{
	struct live_source *live = (struct live_source *)source;
	struct pcap_stat statistics;

	if (live->lib.pcap_stats(live->pcap, &statistics) != 0) {
		return false;
	}
	*out =
	    (struct source_drops){.kernel = statistics.ps_drop, .interface = statistics.ps_ifdrop};
	return true;
}

static void live_close(struct source *source)
{
	struct live_source *live = (struct live_source *)source;

	live->lib.pcap_close(live->pcap);
	free(live);
}

/* What the user can do about a failed activation. */
static const char *activation_advice(int status)
{
	switch (status) {
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return "there is no such interface; see `ip link`";
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		return "not permitted; run as root, or give the program CAP_NET_RAW: "
		       "setcap cap_net_raw+ep talkpath";
	case PCAP_ERROR_IFACE_NOT_UP:
		return "the interface is down; bring it up: ip link set IF up";
	default:
		return NULL;
	}
}

static bool live_activate(struct live_source *live, struct source_error *error)
{
	char message[PCAP_ERRBUF_SIZE] = "";
	const char *advice;
	int status;

	(void)live->lib.pcap_set_snaplen(live->pcap, LIVE_SNAP_LENGTH);
	(void)live->lib.pcap_set_promisc(live->pcap, 1);
	(void)live->lib.pcap_set_timeout(live->pcap, LIVE_TIMEOUT_MS);
	(void)live->lib.pcap_set_buffer_size(live->pcap, LIVE_KERNEL_BUFFER);
	(void)live->lib.pcap_set_tstamp_precision(live->pcap, PCAP_TSTAMP_PRECISION_NANO);
	status = live->lib.pcap_activate(live->pcap);
	if (status < 0) {
		advice = activation_advice(status);
		source_fail(error, "%s", advice ? advice : live->lib.pcap_geterr(live->pcap));
		return false;
	}
	if (live->lib.pcap_setnonblock(live->pcap, 1, message) != 0) {
		source_fail(error, "%s", message);
		return false;
	}
	return true;
}

struct source *source_open_live(const char *interface, uint16_t capture, struct source_error *error)
{
	static const struct source_ops ops = {
	    .read = live_read,
	    .drops = live_drops,
	    .close = live_close,
	};
	char message[PCAP_ERRBUF_SIZE] = "";
	struct live_source *live = calloc(1, sizeof(*live));

	if (!live) {
		source_fail(error, "out of memory");
		return NULL;
	}
	if (!library_load(&live->lib, TALKPATH_PCAP_SONAME, PCAP_FUNCTIONS(LIBRARY_NAME) "")) {
		source_fail(error, "there is no " TALKPATH_PCAP_SONAME);
		free(live);
		return NULL;
	}
	live->pcap = live->lib.pcap_create(interface, message);
	if (!live->pcap) {
		source_fail(error, "%s", message);
		free(live);
		return NULL;
	}
	if (!live_activate(live, error)) {
		live_close(&live->source);
		return NULL;
	}
	live->ns_per_fraction =
	    live->lib.pcap_get_tstamp_precision(live->pcap) == PCAP_TSTAMP_PRECISION_NANO ? 1
											  : 1000;
	live->source.ops = &ops;
	live->source.capture = capture;
	live->source.wait_fd = live->lib.pcap_get_selectable_fd(live->pcap);
	live->source.interface_count = 1;
	live->source.interfaces[0] = (struct source_interface){
	    .link = (uint16_t)live->lib.pcap_datalink(live->pcap),
	    .snap_length = LIVE_SNAP_LENGTH,
	};
	(void)strncpy(live->source.interfaces[0].name, interface,
	    sizeof(live->source.interfaces[0].name) - 1);
	return &live->source;
}
