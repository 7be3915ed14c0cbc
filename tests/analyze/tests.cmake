# SPDX-License-Identifier: Apache-2.0
talkpath_test(analyze/meter USES analyze)
talkpath_test(analyze/meter_time USES analyze)
talkpath_test(analyze/losses USES analyze)
talkpath_test(analyze/tables USES analyze)
talkpath_test(analyze/emodel USES analyze)
talkpath_test(analyze/memory USES analyze)
target_link_options(analyze_memory PRIVATE
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=aligned_alloc)
talkpath_test(analyze/intake USES analyze capture generate)
