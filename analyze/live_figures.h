/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a live capture is going: what the desk tells of calls, streams and findings as time goes by.
 *
 * Data in:   the desk's model, at its ticks, and each call as it is closed.
 * Data out:  desk_config.live_figures is given a struct tp_live_calls every second; with many
 *            calls at hand, which all are looked at, every five.
 * Ownership: the desk's. Threading: the desk's thread. Limits: those of struct tp_live_calls.
 */
#ifndef TALKPATH_LIVE_FIGURES_H
#define TALKPATH_LIVE_FIGURES_H

struct desk;
struct call;
struct live_figures;

/* NULL where memory is short. */
struct live_figures *live_figures_new(void);

/* Where they are wanted; as time has gone on. */
void live_figures_tick(struct desk *desk);

/* Count a call that is over, before its streams are released. */
void live_figures_closed(struct desk *desk, const struct call *call);

#endif
