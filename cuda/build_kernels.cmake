# How .cu files are compiled: nvcc is called as it stands, since what CMake itself knows of CUDA is
# as old as CMake, and would ask for architectures that the toolkit lacks.

# Sets `architectures`, the oldest first, and `architecture_flags`: machine code for each, and for
# the newest also PTX, which drivers compile for GPUs to come. Or sets MNIST_CUDA_WHY_NOT.
function(mnist_choose_architectures)
  execute_process(COMMAND ${MNIST_NVCC} --list-gpu-arch OUTPUT_VARIABLE told ERROR_QUIET)
  string(REGEX MATCHALL "[0-9]+" possible "${told}")
  set(chosen ${MNIST_CUDA_ARCHITECTURES})
  if(NOT chosen)
    set(chosen ${possible})
  endif()
  list(SORT chosen COMPARE NATURAL)
  set(flags "")
  set(newest "")
  foreach(architecture IN LISTS chosen)
    string(REGEX REPLACE "[af]$" "" number ${architecture})
    if(NOT number IN_LIST possible)
      list(JOIN possible " " possible)
      set(MNIST_CUDA_WHY_NOT "CUDA ${MNIST_CUDA_VERSION} cannot build for architecture \
${architecture} of MNIST_CUDA_ARCHITECTURES (it can for ${possible})" PARENT_SCOPE)
      return()
    endif()
    list(APPEND flags -gencode=arch=compute_${architecture},code=sm_${architecture})
    set(newest ${architecture})
  endforeach()
  if(NOT newest)
    set(MNIST_CUDA_WHY_NOT "${MNIST_NVCC} --list-gpu-arch names no architecture" PARENT_SCOPE)
    return()
  endif()
  list(APPEND flags -gencode=arch=compute_${newest},code=compute_${newest})
  set(architectures ${chosen} PARENT_SCOPE)
  set(architecture_flags ${flags} PARENT_SCOPE)
endfunction()

# Sets `host_compiler_flag`, with which nvcc was seen to compile, or MNIST_CUDA_WHY_NOT. A toolkit
# knows compilers up to its own age, and the sanitizers' clang is newer than some.
function(mnist_choose_host_compiler)
  set(candidates ${CMAKE_CUDA_HOST_COMPILER})
  if(NOT candidates)
    set(candidates $ENV{CUDAHOSTCXX})
  endif()
  if(NOT candidates)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      set(candidates ${CMAKE_CXX_COMPILER})
    endif()
    list(APPEND candidates g++ g++-14 g++-13 g++-12 g++-11 g++-10 ${CMAKE_CXX_COMPILER})
  endif()
  set(trial ${CMAKE_CURRENT_BINARY_DIR}/trial)
  file(WRITE ${trial}.cu "#include <cmath>\n#include <cstdint>\n__global__ void nothing() {}\n")
  set(answers "")
  foreach(candidate IN LISTS candidates)
    find_program(compiler ${candidate} NO_CACHE)
    if(compiler)
      execute_process(COMMAND ${MNIST_NVCC} -ccbin=${compiler} -std=c++17 -c ${trial}.cu -o ${trial}.o
        OUTPUT_VARIABLE answer ERROR_VARIABLE answer RESULT_VARIABLE status)
      if(status EQUAL 0)
        set(host_compiler_flag -ccbin=${compiler} PARENT_SCOPE)
        return()
      endif()
      string(APPEND answers "${compiler}:\n${answer}\n")
    endif()
    unset(compiler)
  endforeach()
  file(WRITE ${trial}.log "${answers}")
  list(JOIN candidates ", " candidates)
  set(MNIST_CUDA_WHY_NOT "${MNIST_NVCC} compiles with none of ${candidates} (${trial}.log has its \
words; CMAKE_CUDA_HOST_COMPILER can name another)" PARENT_SCOPE)
endfunction()

# A static library of one .cu file.
function(mnist_kernels name source)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${source}.o)
  # No a * b + c in one rounding, as in the C++ files: see mnist_options.
  set(flags -std=c++17 -O3 --fmad=false -Wno-deprecated-gpu-targets -Xcompiler=-Wall,-Wextra)
  if(MNIST_WARNINGS_AS_ERRORS)
    list(APPEND flags -Werror=all-warnings)
  endif()
  add_custom_command(OUTPUT ${object}
    COMMAND ${MNIST_NVCC} ${host_compiler_flag} ${flags} ${architecture_flags}
      -I${CMAKE_SOURCE_DIR} -I${CMAKE_SOURCE_DIR}/src
      -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object} -MD -MF ${object}.d
    DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${source} ${MNIST_NVCC}
    DEPFILE ${object}.d
    COMMENT "Compiling ${source} for each architecture"
    VERBATIM)
  add_library(${name} STATIC ${object})
  set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
endfunction()
