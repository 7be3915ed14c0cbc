# SPDX-License-Identifier: Apache-2.0
# Plain programs, so that ThreadSanitizer can watch them.
foreach(name bell pipeline overload analyses)
	add_executable(threads_${name} threads/${name}.c)
	target_link_libraries(threads_${name} PRIVATE generate talkpath capture analyze)
	if(TALKPATH_SANITIZE STREQUAL "thread")
		target_compile_options(threads_${name} PRIVATE -fsanitize=thread)
		target_link_options(threads_${name} PRIVATE -fsanitize=thread)
	endif()
	add_test(NAME threads/${name} COMMAND threads_${name})
	set_tests_properties(threads/${name} PROPERTIES TIMEOUT 300)
endforeach()
