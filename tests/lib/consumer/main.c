/* SPDX-License-Identifier: Apache-2.0 */
/* A program outside the project: it sees the installed header and library, nothing else. */
#include <stdio.h>
#include <talkpath.h>

static void print_call(void *context, const struct tp_call *call)
{
	(void)context;
	(void)printf("%s %s\n", call->call_id, call->state);
}

int main(int argc, char **argv)
{
	struct tp_analysis *analysis = tp_new(NULL, NULL);

	for (int i = 1; i < argc; i++) {
		if (tp_open_file(analysis, argv[i], NULL) != TP_OK) {
			return 1;
		}
	}
	if (tp_run(analysis) != TP_OK) {
		return 1;
	}
	tp_each_call(analysis, print_call, NULL);
	tp_free(analysis);
	return 0;
}
