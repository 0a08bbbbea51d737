# Every third-party library, all from Debian 12. A folder links what it needs, and only that.
find_package(Threads REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(TBB REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(SIMDJSON REQUIRED IMPORTED_TARGET simdjson)
pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy libhwy-contrib)
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)

# oneDNN by its files: its own package file asks for OpenCL's headers, which Weir does not need. Its
# threads are OpenMP's, which comes with the compiler; Weir tells it to use one.
find_path(DNNL_INCLUDE oneapi/dnnl/dnnl.hpp REQUIRED)
find_library(DNNL_LIBRARY dnnl REQUIRED)
add_library(weir_dnnl INTERFACE)
target_include_directories(weir_dnnl SYSTEM INTERFACE ${DNNL_INCLUDE})
target_link_libraries(weir_dnnl INTERFACE ${DNNL_LIBRARY} gomp)

# BLAS and LAPACK of the serial OpenBLAS, found and run from its own folder: what libopenblas.so.0 means
# elsewhere is an alternative that any package may switch to a library that starts threads of its own.
find_path(OPENBLAS_INCLUDE cblas.h PATH_SUFFIXES openblas-serial NO_DEFAULT_PATH REQUIRED
          PATHS /usr/include/${CMAKE_LIBRARY_ARCHITECTURE} /usr/include)
find_library(OPENBLAS_LIBRARY openblas PATH_SUFFIXES openblas-serial NO_DEFAULT_PATH REQUIRED
             PATHS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE} /usr/lib)
get_filename_component(OPENBLAS_FOLDER ${OPENBLAS_LIBRARY} DIRECTORY)
add_library(weir_openblas INTERFACE)
target_include_directories(weir_openblas SYSTEM INTERFACE ${OPENBLAS_INCLUDE})
target_link_libraries(weir_openblas INTERFACE ${OPENBLAS_LIBRARY})
target_link_options(weir_openblas INTERFACE LINKER:-rpath,${OPENBLAS_FOLDER})
# Its buffers are not safe for threads; ours take their place (src/ops/matrix/openblas_buffers.cpp).
target_link_options(weir_openblas INTERFACE LINKER:--undefined=blas_memory_alloc)
