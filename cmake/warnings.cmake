# SPDX-License-Identifier: Apache-2.0
# C11 without extensions, every warning an error, in every target.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)

add_compile_definitions(_GNU_SOURCE)
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes
	-Wmissing-prototypes -Wvla -Wundef -Wpointer-arith -Wcast-align -Wwrite-strings -Werror
	-fno-common -fstack-protector-strong)
# Lines that come back from another core are fetched for writing before they are written
# (capture/lane.h); the few x86-64 processors without the instruction take it for none.
include(CheckCCompilerFlag)
check_c_compiler_flag(-mprfchw TALKPATH_PREFETCHW)
if(TALKPATH_PREFETCHW)
	add_compile_options(-mprfchw)
endif()
# gcc clears a struct with "rep stos", which takes longer to begin than the C library to be done.
check_c_compiler_flag(-mmemset-strategy=libcall:-1:noalign TALKPATH_MEMSET_STRATEGY)
if(TALKPATH_MEMSET_STRATEGY)
	add_compile_options(-mmemset-strategy=libcall:-1:noalign -mmemcpy-strategy=libcall:-1:noalign)
endif()
if(TALKPATH_SANITIZE)
	add_compile_options(-fsanitize=${TALKPATH_SANITIZE} -fno-omit-frame-pointer
		-fno-sanitize-recover=all)
	add_link_options(-fsanitize=${TALKPATH_SANITIZE})
endif()
if(TALKPATH_FUZZ)
	# Coverage of the libraries is what steers libFuzzer.
	add_compile_options(-fsanitize=fuzzer-no-link)
	add_link_options(-fsanitize=fuzzer-no-link)
endif()
