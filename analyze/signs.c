/* SPDX-License-Identifier: Apache-2.0 */
#include "signs.h"

#include "detect.h"
#include "endpoint.h"

/* Of a message that is whole, and as a phone sent it. */
static unsigned signs_of_phone(const struct sip_message *m, const struct signal *signal)
{
	if (m->request) {
		return m->via_count == 1 && endpoint_hops(signal->ttl) > 0 ? SIGN_ROUTED : 0;
	}
	return sip_alg_lan_is_between(&signal->dst.address, &signal->src.address) ? SIGN_ANSWERED
										  : 0;
}

unsigned signs_of(const struct sip_message *m, const struct sdp *sdp, const struct signal *signal,
    bool relayed, bool alike)
{
	bool defect = m->defects.count > 0 || (sdp && sdp->defects.count > 0);

	return (alike ? SIGN_ALIKE : 0) | (defect ? SIGN_DEFECT : 0) |
	       (relayed || signal->cut ? 0 : signs_of_phone(m, signal));
}
