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
talkpath_library(YAML yaml-0.1 libyaml-dev)
talkpath_library(HIREDIS hiredis libhiredis-dev)
talkpath_library(CAPNG libcap-ng libcap-ng-dev)
# The compressions of captures
talkpath_library(ZLIB zlib zlib1g-dev)
talkpath_library(LZMA liblzma liblzma-dev)
talkpath_library(ZSTD libzstd libzstd-dev)
talkpath_library(LZ4 liblz4 liblz4-dev)
find_package(BZip2) # has no pkg-config file in Debian
if(NOT BZIP2_FOUND)
	message(FATAL_ERROR "bzip2 is missing: apt-get install libbz2-dev, or ./dev setup")
endif()
if(TALKPATH_ARCHIVES)
	pkg_check_modules(ARCHIVE IMPORTED_TARGET libarchive)
	if(NOT ARCHIVE_FOUND)
		message(FATAL_ERROR "libarchive is missing: apt-get install libarchive-dev, or ./dev "
			"setup; or do without captures in .zip and .tar: -DTALKPATH_ARCHIVES=OFF")
	endif()
endif()
if(TALKPATH_TESTS)
	talkpath_library(JANSSON jansson libjansson-dev)
	talkpath_library(CRITERION criterion libcriterion-dev)
endif()
