/* renamer.h
 * Names in the texts of findings: a host may show others in their place.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OA_RENAMER_H
#define OA_RENAMER_H

#include <stddef.h>

/* What a text from a capture names. */
enum oa_name_kind {
    OA_NAME_ANY,  /* unknown: anything */
    OA_NAME_WORD, /* nobody: a word of a protocol or of this project, a version, a program */
    OA_NAME_USER, /* ada, DOM\ada, ada@dom.test, a distinguished name; several, with semicolons */
    OA_NAME_HOST, /* a host or domain by name or address, also with a port; several likewise */
    OA_NAME_SERVICE, /* a principal: HTTP/mail.dom.test */
    OA_NAME_DN,      /* a distinguished name: /o=.../cn=..., or CN=..., of a certificate */
    OA_NAME_FOLDER,
    OA_NAME_FILE,
    OA_NAME_PHRASE, /* what HTTP leaves to its users: a method, a path, a reason phrase */
    OA_NAME_SECRET, /* the subject of a message */
};

/* Writes what is shown in the place of the name, as text of at most `size` bytes with its end. */
struct oa_renamer {
    void (*rename)(void *context, enum oa_name_kind kind, const char *name, char *out, size_t size);
    void *context;
};

/* Room for a name in the text of a finding. */
#define OA_SHOWN_NAME 256

/* Returns the name, or, if there is a renamer, `out` with what is shown in its place. */
const char *oa_shown_name(const struct oa_renamer *renamer, enum oa_name_kind kind,
                          const char *name, char out[OA_SHOWN_NAME]);

/* The same with room of its own, which keeps until the end of the block. */
#define OA_SHOWN(renamer, kind, name)                                                              \
    oa_shown_name(renamer, OA_NAME_##kind, name, (char[OA_SHOWN_NAME]){ 0 })

#endif
