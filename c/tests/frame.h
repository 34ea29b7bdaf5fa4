/* frame.h - what the test files share: checks, random numbers, and a small model to try things on.
 *
 * The tests need no disk and little memory, so they run on the laptop itself. Each file holds the
 * tests of one concern and a table of them; test_llm.c runs the tables.
 */
#ifndef FRAME_H
#define FRAME_H

#include "base/arena.h"
#include "math/math_ops.h"
#include "math/random.h"
#include "model/backward.h"
#include "model/forward.h"
#include "run/options.h"
#include "train/optimizer.h"

/* Counts a check; keeps the first failure's description (printf style). Returns good. */
bool check(bool good, const char *format, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* |a - b| <= tolerance */
bool near(float a, float b, float tolerance);

/* The commands of the program, until null: what the tests of options are given. */
extern const Command *const *tested_commands;

/* A test with each table of kernels that this build and this machine have. In a plain build all are
 * the same functions: then it tests that they are functions of their inputs alone. */
void with_all_tables(void (*test)(void));

/* ---- random numbers, the same in every run ---- */

uint32_t draw(void);
int draw_int(int largest);     /* uniform in -largest..largest */
float draw_float(float range); /* uniform in -range..range */
void draw_floats(float *x, int n, float range);
void draw_i8(int8_t *x, int n); /* -127..127 */

/* ---- a small model with all that its training needs ---- */

extern const ModelConfig small_shape;

typedef struct {
  Arena arena;
  OptimizerKind optimizer_kind;
  RowDropout dropout; /* of its training passes; none after rig_open */
  Model model;
  Activations activations; /* a slot for every layer */
  BackwardWorkspace backward;
  Gradients gradients;
  OptimizerState optimizer;
  float *dx; /* [T,D] */
  uint16_t tokens[64];
  float losses[64];
} Rig;

extern Rig rig;

/* Makes the rig's model, with an optimizer (Muon where none is named); false without memory. */
bool rig_open(const ModelConfig *config, uint32_t seed);
bool rig_open_with(const ModelConfig *config, OptimizerKind kind, uint32_t seed);
void rig_close(void);

void rig_clear_gradients(void);

/* Passes over the rig's sequence: forward over some positions, and forward and backward over the
 * first n. */
Pass rig_pass(int start, int n);
Pass rig_training_pass(int n);

/* Loss of the rig's sequence, summed; the first one leaves the gradients, too. */
float rig_backward(void);
float rig_loss(void);

/* ---- tables of tests ---- */

typedef struct {
  const char *name;
  void (*run)(void);
} Test;

/* Each ends with a row without a name. */
extern const Test kernel_tests[], kernel_limit_tests[], quantizer_tests[], gradient_tests[],
    training_tests[], text_tests[], counts_tests[], baseline_tests[], sampling_tests[],
    wire_tests[], tokenizer_tests[], word_tests[], checkpoint_tests[], options_tests[];

#endif
