/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status of a live capture as a table for people.
 */
#ifndef TALKPATH_STATUS_TABLE_H
#define TALKPATH_STATUS_TABLE_H

#include "service.h"
#include "term.h"

void status_table(const struct service_figures *figures, const struct term *term);

#endif
