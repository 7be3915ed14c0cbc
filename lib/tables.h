/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How large the tables of an analysis are: by what was said of calls and streams, or such that they
 * take no more memory than was said.
 */
#ifndef TALKPATH_TABLES_H
#define TALKPATH_TABLES_H

#include "memory_plan.h"
#include "talkpath.h"

struct memory_plan tables_plan(const struct tp_options *options, bool live, unsigned workers);

#endif
