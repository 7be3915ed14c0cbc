/* SPDX-License-Identifier: Apache-2.0 */
/* What messages say of addresses: the same whether it is shared with a message before or not. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "facts.h"

enum { ROOM = 1 << 19 };

#define MESSAGE(uri, via, contact, callid)                                       \
	"INVITE " uri " SIP/2.0\r\nVia: SIP/2.0/UDP " via ";branch=z9hG4bK1\r\n" \
	"From: <sip:alice@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\n"   \
	"Call-ID: " callid "\r\nCSeq: 1 INVITE\r\nContact: " contact "\r\n\r\n"

static const char *const messages[] = {
    MESSAGE("sip:bob@192.0.2.1", "10.0.0.1:5060", "<sip:alice@10.0.0.1:5060>", "a@10.0.0.1"),
    MESSAGE("sip:bob@192.0.2.1", "10.0.0.1", "<sip:alice@10.0.0.1:5060>", "a@10.0.0.1"),
    MESSAGE("sip:bob@192.0.2.10", "10.0.0.1:5060", "<sip:alice@10.0.0.1>", "a@10.0.0.11"),
    MESSAGE("sip:bob@192.0.2.1", "10.0.0.1:5060",
	"<sip:alice@10.0.0.1:5060>, <sip:alice@10.0.0.2:5060>", "b"),
    MESSAGE("tel:1", "10.0.0.1:5060", "*", "\xff\xfe"),
};

enum { MESSAGES = sizeof(messages) / sizeof(messages[0]) };

static void gather(struct facts *out, const struct facts before[2], char *room, const char *octets)
{
	struct sip_message m;

	cr_assert_eq(sip_parse(&m, bytes_of((const uint8_t *)octets, strlen(octets))), DISSECT_OK);
	cr_assert(facts_gather(out, before, room, ROOM, &m, NULL));
}

static char *room_make(void)
{
	char *room = malloc(ROOM);

	cr_assert_not_null(room);
	return room;
}

/* Each beside each two others, one of which may be itself. */
Test(facts, are_the_same_shared_or_not)
{
	static const struct facts none[2];
	char *rooms[MESSAGES], *room = room_make();
	struct facts alone[MESSAGES], beside;

	for (unsigned i = 0; i < MESSAGES; i++) {
		rooms[i] = room_make();
		gather(&alone[i], none, rooms[i], messages[i]);
	}
	for (unsigned i = 0; i < MESSAGES; i++) {
		for (unsigned k = 0; k < MESSAGES * MESSAGES; k++) {
			struct facts before[2] = {alone[k / MESSAGES], alone[k % MESSAGES]};

			gather(&beside, before, room, messages[i]);
			cr_expect(facts_equal(&alone[i], &beside), "%u beside %u", i, k);
			cr_expect_eq(facts_equal(&alone[i], &before[0]), i == k / MESSAGES);
		}
	}
	for (unsigned i = 0; i < MESSAGES; i++) {
		free(rooms[i]);
	}
	free(room);
}

/* A message that says what one before it said shares all of it. */
Test(facts, are_shared_where_they_are_the_same)
{
	static const struct facts none[2];
	char *first = room_make(), *second = room_make();
	struct facts before[2] = {{{NULL}}, {{NULL}}}, out;

	for (unsigned i = 0; i < MESSAGES; i++) {
		gather(&before[i % 2], none, first, messages[i]);
		before[1 - i % 2] = (struct facts){{NULL}};
		gather(&out, before, second, messages[i]);
		for (unsigned kind = 0; kind < PART_KINDS; kind++) {
			cr_expect_eq(out.of[kind], before[i % 2].of[kind]);
		}
	}
	free(first);
	free(second);
}

/* Whatever is in the message: the values that are read are those that stand there. */
Test(facts, are_read_as_they_were_written)
{
	static const struct facts none[2];
	char *room = room_make();
	struct facts facts;
	const struct fact *fact;

	gather(&facts, none, room, messages[3]);
	cr_assert_eq(facts.of[PART_CONTACTS]->count, 2);
	fact = (const struct fact *)facts.of[PART_CONTACTS]->facts;
	cr_expect_str_eq(fact->value, "alice@10.0.0.1:5060");
	cr_expect_eq(fact->length, strlen(fact->value));
	cr_expect_eq(fact->field, FACT_CONTACT);
	cr_expect_eq(fact->index, 0);
	fact = fact_next(fact);
	cr_expect_str_eq(fact->value, "alice@10.0.0.2:5060");
	cr_expect_eq(fact->index, 1);
	cr_expect_eq((const char *)fact_next(fact),
	    facts.of[PART_CONTACTS]->facts + facts.of[PART_CONTACTS]->octets);
	gather(&facts, none, room, messages[4]);
	cr_assert_eq(facts.of[PART_NAMES]->count, 3);
	fact = fact_next(fact_next((const struct fact *)facts.of[PART_NAMES]->facts));
	cr_expect_str_eq(fact->value, "\xef\xbf\xbd\xef\xbf\xbd", "no valid UTF-8");
	free(room);
}

/* What does not fit is lost, and that is said; nothing is written beyond the room. */
Test(facts, are_lost_where_there_is_no_room)
{
	static const struct facts none[2];
	struct sip_message m;
	struct facts facts;

	cr_assert_eq(
	    sip_parse(&m, bytes_of((const uint8_t *)messages[0], strlen(messages[0]))), DISSECT_OK);
	for (size_t octets = 64; octets < 512; octets += 4) {
		char *room = malloc(octets);
		bool all = facts_gather(&facts, none, room, octets, &m, NULL);

		cr_expect(all || octets < 512);
		free(room);
	}
}
