/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What talkpath.h calls a live source, in the words of capture/.
 */
#ifndef TALKPATH_LIVE_SPEC_H
#define TALKPATH_LIVE_SPEC_H

#include "live.h"
#include "talkpath.h"

/* False with *error where it cannot be meant. */
bool live_spec_make(struct live_spec *spec, const struct tp_live *live, struct source_error *error);

/* The name of its capture point, where the user gives none. */
const char *live_spec_vantage(const struct live_spec *spec);

#endif
