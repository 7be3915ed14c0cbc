# SPDX-License-Identifier: Apache-2.0
talkpath_test(cli/truth USES generate PkgConfig::JANSSON)
talkpath_test(cli/one_way USES generate PkgConfig::JANSSON)
talkpath_test(cli/sip_alg USES generate PkgConfig::JANSSON)
talkpath_test(cli/damage USES talkpath generate PkgConfig::JANSSON)
