/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/ask.c - passwords typed at a terminal. They are not shown, and a new one is typed twice. They are read octet by
 * octet into locked memory, and never through stdio, which would keep a copy. The terminal is set back whatever ends
 * the command, because signals wait while it is silent. */
#include "base/wipe.h"
#include "pli/people.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { CTRL_C = 3 };

/* One line; false: nothing was typed, or it was cut off (Ctrl-C ends the prompt, not the terminal's manners). */
static bool type_line(int tty, const char *prompt, char *mem, size_t room, struct span *out)
{
    size_t n = 0;
    ssize_t got;
    char c = 0;

    if (write(tty, prompt, strlen(prompt)) < 0)
        return false;
    while ((got = read(tty, &c, 1)) == 1 && c != '\n' && c != '\r' && c != CTRL_C)
        if (n < room)
            mem[n++] = c;
    (void)!write(tty, "\n", 1);
    *out = span_of(mem, n);
    return got == 1 && c != CTRL_C && n > 0 && n < room;
}

static int ask_all(struct cmd *c, int tty, bool old, bool fresh, struct passwords *out)
{
    char *again = secret_alloc(PASSWORD_MOST + 2);
    struct span line, second;
    int answer = PLI_OK;

    if (old && (!type_line(tty, "Old password: ", out->mem, PASSWORD_MOST + 1, &line)))
        answer = cmd_usage(c, "no old password was typed: nothing was changed");
    else if (old)
        answer = passwords_take(c, line, out);
    if (answer == PLI_OK && fresh) {
        if (!type_line(tty, "New password: ", out->mem + PASSWORD_MOST + 2, PASSWORD_MOST + 1, &line) ||
            !type_line(tty, "The new password again: ", again, PASSWORD_MOST + 1, &second))
            answer = cmd_usage(c, "no new password was typed: nothing was changed");
        else if (!span_eq(line, second))
            answer = cmd_usage(c, "the two were not the same: nothing was changed");
        else
            answer = passwords_take(c, line, out);
    }
    secret_free(again, PASSWORD_MOST + 2);
    return answer;
}

/* What run() asks on a terminal that shows nothing. */
struct asking {
    bool old, fresh;            /* an old password, a new one */
    const char *const *prompts; /* or: one line behind each of these, the list ends with NULL */
};

static int ask_each(struct cmd *c, int tty, const char *const *prompts, struct passwords *out)
{
    char *to = out->mem;
    struct span line;
    int answer = PLI_OK;

    for (; *prompts && answer == PLI_OK; prompts++, to += PASSWORD_MOST + 2)
        answer = type_line(tty, *prompts, to, PASSWORD_MOST + 1, &line)
                     ? passwords_take(c, line, out)
                     : cmd_usage(c, "no password was typed: nothing was done");
    return answer;
}

static int ask_unseen(struct cmd *c, const struct asking *what, struct passwords *out)
{
    struct termios was, silent;
    sigset_t all, before;
    int tty = isatty(0) ? open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY) : -1, answer;

    if (tty < 0 || tcgetattr(tty, &was) != 0) {
        if (tty >= 0)
            close(tty);
        return cmd_usage(c, "no terminal to ask on: give the passwords with --password-stdin%s",
                         what->prompts ? "" : ", or have one made with --generate");
    }
    *out = passwords_new();
    silent = was;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG); /* Ctrl-C would leave it silent: it is an empty answer instead */
    silent.c_cc[VEOL] = CTRL_C;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    (void)tcsetattr(tty, TCSAFLUSH, &silent);
    answer = what->prompts ? ask_each(c, tty, what->prompts, out) : ask_all(c, tty, what->old, what->fresh, out);
    (void)tcsetattr(tty, TCSAFLUSH, &was);
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(tty);
    return answer;
}

int passwords_ask(struct cmd *c, bool old, bool fresh, struct passwords *out)
{
    return ask_unseen(c, &(struct asking){.old = old, .fresh = fresh}, out);
}

int passwords_ask_for(struct cmd *c, const char *const *prompts, struct passwords *out)
{
    return ask_unseen(c, &(struct asking){.prompts = prompts}, out);
}
