/* SPDX-License-Identifier: Apache-2.0 */
/* What SIP header values are made of. Input: the text of a value, as no message parser saw it. */
#include "address.h"
#include "fuzz.h"
#include "sip_name.h"
#include "sip_same.h"
#include "sip_value.h"
#include "within.h"

static void uri_check(struct bytes in, struct text text)
{
	struct sip_uri uri;
	struct text value;
	char plain[32];
	enum dissect_result result = sip_uri_parse(&uri, text);

	require(result == DISSECT_OK || result == MALFORMED_SIP_URI);
	require(sip_uri_within(in, &uri));
	require(result == DISSECT_OK || uri.host.name.length == 0);
	require(uri.host.name.length > 0 || uri.host.port == 0);
	(void)sip_uri_header_find(uri.headers, TEXT("Replaces"), &value);
	require(text_within(in, value));
	(void)sip_param_find(uri.parameters, TEXT("transport"), &value);
	require(text_within(in, value));
	require(sip_user_equal(uri.user, uri.user) && sip_number_equal(uri.user, uri.user));
	require(sip_unescape(plain, sizeof(plain), uri.user) <= sizeof(plain));
}

/*
 * A host reads the same when it is written alone. Only of a bare address whose last group could be
 * a port that cannot be said: alone it is ambiguous, behind it stood what settled it.
 */
static void host_check(const struct sip_host *host)
{
	struct sip_host again;
	struct address address;

	if (host->bare_ipv6) {
		require(address_parse(&address, host->name));
		return;
	}
	require(sip_host_parse(&again, host->name));
	require(text_equal(again.name, host->name) && again.port == 0 && !again.bare_ipv6);
}

/* As in a message: what stands behind a value is the end of its line. */
static void plain_check(struct text value)
{
	char *line = malloc(value.length + 1);
	unsigned plain;

	require(line);
	memcpy(line, value.at, value.length);
	line[value.length] = '\r';
	require(
	    sip_plain_agrees((struct text){line, value.length}, line + value.length + 1, &plain));
	free(line);
}

static void value_check(struct bytes in, struct text value)
{
	struct sip_address address;
	struct sip_via via;

	require(text_within(in, value) && value.length > 0);
	if (sip_address_parse(&address, value) == DISSECT_OK) {
		require(sip_address_within(in, &address) && address.uri.length > 0);
		uri_check(in, address.uri);
	} else {
		require(address.uri.length == 0 && address.tag.length == 0);
	}
	if (sip_via_parse(&via, value) == DISSECT_OK) {
		require(sip_via_within(in, &via) && via.sent_by.name.length > 0);
		host_check(&via.sent_by);
	}
	uri_check(in, value);
	plain_check(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct text whole = {(const char *)in.at, size}, rest = whole, value, name;
	size_t count = 0;

	while (sip_value_next(&rest, &value)) {
		require(++count <= size);
		value_check(in, value);
	}
	rest = whole;
	for (count = 0; sip_param_next(&rest, &name, &value); count++) {
		struct text found;

		require(text_within(in, name) && name.length > 0 && text_within(in, value));
		require(count <= size);
		require(count > 16 || sip_param_find(whole, name, &found));
	}
	require(sip_number_parse(whole).given || sip_number_parse(whole).value == 0);
	require(sip_header_of(whole) < SIP_HEADER_COUNT);
	require(sip_method_of(whole) == SIP_METHOD_OTHER || sip_is_token(whole));
	return 0;
}
