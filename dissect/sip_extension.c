/* SPDX-License-Identifier: Apache-2.0 */
#include "sip_extension.h"

/* The value of a header up to its parameters; *params is what follows. */
static struct text head(struct text value, struct text *params)
{
	return text_trim(text_cut(value, ';', params));
}

static struct text param(struct text params, struct text name)
{
	struct text value;

	(void)sip_param_find(params, name, &value);
	return sip_unquote(value);
}

static bool number(struct sip_number *out, struct text value)
{
	*out = sip_number_parse(value);
	return out->given;
}

/* RFC 3261 20.22: 0 to 255. */
static bool max_forwards(struct sip_number *out, struct text value)
{
	struct sip_number hops = sip_number_parse(value);

	if (!hops.given || hops.value > UINT8_MAX) {
		return false;
	}
	*out = hops;
	return true;
}

/* The URI of the first value of an address list, kept where none was kept before. */
static bool first_uri(struct text *uri, struct text value)
{
	struct text one;
	struct sip_address address;

	if (uri->length > 0) {
		return true;
	}
	if (!sip_value_next(&value, &one) || sip_address_parse(&address, one) != DISSECT_OK) {
		return false;
	}
	*uri = address.uri;
	return true;
}

static bool route(struct text *uri, unsigned *count, struct text value)
{
	struct text rest = value, one;

	while (sip_value_next(&rest, &one)) {
		++*count;
	}
	return first_uri(uri, value);
}

static bool options(unsigned *out, struct text value)
{
	struct text one;

	while (sip_value_next(&value, &one)) {
		*out |= sip_option_of(one);
	}
	return true;
}

/* RFC 4028 section 4: "1800;refresher=uac" */
static bool session_expires(struct sip_timers *out, struct text value)
{
	struct text params;

	if (!number(&out->session_expires, head(value, &params))) {
		return false;
	}
	out->refresher = param(params, TEXT("refresher"));
	return true;
}

/* RFC 3262 section 7.2: "776656 1 INVITE" */
static bool rack(struct sip_reliability *out, struct text value)
{
	struct sip_number rseq = sip_number_parse(text_word(&value));
	struct sip_number cseq = sip_number_parse(text_word(&value));
	struct text method = text_word(&value);

	if (!rseq.given || !cseq.given || !sip_is_token(method)) {
		return false;
	}
	out->rack_rseq = rseq;
	out->rack_cseq = cseq;
	out->rack_method = method;
	return true;
}

/* RFC 3326: Q.850;cause=16;text="Terminated", SIP;cause=200 */
static bool reason(struct sip_cause *out, struct text value)
{
	struct text one;

	while (sip_value_next(&value, &one)) {
		struct text params;
		struct text protocol = head(one, &params);
		struct sip_number cause = sip_number_parse(param(params, TEXT("cause")));

		if (text_equal_nocase(protocol, TEXT("SIP")) && !out->sip.given) {
			out->sip = cause;
		} else if (text_equal_nocase(protocol, TEXT("Q.850")) && !out->q850.given) {
			out->q850 = cause;
		}
		if (out->text.length == 0) {
			out->text = param(params, TEXT("text"));
		}
	}
	return true;
}

/* RFC 3261 20.43: 307 isi.edu "Session parameter 'foo' not understood" */
static bool warning(struct sip_cause *out, struct text value)
{
	struct text one;
	struct sip_number code;

	if (out->warning.given) {
		return true;
	}
	if (!sip_value_next(&value, &one)) {
		return false;
	}
	code = sip_number_parse(text_word(&one));
	if (code.value < 100 || code.value > 999) {
		return false;
	}
	(void)text_word(&one); /* who warns */
	out->warning = code;
	out->warning_text = sip_unquote(text_trim(one));
	return true;
}

static bool event(struct sip_event *out, struct text value)
{
	struct text params;

	out->package = head(value, &params);
	out->id = param(params, TEXT("id"));
	return out->package.length > 0;
}

static bool subscription_state(struct sip_event *out, struct text value)
{
	struct text params;

	out->state = head(value, &params);
	out->reason = param(params, TEXT("reason"));
	out->expires = sip_number_parse(param(params, TEXT("expires")));
	return out->state.length > 0;
}

static bool replaces(struct sip_replaces *out, struct text value)
{
	struct text params, none;

	out->call_id = head(value, &params);
	out->from_tag = param(params, TEXT("from-tag"));
	out->to_tag = param(params, TEXT("to-tag"));
	out->early_only = sip_param_find(params, TEXT("early-only"), &none);
	if (out->call_id.length == 0 || out->from_tag.length == 0 || out->to_tag.length == 0) {
		*out = (struct sip_replaces){0};
		return false;
	}
	return true;
}

/* RFC 7989 section 5; the older form of RFC 7329 has no parameter. */
static bool session_id(struct sip_correlation *out, struct text value)
{
	struct text params;

	out->session_id = head(value, &params);
	out->remote_session = param(params, TEXT("remote"));
	return out->session_id.length > 0;
}

static bool charging_vector(struct sip_correlation *out, struct text value)
{
	out->charging_id = param(value, TEXT("icid-value"));
	return true;
}

