/* SPDX-License-Identifier: Apache-2.0 */
#include "alg_fingerprint.h"

#include "sdp.h"
#include "sighting.h"

enum { PROXY_PORT_FIRST = 7070, PROXY_PORT_LAST = 7089 }; /* siproxd's default range for RTP */

#define RESTART " Then restart router and phones, so that no rewritten registration remains."

static const struct {
	const char *name, *sign, *remedy;
} devices[ALG_DEVICES] = {
    [ALG_DEVICE_UNKNOWN] =
	{
	    NULL,
	    NULL,
	    "Switch the router's SIP ALG off. Its menu calls it \"SIP ALG\", \"SIP Helper\", "
	    "\"SIP Transformations\", \"SIP inspection\" or \"VoIP passthrough\"." RESTART,
	},
    [ALG_DEVICE_BROKEN] =
	{
	    "a router whose ALG damages session descriptions",
	    "lines that no session description has, or an address of 192.0.0.0/29 "
	    "(464XLAT, DS-Lite)",
	    "Switch the router's SIP ALG off. Its menu calls it \"SIP ALG\", \"SIP Helper\" or "
	    "\"VoIP passthrough\"; where the provider manages the router, ask him for it, or for "
	    "other firmware." RESTART,
	},
    [ALG_DEVICE_LINUX] =
	{
	    "Linux nf_nat_sip (many home routers, MikroTik)",
	    "Via and Contact are rewritten with the port written out, the Call-ID is left alone",
	    "Switch the router's SIP ALG off. Home routers call it \"SIP ALG\", \"SIP Helper\" or "
	    "\"VoIP passthrough\"; MikroTik: IP > Firewall > Service Ports > sip, Disable; Linux: "
	    "unload nf_nat_sip and nf_conntrack_sip." RESTART,
	},
    [ALG_DEVICE_FORTINET] =
	{
	    "Fortinet FortiGate",
	    "the line i=(o=IN IP4 ...) that its nat-trace adds to the session description",
	    "Switch FortiGate's SIP ALG and SIP session helper off: \"config system settings\", "
	    "\"set default-voip-alg-mode kernel-helper-based\", \"set sip-expectation disable\", "
	    "\"set sip-nat-trace disable\", and delete the entry for sip under \"config system "
	    "session-helper\"." RESTART,
	},
    [ALG_DEVICE_SONICWALL] =
	{
	    "SonicWall",
	    "addresses are rewritten, and the port outside changes from request to request",
	    "SonicWall: VoIP > Settings, switch \"Enable SIP Transformations\" off and \"Enable "
	    "Consistent NAT\" on." RESTART,
	},
    [ALG_DEVICE_JUNIPER] =
	{
	    "Juniper SRX",
	    "From, Call-ID, Via and Contact are all replaced on the way out",
	    "Juniper SRX: \"set security alg sip disable\", and commit." RESTART,
	},
    [ALG_DEVICE_PROXY] =
	{
	    "a transparent SIP proxy such as siproxd",
	    "media ports around 7070, From and To in another order, or max-forwards in lower case",
	    "Switch the router's SIP proxy off. Menus call it \"SIP proxy\", \"siproxd\" or "
	    "\"VoIP proxy\"." RESTART,
	},
    [ALG_DEVICE_TMG] =
	{
	    "Microsoft TMG",
	    "rport comes back altered, and received is missing",
	    "Microsoft TMG: System > Application Filters, disable \"SIP Access Filter\"." RESTART,
	},
};

const char *alg_device_name(enum alg_device device)
{
	return devices[device].name;
}

const char *alg_device_sign(enum alg_device device)
{
	return devices[device].sign;
}

const char *alg_device_remedy(enum alg_device device)
{
	return devices[device].remedy;
}

/* --- marks --- */

static unsigned header_marks(const struct sip_message *m)
{
	const char *from = m->from.uri.at, *to = m->to.uri.at;
	unsigned marks = 0;

	if (from && to && to < from) {
		marks |= ALG_MARK_TO_FIRST;
	}
	if (m->routing.forwards_lower) {
		marks |= ALG_MARK_FORWARDS_LOWER;
	}
	return marks;
}

/* Nearly all are seen to be others without being read; an IPv6 address may stand for one. */
static bool is_transition(struct text value)
{
	struct address address;

	(void)text_word(&value);
	(void)text_word(&value);
	value = text_word(&value);
	return (text_starts(value, TEXT("192.0")) || text_find(value, ':') < value.length) &&
	       address_parse(&address, value) && address_class(&address) == ADDRESS_TRANSITION;
}

/* Most lines have none; blanks may stand before one that has. */
static inline bool begins_a_mark(char first)
{
	return first == 'i' || first == 'c' || first == ':' || text_is_space(first);
}

