# What Debian wants of a package besides the installed files: a changelog, and manual pages compressed. CPack runs it before it packs.
# SPDX-License-Identifier: GPL-2.0-or-later

if(NOT CPACK_GENERATOR STREQUAL "DEB")
    return()
endif()
find_program(gzip gzip REQUIRED NO_CACHE)
string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)
foreach(component IN LISTS CPACK_COMPONENTS_ALL)
    string(TOUPPER ${component} name)
    set(package ${CPACK_DEBIAN_${name}_PACKAGE_NAME})
    set(files ${CPACK_TEMPORARY_DIRECTORY}/${component}${CPACK_PACKAGING_INSTALL_PREFIX}/share)
    set(changelog ${files}/doc/${package}/changelog.Debian)
    file(WRITE ${changelog} "${package} (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium\n\n"
        "  * Made by cpack from the sources of ${CPACK_PACKAGE_NAME} ${CPACK_PACKAGE_VERSION}.\n\n"
        " -- ${CPACK_PACKAGE_CONTACT}  ${now}\n")
    file(GLOB pages ${files}/man/man*/*.[1-9])
    execute_process(COMMAND ${gzip} -9n ${changelog} ${pages} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
