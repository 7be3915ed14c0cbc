/* SPDX-License-Identifier: Apache-2.0 */
#include "voice_report.h"

_Static_assert(VOICE_VALUE_COUNT <= 64, "which values are set is one word");

/* Not beyond what an int32_t holds in thousandths. */
static const uint64_t number_max = 2000000;

static const struct text value_names[VOICE_VALUE_COUNT] = {
#define VOICE_NAME(value, name) [value] = {name, sizeof(name) - 1},
    VOICE_VALUES(VOICE_NAME)
#undef VOICE_NAME
};

/* --- numbers --- */

static size_t digits_of(struct text t)
{
	size_t n = 0;

	while (n < t.length && text_is_digit(t.at[n])) {
		n++;
	}
	return n;
}

/* A decimal number at the beginning of t, which moves behind it. */
static bool number_take(struct text *t, int32_t *thousandths)
{
	bool negative = t->length > 0 && t->at[0] == '-';
	struct text rest = text_from(*t, negative);
	size_t digits = digits_of(rest);
	int32_t value, unit = 100;
	uint64_t whole;

	if (!text_number((struct text){rest.at, digits}, number_max, &whole)) {
		return false;
	}
	value = (int32_t)whole * 1000;
	rest = text_from(rest, digits);
	if (rest.length > 0 && rest.at[0] == '.') {
		rest = text_from(rest, 1);
		for (digits = digits_of(rest); digits > 0; digits--) {
			value += (rest.at[0] - '0') * unit;
			unit /= 10;
			rest = text_from(rest, 1);
		}
	}
	*thousandths = negative ? -value : value;
	*t = rest;
	return true;
}

