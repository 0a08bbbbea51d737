# Compiler and linker settings shared by every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(WEIR_FUZZ "Build the libFuzzer targets, and nothing else (clang only)" OFF)
set(WEIR_FUZZ_SECONDS 60 CACHE STRING "How long a test of label fuzz runs its target")
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
add_compile_options(
  "$<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off;-march=x86-64-v2;-mtune=znver3;-g1;-fno-omit-frame-pointer>")

set(WEIR_WARNINGS -Wall -Wextra -Wconversion -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Both are wrong about std::string and std::vector at -O3 in gcc 12 (its bugs 105651, 105329).
  list(APPEND WEIR_WARNINGS -Wno-restrict -Wno-stringop-overflow)
else()
  # gcc's -Wconversion leaves signs alone in C++. `|` between conditions saves branches where we write it.
  list(APPEND WEIR_WARNINGS -Wno-sign-conversion -Wno-bitwise-instead-of-logical)
endif()

if(WEIR_SANITIZE)
  add_compile_options(-fsanitize=${WEIR_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${WEIR_SANITIZE})
endif()
if(WEIR_FUZZ)
  # Libraries report their coverage too; a fuzzer that sees only its own entry point is blind.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
