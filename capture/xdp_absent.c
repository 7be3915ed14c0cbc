/* SPDX-License-Identifier: Apache-2.0 */
/* In place of the xdp: sources, where they are not built. */
#include "live_kinds.h"

static const char why[] = "this talkpath was built without xdp: sources (-DTALKPATH_XDP=ON builds "
			  "them); pcap: reads the same packets";

bool xdp_open(const struct live_spec *spec, struct live_opened *out, int fds[LIVE_FDS_MAX])
{
	(void)spec;
	fds[0] = -1; /* none */
	return live_refuse(out, "%s", why);
}

struct source *xdp_source_new(const struct live_spec *spec, const struct live_opened *opened,
    const int fds[LIVE_FDS_MAX], uint16_t capture, struct source_error *error)
{
	(void)spec;
	(void)opened;
	(void)fds;
	(void)capture;
	source_fail(error, "%s", why);
	return NULL;
}
