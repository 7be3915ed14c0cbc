/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fragments and TCP segments in whatever order, against naive models of both.
 *
 * Input: instructions of four octets. The octets of datagrams and streams come from fixed
 * patterns, so that whatever comes out can be held against where it came from: a payload put
 * together from fragments is the datagram's, and messages are the stream's, in its order, each at
 * most once.
 */
#include "fuzz.h"
#include "segments.h"

enum { DATAGRAM_MAX = 512, STREAM_OCTETS = 4096, STEPS_MAX = 512, FLOWS = 4 };

static uint64_t counts[1][DISSECT_RESULT_COUNT];
static uint8_t datagram[DATAGRAM_MAX];
static uint8_t stream[STREAM_OCTETS];

/* Where in the stream of its port the next message may come from. */
static size_t reached[FLOWS];

static void patterns_make(void)
{
	size_t at = 0;

	for (size_t i = 0; i < DATAGRAM_MAX; i++) {
		datagram[i] = (uint8_t)(i * 7 ^ i >> 8);
	}
	for (unsigned n = 0; at + 128 < STREAM_OCTETS; n++) {
		at += (size_t)snprintf((char *)stream + at, STREAM_OCTETS - at,
		    "%sMESSAGE sip:%u@x SIP/2.0\r\nl: %u\r\n\r\n%.*s", n % 3 ? "" : "\r\n\r\n", n,
		    n % 20, (int)(n % 20), "SIP/2.0 200 OK\r\n\r\nxxxx");
	}
	memset(stream + at, '\n', STREAM_OCTETS - at);
}

/* Each message stands in the stream, behind the one before. */
static void message_take(
    void *context, const struct signal *head, struct bytes message, const struct frame_list *frames)
{
	size_t length = bytes_left(&message), flow = head->src.port % FLOWS;
	size_t at = reached[flow];

	(void)context;
	require(length > 0 && (!frames || frames->count <= FRAME_LIST_MAX));
	require(!frames || frames->at[frames->count - 1] == head->frame);
	while (at + length <= STREAM_OCTETS && memcmp(stream + at, message.at, length) != 0) {
		at++;
	}
	require(at + length <= STREAM_OCTETS);
	reached[flow] = at + length;
}

static void fragment_step(struct fragments *f, const uint8_t *step, uint32_t number, int64_t now_ns)
{
	size_t length = 16 + step[0] % 16 * 31U; /* of the datagram with this identifier */
	size_t from = step[1] % (length / 8 + 1) * 8, to = from + step[2] * 8U;
	struct fragments_whole whole;

	to = to < length ? to : length;
	if (!fragment_put(f, step[0] & 64, step[0] % 16, number, from, to < length,
		bytes_of(datagram + from, to - from), now_ns, &whole)) {
		return;
	}
	require(bytes_left(&whole.payload) == length);
	require(memcmp(whole.payload.at, datagram, length) == 0);
	require(whole.frames->count > 0 && whole.frames->count <= FRAME_LIST_MAX);
	require(whole.frames->at[whole.frames->count - 1] <= number);
}

static void segment_step(struct tcp_streams *s, const uint8_t *step, uint32_t number)
{
	size_t from = (step[1] | (size_t)(step[2] & 15) << 8) % STREAM_OCTETS;
	size_t length = (size_t)1 << (step[3] & 7) << (step[3] >> 6);
	uint16_t port = step[0] % FLOWS;

	length = length < STREAM_OCTETS - from ? length : STREAM_OCTETS - from;
	segment_put(s, port, number, port * 0xfffff000U + (uint32_t)from,
	    step[3] & 8 ? TCP_FIN : TCP_ACK, bytes_of(stream + from, length), length);
}

/* Made once: what a run leaves behind is forgotten at its end, and that is checked. */
static void machinery_make(struct fragments *fragments, struct tcp_streams *streams)
{
	if (!streams->deliver) {
		patterns_make();
		require(fragments_init(fragments, 1, counts));
		require(tcp_streams_init(streams, 1, counts));
		streams->deliver = message_take;
	}
	memset(reached, 0, sizeof(reached));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fragments fragments;
	static struct tcp_streams streams;
	struct bytes in = bytes_of(data, size);
	const uint8_t *step;

	machinery_make(&fragments, &streams);
	for (uint32_t n = 1; n < STEPS_MAX && (step = bytes_take(&in, 4)) != NULL; n++) {
		streams.now_ns += 100000000;
		if (step[0] & 128) {
			fragment_step(&fragments, step, n, streams.now_ns);
		} else {
			segment_step(&streams, step, n);
		}
		fragments_expire(&fragments, streams.now_ns);
		tcp_streams_expire(&streams);
		require(
		    pool_count(&streams.flows) <= FLOWS && pool_count(&streams.buffers) <= FLOWS);
		require(pool_count(&fragments.datagrams) <= 32);
	}
	fragments_expire(&fragments, INT64_MAX);
	tcp_streams_end(&streams);
	require(pool_count(&streams.buffers) == 0 && pool_count(&fragments.datagrams) == 0);
	streams.now_ns += TCP_IDLE_NS + 1;
	tcp_streams_expire(&streams);
	require(pool_count(&streams.flows) == 0);
	return 0;
}
