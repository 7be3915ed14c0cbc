/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Saying what is wrong with one direction of a call: the finding, on whose side, its evidence.
 *
 * Data in:   a complaint, judged and located (detect_quality.c).
 * Data out:  a high-loss or high-jitter finding. Complaints of all calls about one part of the way
 *            are one finding; its summary is that of the worst.
 * Ownership: the caller's, as what it points to. Threading: the desk's thread.
 */
#ifndef TALKPATH_COMPLAINT_H
#define TALKPATH_COMPLAINT_H

#include "finding.h"
#include "hearing.h"

/* Of what one direction suffers, the other one has so small a part at most: then it is whole. */
enum { WHOLE_SHARE = 4 };

enum ailment { AILMENT_LOSS, AILMENT_JITTER, AILMENTS };

/* Where a direction went bad, as seen from the capture points. */
enum complaint_place {
	PLACE_BEFORE,
	PLACE_AFTER,
	PLACE_BETWEEN,
	PLACE_BOTH_WAYS /* before, and the other direction is as bad: the capture itself, perhaps */
};

/* What is wrong with one direction. */
struct complaint {
	enum ailment ailment;
	const struct direction *direction;
	const struct hearing *heard; /* nearest to the listener */
	bool stretch;                /* in the worst seconds; otherwise all along */
	bool late;                   /* by packets too late for a buffer, not by mean jitter */
	enum finding_severity severity;
	enum complaint_place place;
	const struct hearing *first_bad; /* where it was bad first */
	const struct hearing *last_good; /* with PLACE_BETWEEN */
	bool order_known;                /* of these two */
	double far;                      /* as the listener reports; NAN where it does not */
	double other_way; /* of the other direction at the same vantage; NAN where not known */
	const struct hearing *other_worst; /* whose that is; or NULL */
	double value; /* percent, or ms: of the loss, the jitter, or (late) of the packets */
};

void complaint_report(const struct complaint *complaint, double confidence);

#endif
