/* SPDX-License-Identifier: Apache-2.0 */
/*
 * By what the SIP ALGs of different makers betray themselves: to name the device and its menu,
 * never to prove that there is one.
 *
 * Data in:   a message's own octets (marks), and what was changed between two places.
 * Data out:  the device, its name, and how it is switched off there. All words are static.
 * Sources:   the makers' documentation of their menus; docs/detection.md has the signs.
 */
#ifndef TALKPATH_ALG_FINGERPRINT_H
#define TALKPATH_ALG_FINGERPRINT_H

#include "finding.h"

enum alg_mark {
	ALG_MARK_NAT_TRACE = 1,      /* i=(o=IN IP4 address) */
	ALG_MARK_BROKEN_LINE = 2,    /* a line of the description that begins with no letter */
	ALG_MARK_TO_FIRST = 4,       /* To stands before From */
	ALG_MARK_FORWARDS_LOWER = 8, /* "max-forwards" */
	ALG_MARK_TRANSITION = 16     /* 192.0.0.0/29 in the description */
};

enum alg_device {
	ALG_DEVICE_UNKNOWN,
	ALG_DEVICE_BROKEN,
	ALG_DEVICE_LINUX,
	ALG_DEVICE_FORTINET,
	ALG_DEVICE_SONICWALL,
	ALG_DEVICE_JUNIPER,
	ALG_DEVICE_PROXY,
	ALG_DEVICE_TMG,
	ALG_DEVICES
};

/* enum alg_mark, of one message. sdp: its description, or NULL where that could not be read. */
unsigned alg_marks(const struct sip_message *message, const struct sdp *sdp);

/*
 * The device that made `changes` out of a message: from `inner`, as the phone's side knows it, to
 * `outer`. Changes of a response are named in its own direction.
 */
enum alg_device alg_device_of(const struct sighting *inner, const struct sighting *outer,
    const struct finding_change *changes, unsigned count);

/* "Linux nf_nat_sip (...)"; NULL for ALG_DEVICE_UNKNOWN. */
const char *alg_device_name(enum alg_device device);

/* Which sign it was. */
const char *alg_device_sign(enum alg_device device);

/* How to switch it off. */
const char *alg_device_remedy(enum alg_device device);

#endif
