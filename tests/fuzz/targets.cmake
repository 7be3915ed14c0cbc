# SPDX-License-Identifier: Apache-2.0
if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
	message(FATAL_ERROR "TALKPATH_FUZZ needs clang: cmake --preset fuzz")
endif()

# talkpath_fuzz(NAME USES libraries... [WITH sources...]): one libFuzzer program,
# tests/fuzz/fuzz_NAME.c; it lands where ./dev fuzz looks for it, and begins with
# tests/fuzz/seeds/NAME. WITH: what belongs to no library.
function(talkpath_fuzz name)
	cmake_parse_arguments(FUZZ "" "" "USES;WITH" ${ARGN})
	add_executable(fuzz_${name} fuzz/fuzz_${name}.c ${FUZZ_WITH})
	target_include_directories(fuzz_${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/support)
	target_link_libraries(fuzz_${name} PRIVATE ${FUZZ_USES})
	target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
	set_target_properties(fuzz_${name} PROPERTIES
		RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
endfunction()

talkpath_fuzz(frame USES dissect)
talkpath_fuzz(rtp USES dissect)
talkpath_fuzz(rtcp USES dissect)
talkpath_fuzz(rtcp_xr USES dissect)
talkpath_fuzz(voice_report USES dissect)
talkpath_fuzz(sip USES dissect)
talkpath_fuzz(sip_value USES dissect)
talkpath_fuzz(multipart USES dissect)
talkpath_fuzz(sdp USES dissect)
talkpath_fuzz(level USES dissect)
talkpath_fuzz(classify USES dissect)
talkpath_fuzz(stun USES dissect)
talkpath_fuzz(channel_data USES dissect)
talkpath_fuzz(pcap USES capture dissect)
talkpath_fuzz(tcp USES dissect)
talkpath_fuzz(udptl USES dissect)
talkpath_fuzz(icmp USES dissect)
talkpath_fuzz(sip_stream USES dissect)
talkpath_fuzz(reassembly USES analyze)
talkpath_fuzz(stream USES capture)

# The command's own parts: its configuration, its reports.
set(cli ${PROJECT_SOURCE_DIR}/cli)
talkpath_fuzz(config USES talkpath PkgConfig::YAML WITH ${cli}/config.c ${cli}/term.c)
target_include_directories(fuzz_config PRIVATE ${cli})
talkpath_fuzz(analysis USES talkpath store capture analyze WITH ${cli}/output_text.c
	${cli}/output_verdict.c ${cli}/output_findings.c ${cli}/output_signalling.c ${cli}/output_json.c
	${cli}/output_ndjson.c ${cli}/output_csv.c ${cli}/ladder.c ${cli}/selection.c ${cli}/filter.c
	${cli}/filter_field.c ${cli}/term.c)
target_include_directories(fuzz_analysis PRIVATE ${cli} ${PROJECT_SOURCE_DIR}/lib)
