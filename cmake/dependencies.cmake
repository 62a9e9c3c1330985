# What the project takes from outside, each as one target.

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS program_options)
find_package(HDF5 REQUIRED COMPONENTS C)
add_library(kdseg_hdf5 INTERFACE)
target_include_directories(kdseg_hdf5 SYSTEM INTERFACE ${HDF5_C_INCLUDE_DIRS})
target_link_libraries(kdseg_hdf5 INTERFACE ${HDF5_C_LIBRARIES})
find_package(ZLIB REQUIRED)
find_library(KDSEG_DEFLATE deflate REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_library(KDSEG_RE2 re2 REQUIRED)

# Only the readers in use, created by name: the meta-component ITKImageIO costs 96 libraries at start.
find_package(ITK 5.2 REQUIRED COMPONENTS ITKCommon ITKIONIFTI ITKIONRRD ITKIOMeta ITKIOGDCM ITKIOPNG)
add_library(kdseg_itk INTERFACE)
target_include_directories(kdseg_itk SYSTEM INTERFACE ${ITK_INCLUDE_DIRS})
target_link_libraries(kdseg_itk INTERFACE ${ITK_LIBRARIES})
target_compile_options(kdseg_itk INTERFACE
  $<$<COMPILE_LANG_AND_ID:CXX,Clang>:SHELL:-include ${CMAKE_SOURCE_DIR}/cmake/itk_with_clang.h>)

if(KDSEG_WITH_TORCH)
  include(torch)
endif()
if(KDSEG_WITH_TESTS)
  find_package(GTest REQUIRED)
endif()
