# SPDX-License-Identifier: Apache-2.0
# These drive the program; none but damage links any of its code.
talkpath_test(cli/truth USES generate PkgConfig::JANSSON)
talkpath_test(cli/one_way USES generate PkgConfig::JANSSON)
talkpath_test(cli/sip_alg USES generate PkgConfig::JANSSON)
talkpath_test(cli/calls USES generate PkgConfig::JANSSON)
talkpath_test(cli/media USES generate PkgConfig::JANSSON)
talkpath_test(cli/outputs USES generate PkgConfig::JANSSON)
talkpath_test(cli/golden USES PkgConfig::JANSSON)
talkpath_test(cli/stores USES generate PkgConfig::HIREDIS PkgConfig::JANSSON)
if(NOT TALKPATH_SANITIZE STREQUAL "thread")
	talkpath_test(cli/damage USES talkpath generate PkgConfig::JANSSON)
endif()
