/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The link layer down to the UDP payload.
 * Input: an octet that chooses the link type, one that says how much was cut off, the frame.
 */
#include "frame.h"
#include "fuzz.h"
#include "within.h"

static const enum link_type links[] = {LINK_ETHERNET, LINK_RAW, LINK_NULL, LINK_LOOP,
    LINK_LINUX_SLL, LINK_LINUX_SLL2, LINK_IPV4, LINK_IPV6, (enum link_type)147};

/* The length differs only where IP left it out, and it is what the frame had on the wire. */
static bool same_payload(const struct frame *a, const struct frame *b)
{
	return a->payload.at == b->payload.at && a->payload.end == b->payload.end &&
	       a->payload_length <= b->payload_length && endpoint_equal(&a->src, &b->src) &&
	       endpoint_equal(&a->dst, &b->dst);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	enum link_type link = links[fuzz_octet(&in) % (sizeof(links) / sizeof(links[0]))];
	size_t cut = fuzz_octet(&in);
	struct link head;
	struct frame whole, part;
	enum dissect_result result = link_parse(&head, link, in);
	char text[ENDPOINT_TEXT_MAX];

	if (result == DISSECT_OK) {
		require(bytes_within(in, head.payload) && head.payload.end == in.end);
		require(head.vlan_count <= LINK_VLANS_MAX && head.vlan < 4096);
		require(link_type_name(link));
	}
	result = frame_parse(&whole, link, in, bytes_left(&in));
	require(result < DISSECT_RESULT_COUNT);
	if (result == DISSECT_OK) {
		require(frame_within(in, &whole));
		require(whole.defect || bytes_left(&whole.payload) == whole.payload_length);
		require(endpoint_format(&whole.src, text)[0]);
		/* Octets that were not captured cannot make a sound frame unsound. */
		require(frame_parse(&part, link, in, bytes_left(&in) + cut) == DISSECT_OK);
		require(same_payload(&whole, &part));
	} else if (frame_parse(&part, link, in, bytes_left(&in) + cut) == DISSECT_OK) {
		require(cut > 0 && frame_within(in, &part));
	}
	return 0;
}
