# SPDX-License-Identifier: Apache-2.0
talkpath_test(lib/api USES talkpath generate PkgConfig::JANSSON)
talkpath_test(lib/saved_calls USES talkpath generate PkgConfig::JANSSON)
talkpath_test(lib/spool USES talkpath capture)
talkpath_test(lib/transport USES talkpath store generate PkgConfig::JANSSON)
talkpath_test(lib/threshold USES talkpath capture analyze)
talkpath_test(lib/live_clock USES talkpath capture analyze)
talkpath_test(lib/memory_plan USES talkpath capture analyze)
talkpath_test(lib/sound_calls USES talkpath capture analyze store generate PkgConfig::JANSSON)
talkpath_test(lib/live USES talkpath capture analyze generate PkgConfig::JANSSON)
if(NOT TALKPATH_SANITIZE)
	add_test(NAME lib/installed COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/lib/installed
		${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} "${CMAKE_C_FLAGS}")
endif()
