/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run may use of the machine, as the command line has it.
 */
#ifndef TALKPATH_OPTION_RESOURCES_H
#define TALKPATH_OPTION_RESOURCES_H

#include <stdbool.h>
#include <stdint.h>

#include "talkpath.h"

/* "512M", "2G", "800k", or octets. False where it is none. */
bool size_parse(const char *text, uint64_t *octets);

struct option_cores {
	unsigned list[TP_CORES_MAX];
	unsigned count;
};

/* "2-5", "2,4,6-7". False, with the reason on standard error. */
bool cores_parse(const char *text, struct option_cores *cores);

#endif
