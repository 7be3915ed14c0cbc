/* SPDX-License-Identifier: Apache-2.0 */
/* Built instead of unpack.c where libarchive is not wanted: archives are refused. */
#include "unpack.h"

struct unpack *unpack_open(const struct window *input, struct source_error *error)
{
	struct window unused = *input;

	window_close(&unused);
	source_fail(error,
	    "is an archive, and talkpath was built without libarchive: unpack it first, or build "
	    "with libarchive-dev installed and TALKPATH_ARCHIVES=ON");
	return NULL;
}

/* Nothing was opened: none of these is ever called. */

void unpack_close(struct unpack *unpack)
{
	(void)unpack;
}

enum unpack_step unpack_next(
    struct unpack *unpack, struct unpack_member *member, struct source_error *error)
{
	(void)unpack;
	(void)member;
	(void)error;
	return UNPACK_END;
}

struct feed *unpack_feed(struct unpack *unpack)
{
	(void)unpack;
	return NULL;
}