static bool hexadecimal(struct text t, uint32_t *value)
{
	uint32_t n = 0;

	if (t.length == 0 || t.length > 8) {
		return false;
	}
	for (size_t i = 0; i < t.length; i++) {
		char c = text_lower(t.at[i]);

		if (!text_is_digit(c) && (c < 'a' || c > 'f')) {
			return false;
		}
		n = n << 4 | (uint32_t)(text_is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	*value = n;
	return true;
}

/* RFC 6035 4.6.2 has "0x" before hexadecimal digits, and omits it in its own example. */
static bool ssrc_parse(struct voice_endpoint *out, struct text t)
{
	uint64_t decimal;
	uint32_t value;

	out->ssrc_count = 0;
	if (text_starts_nocase(t, TEXT("0x"))) {
		out->ssrc_count = hexadecimal(text_from(t, 2), &out->ssrcs[0]);
		return out->ssrc_count > 0;
	}
	if (text_number(t, UINT32_MAX, &decimal)) {
		out->ssrcs[out->ssrc_count++] = (uint32_t)decimal;
	}
	if (hexadecimal(t, &value)) {
		out->ssrcs[out->ssrc_count++] = value;
	}
	return out->ssrc_count > 0;
}

/* --- NAME=VALUE --- */

/* The next pair of a line; a quoted value loses its quotes. False at the end. */
static bool pair_next(struct text *rest, struct text *name, struct text *value)
{
	*rest = text_trim(*rest);
	if (text_find(*rest, '=') == rest->length) {
		return false;
	}
	*name = text_trim(text_cut(*rest, '=', rest));
	if (rest->length > 0 && rest->at[0] == '"') {
		*value = text_cut(text_from(*rest, 1), '"', rest);
	} else if (rest->length > 0 && text_is_space(rest->at[0])) {
		*value = TEXT_NONE;
	} else {
		*value = text_word(rest);
	}
	return true;
}

static bool value_of_name(struct text name, enum voice_value *value)
{
	for (unsigned i = 0; i < VOICE_VALUE_COUNT; i++) {
		if (text_equal_nocase(name, value_names[i])) {
			*value = (enum voice_value)i;
			return true;
		}
	}
	return false;
}

static bool value_take(
    struct voice_metrics *metrics, struct text *rest, struct text name, struct text text)
{
	enum voice_value value;
	int32_t thousandths;

	if (!value_of_name(name, &value)) {
		return true;
	}
	if (!number_take(&text, &thousandths)) {
		return false;
	}
	if (text.length > 0) {
		if (text_find(text, '=') == text.length) {
			return false;
		}
		/* "20JBX=240": the next pair begins where the number ends. */
		*rest = (struct text){text.at, (size_t)(rest->at + rest->length - text.at)};
	}
	metrics->thousandths[value] = thousandths;
	metrics->set |= 1ULL << value;
	return true;
}

static bool metrics_line(struct voice_metrics *metrics, struct text rest)
{
	struct text name, value;
	bool sound = true;

	for (int i = 0; i < VOICE_REPORT_VALUES_MAX && pair_next(&rest, &name, &value); i++) {
		if (text_equal_nocase(name, TEXT("PD"))) {
			metrics->codec = value;
		} else if (text_equal_nocase(name, TEXT("START"))) {
			metrics->start = value;
		} else if (text_equal_nocase(name, TEXT("STOP"))) {
			metrics->stop = value;
		} else if (!value_take(metrics, &rest, name, value)) {
			sound = false;
		}
	}
	return sound;
}

static bool endpoint_line(struct voice_endpoint *out, struct text rest)
{
	struct text name, value;
	bool sound = true, port = false;

	*out = (struct voice_endpoint){0};
	for (int i = 0; i < VOICE_REPORT_VALUES_MAX && pair_next(&rest, &name, &value); i++) {
		uint64_t number;

		if (text_equal_nocase(name, TEXT("IP"))) {
			out->literal = address_parse(&out->at.address, value);
			sound &= out->literal;
		} else if (text_equal_nocase(name, TEXT("PORT"))) {
			port = text_number(value, UINT16_MAX, &number);
			out->at.port = port ? (uint16_t)number : 0;
			sound &= port;
		} else if (text_equal_nocase(name, TEXT("SSRC"))) {
			sound &= ssrc_parse(out, value);
		}
	}
	out->literal &= port;
	return sound;
}

static void alert_line(struct voice_report *out, struct text rest)
{
	struct text name, value;

	for (int i = 0; i < VOICE_REPORT_VALUES_MAX && pair_next(&rest, &name, &value); i++) {
		if (text_equal_nocase(name, TEXT("Type"))) {
			out->alert_type = value;
		} else if (text_equal_nocase(name, TEXT("Severity"))) {
			out->alert_severity = value;
		} else if (text_equal_nocase(name, TEXT("Dir"))) {
			out->alert_direction = value;
		}
	}
}

/* --- lines --- */

/* "Name: value" or "Name=value"; what separates them comes first in the line. */
static bool line_cut(struct text line, struct text *name, struct text *value)
{
	size_t n = 0;

	while (n < line.length && line.at[n] != ':' && line.at[n] != '=') {
		n++;
	}
	if (n == 0 || n == line.length) {
		return false;
	}
	*name = text_trim((struct text){line.at, n});
	*value = text_trim(text_from(line, n + 1));
	return name->length > 0;
}

static struct text *session_text(struct voice_report *out, struct text name)
{
	const struct {
		struct text name;
		struct text *value;
	} rows[] = {
	    {TEXT("CallID"), &out->call_id},
	    {TEXT("LocalID"), &out->local_id},
	    {TEXT("RemoteID"), &out->remote_id},
	    {TEXT("OrigID"), &out->orig_id},
	    {TEXT("DialogID"), &out->dialog_call_id},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (text_equal_nocase(name, rows[i].name)) {
			return rows[i].value;
		}
	}
	return NULL;
}

static bool is_metrics(struct text name)
{
	static const struct text names[] = {{"Timestamps", 10}, {"SessionDesc", 11},
	    {"JitterBuffer", 12}, {"PacketLoss", 10}, {"BurstGapLoss", 12}, {"Delay", 5},
	    {"Signal", 6}, {"QualityEst", 10}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (text_equal_nocase(name, names[i])) {
			return true;
		}
	}
	return false;
}

static void line_parse(struct voice_report *out, struct voice_metrics **metrics, struct text line)
{
	struct text name, value, rest;
	struct text *text;
	bool sound = true;

	if (!line_cut(line, &name, &value)) {
		dissect_defect(&out->defects, MALFORMED_VOICE_REPORT_LINE);
		return;
	}
	text = session_text(out, name);
	if (text) {
		*text =
		    text == &out->dialog_call_id ? text_trim(text_cut(value, ';', &rest)) : value;
	} else if (text_equal_nocase(name, TEXT("LocalMetrics")) ||
		   text_equal_nocase(name, TEXT("Metrics"))) {
		*metrics = &out->received;
	} else if (text_equal_nocase(name, TEXT("RemoteMetrics"))) {
		*metrics = &out->sent;
	} else if (text_equal_nocase(name, TEXT("LocalAddr"))) {
		sound = endpoint_line(&out->local, value);
	} else if (text_equal_nocase(name, TEXT("RemoteAddr"))) {
		sound = endpoint_line(&out->remote, value);
	} else if (text_equal_nocase(name, TEXT("Type"))) {
		alert_line(out, line);
	} else if (is_metrics(name)) {
		(*metrics)->present = true;
		sound = metrics_line(*metrics, value);
	}
	if (!sound) {
		dissect_defect(&out->defects, MALFORMED_VOICE_REPORT_VALUE);
	}
}

static bool kind_parse(struct voice_report *out, struct text line)
{
	static const struct text names[] = {
	    [VOICE_REPORT_SESSION] = {"VQSessionReport", 15},
	    [VOICE_REPORT_INTERVAL] = {"VQIntervalReport", 16},
	    [VOICE_REPORT_ALERT] = {"VQAlertReport", 13},
	};
	struct text rest;
	struct text name = text_trim(text_cut(line, ':', &rest));

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (text_equal_nocase(name, names[i])) {
			out->kind = (enum voice_report_kind)i;
			out->call_term = text_equal_nocase(text_trim(rest), TEXT("CallTerm"));
			return true;
		}
	}
	return false;
}

enum dissect_result voice_report_parse(struct voice_report *out, struct bytes in)
{
	struct text rest = text_trim((struct text){(const char *)in.at, bytes_left(&in)});
	struct voice_metrics *metrics = &out->received;

	*out = (struct voice_report){0};
	if (!kind_parse(out, text_trim(text_cut(rest, '\n', &rest)))) {
		return MALFORMED_VOICE_REPORT_TYPE;
	}
	for (int i = 0; i < VOICE_REPORT_LINES_MAX && rest.length > 0; i++) {
		struct text line = text_trim(text_cut(rest, '\n', &rest));

		if (line.length > 0) {
			line_parse(out, &metrics, line);
		}
	}
	return DISSECT_OK;
}
