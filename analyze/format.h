/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sentences of words and numbers, as printf makes them, for what is said of every phone and call.
 *
 * Data in:   a format and its arguments. Data out: the text, in the caller's room.
 * Ownership: none. Threading: any. Limits: the room.
 */
#ifndef TALKPATH_FORMAT_H
#define TALKPATH_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/*
 * As vsnprintf(), and in a fraction of its time where the format has no more than %s and %u; then
 * NULL is no word at all.
 */
__attribute__((format(printf, 3, 0))) int format_text(
    char *out, size_t size, const char *format, va_list arguments);

#endif
