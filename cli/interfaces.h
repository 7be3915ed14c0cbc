/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `capture --list`: the interfaces of this machine, and what each kind of source can do there.
 */
#ifndef TALKPATH_INTERFACES_LIST_H
#define TALKPATH_INTERFACES_LIST_H

#include "options.h"

/* As text, or as one JSON object (--format json). */
enum exit_code interfaces_list(const struct options *options);

#endif
