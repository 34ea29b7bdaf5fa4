/* text_advice.c - words for what text_look sees. */
#include "run/text_advice.h"

#include <stdio.h>
#include <string.h>

#include "base/quote.h"

enum {
  MOST_WORDS = 400,
  MOST_COMMAND = 320,
  MOST_PATH = 80, /* of a path in a command */
  MOST_WORD = 128 /* of one in quotes */
};

/* ---- commands ---- */

/* "my.utf8.txt" of "my.txt" and "utf8". */
static void new_name(char *name, size_t size, const char *path, const char *word) {
  const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
  const char *point = strrchr(base, '.');
  const int stem = (int)(point && point > base ? point - path : (ptrdiff_t)strlen(path));
  snprintf(name, size, "%.*s.%s%s", stem, path, word, path + stem);
}

/* A command that makes another text of one: "iconv -f LATIN1 -t UTF-8 my.txt > my.utf8.txt"; of
 * what has no name, or a long one, what stands before the names. `word` is put into the new name;
 * a tool that reads standard input has a "<" at its end. */
static const char *command_of(char command[MOST_COMMAND], const TextFile *t, const char *tool,
                              const char *word) {
  char name[MOST_PATH + 16], from[MOST_WORD], to[MOST_WORD];
  snprintf(command, MOST_COMMAND, "%s", tool);
  char *end = command + strlen(command) - 1;
  if (t->passes || strlen(t->path) > MOST_PATH) {
    if (*end == '<') end[-1] = 0;
    return command;
  }
  new_name(name, sizeof name, t->path, word);
  const size_t used = strlen(command);
  snprintf(command + used, MOST_COMMAND - used, " %s > %s", quote_word(from, sizeof from, t->path),
           quote_word(to, sizeof to, name));
  return command;
}

/* ---- encodings ---- */

static void describe_charset(const TextFile *t, const char *is, const char *charset,
                             char words[MOST_WORDS]) {
  char tool[64], command[MOST_COMMAND];
  snprintf(tool, sizeof tool, "iconv -f %s -t UTF-8", charset);
  snprintf(words, MOST_WORDS, "%s: %s", is, command_of(command, t, tool, "utf8"));
}

/* Bytes that are no UTF-8: most texts that have some are Latin-1 throughout, others are cut or
 * damaged. */
static void describe_wrong(const TextFile *t, char words[MOST_WORDS]) {
  const TextLook *k = &t->look;
  const long long at = (long long)(k->wrong_at + t->mark);
  char is[128], tool[64], command[MOST_COMMAND];
  snprintf(is, sizeof is, "is not UTF-8 text: byte %lld is wrong", at);
  if (k->nul_at) {
    snprintf(words, MOST_WORDS, "%s, and byte %lld is a NUL; it looks like no text at all", is,
             (long long)(k->nul_at + t->mark));
  } else if (k->cut && k->wrong == 1) {
    snprintf(tool, sizeof tool, "head -c %lld", at - 1);
    snprintf(words, MOST_WORDS, "%s, where its last character is cut; to leave that out: %s", is,
             command_of(command, t, tool, "utf8"));
  } else if (k->wide >= k->wrong) {
    strcat(is, ", though most is UTF-8; to leave out what is not");
    describe_charset(t, is, "UTF-8 -c", words);
  } else {
    strcat(is, "; to make it UTF-8, if it is Latin-1");
    describe_charset(t, is, "LATIN1", words);
  }
}

static void describe_nul(const TextFile *t, char words[MOST_WORDS]) {
  char command[MOST_COMMAND];
  snprintf(words, MOST_WORDS, "has a NUL at byte %lld, which no text has; to take NULs out: %s",
           (long long)(t->look.nul_at + t->mark),
           command_of(command, t, "tr -d '\\000' <", "text"));
}

/* Why a text, as far as it was read, is none in UTF-8: what follows its name. False where it is. */
static bool describe_problem(const TextFile *t, char words[MOST_WORDS]) {
  FileKind kind;
  char is[64];
  const bool known = text_look_kind(&t->look, &kind);
  if (known && kind.charset) {
    snprintf(is, sizeof is, "is %s, not UTF-8; to make it UTF-8", kind.what);
    describe_charset(t, is, kind.charset, words);
  } else if (known) {
    snprintf(words, MOST_WORDS, "is %s, not a text%s%s", kind.what, kind.advice ? "; " : "",
             kind.advice ? kind.advice : "");
  } else if (t->look.wrong) {
    describe_wrong(t, words);
  } else if (t->look.nul_at) {
    describe_nul(t, words);
  } else {
    return false;
  }
  return true;
}

