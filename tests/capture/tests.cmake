# SPDX-License-Identifier: Apache-2.0
talkpath_test(capture/files USES capture)
talkpath_test(capture/variants USES capture)
talkpath_test(capture/order USES capture)
talkpath_test(capture/pcapng_writer USES capture)
talkpath_test(capture/packet_sockets USES capture)
if(TALKPATH_ARCHIVES)
	talkpath_test(capture/packed USES capture PkgConfig::ARCHIVE)
endif()
# What is linked first counts: the library's reader of archives stays out.
talkpath_test(capture/absent USES capture)
target_sources(capture_absent PRIVATE ${PROJECT_SOURCE_DIR}/capture/unpack_absent.c)
target_include_directories(capture_absent PRIVATE ${PROJECT_SOURCE_DIR}/capture)
