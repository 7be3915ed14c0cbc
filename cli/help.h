/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TALKPATH_HELP_H
#define TALKPATH_HELP_H

extern const char help_general[], help_analyze[], help_filter[], help_explain[];
extern const char *const help_capture[]; /* in pieces, NULL behind the last */

#endif
