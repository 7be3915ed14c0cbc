/* SPDX-License-Identifier: Apache-2.0 */
/* In place of the filter where it is not built: sanitizers need calls that it forbids. */
#include "confine_calls.h"

/* NOLINTNEXTLINE(readability-non-const-parameter): the other one writes to it */
bool confine_calls(char error[CONFINE_ERROR_MAX])
{
	(void)error;
	return true;
}
