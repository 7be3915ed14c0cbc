/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept of each stream and call: there are many, so growth must be a decision. The limits
 * are those of docs/architecture.md.
 */
#include <criterion/criterion.h>

#include "asker.h"
#include "meter_state.h"
#include "model.h"
#include "offer_answer.h"
#include "trace.h"

Test(sizes, of_a_stream)
{
	size_t slot = sizeof(struct table_bucket) / 4; /* of the eight, at most half are used */
	size_t followed = sizeof(uint32_t);

	cr_expect_eq(sizeof(struct meter_hot), 128);
	cr_expect_leq(sizeof(struct meter_cold), 192);
	cr_expect_leq(sizeof(struct meter_hot) + sizeof(struct meter_cold) +
			  sizeof(struct desk_stream) + followed + 2 * slot,
	    500);
	/* Afterwards: the meter has given back its part. */
	cr_expect_leq(sizeof(struct desk_stream) + sizeof(struct stream_figures) + slot, 384);
}

/*
 * Beside its traces and texts: an INVITE that is answered, one line of media in both descriptions,
 * each of which names a place of its own.
 */
Test(sizes, of_a_call)
{
	size_t places = PARTIES * (sizeof(struct site) + sizeof(struct place));

	cr_expect_leq(sizeof(struct call), 192);
	cr_expect_leq(sizeof(struct observation) + sizeof(struct agreed_line), 248);
	cr_expect_leq(places, 120);
	cr_expect_leq(sizeof(struct trace_head), 14);
}

/* Each has the first view within; most askers ask for one thing, and need no sketch. */
Test(sizes, of_a_phone)
{
	cr_expect_leq(sizeof(struct endpoint_entry), 104);
	cr_expect_leq(sizeof(struct asker), 216);
	cr_expect_leq(sizeof(struct sip_transaction), 104);
}
