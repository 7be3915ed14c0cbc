/* SPDX-License-Identifier: Apache-2.0 */
/* What the program writes as JSON, read by a library that is not its own. */
#ifndef TALKPATH_TEST_JSON_WRITTEN_H
#define TALKPATH_TEST_JSON_WRITTEN_H

#include "json.h"
#include "program.h"

/* The text of `members` written into an object, to be released with free(). */
#define WRITTEN(members, ...)                   \
	({                                      \
		struct json writer_;            \
		cr_assert(json_new(&writer_));  \
		json_open(&writer_, '{');       \
		members(&writer_, __VA_ARGS__); \
		json_close(&writer_, '}');      \
		json_take(&writer_);            \
	})

static inline json_t *parse_and_free(char *text)
{
	json_t *json = parse(text);

	free(text);
	return json;
}

/* The same, read back. */
#define PARSED(members, ...) parse_and_free(WRITTEN(members, __VA_ARGS__))

#endif
