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

# A second argument names the skeleton, where the plain name would clash.
function(add_bpf_object name)
  set(skel_name ${name})
  if(ARGC GREATER 1)
    set(skel_name ${ARGV1})
  endif()
  set(src ${CMAKE_CURRENT_SOURCE_DIR}/${name}.bpf.c)
  set(obj ${WARDER_SKEL_DIR}/${name}.bpf.o)
  set(skel ${WARDER_SKEL_DIR}/${name}.skel.h)
  add_custom_command(
    OUTPUT ${obj}
    COMMAND ${BPF_CLANG} -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_${BPF_ARCH}
            -I${PROJECT_SOURCE_DIR} -Wall -Wextra -Werror -Wno-unused-parameter
            -MD -MT ${obj} -MF ${obj}.d -c ${src} -o ${obj}
    DEPENDS ${src} DEPFILE ${obj}.d
    COMMENT "BPF ${name}.bpf.o" VERBATIM)
  add_custom_command(
    OUTPUT ${skel}
    COMMAND ${BPFTOOL} gen skeleton ${obj} name ${skel_name} > ${skel}
    DEPENDS ${obj} COMMENT "SKEL ${name}.skel.h" VERBATIM)
  add_custom_target(bpf_${name} ALL DEPENDS ${skel})
endfunction()
