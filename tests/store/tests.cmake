# SPDX-License-Identifier: Apache-2.0
talkpath_test(store/json USES store)
talkpath_test(store/redis USES store PkgConfig::HIREDIS PkgConfig::JANSSON)
