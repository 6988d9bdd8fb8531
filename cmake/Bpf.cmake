# add_bpf_object(NAME): NAME.bpf.c -> NAME.bpf.o -> NAME.skel.h, in the build tree. The target
# bpf_NAME makes the skeleton; include directory ${CMAKE_BINARY_DIR}/bpf-skel.
find_program(BPF_CLANG NAMES clang-14 clang REQUIRED)
find_program(BPFTOOL NAMES bpftool PATHS /usr/sbin REQUIRED)

set(WARDER_SKEL_DIR ${CMAKE_BINARY_DIR}/skel)
file(MAKE_DIRECTORY ${WARDER_SKEL_DIR})

if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(BPF_ARCH arm64)
else()
  set(BPF_ARCH x86)
endif()

# add_bpf_variant(SOURCE OBJECT SKELETON DEFINITIONS...)
function(add_bpf_variant name out skel_name)
  set(src ${CMAKE_CURRENT_SOURCE_DIR}/${name}.bpf.c)
  set(obj ${WARDER_SKEL_DIR}/${out}.bpf.o)
  set(skel ${WARDER_SKEL_DIR}/${out}.skel.h)
  add_custom_command(
    OUTPUT ${obj}
    COMMAND ${BPF_CLANG} -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_${BPF_ARCH} ${ARGN}
            -I${PROJECT_SOURCE_DIR} -Wall -Wextra -Werror -Wno-unused-parameter
            -MD -MT ${obj} -MF ${obj}.d -c ${src} -o ${obj}
    DEPENDS ${src} DEPFILE ${obj}.d
    COMMENT "BPF ${out}.bpf.o" VERBATIM)
  add_custom_command(
    OUTPUT ${skel}
    COMMAND ${BPFTOOL} gen skeleton ${obj} name ${skel_name} > ${skel}
    DEPENDS ${obj} COMMENT "SKEL ${out}.skel.h" VERBATIM)
  add_custom_target(bpf_${out} ALL DEPENDS ${skel})
endfunction()

# A second argument names the skeleton, where the plain name would clash.
function(add_bpf_object name)
  set(skel_name ${name})
  if(ARGC GREATER 1)
    set(skel_name ${ARGV1})
  endif()
  add_bpf_variant(${name} ${name} ${skel_name})
endfunction()

# The same, and once more as NAME_plain and SKELETON_plain for kernels without the kernel functions
# that the programs call: see bpf/compat.bpf.h.
function(add_bpf_family name skel_name)
  add_bpf_object(${name} ${skel_name})
  add_bpf_variant(${name} ${name}_plain ${skel_name}_plain -DWITHOUT_KFUNCS)
  add_dependencies(bpf_${name} bpf_${name}_plain)
endfunction()
