/* password_prompt.c
 * Asks for a password on the terminal.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "password_prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static bool
write_text(int fd, const char *text)
{
    size_t length = strlen(text);

    return write(fd, text, length) == (ssize_t)length;
}

/* Byte by byte, so that nothing of the next line is taken, and no buffer keeps a copy. */
static bool
read_line(int fd, char *line, size_t size)
{
    size_t length = 0;
    char byte = 0;
    ssize_t n = 0;

    while (length < size && (n = read(fd, &byte, 1)) == 1 && byte != '\n')
        line[length++] = byte;
    if (length < size)
        line[length] = '\0';
    return length < size && n == 1;
}

bool
password_prompt(const char *question, char *password, size_t size)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    struct termios shown, hidden;
    bool is_read = false;

    if (fd < 0)
        return false;
    if (tcgetattr(fd, &shown) == 0) {
        hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
        if (tcsetattr(fd, TCSAFLUSH, &hidden) == 0) {
            is_read = write_text(fd, question) && read_line(fd, password, size);
            tcsetattr(fd, TCSAFLUSH, &shown);
            write_text(fd, "\n");
        }
    }
    close(fd);
    return is_read;
}
