/* train_log.c - formats entries, and cuts an old log to where a resumed training goes on. */
#include "run/train_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/numbers.h"
#include "base/safe_file.h"
#include "base/utf8.h"
#include "run/evaluation_text.h"
#include "run/standing.h"

static const char csv_header[] =
    "step,tokens,bytes,loss,bits_per_byte,lr,embedding_lr,gradient_norm,flipped,zeros,clipped,"
    "held_out_loss,held_out_perplexity,held_out_bits_per_byte,held_out_top1,held_out_top3,"
    "held_out_top5,held_out_transformer,held_out_counts\n";

const char *log_format_names(int place) {
  static const char *const names[LOG_FORMATS] = {[LOG_JSON] = "json", [LOG_CSV] = "csv"};
  return place < LOG_FORMATS ? names[place] : NULL;
}

/* ---- opening ---- */

/* Reads a line as it was written: an editor may have put a byte order mark before the first one and
 * CR LF at the ends. */
static bool read_line(FILE *file, char *line, int size) {
  if (!fgets(line, size, file)) return false;
  const size_t mark = utf8_mark((const uint8_t *)line, strlen(line)), length = strlen(line + mark);
  memmove(line, line + mark, length + 1);
  if (length > 1 && strcmp(line + length - 2, "\r\n") == 0) strcpy(line + length - 2, "\n");
  return true;
}

/* The step that a whole line is of, 0 for the header of CSV, -1 for what no log has. */
static long step_of(const char *line) {
  static const char start[] = "{\"step\":";
  if (strchr(line, '\n') == NULL) return -1;
  if (strcmp(line, csv_header) == 0) return 0;
  if (strncmp(line, start, sizeof start - 1) == 0) line += sizeof start - 1;
  return *line >= '0' && *line <= '9' ? strtol(line, NULL, 10) : -1;
}

/* Copies the lines up to a step; an unfinished one at the end is left out. False where not all
 * could be read. */
static bool copy_lines(FILE *from, FILE *to, int step) {
  char line[1024];
  while (read_line(from, line, sizeof line)) {
    const long of = step_of(line);
    if (of >= 0 && of <= step) fputs(line, to);
  }
  return !ferror(from);
}

static bool cannot_read(const char *path, Error *error) {
  return error_set(error, EXIT_FAILED,
                   "cannot read the log %s: %s; it was not changed; give --log another file", path,
                   strerror(errno));
}

/* The last step that a log tells of, -1 where it tells of none; false where it cannot be read. */
static bool last_step(const char *path, long *step, Error *error) {
  char line[1024];
  FILE *file = fopen(path, "rb");
  if (!file) return cannot_read(path, error);
  *step = -1;
  while (read_line(file, line, sizeof line)) {
    const long of = step_of(line);
    if (of > *step) *step = of;
  }
  const bool whole = !ferror(file) || cannot_read(path, error);
  fclose(file);
  return whole;
}

bool train_log_check(const char *path, bool resumes, long steps, Error *error) {
  long last;
  if (!path || path_kind(path) != PATH_ORDINARY) return true;
  if (!last_step(path, &last, error)) return false;
  if (last < 0 || (resumes && last <= steps)) return true;
  return error_set(error, EXIT_USAGE,
                   "%.200s is the log of another training%s; give --log another file, or replace "
                   "it with --force",
                   path, resumes ? ", of more steps" : ", or of this one once before");
}

static bool cannot_write(const TrainLog *log, Error *error) {
  return error_set(error, EXIT_FAILED, "cannot write the log %s: %s; give --log another file",
                   log->path, path_open_error());
}

/* Whether the log that is there is in the format: JSON with a brace, CSV with the name "step". */
static bool check_format(const TrainLog *log, FILE *old, Error *error) {
  char line[1024];
  if (!read_line(old, line, sizeof line)) return !ferror(old) || cannot_read(log->path, error);
  if ((line[0] == csv_header[0]) == (log->format == LOG_CSV)) return true;
  return error_set(error, EXIT_USAGE,
                   "the log %s is not in the format %s; use the same --log-format as before, or "
                   "give --log another file",
                   log->path, log_format_names((int)log->format));
}

/* Writes the part of an open log up to a step into a new file. */
static bool copy_log(const TrainLog *log, FILE *old, int step, SafeFile *file, Error *error) {
  if (!safe_file_open(file, log->path, error)) return false;
  if (copy_lines(old, file->stream, step)) return true;
  cannot_read(log->path, error);
  safe_file_discard(file);
  return false;
}

/* Cuts the log, if there is one, to its part up to a step. The old one is closed before the new one
 * takes its place: Windows lets nobody take that of an open file. */
static bool cut_log(const TrainLog *log, int step, Error *error) {
  SafeFile file;
  FILE *old = fopen(log->path, "rb");
  if (!old) return errno == ENOENT || cannot_read(log->path, error);
  bool good = check_format(log, old, error);
  if (good)
    good = fseek(old, 0, SEEK_SET) == 0 ? copy_log(log, old, step, &file, error)
                                        : cannot_read(log->path, error);
  fclose(old);
  return good && safe_file_commit(&file, error);
}

/* Writes the header of CSV where nothing stands before it. */
static bool write_header(FILE *file, bool streams) {
  const long length = streams ? 0 : fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
  return length > 0 || (length == 0 && fputs(csv_header, file) >= 0);
}

