# One interface target with the warning set; every target of ours links it.
add_library(warder_warnings INTERFACE)
target_compile_options(warder_warnings INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
  -Wimplicit-fallthrough -Wformat=2 -Wundef -Wpointer-arith -Wcast-qual -Wwrite-strings
  -fno-strict-aliasing -fstack-protector-strong
  $<$<CONFIG:RelWithDebInfo,Release>:-D_FORTIFY_SOURCE=2>)
target_link_options(warder_warnings INTERFACE -Wl,-z,relro,-z,now)
