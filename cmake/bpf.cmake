# SPDX-License-Identifier: Apache-2.0
# talkpath_bpf(NAME SKELETON): NAME.bpf.c of this folder as NAME.skel.h, in whose names it is called
# SKELETON. Who includes it links NAME_bpf, and libbpf where it calls what is in it.
#
# Debian has <asm/types.h> in a folder that clang searches for its own architecture alone.
function(talkpath_bpf name skeleton)
	set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
	set(header ${CMAKE_CURRENT_BINARY_DIR}/${name}.skel.h)
	add_custom_command(OUTPUT ${object}
		COMMAND ${TALKPATH_BPF_CLANG} -target bpf -mcpu=v3 -std=gnu11 -O2 -g
			-Wall -Wextra -Wshadow -Wstrict-prototypes -Wundef -Wwrite-strings -Werror
			-idirafter /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}
			-MD -MF ${object}.d -MT ${object}
			-c ${CMAKE_CURRENT_SOURCE_DIR}/${name}.bpf.c -o ${object}.debug
		COMMAND ${TALKPATH_BPFTOOL} gen object ${object} ${object}.debug # without DWARF
		DEPENDS ${name}.bpf.c DEPFILE ${object}.d VERBATIM)
	add_custom_command(OUTPUT ${header}
		COMMAND ${TALKPATH_BPFTOOL} gen skeleton ${object} name ${skeleton} > ${header}
		DEPENDS ${object} VERBATIM)
	add_custom_target(${name}_skeleton DEPENDS ${header})
	add_library(${name}_bpf INTERFACE)
	add_dependencies(${name}_bpf ${name}_skeleton)
	target_include_directories(${name}_bpf INTERFACE ${CMAKE_CURRENT_SOURCE_DIR})
	target_include_directories(${name}_bpf SYSTEM INTERFACE ${CMAKE_CURRENT_BINARY_DIR})
endfunction()
