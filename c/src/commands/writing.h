/* writing.h - what the commands share that let a model write a text (`generate`, `llama2`): the
 * options that say how it begins, how it ends and where it goes, and its way there.
 */
#ifndef WRITING_H
#define WRITING_H

#include "commands/generate_output.h"
#include "run/option_groups.h"
#include "run/text_file.h"

typedef struct {
  const char *prompt;      /* with escapes; "-": standard input */
  const char *prompt_file; /* null: none; "-": standard input */
  const char *stop;        /* with escapes; "": none */
  const char *out;         /* null: stdout alone */
  int32_t tokens;
  bool json;
} WritingSettings;

extern const OptionGroup beginning_group; /* WritingSettings: --prompt, --prompt-file */
extern const OptionGroup ending_group;    /* WritingSettings: --tokens, --stop */
extern const OptionGroup text_out_group;  /* WritingSettings: --out */

void writing_default(WritingSettings *settings);

/* Whether what was given goes together. */
bool writing_settle(const WritingSettings *settings, Error *error);

/* Whether the prompt comes from standard input. */
bool writing_reads_input(const WritingSettings *settings);

/* Opens the text of --prompt-file, or of standard input; nothing where --prompt has it. */
bool writing_open_input(const WritingSettings *settings, TextFile *input, Error *error);

/* Why a text ended. */
typedef enum { END_ERROR, END_TOKENS, END_DOCUMENT, END_STOP, END_INTERRUPT, END_CONTEXT } TextEnd;

/* Begins a text on standard output, and in a file unless that is null. */
void writing_begin(const WritingSettings *settings, GenerateOutput *output, FILE *file);

/* Ends it, with so many tokens. */
void writing_end(const WritingSettings *settings, GenerateOutput *output, TextEnd end, int tokens);

/* Writes texts to standard output, and to a file unless that is null. *kept is true, and becomes
 * false where there was nothing to write, though nothing failed. */
typedef bool WriteTexts(void *context, FILE *file, bool *kept, Error *error);

/* With everything open but --out, which stays as it is where nothing was written. */
bool writing_to_out(const WritingSettings *settings, WriteTexts *write, void *context,
                    Error *error);

/* The failure of a text that a signal ended, by what it leaves to say: nothing where the reader of
 * the text is gone. */
bool writing_stopped(const WritingSettings *settings, Error *error);

#endif
