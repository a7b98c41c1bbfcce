/* password_prompt.h
 * Asks for a password on the terminal.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PASSWORD_PROMPT_H
#define PASSWORD_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

/* Shows the question on the process's terminal, whatever its standard streams are, and reads a line
 * there, which is not shown. False if there is no terminal, or the line does not fit. */
bool password_prompt(const char *question, char *password, size_t size);

#endif
