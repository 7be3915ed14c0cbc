/* SPDX-License-Identifier: Apache-2.0 */
#include "gen_phones.h"

#include <stdlib.h>

#include "gen_agenda.h"
#include "gen_talk.h"

enum { TEXT_MAX = 2048, STEPS = 8 };

static const int64_t ms = 1000000;
static const int64_t epoch_ns = 1767225600LL * 1000000000; /* 2026-01-01 */
static const int64_t minute_ns = 60LL * 1000 * 1000000;

struct crowd {
	struct gen_file *file;
	const struct gen_phones *what;
	struct gen_phones_truth *truth;
};

struct phone {
	struct crowd *crowd;
	uint32_t number, minute, step;
	int64_t start_ns;
	struct gen_talk talk;
};

static const char *transport(const struct phone *p)
{
	return p->talk.tcp ? "TCP" : "UDP";
}

static const char *host_of(const struct phone *p, char out[32])
{
	const uint8_t *a = p->talk.route.src.address;

	(void)snprintf(out, 32, "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
	return out;
}

static size_t register_text(const struct phone *p, char out[TEXT_MAX], bool with_credentials)
{
	char host[32], credentials[320] = "";

	host_of(p, host);
	if (with_credentials) {
		(void)snprintf(credentials, sizeof(credentials),
		    "Authorization: Digest username=\"%u\", realm=\"example.org\", "
		    "nonce=\"%08x%08x\", uri=\"sip:example.org\", "
		    "response=\"%08x%08x%08x%08x\", algorithm=MD5\r\n",
		    1000 + p->number, p->number, p->minute, p->number * 2654435761U,
		    p->minute * 40503U + 7, p->number ^ 0x5bd1e995U, p->minute + 77U);
	}
	return (size_t)snprintf(out, TEXT_MAX,
	    "REGISTER sip:example.org SIP/2.0\r\n"
	    "Via: SIP/2.0/%s %s:5060;branch=z9hG4bK%u-%u-%u;rport\r\n"
	    "Max-Forwards: 70\r\nFrom: <sip:%u@example.org>;tag=r%u\r\n"
	    "To: <sip:%u@example.org>\r\nCall-ID: reg-%u@%s\r\nCSeq: %u REGISTER\r\n"
	    "Contact: <sip:%u@%s:5060;transport=%s>;expires=120\r\n%s"
	    "User-Agent: talkpath-generator 1.0\r\n"
	    "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, REFER, UPDATE\r\n"
	    "Content-Length: 0\r\n\r\n",
	    transport(p), host, p->number, p->minute, p->step, 1000 + p->number, p->number,
	    1000 + p->number, p->number, host, 2 * p->minute + with_credentials + 1,
	    1000 + p->number, host, p->talk.tcp ? "tcp" : "udp", credentials);
}

static size_t register_answer(const struct phone *p, char out[TEXT_MAX], bool accepted)
{
	char host[32], more[200];

	host_of(p, host);
	if (accepted) {
		(void)snprintf(more, sizeof(more),
		    "Contact: <sip:%u@%s:5060;transport=%s>;expires=120\r\n", 1000 + p->number,
		    host, p->talk.tcp ? "tcp" : "udp");
	} else {
		(void)snprintf(more, sizeof(more),
		    "WWW-Authenticate: Digest realm=\"example.org\", nonce=\"%08x%08x\", "
		    "algorithm=MD5\r\n",
		    p->number, p->minute);
	}
	return (size_t)snprintf(out, TEXT_MAX,
	    "SIP/2.0 %s\r\nVia: SIP/2.0/%s %s:5060;branch=z9hG4bK%u-%u-%u;rport=5060;"
	    "received=%s\r\nFrom: <sip:%u@example.org>;tag=r%u\r\n"
	    "To: <sip:%u@example.org>;tag=s%u-%u\r\nCall-ID: reg-%u@%s\r\nCSeq: %u REGISTER\r\n"
	    "%sServer: example server\r\nContent-Length: 0\r\n\r\n",
	    accepted ? "200 OK" : "401 Unauthorized", transport(p), host, p->number, p->minute,
	    p->step - 1, host, 1000 + p->number, p->number, 1000 + p->number, p->number, p->minute,
	    p->number, host, 2 * p->minute + accepted + 1, more);
}

static size_t options_text(const struct phone *p, char out[TEXT_MAX], bool answer)
{
	unsigned number = p->minute * STEPS + p->step - answer;
	char host[32], line[96] = "SIP/2.0 200 OK";

	host_of(p, host);
	if (!answer) {
		(void)snprintf(
		    line, sizeof(line), "OPTIONS sip:%u@%s:5060 SIP/2.0", 1000 + p->number, host);
	}
	return (size_t)snprintf(out, TEXT_MAX,
	    "%s\r\nVia: SIP/2.0/%s 10.9.0.1:5060;branch=z9hG4bKo%u-%u;rport\r\n%s"
	    "From: <sip:ping@example.org>;tag=o%u-%u\r\nTo: <sip:%u@%s:5060>%s\r\n"
	    "Call-ID: ping-%u-%u@10.9.0.1\r\nCSeq: %u OPTIONS\r\n%s"
	    "Content-Length: 0\r\n\r\n",
	    line, transport(p), p->number, number, answer ? "" : "Max-Forwards: 70\r\n", p->number,
	    number, 1000 + p->number, host, answer ? ";tag=p" : "", p->number, number, 1 + number,
	    answer ? "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, REFER, UPDATE\r\n"
		     "User-Agent: talkpath-generator 1.0\r\n"
		   : "User-Agent: example server\r\n");
}

static void say(struct phone *p, int64_t now, bool back, const char *text, size_t length)
{
	gen_talk_say(p->crowd->file, now, &p->talk, back, text, length);
	p->crowd->truth->messages++;
}

static bool phone_act(void *self, int64_t *next_ns)
{
	static const int64_t pauses_ms[STEPS] = {15, 5, 15, 20000, 20, 20000, 20};
	struct phone *p = self;
	struct gen_phones_truth *truth = p->crowd->truth;
	char text[TEXT_MAX];

	switch (p->step) {
	case 0:
		if (truth->messages >= p->crowd->what->messages) {
			return false;
		}
		if (p->minute == 0) {
			gen_talk_open(p->crowd->file, *next_ns, &p->talk);
		}
		say(p, *next_ns, false, text, register_text(p, text, false));
		break;
	case 2:
		say(p, *next_ns, false, text, register_text(p, text, true));
		break;
	case 1:
	case 3:
		say(p, *next_ns, true, text, register_answer(p, text, p->step == 3));
		truth->registrations += p->step == 3;
		break;
	case 4:
	case 6:
		say(p, *next_ns, true, text, options_text(p, text, false));
		truth->options++;
		break;
	default:
		say(p, *next_ns, false, text, options_text(p, text, true));
	}
	*next_ns += pauses_ms[p->step] * ms;
	if (++p->step == STEPS) {
		p->step = 0;
		*next_ns = p->start_ns + ++p->minute * minute_ns;
	}
	return true;
}

bool gen_phones(
    struct gen_file *file, const struct gen_phones *what, struct gen_phones_truth *truth)
{
	struct crowd crowd = {file, what, truth};
	struct phone *phones = calloc(what->phones, sizeof(*phones));
	struct gen_agenda agenda = {0};
	struct gen_random random = {what->seed};

	*truth = (struct gen_phones_truth){0};
	if (!phones) {
		abort();
	}
	for (uint32_t i = 0; i < what->phones; i++) {
		struct phone *p = &phones[i];

		*p = (struct phone){
		    .crowd = &crowd,
		    .number = i,
		    .start_ns = epoch_ns + (int64_t)(gen_random_unit(&random) * (double)minute_ns),
		    .talk = {.route = {{.address = {10, (uint8_t)(64 + (i >> 16)),
					    (uint8_t)(i >> 8), (uint8_t)i},
					   .port = 5060},
				 gen_end("10.9.0.1", 5060), 26, 64},
			.tcp = what->tcp,
			.sequence = {i * 7919U, i * 104729U}},
		};
		gen_agenda_add(&agenda, (struct gen_actor){p->start_ns, phone_act, p});
	}
	gen_agenda_run(&agenda);
	free(phones);
	return !file->failed;
}
