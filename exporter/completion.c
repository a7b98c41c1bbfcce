/* completion.c
 * Scripts that let a shell complete the options of a program: bash(1) Programmable Completion,
 * zshcompsys(1) _arguments.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "completion.h"

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const char *const COMPLETION_SHELLS[] = {
    [COMPLETION_BASH] = "bash", [COMPLETION_ZSH] = "zsh", NULL
};
const char *const COMPLETION_REPORTS[] = { NULL };

static bool
has_short(const struct option_row *row)
{
    return row->option.val < 256;
}

static bool
is_file(const struct option_row *row)
{
    return strcmp(row->argument, "DIR") == 0 || g_str_has_suffix(row->argument, "FILE");
}

static bool
is_list(const struct option_row *row, const struct completion_source *source)
{
    return source->words(row->option.val) == COMPLETION_REPORTS &&
           row->option.has_arg == required_argument;
}

/* What the argument may be, separated by spaces; NULL: anything. The caller frees it. */
static char *
words_of(const struct option_row *row, const struct completion_source *source)
{
    const char *const *words = source->words(row->option.val);

    if (words == COMPLETION_REPORTS)
        words = source->reports;
    return words ? g_strjoinv(" ", (char **)words) : NULL;
}

/* A case of the option before the cursor: words, files (nothing else to do), or nothing. */
static void
print_bash_case(const struct option_row *row, const struct completion_source *source)
{
    g_autofree char *words = words_of(row, source);

    if (row->option.has_arg == no_argument)
        return;
    printf("    --%s", row->option.name);
    if (has_short(row))
        printf(" | -%c", row->option.val);
    if (words)
        printf(") words='%s'%s ;;\n", words,
               is_list(row, source) ? " list=${word%\"${word##*,}\"}; compopt -o nospace" : "");
    else
        printf(") %sreturn ;;\n", is_file(row) ? "" : "compopt +o default; ");
}

static void
print_bash(const struct completion_source *source)
{
    g_autofree char *commands = g_strjoinv(" ", (char **)source->commands);

    /* Readline takes the = of --option=value as a word. */
    printf("# Completion of %s for bash, printed by: %s --completion bash\n"
           "_%s()\n"
           "{\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words= "
           "list=\n"
           "    if [ \"$word\" = = ]; then\n"
           "        word=\n"
           "    elif [ \"$before\" = = ]; then\n"
           "        before=${COMP_WORDS[COMP_CWORD - 2]}\n"
           "    fi\n"
           "    COMPREPLY=()\n"
           "    case $before in\n",
           source->program, source->program, source->program);
    for (size_t i = 0; i < source->n_rows; i++)
        print_bash_case(&source->rows[i], source);
    printf("    *)\n"
           "        if [[ $word == -* ]]; then\n"
           "            words='");
    for (size_t i = 0; i < source->n_rows; i++)
        printf("%s--%s", i ? " " : "", source->rows[i].option.name);
    printf("'\n"
           "        elif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
           "            words='%s'\n"
           "            compopt -o filenames\n"
           "            mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
           "        fi\n"
           "        ;;\n"
           "    esac\n"
           "    mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < "
           "<(compgen -P \"$list\" -W \"$words\" -- \"${word#\"$list\"}\")\n"
           "}\n"
           "complete -o default -F _%s %s\n",
           commands, source->program, source->program);
}

/* Text in an argument of _arguments, which is in single quotes. */
static void
print_zsh_text(const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\'", stdout);
        else if (strchr("[]:\\", *text))
            putchar('\\');
        putchar(*text);
    }
}

static void
print_zsh_row(const struct option_row *row, const struct completion_source *source)
{
    static const char *const ARGUMENT[] = {
        [no_argument] = "", [required_argument] = "=", [optional_argument] = "=-"
    };
    const struct option *option = &row->option;
    g_autofree char *words = words_of(row, source);

    printf("    ");
    if (has_short(row))
        printf("'(-%c --%s)'{-%c%s,--%s%s}'", option->val, option->name, option->val,
               option->has_arg == required_argument ? "+" : "", option->name,
               ARGUMENT[option->has_arg]);
    else
        printf("'%s--%s%s", strstr(row->help, "may be repeated") ? "*" : "", option->name,
               ARGUMENT[option->has_arg]);
    putchar('[');
    print_zsh_text(row->help);
    putchar(']');
    if (option->has_arg != no_argument) {
        fputs(option->has_arg == optional_argument ? "::" : ":", stdout);
        fputs(option->name, stdout);
        if (words)
            printf(is_list(row, source) ? ":_sequence compadd - %s" : ":(%s)", words);
        else
            fputs(is_file(row) ? ":_files" : ": ", stdout);
    }
    printf("' \\\n");
}

static void
print_zsh(const struct completion_source *source)
{
    g_autofree char *commands = g_strjoinv(" ", (char **)source->commands);

    printf("#compdef %s\n"
           "# Completion of %s for zsh, printed by: %s --completion zsh\n"
           "_%s_first()\n"
           "{\n"
           "    _alternative 'commands:command:(%s)' 'files:capture:_files'\n"
           "}\n"
           "_arguments -s -S \\\n",
           source->program, source->program, source->program, source->program, commands);
    for (size_t i = 0; i < source->n_rows; i++)
        print_zsh_row(&source->rows[i], source);
    printf("    '1: :_%s_first' \\\n"
           "    '*:capture:_files'\n",
           source->program);
}

void
completion_print(enum completion_shell shell, const struct completion_source *source)
{
    if (shell == COMPLETION_BASH)
        print_bash(source);
    else
        print_zsh(source);
}