bool train_log_open(TrainLog *log, const char *path, LogFormat format, int step, Error *error) {
  *log = (TrainLog){.path = path, .format = format};
  if (!path) return true;
  const bool streams = path_kind(path) == PATH_STREAM;
  const Standing standing = step > 0 ? standing_at(path) : STANDS_NOTHING;
  const bool continues = standing == STANDS_LOG;
  if (standing == STANDS_UNKNOWN) return cannot_read(path, error);
  if (continues && !cut_log(log, step, error)) return false;
  log->file = streams     ? path_open_stream(path)
              : continues ? fopen(path, "ab")
                          : path_open_new(path);
  if (!log->file) return cannot_write(log, error);
  if (format != LOG_CSV || write_header(log->file, streams)) return true;
  cannot_write(log, error);
  fclose(log->file);
  log->file = NULL;
  return false;
}

/* ---- entries ---- */

/* The numbers of a step as text. */
typedef struct {
  char loss[LEGACY_LLM_NUMBER_TEXT], bits[LEGACY_LLM_NUMBER_TEXT], rate[LEGACY_LLM_NUMBER_TEXT],
      embedding_rate[LEGACY_LLM_NUMBER_TEXT];
  char norm[LEGACY_LLM_NUMBER_TEXT], flipped[LEGACY_LLM_NUMBER_TEXT], zeros[LEGACY_LLM_NUMBER_TEXT],
      clipped[LEGACY_LLM_NUMBER_TEXT];
} StepText;

static StepText step_text(const legacy_llm_step *s) {
  StepText t;
  legacy_llm_format_nats(t.loss, &s->loss);
  legacy_llm_format_bits(t.bits, &s->loss);
  format_decimal(t.rate, s->matrix_rate, 6);
  format_decimal(t.embedding_rate, s->embedding_rate, 6);
  format_decimal(t.norm, s->gradient_norm, 6);
  legacy_llm_format_ratio(t.flipped, s->flipped, s->weights);
  legacy_llm_format_ratio(t.zeros, s->zeros, s->weights);
  legacy_llm_format_ratio(t.clipped, s->clipped, s->activations);
  return t;
}

static void write_json(FILE *file, const legacy_llm_step *step,
                       const legacy_llm_evaluation *held_out) {
  const StepText t = step_text(step);
  const int written =
      fprintf(file,
              "{\"step\":%d,\"tokens\":%lld,\"bytes\":%lld,\"sum\":%lld,\"loss\":%s,"
              "\"bits_per_byte\":%s,\"lr\":%s,\"embedding_lr\":%s,\"gradient_norm\":%s,"
              "\"flipped\":%s,\"zeros\":%s,\"clipped\":%s}\n",
              step->step, (long long)step->loss.tokens, (long long)step->loss.bytes,
              (long long)step->loss.sum, t.loss, t.bits, t.rate, t.embedding_rate, t.norm,
              t.flipped, t.zeros, t.clipped);
  if (written < 0 || !held_out) return;
  const EvaluationText e = evaluation_text(held_out);
  const legacy_llm_loss *loss = &held_out->loss;
  fprintf(file, "{\"step\":%d,\"held_out\":{\"loss\":%s,", step->step, e.loss);
  if (held_out->counts.tokens > 0)
    fprintf(file, "\"transformer\":%s,\"counts\":%s,", e.transformer, e.counts);
  fprintf(file,
          "\"perplexity\":%s,\"bits_per_byte\":%s,"
          "\"top1\":%s,\"top3\":%s,\"top5\":%s,\"tokens\":%lld,\"bytes\":%lld}}\n",
          e.perplexity, e.bits, e.top1, e.top3, e.top5, (long long)loss->tokens,
          (long long)loss->bytes);
}

static void write_csv(FILE *file, const legacy_llm_step *step,
                      const legacy_llm_evaluation *held_out) {
  const StepText t = step_text(step);
  const int written =
      fprintf(file, "%d,%lld,%lld,%s,%s,%s,%s,%s,%s,%s,%s", step->step,
              (long long)step->loss.tokens, (long long)step->loss.bytes, t.loss, t.bits, t.rate,
              t.embedding_rate, t.norm, t.flipped, t.zeros, t.clipped);
  if (written < 0) return; /* nor the rest of the line */
  if (!held_out) {
    fprintf(file, ",,,,,,,,\n");
    return;
  }
  const EvaluationText e = evaluation_text(held_out);
  const bool parts = held_out->counts.tokens > 0;
  fprintf(file, ",%s,%s,%s,%s,%s,%s,%s,%s\n", e.loss, e.perplexity, e.bits, e.top1, e.top3, e.top5,
          parts ? e.transformer : "", parts ? e.counts : "");
}

bool train_log_write(TrainLog *log, const legacy_llm_step *step,
                     const legacy_llm_evaluation *held_out, Error *error) {
  (log->format == LOG_CSV ? write_csv : write_json)(log->file, step, held_out);
  return fflush(log->file) == 0 && !ferror(log->file) ? true : cannot_write(log, error);
}

bool train_log_sync(const TrainLog *log, Error *error) {
  if (!log->file || path_kind(log->path) != PATH_ORDINARY) return true;
  return safe_file_sync(log->file, log->path) || cannot_write(log, error);
}

bool train_log_close(TrainLog *log, Error *error) {
  if (!log->file) return true;
  FILE *file = log->file;
  log->file = NULL;
  const bool written = !ferror(file);
  if (fclose(file) == 0 && written) return true;
  return cannot_write(log, error);
}
