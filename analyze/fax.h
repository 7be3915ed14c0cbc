/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faxes at the desk: flows that may be UDPTL become streams where offer and answer agreed on T.38.
 *
 * Data in:   fax_notice, each telling all so far of a flow.
 * Data out:  a stream of its call, with packets, octets and times; or its packets in the count of
 *            what was not decoded.
 * Threading: the desk's thread. Limits: those of streams.
 *
 * An agreement may be seen after the first packets: the notice that comes behind it is taken.
 */
#ifndef TALKPATH_FAX_H
#define TALKPATH_FAX_H

#include "model.h"

void fax_take(struct desk *desk, const struct fax_notice *notice);

#endif
