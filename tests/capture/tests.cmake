# SPDX-License-Identifier: Apache-2.0
talkpath_test(capture/files USES capture)
talkpath_test(capture/variants USES capture)
talkpath_test(capture/order USES capture)
