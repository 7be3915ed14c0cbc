/* SPDX-License-Identifier: Apache-2.0 */
#include "talkpath.h"
#include "thresholds.h"

void tp_each_threshold(tp_threshold_visitor *visit, void *context)
{
	for (size_t i = 0; i < threshold_count; i++) {
		const struct threshold *t = &threshold_list[i];

		visit(context, &(struct tp_threshold){
				   .name = t->name,
				   .about = t->about,
				   .usual = t->usual,
				   .least = t->least,
				   .most = t->most,
			       });
	}
}