/* ---- line ends ---- */

/* How the lines end, where it is not by a LF alone; false where it is. */
static bool describe_ends(const TextFile *t, char words[MOST_WORDS]) {
  const TextLook *k = &t->look;
  const int64_t alone = k->cr - k->crlf;
  char command[MOST_COMMAND];
  if (k->cr == 0) return false;
  if (alone == 0)
    snprintf(words, MOST_WORDS, "ends %s lines with CR LF, as Windows does; to have LF alone: %s",
             k->crlf == k->lf ? "its" : "some", command_of(command, t, "tr -d '\\r' <", "lf"));
  else
    snprintf(words, MOST_WORDS,
             "has %lld CR without a LF, which end lines on old Macintoshes; to have LF: %s",
             (long long)alone, command_of(command, t, "tr '\\r' '\\n' <", "lf"));
  return true;
}

static bool knows_cr(const legacy_llm_tokenizer *t) {
  const legacy_llm_tokenizer_facts facts = legacy_llm_tokenizer_tell(t);
  uint8_t piece[LEGACY_LLM_MAX_WORD];
  if (facts.kind != LEGACY_LLM_CHARS) return true;
  for (int token = 0; token < facts.tokens - (facts.separator_bytes > 0); token++)
    if (legacy_llm_decode(t, token, piece) == 1 && piece[0] == '\r') return true;
  return false;
}

/* ---- refusals ---- */

bool text_advise(const TextFile *t, const legacy_llm_tokenizer *tokenizer, Error *error) {
  char words[MOST_WORDS];
  FileKind kind;
  if (error->exit_code != EXIT_USAGE || t->look.bytes == 0) return false;
  if (describe_problem(t, words))
    return error_set(error, EXIT_USAGE, "%.100s %s%s", t->name, words,
                     tokenizer || text_look_kind(&t->look, &kind)
                         ? ""
                         : "; --tokenizer bytes or bpe takes any bytes");
  if (t->look.cr && tokenizer && !knows_cr(tokenizer) && describe_ends(t, words))
    return error_set(error, EXIT_USAGE,
                     "the model does not know the character CR at byte %lld of %.100s, which %s",
                     (long long)(t->look.cr_at + t->mark), t->name, words);
  return false;
}

/* ---- notes ---- */

static void note(const TextFile *t, const char *words) {
  fprintf(stderr, "legacy_llm: note: %s %s\n", t->name, words);
}

void text_tell_mark(const TextFile *t) {
  if (t->mark)
    note(t, "begins with a byte order mark, which is no part of the text and is left out");
}

/* A book between the lines of its licence. */
static void tell_licence(const TextFile *t) {
  const TextLook *k = &t->look;
  char tool[96], command[MOST_COMMAND], words[MOST_WORDS];
  if (k->begins + k->ends == 0 && !k->ends_at) return;
  const bool many = k->begins > 1 || k->ends > 1 || (k->ends_at && k->ends_at <= k->begins_at);
  const char *const lines = "^\\*\\*\\* *START OF/,/^\\*\\*\\* *END OF";
  if (many)
    snprintf(tool, sizeof tool, "sed -n '/%s/{//!p;}'", lines);
  else if (k->ends_at)
    snprintf(tool, sizeof tool, "sed -n '%lld,%lldp'", (long long)k->begins_at + 1,
             (long long)k->ends_at - 1);
  else
    snprintf(tool, sizeof tool, "sed '1,%lldd'", (long long)k->begins_at);
  char places[64] = "";
  if (k->begins_at) snprintf(places, sizeof places, "up to line %lld", (long long)k->begins_at);
  if (k->ends_at)
    snprintf(places + strlen(places), sizeof places - strlen(places), "%sfrom line %lld on",
             *places ? " and " : "", (long long)k->ends_at);
  snprintf(words, sizeof words,
           "has the licence of Project Gutenberg around its text, %s%s, and a model learns it too; "
           "the text alone: %s",
           places, many ? " and between its books" : "", command_of(command, t, tool, "book"));
  note(t, words);
}

void text_tell(const TextFile *t) {
  char words[MOST_WORDS];
  text_tell_mark(t);
  if (describe_problem(t, words)) {
    note(t, words);
    return;
  }
  tell_licence(t);
  if (describe_ends(t, words)) note(t, words);
}
