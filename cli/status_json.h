/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status of a live capture as one JSON object: docs/live.md lists its fields.
 */
#ifndef TALKPATH_STATUS_JSON_H
#define TALKPATH_STATUS_JSON_H

#include "json_put.h"
#include "service.h"

void status_json(struct json *json, const struct service_figures *figures);

#endif
