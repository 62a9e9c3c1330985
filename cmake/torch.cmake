# LibTorch as an imported target over libtorch_cpu and libc10 alone. libtorch_cuda is opened at run
# time when a program is asked for the GPU, so the build needs no CUDA toolkit and a CPU machine no driver.

set(torch_dir ${KDSEG_TORCH_DIR})
if(NOT torch_dir)
  file(GLOB torch_dir ${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch)
endif()
if(NOT EXISTS "${torch_dir}/lib/libtorch_cpu.so")
  message(FATAL_ERROR "LibTorch was not found in '${torch_dir}': run `make setup`, or give -DKDSEG_TORCH_DIR=DIR")
endif()

add_library(kdseg_torch INTERFACE)
# -idirafter: LibTorch brings an fmt of its own, which must not stand before the one we link.
target_compile_options(kdseg_torch INTERFACE
  "SHELL:-idirafter ${torch_dir}/include" "SHELL:-idirafter ${torch_dir}/include/torch/csrc/api/include")
file(GLOB torch_gomp ${torch_dir}/lib/libgomp*.so.1)
target_link_libraries(kdseg_torch INTERFACE
  ${torch_dir}/lib/libtorch_cpu.so ${torch_dir}/lib/libc10.so Threads::Threads)
target_link_options(kdseg_torch INTERFACE -Wl,-rpath,${torch_dir}/lib -Wl,--no-as-needed)
target_compile_definitions(kdseg_torch INTERFACE _GLIBCXX_USE_CXX11_ABI=1 AT_PER_OPERATOR_HEADERS)

# Torch's headers cost four to twelve seconds a file, so they are compiled twice for all folders: what tensors
# need, and with modules too, which takes twice as long to load. -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON shows a file
# that leans on them instead of its own includes.
function(kdseg_torch_headers kind)
  set(source ${CMAKE_BINARY_DIR}/generated/torch_${kind}.cpp)
  file(WRITE ${source} "")
  add_library(kdseg_torch_${kind} OBJECT ${source})
  set_target_properties(kdseg_torch_${kind} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(kdseg_torch_${kind} PRIVATE kdseg_torch kdseg_compile_options)
  target_precompile_headers(kdseg_torch_${kind} PRIVATE ${ARGN})
endfunction()
kdseg_torch_headers(tensors <ATen/TensorOperators.h>)
kdseg_torch_headers(modules <ATen/TensorOperators.h> <torch/csrc/autograd/custom_function.h> <torch/nn/module.h>)

function(kdseg_reuse_torch_headers target kind)
  target_compile_options(${target} PRIVATE -fPIC)  # a precompiled header is of one mode; -fPIE would leave it unused
  target_precompile_headers(${target} REUSE_FROM kdseg_torch_${kind})
endfunction()
