/* SPDX-License-Identifier: Apache-2.0 */
/* Expectations about the types of this project; a failure shows what was found. */
#ifndef TALKPATH_TEST_EXPECT_H
#define TALKPATH_TEST_EXPECT_H

#include <criterion/criterion.h>
#include <stdio.h>

#include "address.h"
#include "result.h"
#include "text.h"

/* By its stable name, which is what a user sees. */
#define expect_result(found, name)                                                               \
	do {                                                                                     \
		const char *found_ = dissect_result_name(found);                                 \
		cr_expect(strcmp(found_, (name)) == 0, "%s: \"%s\", not \"%s\"", #found, found_, \
		    (name));                                                                     \
	} while (0)

#define expect_text(found, wanted)                                                                 \
	do {                                                                                       \
		struct text found_ = (found);                                                      \
		cr_expect(text_equal(found_, text_of(wanted)), "%s: \"%.*s\", not \"%s\"", #found, \
		    (int)found_.length, found_.at ? found_.at : "", (wanted));                     \
	} while (0)

#define expect_number(found, wanted)                                                         \
	do {                                                                                 \
		long long found_ = (long long)(found), wanted_ = (long long)(wanted);        \
		cr_expect(found_ == wanted_, "%s: %lld, not %lld", #found, found_, wanted_); \
	} while (0)

#define expect_address(found, wanted)                                                           \
	do {                                                                                    \
		char text_[ADDRESS_TEXT_MAX];                                                   \
		const char *found_ = address_format((found), text_);                            \
		cr_expect(                                                                      \
		    strcmp(found_, (wanted)) == 0, "%s: %s, not %s", #found, found_, (wanted)); \
	} while (0)

/* The defects of a message are these, in their order: "sip_via, sip_body_short"; "" for none. */
static inline void defects_list(const struct dissect_defects *defects, char out[512])
{
	size_t at = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < defects->count; i++) {
		at += (size_t)snprintf(out + at, 512 - at, "%s%s", i ? ", " : "",
		    dissect_result_name((enum dissect_result)defects->list[i]));
	}
}

#define expect_defects(found, wanted)                                                            \
	do {                                                                                     \
		char list_[512];                                                                 \
		defects_list((found), list_);                                                    \
		cr_expect(strcmp(list_, (wanted)) == 0, "%s: \"%s\", not \"%s\"", #found, list_, \
		    (wanted));                                                                   \
	} while (0)

#endif
