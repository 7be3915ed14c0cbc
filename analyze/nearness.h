/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How near a vantage is to a party of a call, as far as NAT tells.
 */
#ifndef TALKPATH_NEARNESS_H
#define TALKPATH_NEARNESS_H

#include "model.h"

/* 2: on the party's side of a NAT; 1: nothing known; 0: on the other party's side. */
int nearness(struct desk *desk, const struct call *call, uint16_t vantage, enum party party);

/* To compare vantages of one call with one another: with one there is nothing to compare. */
int nearness_rank(struct desk *desk, const struct call *call, uint16_t vantage, enum party party);

#endif
