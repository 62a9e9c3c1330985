# Functions that declare the project's own targets.

find_program(KDSEG_CCACHE ccache)
if(KDSEG_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The two sloppinesses are what ccache asks for before it keeps files that use precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${KDSEG_CCACHE})
endif()

add_library(kdseg_compile_options INTERFACE)
target_compile_options(kdseg_compile_options INTERFACE -Wall -Wextra)
if(KDSEG_WARNINGS_AS_ERRORS)
  # These two see overlaps and overflows in std::string and std::vector themselves (GCC's bugs 105651 and 105329).
  target_compile_options(kdseg_compile_options INTERFACE -Werror
    $<$<CXX_COMPILER_ID:GNU>:-Wno-error=restrict> $<$<CXX_COMPILER_ID:GNU>:-Wno-error=stringop-overflow>)
endif()
target_include_directories(kdseg_compile_options INTERFACE ${CMAKE_SOURCE_DIR}/lib ${CMAKE_BINARY_DIR}/generated)
if(KDSEG_FUZZ)
  target_compile_options(kdseg_compile_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(KDSEG_SANITIZE)
  target_compile_options(kdseg_compile_options INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
    -fno-sanitize=vptr)  # it looks at objects through pipes, which base/confined forbids
  target_link_options(kdseg_compile_options INTERFACE -fsanitize=address,undefined)
endif()

# kdseg_vector_loops(FILE ...): sources of the folder whose loops must become vectors. A comparison that might trap
# keeps the compiler from it; nobody here looks at floating-point traps. The precompiled headers have other flags.
function(kdseg_vector_loops)
  set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -fno-trapping-math SKIP_PRECOMPILE_HEADERS ON)
endfunction()

# kdseg_library(NAME [TORCH tensors|modules] SOURCES a.cpp ... LINKS other-folder ... USES external::target ...)
# One static library per folder of lib/. LINKS are the folders it may see; the test
# `layers` compares them with the table in docs/architecture.md. TORCH: what its files include of Torch.
function(kdseg_library name)
  cmake_parse_arguments(ARG "" "TORCH" "SOURCES;LINKS;USES" ${ARGN})
  if(ARG_SOURCES)
    add_library(kdseg_${name} STATIC ${ARG_SOURCES})
    set(scope PUBLIC)
    set_target_properties(kdseg_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    if(ARG_TORCH)
      kdseg_reuse_torch_headers(kdseg_${name} ${ARG_TORCH})
    endif()
  else()
    add_library(kdseg_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_link_libraries(kdseg_${name} ${scope} kdseg_compile_options)
  foreach(other IN LISTS ARG_LINKS)
    target_link_libraries(kdseg_${name} ${scope} kdseg_${other})
  endforeach()
  target_link_libraries(kdseg_${name} ${scope} ${ARG_USES})
  set_property(GLOBAL APPEND PROPERTY KDSEG_LAYERS "${name}:${ARG_LINKS}")
endfunction()

add_custom_target(programs)  # all of tools/, without tests

# kdseg_tool(NAME LINKS folder ...): tools/NAME.cpp as the program NAME in <build>/bin.
function(kdseg_tool name)
  cmake_parse_arguments(ARG "" "" "LINKS" ${ARGN})
  string(REPLACE "-" "_" stem ${name})
  add_executable(${name} ${stem}.cpp)
  foreach(other IN LISTS ARG_LINKS)
    target_link_libraries(${name} PRIVATE kdseg_${other})
  endforeach()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  add_dependencies(programs ${name})
  install(TARGETS ${name} RUNTIME DESTINATION bin)
endfunction()

# kdseg_unit_test(FOLDER [TORCH tensors|modules] SOURCES a.cpp ... [LINKS extra ...] [LABELS ...]): the program unit_FOLDER.
function(kdseg_unit_test name)
  cmake_parse_arguments(ARG "" "TORCH" "SOURCES;LINKS;LABELS;USES" ${ARGN})
  add_executable(unit_${name} ${ARG_SOURCES})
  if(ARG_TORCH)
    kdseg_reuse_torch_headers(unit_${name} ${ARG_TORCH})
  endif()
  target_link_libraries(unit_${name} PRIVATE kdseg_${name} GTest::gmock GTest::gtest_main ${ARG_USES})
  target_include_directories(unit_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  foreach(other IN LISTS ARG_LINKS)
    target_link_libraries(unit_${name} PRIVATE kdseg_${other})
  endforeach()
  add_test(NAME unit.${name} COMMAND unit_${name} --gtest_brief=1)
  set_tests_properties(unit.${name} PROPERTIES LABELS "unit;${ARG_LABELS}")
endfunction()
