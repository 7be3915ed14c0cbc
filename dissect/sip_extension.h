/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The headers of SIP beyond those that every message has.
 *
 * Data in:   the value of a header, trimmed, folds included, and the end of what is readable, not
 *            before the end of its line.
 * Data out:  the fields of struct sip_message that the header is about.
 */
#ifndef TALKPATH_SIP_EXTENSION_H
#define TALKPATH_SIP_EXTENSION_H

#include "sip.h"

/* DISSECT_OK for headers that it does not know, too; otherwise the field is as if absent. */
enum dissect_result sip_extension_parse(
    struct sip_message *out, enum sip_header header, struct text value);

#endif
