# SPDX-License-Identifier: Apache-2.0
# cmake -DIN=FILE -DOUT=FILE.c -DNAME=name -P embed.cmake: the octets of a file as a C array.
file(READ ${IN} octets HEX)
string(REGEX REPLACE "(................................)" "\\1\n" octets "${octets}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," octets "${octets}")
file(WRITE ${OUT} "#include <stddef.h>\n\n"
	"extern const unsigned char ${NAME}[];\nextern const size_t ${NAME}_length;\n\n"
	"const unsigned char ${NAME}[] = {\n${octets}};\n"
	"const size_t ${NAME}_length = sizeof(${NAME});\n")
