# SPDX-License-Identifier: Apache-2.0
talkpath_test(ebpf/lift USES ebpf dissect PkgConfig::BPF)
talkpath_test(ebpf/agreement USES ebpf capture dissect PkgConfig::BPF)
talkpath_test(ebpf/same_report USES ebpf capture dissect PkgConfig::BPF PkgConfig::JANSSON)
