/* SPDX-License-Identifier: Apache-2.0 */
#include "alg.h"

#include "endpoint.h"
#include "flow.h"

static const char why_text[] =
    "The provider sees addresses that the router wrote, takes the phone for one "
    "without NAT and leaves its own NAT handling off. Then inbound calls fail as soon "
    "as the router forgets the phone, audio goes one way where the rewritten media "
    "address is wrong, and calls of several phones can be mixed up.";

static const char settle_text[] =
    "a capture on both sides of the router at the same time, named with --vantage lan= and "
    "--vantage wan=: then the same message is compared before and after it";

/* NULL: neither said nor learned. */
static const struct address *outside_of(struct desk *desk, const struct alg_site *site)
{
	const struct endpoint_entry *phone;

	if (site->outside) {
		return site->outside;
	}
	phone = endpoint_entry(desk, site->phone);
	return phone && phone->outside_known ? &phone->rare->outside : NULL;
}

/* A router is known by its outer address; without one, by where it was found at work. */
static uint64_t router_key(struct desk *desk, const struct alg_site *site)
{
	const struct address *outside = outside_of(desk, site);
	struct endpoint router = {.port = 0};

	if (outside) {
		router.address = *outside;
	} else {
		router.port = (uint16_t)(site->inner << 8 | site->outer);
	}
	return hash_endpoint(desk->key, &router);
}

static void summary_write(struct finding *f, struct desk *desk, const struct alg_site *site)
{
	const struct address *outside = outside_of(desk, site);
	const char *inner = desk->config.vantages[site->inner];
	const char *outer = desk->config.vantages[site->outer];
	bool hint = f->confidence < FINDING_HINT;
	const char *router = "", *where = "";
	char text[ADDRESS_TEXT_MAX];

	if (outside) {
		router = arena_format(&f->text, " %s", address_format(outside, text));
	} else if (site->phone) {
		router = arena_format(
		    &f->text, hint ? " at %s" : " of phone %s", address_format(site->phone, text));
	}
	f->vantage = arena_text(&f->text, text_of(inner));
	if (site->inner != site->outer) {
		f->vantage = arena_format(&f->text, "%s, %s", inner, outer);
		where = arena_format(&f->text, " between %s and %s", inner, outer);
	}
	f->summary =
	    arena_format(&f->text, "%s: the router%s%s %s the addresses inside SIP messages",
		hint ? "Perhaps a SIP ALG" : "SIP ALG", router, where,
		hint ? "may rewrite" : "rewrites");
	f->why = why_text;
	f->would_settle = site->both ? NULL : settle_text;
}

void alg_device_note(
    struct finding *f, enum alg_device device, const struct mark *mark, const char *sign)
{
	if (device != ALG_DEVICE_UNKNOWN && f->remedy == alg_device_remedy(ALG_DEVICE_UNKNOWN)) {
		f->remedy = alg_device_remedy(device);
		finding_evidence(f, mark, "this is how %s rewrites: %s", alg_device_name(device),
		    sign ? sign : alg_device_sign(device));
	}
}

struct finding *alg_claim(
    struct desk *desk, struct call *call, const struct alg_site *site, double confidence)
{
	struct finding *f = finding_open(desk, "sip-alg", NULL, router_key(desk, site));
	bool surer;

	if (!f) {
		return NULL;
	}
	surer = confidence > f->confidence;
	finding_rate(f, confidence, SEVERITY_WARNING);
	if (finding_is_new(f)) {
		f->remedy = alg_device_remedy(ALG_DEVICE_UNKNOWN);
	}
	if (surer) {
		summary_write(f, desk, site);
	}
	finding_call(f, call);
	if (site->phone) {
		finding_endpoint(f, site->phone);
	}
	return f;
}

static bool host_endpoint(struct text text, struct endpoint *out)
{
	struct sip_host host;

	if (!sip_host_parse(&host, text) || !address_parse(&out->address, host.name)) {
		return false;
	}
	out->port = host.port;
	return true;
}

bool alg_text_endpoint(struct text value, struct endpoint *out)
{
	size_t from = value.length;

	while (from > 0 && value.at[from - 1] != '@') {
		from--;
	}
	return host_endpoint(text_from(value, from), out);
}

bool alg_fact_endpoint(const char *value, struct endpoint *out)
{
	return alg_text_endpoint(text_of(value), out);
}

bool alg_host_equal(struct text a, struct text b)
{
	struct endpoint one, other;

	return text_equal_nocase(a, b) ||
	       (host_endpoint(a, &one) && host_endpoint(b, &other) && endpoint_equal(&one, &other));
}

/* Up to the next "@" or blank, behind which the rest begins. */
static struct text part_take(struct text *rest)
{
	struct text part = {rest->at, 0};

	while (part.length < rest->length && !strchr("@ ", rest->at[part.length])) {
		part.length++;
	}
	rest->at += part.length + (part.length < rest->length);
	rest->length -= part.length + (part.length < rest->length);
	return part;
}

bool alg_value_equal(const char *a, const char *b)
{
	struct text x = text_of(a), y = text_of(b);

	while (x.length > 0 && y.length > 0) {
		struct text one = part_take(&x), other = part_take(&y);

		if (!alg_host_equal(one, other)) {
			return false;
		}
	}
	return x.length == y.length;
}
