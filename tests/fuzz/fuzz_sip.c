/* SPDX-License-Identifier: Apache-2.0 */
/* SIP messages, their URIs and the bodies behind them. Input: the datagram. */
#include "address.h"
#include "fuzz.h"
#include "sip.h"
#include "within.h"

static void host_check(struct bytes in, const struct sip_host *host)
{
	struct address address;
	char text[ADDRESS_TEXT_MAX];

	require(text_within(in, host->name));
	require(host->port == 0 || host->name.length > 0);
	if (address_parse(&address, host->name)) {
		struct address again;

		require(address_parse(&again, text_of(address_format(&address, text))));
		require(address_equal(&address, &again));
	}
}

static void uri_check(struct bytes in, struct text text)
{
	struct sip_uri uri;
	enum dissect_result result = sip_uri_parse(&uri, text);

	require(result == DISSECT_OK || result == MALFORMED_SIP_URI);
	require(sip_uri_within(in, &uri));
	host_check(in, &uri.host);
}

static void message_check(struct bytes in, const struct sip_message *m)
{
	struct sdp sdp;
	struct bytes body;

	require(sip_message_within(in, m));
	require(m->target.host.name.length == 0 || m->request);
	require(m->part_count == 0 || text_starts_nocase(m->content_type, TEXT("multipart/")));
	host_check(in, &m->via.sent_by);
	uri_check(in, m->request_uri);
	uri_check(in, m->from.uri);
	uri_check(in, m->to.uri);
	if (sip_body_find(m, TEXT("application/sdp"), &body)) {
		require(bytes_within(m->body, body));
		if (sdp_parse(&sdp, body) == DISSECT_OK) {
			require(sdp_within(body, &sdp));
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct sip_message m;
	bool shape = sip_shape(in);
	enum dissect_result result = sip_parse(&m, in);

	if (result == DISSECT_OK) {
		/* A method may begin with what sip_shape takes for no letter; "SIP" may not. */
		require(shape || m.request);
		message_check(in, &m);
	} else {
		require(dissect_result_class(result) == DISSECT_CLASS_MALFORMED);
	}
	return 0;
}
