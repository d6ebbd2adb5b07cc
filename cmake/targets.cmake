# How every target of the project is compiled, and the three kinds of target there are.

add_library(project_options INTERFACE)
target_include_directories(project_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(project_options INTERFACE -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor)
target_compile_definitions(project_options INTERFACE BOOST_ASIO_NO_DEPRECATED DRYDOCK_VERSION="${PROJECT_VERSION}")
if(DRYDOCK_WERROR)
  target_compile_options(project_options INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # gcc 12 reports these inside libstdc++ and Boost headers when it inlines coroutines under the sanitizers.
  target_compile_options(project_options INTERFACE -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Wno-subobject-linkage)
endif()
if(DRYDOCK_SANITIZE)
  target_compile_options(project_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(project_options INTERFACE -fsanitize=address,undefined)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(project_options INTERFACE -Wno-mismatched-new-delete)  # a coroutine frame's delete, when inlined
  endif()
endif()
if(DRYDOCK_TSAN)
  target_compile_options(project_options INTERFACE -fsanitize=thread -Wno-tsan)
  target_link_options(project_options INTERFACE -fsanitize=thread)
endif()
if(DRYDOCK_FUZZ)
  target_compile_options(project_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
find_program(MOLD mold)
if(MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_link_options(project_options INTERFACE -fuse-ld=mold)
endif()
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=time_macros
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
endif()
if(CMAKE_EXPORT_COMPILE_COMMANDS)
  # clang-tidy over every source, as many at once as there are processors; what the libraries' unity files include counts as their own.
  add_custom_target(lint COMMAND run-clang-tidy -quiet -p ${CMAKE_BINARY_DIR} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} USES_TERMINAL VERBATIM)
endif()

# The cpp-httplib of Debian is a compiled library; programs that use it must agree with its build flags.
add_library(httplib INTERFACE)
target_compile_definitions(httplib INTERFACE CPPHTTPLIB_OPENSSL_SUPPORT CPPHTTPLIB_ZLIB_SUPPORT CPPHTTPLIB_BROTLI_SUPPORT)
target_link_libraries(httplib INTERFACE ${HTTPLIB_LIBRARY} OpenSSL::SSL OpenSSL::Crypto Threads::Threads)

# lab_library(name source...): a static library.
function(lab_library name)
  add_library(${name} STATIC ${ARGN})
  target_link_libraries(${name} PRIVATE project_options)
  set_target_properties(${name} PROPERTIES UNITY_BUILD ${DRYDOCK_UNITY} UNITY_BUILD_BATCH_SIZE 6)
endfunction()

# lab_program(name source...): an executable in bin/.
function(lab_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE project_options)
endfunction()

# lab_test(name LABEL unit|scenario|wire|slow SOURCES ... LIBRARIES ... [TIMEOUT seconds]): a GoogleTest program, one ctest entry.
function(lab_test name)
  cmake_parse_arguments(arg "" "LABEL;TIMEOUT" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE project_options)
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} test_support GTest::gmock GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
endfunction()