static bool other_call_id(struct sip_correlation *out, struct text value)
{
	if (value.length > 0 && out->call_id_count < SIP_OTHER_CALL_IDS_MAX) {
		out->call_ids[out->call_id_count++] = value;
	}
	return true;
}

/* RFC 5806; the reason may be quoted or not. */
static bool diversion(struct sip_identity *out, struct text value)
{
	struct sip_address address;
	struct text one;

	if (out->diverted_by.length > 0) {
		return true;
	}
	if (!sip_value_next(&value, &one) || sip_address_parse(&address, one) != DISSECT_OK) {
		return false;
	}
	out->diverted_by = address.uri;
	out->diversion_reason = param(address.parameters, TEXT("reason"));
	return true;
}

/* Any scheme is valid. */
static bool credentials(struct sip_authentication *out, struct text value)
{
	out->authorized = true;
	out->credentials = value;
	return value.length > 0;
}

static bool challenge(struct sip_authentication *out, struct text value)
{
	if (out->challenge_count < SIP_CHALLENGES_MAX) {
		out->challenges[out->challenge_count++] = value;
	}
	return value.length > 0;
}

/* RFC 3261 20.17: always in GMT. */
static bool date(struct text value)
{
	return value.length >= 3 && text_equal(text_from(value, value.length - 3), TEXT("GMT"));
}

/* What belongs to a call or a subscription. */
static bool dialog_header(struct sip_message *out, enum sip_header header, struct text value)
{
	switch (header) {
	case SIP_HEADER_RSEQ:
		return number(&out->reliability.rseq, value);
	case SIP_HEADER_RACK:
		return rack(&out->reliability, value);
	case SIP_HEADER_REASON:
		return reason(&out->cause, value);
	case SIP_HEADER_WARNING:
		return warning(&out->cause, value);
	case SIP_HEADER_EVENT:
		return event(&out->event, value);
	case SIP_HEADER_SUBSCRIPTION_STATE:
		return subscription_state(&out->event, value);
	case SIP_HEADER_REFER_TO:
		return first_uri(&out->transfer.refer_to, value);
	case SIP_HEADER_REFERRED_BY:
		return first_uri(&out->transfer.referred_by, value);
	case SIP_HEADER_REPLACES:
		return replaces(&out->transfer.replaces, value);
	case SIP_HEADER_SESSION_ID:
		return session_id(&out->correlation, value);
	case SIP_HEADER_P_CHARGING_VECTOR:
		return charging_vector(&out->correlation, value);
	case SIP_HEADER_X_CALL_ID:
		return other_call_id(&out->correlation, value);
	default:
		return true;
	}
}

/* Who somebody is. */
static bool identity_header(struct sip_message *out, enum sip_header header, struct text value)
{
	switch (header) {
	case SIP_HEADER_AUTHORIZATION:
	case SIP_HEADER_PROXY_AUTHORIZATION:
		return credentials(&out->authentication, value);
	case SIP_HEADER_WWW_AUTHENTICATE:
	case SIP_HEADER_PROXY_AUTHENTICATE:
		return challenge(&out->authentication, value);
	case SIP_HEADER_P_ASSERTED_IDENTITY:
		return first_uri(&out->identity.asserted, value);
	case SIP_HEADER_P_PREFERRED_IDENTITY:
		return first_uri(&out->identity.preferred, value);
	case SIP_HEADER_REMOTE_PARTY_ID:
		return first_uri(&out->identity.remote_party, value);
	case SIP_HEADER_DIVERSION:
		return diversion(&out->identity, value);
	case SIP_HEADER_HISTORY_INFO:
		out->identity.has_history = true;
		return true;
	default:
		return dialog_header(out, header, value);
	}
}

enum dissect_result sip_extension_parse(
    struct sip_message *out, enum sip_header header, struct text value)
{
	bool sound;

	switch (header) {
	case SIP_HEADER_DATE:
		sound = date(value);
		break;
	case SIP_HEADER_MAX_FORWARDS:
		sound = max_forwards(&out->routing.max_forwards, value);
		break;
	case SIP_HEADER_ROUTE:
		sound = route(&out->routing.route, &out->routing.route_count, value);
		break;
	case SIP_HEADER_RECORD_ROUTE:
		sound = route(&out->routing.record_route, &out->routing.record_route_count, value);
		break;
	case SIP_HEADER_EXPIRES:
		sound = number(&out->timers.expires, value);
		break;
	case SIP_HEADER_MIN_EXPIRES:
		sound = number(&out->timers.min_expires, value);
		break;
	case SIP_HEADER_RETRY_AFTER:
		sound = number(&out->timers.retry_after, value);
		break;
	case SIP_HEADER_SESSION_EXPIRES:
		sound = session_expires(&out->timers, value);
		break;
	case SIP_HEADER_MIN_SE:
		sound = number(&out->timers.min_se, value);
		break;
	case SIP_HEADER_REQUIRE:
		sound = options(&out->required, value);
		break;
	case SIP_HEADER_SUPPORTED:
		sound = options(&out->supported, value);
		break;
	default:
		sound = identity_header(out, header, value);
		break;
	}
	return sound ? DISSECT_OK : MALFORMED_SIP_HEADER_VALUE;
}
