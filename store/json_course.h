/* SPDX-License-Identifier: Apache-2.0 */
/* The course of a stream as members of its JSON object. */
#ifndef TALKPATH_JSON_COURSE_H
#define TALKPATH_JSON_COURSE_H

#include "json.h"

void json_put_course(struct json *json, const struct tp_stream *s);

#endif
