/* train_log.h - the log of a training: the same bytes in every build, flushed line by line.
 *
 * JSON lines, one after each step and one after each evaluation:
 *   {"step":1,"tokens":512,"bytes":512,"sum":69753432,"loss":4.1573,"bits_per_byte":5.9978,
 *    "lr":0.000100,"embedding_lr":0.000600,"gradient_norm":0.812345,"flipped":0.0123,
 *    "zeros":0.4312,"clipped":0.0156}
 *   {"step":100,"held_out":{"loss":2.1034,"transformer":2.2310,"counts":2.1523,"perplexity":8.19,
 *    "bits_per_byte":3.0345,"top1":0.4101,"top3":0.6612,"top5":0.7633,"tokens":39936,"bytes":39936}}
 *
 * tokens, bytes and sum (of losses, in 2^-15 nat) are of that step. gradient_norm is that of the
 * mean gradient, before it is clipped. flipped and zeros are shares of the weights in matrices;
 * clipped is the share of int8 activations at +-127, of which each vector has one at least.
 * loss of an evaluation is that of transformer and counts together; transformer and counts, that of
 * each alone, stand there where the training has counts.
 * CSV has the same as columns, one row a step, those of the evaluation empty where there was none.
 */
#ifndef TRAIN_LOG_H
#define TRAIN_LOG_H

#include <stdio.h>

#include "base/errors.h"

typedef enum { LOG_JSON, LOG_CSV, LOG_FORMATS } LogFormat;

/* The name of a format, by its place; null beyond the last. */
const char *log_format_names(int place);

typedef struct {
  FILE *file; /* null: nothing is logged */
  const char *path;
  LogFormat format;
} TrainLog;

/* Whether a training of so many steps may write its log to a path: a new one may not where there is
 * a log already, a resumed one not where that goes beyond its own last step. */
bool train_log_check(const char *path, bool resumes, long steps, Error *error);

/* Opens a log; a null path logs nothing. A training that is resumed at `step` goes on with the log
 * that is there, less what it says of later steps (0: a new log). A device, a FIFO or an open
 * stream gets what is logged from now on. */
bool train_log_open(TrainLog *log, const char *path, LogFormat format, int step, Error *error);

/* Writes what a step did, with its statistics, and the evaluation after it, or null, to a log that
 * is open; false where it could not be written. */
bool train_log_write(TrainLog *log, const legacy_llm_step *step,
                     const legacy_llm_evaluation *held_out, Error *error);

/* Makes what was logged so far durable, as a checkpoint is that tells of the same steps. */
bool train_log_sync(const TrainLog *log, Error *error);

/* Closes the log. */
bool train_log_close(TrainLog *log, Error *error);

#endif
