# SPDX-License-Identifier: Apache-2.0
# What others wrote, found by pkg-config. A missing one says which Debian package brings it.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

function(talkpath_library name module package)
	pkg_check_modules(${name} IMPORTED_TARGET ${module})
	if(NOT ${name}_FOUND)
		message(FATAL_ERROR "${module} is missing: apt-get install ${package}, or ./dev setup")
	endif()
endfunction()

talkpath_library(PCAP libpcap libpcap-dev)
talkpath_library(CK ck libck-dev)
talkpath_library(XXHASH libxxhash libxxhash-dev)
talkpath_library(JANSSON jansson libjansson-dev)
talkpath_library(HIREDIS hiredis libhiredis-dev)
talkpath_library(CAPNG libcap-ng libcap-ng-dev)
if(TALKPATH_TESTS)
	talkpath_library(CRITERION criterion libcriterion-dev)
endif()
