# SPDX-License-Identifier: Apache-2.0
talkpath_test(store/json USES store PkgConfig::JANSSON)
talkpath_test(store/redis USES store PkgConfig::HIREDIS PkgConfig::JANSSON)
