/* SPDX-License-Identifier: Apache-2.0 */
#include "threshold.h"

#include "analysis.h"

bool tp_threshold_set(struct tp_analysis *a, const char *name, double value)
{
	bool set;

	if (a->ran || (a->desk && !a->live)) {
		return false;
	}
	(void)pthread_mutex_lock(&a->thresholds_lock);
	set = threshold_set(&a->thresholds, name, value);
	a->thresholds_renewed |= set;
	(void)pthread_mutex_unlock(&a->thresholds_lock);
	return set;
}

double tp_threshold_get(const struct tp_analysis *a, const char *name)
{
	return threshold_get(&a->thresholds, name);
}

void threshold_renew(void *analysis, struct thresholds *thresholds)
{
	struct tp_analysis *a = analysis;

	(void)pthread_mutex_lock(&a->thresholds_lock);
	if (a->thresholds_renewed) {
		*thresholds = a->thresholds;
		a->thresholds_renewed = false;
	}
	(void)pthread_mutex_unlock(&a->thresholds_lock);
}

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
