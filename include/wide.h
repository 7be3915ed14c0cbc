/* SPDX-License-Identifier: Apache-2.0 */
/* The 128-bit integer that gcc and clang have beside C11, for products of 64-bit ones. */
#ifndef TALKPATH_WIDE_H
#define TALKPATH_WIDE_H

__extension__ typedef unsigned __int128 uint128_t;
__extension__ typedef __int128 int128_t;

#endif
