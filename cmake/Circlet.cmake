# circlet_layer(NAME FOLDER DIR [EXCEPT PATH ...] DEPENDS ...): the static library circlet_NAME from
# the files below the folder DIR of src, less what EXCEPT names, which belongs to others.
# A layer has an include root of its own, a folder of links to its headers: so a file can include those of the layers that
# its own depends on, and no others.
# A file called *.kernels.cpp is compiled twice: as circlet::portable, and as circlet::avx512 with the 16-lane types.
function(circlet_layer name)
  cmake_parse_arguments(ARG "" "FOLDER" "EXCEPT;DEPENDS" ${ARGN})
  set(source_root ${PROJECT_SOURCE_DIR}/src)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${source_root}/${ARG_FOLDER}/*.cpp)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${source_root}/${ARG_FOLDER}/*.hpp)
  foreach(part ${ARG_EXCEPT})
    list(FILTER sources EXCLUDE REGEX "/src/${part}(/|$)")
    list(FILTER headers EXCLUDE REGEX "/src/${part}(/|$)")
  endforeach()

  set(include_root ${CMAKE_BINARY_DIR}/include/${name})
  file(REMOVE_RECURSE ${include_root})
  foreach(header ${headers})
    file(RELATIVE_PATH path ${source_root} ${header})
    get_filename_component(folder ${include_root}/${path} DIRECTORY)
    file(MAKE_DIRECTORY ${folder})
    file(CREATE_LINK ${header} ${include_root}/${path} SYMBOLIC)
  endforeach()

  set(kernels ${sources})
  list(FILTER sources EXCLUDE REGEX "\\.kernels\\.cpp$")
  list(FILTER kernels INCLUDE REGEX "\\.kernels\\.cpp$")
  circlet_overlay(sources)
  add_library(circlet_${name} STATIC ${sources})
  if(kernels)
    add_library(circlet_${name}_portable OBJECT ${kernels})
    add_library(circlet_${name}_avx512 OBJECT ${kernels})
    target_compile_definitions(circlet_${name}_avx512 PRIVATE CIRCLET_AVX512)
    foreach(variant portable avx512)
      target_include_directories(circlet_${name}_${variant} PRIVATE ${include_root})
      target_link_libraries(circlet_${name}_${variant} PRIVATE ${ARG_DEPENDS})
      target_sources(circlet_${name} PRIVATE $<TARGET_OBJECTS:circlet_${name}_${variant}>)
    endforeach()
  endif()
  target_include_directories(circlet_${name} PUBLIC ${include_root})
  target_link_libraries(circlet_${name} PUBLIC ${ARG_DEPENDS})
endfunction()

# circlet_overlay(LIST): replaces the sources of the list that the folder CIRCLET_OVERLAY, if there is one, holds too.
function(circlet_overlay list)
  if(NOT CIRCLET_OVERLAY)
    return()
  endif()
  set(replaced "")
  foreach(source IN LISTS ${list})
    file(RELATIVE_PATH name ${PROJECT_SOURCE_DIR}/src ${source})
    if(EXISTS ${CIRCLET_OVERLAY}/${name})
      set(source ${CIRCLET_OVERLAY}/${name})
    endif()
    list(APPEND replaced ${source})
  endforeach()
  set(${list} "${replaced}" PARENT_SCOPE)
endfunction()

# circlet_test(NAME FOLDER LIBS ...): one doctest executable from the .cpp files of a folder, registered with ctest.
# Each test file includes <doctest/doctest.h>; main comes from tests/main.cpp.
function(circlet_test name folder)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${PROJECT_SOURCE_DIR}/tests/main.cpp ${sources})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARGN} circlet_source_folder nlohmann_json::nlohmann_json)
  add_test(NAME ${name} COMMAND ${name})
endfunction()

# Where tests find their files. A library of its own: a definition that names the checkout in every test would keep the
# compiler's cache from serving two checkouts.
add_library(circlet_source_folder STATIC ${PROJECT_SOURCE_DIR}/tests/support/source_folder.cpp)
target_include_directories(circlet_source_folder PUBLIC ${PROJECT_SOURCE_DIR})
target_compile_definitions(circlet_source_folder PRIVATE CIRCLET_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
