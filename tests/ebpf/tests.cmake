# SPDX-License-Identifier: Apache-2.0
talkpath_test(ebpf/lift USES ebpf dissect PkgConfig::BPF)
talkpath_test(ebpf/agreement USES ebpf capture dissect PkgConfig::BPF)
