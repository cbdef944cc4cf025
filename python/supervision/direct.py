"""Commands that need no shell: a program and its words, without anything that bash would do to them. Such a step starts its
program itself, as `bash -c` would in the end, and a millisecond sooner. Whatever is not certain is left to bash.
"""

import os
import stat

PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:,@%+=-")
NAME = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
# What bash has of its own under these names; the reserved words among them are no programs.
OWN_WORDS = frozenset(
    b". : alias bg bind break builtin caller case cd command compgen complete compopt continue coproc declare dirs"
    b" disown do done echo elif else enable esac eval exec exit export false fc fg fi for function getopts hash help"
    b" history if in jobs kill let local logout mapfile popd printf pushd pwd read readarray readonly return select"
    b" set shift shopt source suspend test then time times trap true type typeset ulimit umask unalias unset until"
    b" wait while".split()
)
# Variables that change what bash does, or that it sets itself.
ITS_VARIABLES = (
    b"BASH", b"SHELLOPTS", b"POSIXLY_CORRECT", b"PWD", b"OLDPWD", b"SHLVL", b"UID", b"EUID", b"PPID", b"IFS",
    b"OPTIND", b"RANDOM", b"SRANDOM", b"SECONDS", b"LINENO", b"EPOCH", b"GROUPS", b"DIRSTACK", b"FUNCNAME", b"HIST",
    b"OPTERR", b"PS1", b"PS2", b"PS4", b"COMP_", b"EXECIGNORE", b"POSIX_PEDANTIC",
)
# Variables of ours alone stand in a script: bash has none that begin so.
OURS = b"SW_"

SPACE, NEWLINE, TAB, BACKSLASH, DOLLAR, SINGLE, DOUBLE = b" \n\t\\$'\""


def command_of(script, environment):
    """The program's path, its words and its variables; None for what only bash may run."""
    words = words_of(script, environment)
    if not words or words[0] in OWN_WORDS or b"=" in words[0] or words[0].startswith(b"%"):
        return None
    for name in environment:
        if name.startswith(ITS_VARIABLES):
            return None
    path = words[0] if b"/" in words[0] else found(words[0], environment.get(b"PATH", b""))
    if path is None:
        return None
    # As bash leaves them to its last command.
    return path, words, {**environment, b"PWD": os.getcwdb(), b"SHLVL": b"0", b"_": path}


def found(program, path):
    """Where PATH has it; None where that is not certain."""
    for folder in path.split(b":"):
        if not folder.startswith(b"/"):
            return None
        at = folder.rstrip(b"/") + b"/" + program
        try:
            if stat.S_ISREG(os.stat(at).st_mode) and os.access(at, os.X_OK):
                return at
        except OSError:
            pass
    return None


def words_of(script, environment):
    """The words of one simple command; None where it is more than that."""
    words = []
    word = None
    at = 0
    end = len(script)
    while at < end:
        byte = script[at]
        if byte in PLAIN:
            begin = at
            while at < end and script[at] in PLAIN:
                at += 1
            word = (word or b"") + script[begin:at]
            continue
        if byte == SPACE or byte == TAB:
            at += 1
        elif byte == NEWLINE and (not words and word is None or at + 1 == end):
            # Bash stays where something follows, be it blank: SHLVL tells.
            at += 1
        elif byte == BACKSLASH and script[at + 1 : at + 2] == b"\n":
            # A line that goes on.
            at += 2
            continue
        else:
            part = quoted(script, at, environment) if byte == DOUBLE else None
            if byte == SINGLE:
                part = between(script, at)
            elif byte == DOLLAR:
                part = reference(script, at, environment)
                # Bash would split it, or look for files.
                if part and not (part[0] and PLAIN.issuperset(part[0])):
                    part = None
            if part is None:
                return None
            word = (word or b"") + part[0]
            at = part[1]
            continue
        if word is not None:
            words.append(word)
            word = None
    if word is not None:
        words.append(word)
    return words


def between(script, at):
    """What stands between single quotes, and the place behind them."""
    close = script.find(b"'", at + 1)
    if close < 0:
        return None
    return plain_text(script[at + 1 : close], close + 1)


def quoted(script, at, environment):
    """What double quotes make of it, and the place behind them."""
    text = b""
    at += 1
    while True:
        close = script.find(b'"', at)
        if close < 0:
            return None
        dollar = script.find(b"$", at, close)
        part = plain_text(script[at : close if dollar < 0 else dollar], close + 1)
        if part is None or b"\\" in part[0] or b"`" in part[0]:
            return None
        text += part[0]
        if dollar < 0:
            return text, close + 1
        value = reference(script, dollar, environment)
        if value is None:
            return None
        text += value[0]
        at = value[1]


def plain_text(text, behind):
    """In some character sets a byte beyond ASCII and the one after it are one letter."""
    return (text, behind) if text.isascii() else None


def reference(script, at, environment):
    """The value of `${SW_…}`, and the place behind it."""
    close = script.find(b"}", at)
    name = script[at + 2 : close]
    if script[at + 1 : at + 2] != b"{" or close < 0 or not name.startswith(OURS) or not NAME.issuperset(name):
        return None
    value = environment.get(name)
    return None if value is None else (value, close + 1)