__attribute__((noinline)) static unsigned line_marks(struct text line)
{
	line = text_trim(line);
	if (text_starts(line, TEXT("c="))) { /* mostly */
		return is_transition(text_from(line, 2)) ? ALG_MARK_TRANSITION : 0;
	}
	if (text_starts(line, TEXT("i=(o=IN IP"))) {
		return ALG_MARK_NAT_TRACE;
	}
	return text_starts(line, TEXT(":=")) ? ALG_MARK_BROKEN_LINE : 0;
}

/* Of nearly all lines the first character says that they have none. */
static inline unsigned marks_at(struct text rest)
{
	return rest.length > 0 && begins_a_mark(rest.at[0])
		   ? line_marks(text_cut(rest, '\n', &rest))
		   : 0;
}

static unsigned description_marks(struct bytes description)
{
	struct text rest = {(const char *)description.at, bytes_left(&description)};
	unsigned marks = marks_at(rest), lines = 1;

	for (; rest.length >= TEXT_BLOCK; rest = text_from(rest, TEXT_BLOCK)) {
		unsigned ends = text_block_which(rest.at, '\n');

		for (; ends && lines < SDP_LINES_MAX; ends &= ends - 1, lines++) {
			marks |= marks_at(text_from(rest, (size_t)__builtin_ctz(ends) + 1));
		}
	}
	for (; rest.length > 0 && lines < SDP_LINES_MAX; lines++) {
		(void)text_cut(rest, '\n', &rest);
		marks |= marks_at(rest);
	}
	return marks;
}

/* None of its lines is one that line_marks() has a mark for: then they need not be found again. */
static bool is_usual(const struct sdp *sdp)
{
	return !sdp->unusual && sdp->defects.count == 0;
}

unsigned alg_marks(const struct sip_message *message, const struct sdp *sdp)
{
	struct bytes description;
	unsigned marks = header_marks(message);

	if ((!sdp || !is_usual(sdp)) &&
	    sip_body_find(message, TEXT("application/sdp"), &description)) {
		marks |= description_marks(description);
	}
	return marks;
}

/* --- the device --- */

static bool is_field(const struct finding_change *change, enum fact_field field)
{
	return text_equal(text_of(change->field), text_of(fact_field_name(field)));
}

static bool changed(const struct finding_change *changes, unsigned count, enum fact_field field)
{
	for (unsigned i = 0; i < count; i++) {
		if (is_field(&changes[i], field)) {
			return true;
		}
	}
	return false;
}

/* A media port in a proxy's range that was none before. */
static bool has_proxy_port(const struct finding_change *changes, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		uint64_t port;

		if (is_field(&changes[i], FACT_SDP_PORT) &&
		    text_number(text_of(changes[i].after), UINT16_MAX, &port) &&
		    port >= PROXY_PORT_FIRST && port <= PROXY_PORT_LAST) {
			return true;
		}
	}
	return false;
}

/* It always writes ip:port; a Call-ID that names the phone's address stays as it is. */
static bool is_linux(const struct sighting *inner, const struct sighting *outer,
    const struct finding_change *changes, unsigned count)
{
	const char *call_id = fact_value(inner, FACT_CALL_ID);
	const char *sent_by = fact_value(outer, FACT_VIA_SENT_BY);
	char address[ADDRESS_TEXT_MAX];

	address_format(inner->request ? &inner->src.address : &inner->dst.address, address);
	return changed(changes, count, FACT_VIA_SENT_BY) && changed(changes, count, FACT_CONTACT) &&
	       !changed(changes, count, FACT_CALL_ID) && call_id && strstr(call_id, address) &&
	       sent_by && text_find(text_of(sent_by), ':') < strlen(sent_by);
}

enum alg_device alg_device_of(const struct sighting *inner, const struct sighting *outer,
    const struct finding_change *changes, unsigned count)
{
	unsigned marks = outer->marks & (unsigned)~inner->marks;

	if (marks & ALG_MARK_NAT_TRACE) {
		return ALG_DEVICE_FORTINET;
	}
	if (marks & (ALG_MARK_BROKEN_LINE | ALG_MARK_TRANSITION)) {
		return ALG_DEVICE_BROKEN;
	}
	if (marks & (ALG_MARK_TO_FIRST | ALG_MARK_FORWARDS_LOWER) ||
	    has_proxy_port(changes, count)) {
		return ALG_DEVICE_PROXY;
	}
	if (!inner->request) {
		return ALG_DEVICE_UNKNOWN;
	}
	if (changed(changes, count, FACT_FROM) && changed(changes, count, FACT_CALL_ID) &&
	    changed(changes, count, FACT_VIA_SENT_BY) && changed(changes, count, FACT_CONTACT)) {
		return ALG_DEVICE_JUNIPER;
	}
	return is_linux(inner, outer, changes, count) ? ALG_DEVICE_LINUX : ALG_DEVICE_UNKNOWN;
}
