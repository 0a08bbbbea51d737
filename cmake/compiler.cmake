# Compiler and linker settings shared by every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(WEIR_FUZZ "Build the libFuzzer targets (clang only)" OFF)
set(WEIR_SANITIZE "" CACHE STRING "Sanitizers, comma separated: address,undefined or thread")

find_program(WEIR_CCACHE ccache)
if(WEIR_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${WEIR_CCACHE})
endif()
find_program(WEIR_MOLD mold)
if(WEIR_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Floating point is part of the contract: no contraction, no fast-math, on any compiler.
add_compile_options(-ffp-contract=off -march=x86-64-v2 -mtune=znver3 -g1 -fno-omit-frame-pointer)

# -Wrestrict and -Wstringop-overflow are wrong about std::string and std::vector at -O3 in gcc 12 (its bugs
# 105651, 105329).
set(WEIR_WARNINGS -Wall -Wextra -Wconversion -Wshadow -Werror -Wno-restrict
    -Wno-stringop-overflow)

if(WEIR_SANITIZE)
  add_compile_options(-fsanitize=${WEIR_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${WEIR_SANITIZE})
endif()
