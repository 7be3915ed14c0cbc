/* SPDX-License-Identifier: Apache-2.0 */
/* The half of pcap without privileges: packets received from the socket that it is given. */
#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "live_kinds.h"

enum { SNAP_LENGTH = 65535 };

struct packet_source {
	struct source source;
	uint64_t dropped;
	struct mmsghdr messages[PACKET_BURST];
	struct iovec parts[PACKET_BURST];
	struct sockaddr_ll senders[PACKET_BURST];
	struct {
		_Alignas(struct cmsghdr) char octets[CMSG_SPACE(sizeof(struct timespec))];
	} stamps[PACKET_BURST];
	uint8_t octets[PACKET_BURST][SNAP_LENGTH];
};

static int64_t stamp_ns(struct msghdr *message)
{
	const struct cmsghdr *header = CMSG_FIRSTHDR(message);
	struct timespec stamp = {0};

	if (header && header->cmsg_type == SO_TIMESTAMPNS) {
		memcpy(&stamp, CMSG_DATA(header), sizeof(stamp));
	}
	return (int64_t)stamp.tv_sec * 1000000000 + stamp.tv_nsec;
}

static void room_make(struct packet_source *in)
{
	for (unsigned i = 0; i < PACKET_BURST; i++) {
		in->parts[i] = (struct iovec){in->octets[i], SNAP_LENGTH};
		in->messages[i].msg_hdr = (struct msghdr){
		    .msg_name = &in->senders[i],
		    .msg_namelen = sizeof(in->senders[i]),
		    .msg_iov = &in->parts[i],
		    .msg_iovlen = 1,
		    .msg_control = &in->stamps[i],
		    .msg_controllen = sizeof(in->stamps[i]),
		};
	}
}

static int packet_read(struct source *source, struct packet out[PACKET_BURST])
{
	struct packet_source *in = (struct packet_source *)source;
	int count, taken = 0;

	room_make(in);
	count = recvmmsg(source->wait_fd, in->messages, PACKET_BURST, MSG_TRUNC, NULL);
	if (count < 0) {
		return errno == EAGAIN || errno == EINTR
			   ? SOURCE_IDLE
			   : source_fail(&source->error, "%s", strerror(errno));
	}
	for (int i = 0; i < count; i++) {
		uint32_t length = in->messages[i].msg_len;

		/* The loopback shows each packet as it goes and as it comes. */
		if (in->senders[i].sll_hatype == 772 &&
		    in->senders[i].sll_pkttype == PACKET_OUTGOING) {
			continue;
		}
		out[taken++] = (struct packet){
		    .time_ns = stamp_ns(&in->messages[i].msg_hdr),
		    .data = in->octets[i],
		    .captured = length < SNAP_LENGTH ? length : SNAP_LENGTH,
		    .length = length,
		    .frame = ++source->frame,
		    .capture = source->capture,
		    .link = source->interfaces[0].link,
		};
	}
	return taken;
}

static bool packet_drops(struct source *source, struct source_drops *out)
{
	struct packet_source *in = (struct packet_source *)source;
	struct tpacket_stats since;
	socklen_t length = sizeof(since);

	/* Reading them sets them to 0. */
	if (getsockopt(source->wait_fd, SOL_PACKET, PACKET_STATISTICS, &since, &length) == 0) {
		in->dropped += since.tp_drops;
	}
	*out = (struct source_drops){.kernel = in->dropped};
	return true;
}

static void packet_close(struct source *source)
{
	(void)close(source->wait_fd);
	free(source);
}

struct source *packet_source_new(const struct live_spec *spec, const struct live_opened *opened,
    const int fds[LIVE_FDS_MAX], uint16_t capture, struct source_error *error)
{
	static const struct source_ops ops = {packet_read, NULL, NULL, packet_drops, packet_close};
	struct packet_source *in = calloc(1, sizeof(*in));

	if (!in) {
		source_fail(error, "out of memory");
		(void)close(fds[0]);
		return NULL;
	}
	in->source.ops = &ops;
	in->source.capture = capture;
	in->source.wait_fd = fds[0];
	in->source.interface_count = 1;
	in->source.interfaces[0].link = opened->link;
	in->source.interfaces[0].snap_length = opened->snap_length;
	memcpy(in->source.interfaces[0].name, spec->interface, LIVE_INTERFACE_MAX);
	return &in->source;
}
