/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of the text report about registrations and requests outside of calls.
 */
#ifndef TALKPATH_OUTPUT_SIGNALLING_H
#define TALKPATH_OUTPUT_SIGNALLING_H

#include "talkpath.h"
#include "term.h"

/* Registrations, those with a problem first; other requests only where some failed. */
void output_signalling(struct tp_analysis *analysis, const struct term *term);

#endif
