# SPDX-License-Identifier: Apache-2.0
# talkpath_module(NAME SOURCES... USES LIBRARIES...): the static library of one folder.
#
# Its headers are visible to those that link it, and only to them; that is what enforces the
# direction of dependencies. Linking against something that links back is an error in CMake.
function(talkpath_module name)
	cmake_parse_arguments(MODULE "" "" "SOURCES;USES;HIDES" ${ARGN})
	add_library(${name} STATIC ${MODULE_SOURCES})
	target_include_directories(${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
	target_link_libraries(${name} PUBLIC words ${MODULE_USES} PRIVATE ${MODULE_HIDES})
endfunction()
