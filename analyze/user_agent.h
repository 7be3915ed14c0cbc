/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What User-Agent says that its sender is. It may say anything: good for holding something
 * back, or for a hint, never for a claim.
 */
#ifndef TALKPATH_USER_AGENT_H
#define TALKPATH_USER_AGENT_H

#include "text.h"

enum user_agent_kind {
	USER_AGENT_OTHER,
	USER_AGENT_PHONE,    /* a desk phone or adapter */
	USER_AGENT_PROGRAM,  /* a phone that is a program on a computer or a mobile */
	USER_AGENT_PLATFORM, /* a PBX, SBC, proxy, or a router that is a phone itself */
	USER_AGENT_DIALLER,  /* a library or dialler that scanners use, and honest people, too */
	USER_AGENT_SCANNER   /* made for scanning, and says so */
};

enum user_agent_kind user_agent_kind(struct text user_agent);

#endif
