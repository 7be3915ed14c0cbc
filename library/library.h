/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Libraries that few runs need: loaded when they are, by the name that the linker would look for.
 * Those that libarchive and libpcap bring with them take longer to load than a small capture to be
 * read.
 *
 *     #define X_FUNCTIONS(F) F(x_open) F(x_close)
 *     struct x_library { X_FUNCTIONS(LIBRARY_MEMBER) } x;
 *     library_load(&x, X_SONAME, X_FUNCTIONS(LIBRARY_NAME) "")
 *
 * Ownership: what was loaded stays. Threading: any.
 */
#ifndef TALKPATH_LIBRARY_H
#define TALKPATH_LIBRARY_H

#include <stdbool.h>

#define LIBRARY_MEMBER(name) __typeof__(name) *(name);
#define LIBRARY_NAME(name)   #name "\0"

/*
 * members: a struct of pointers to functions, filled in the order of `names`, each of which ends in
 * 0. False where the library, or one of them, is not there.
 */
bool library_load(void *members, const char *soname, const char *names);

#endif
