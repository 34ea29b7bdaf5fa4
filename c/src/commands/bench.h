/* bench.h - what each phase of training and each kernel takes, in up to six forms:
 *
 *   plain     this model with the kernels of math_ops_plain
 *   fast-128  where fast has AVX2: this model with the other kernels of this build, of 128 bits
 *   fast      this model with the kernels that it computes with here; the same bits, or bench fails
 *   threads   the same by the threads of --threads; only of a whole step
 *   fp32      the float32 baseline (baseline.h), its products as loops in C
 *   fp32-sse  the same with its products in SSE1; only where products are what is measured
 *
 * A row is measured in a form like this: memory is laid out and zeroed, set-up makes the inputs
 * from the seed, then it runs as often as asked. Nothing before the first run depends on how often,
 * so an outside counter of instructions can take the difference of two counts: one run, with the
 * reset before it (none for step, forward, generate) and some hundred for the clock and printing.
 */
#ifndef BENCH_H
#define BENCH_H

#include "baseline/baseline.h"
#include "counts/table.h"
#include "model/backward.h"
#include "model/forward.h"
#include "text/data_utils.h"
#include "train/batch.h"

typedef enum {
  FORM_PLAIN,
  FORM_FAST_128,
  FORM_FAST,
  FORM_THREADS,
  FORM_FP32,
  FORM_FP32_SSE,
  BENCH_FORMS
} BenchForm;

/* Everything that a row may lay out, set up and run. The inputs of kernels have one layer. */
typedef struct {
  Arena arena;
  ModelConfig shape, one_layer;
  TrainConfig train;
  MemoryMode memory; /* settled */
  Threads pool;      /* of --threads */
  Threads threads;   /* of the form at hand: those, or none */

  Model model;
  OptimizerState optimizer;
  Batch batch;             /* of a whole step */
  Activations activations; /* of one sequence, a slot for every layer */
  BackwardWorkspace backward;
  Gradients gradients;
  uint16_t *tokens; /* [text_tokens] */
  int32_t text_tokens;
  float *dx;                     /* [T,D] */
  const float *logits;           /* [V] that generation made */
  float *losses;                 /* [T] */
  int32_t *pristine[MAX_LAYERS]; /* gradients of the layers, before a step overwrites them */
  int32_t starts[MAX_BATCH];     /* of the sequences of a step */
  const uint16_t *sequences[MAX_BATCH];
  uint8_t token_bytes[MAX_VOCAB]; /* [V] all zero: nobody asks */
  int step;                       /* of the training */
  Text counted;                   /* a text to count, the memory and the table of its n-grams */
  Counts counts;
  CountsContext context;
  float *a, *b, *c, *d;             /* a kernel's own inputs and outputs */
  int8_t *codes;                    /* [F,D] */
  uint8_t *packed;                  /* [F, packed_row_bytes] */
  const BaselineProducts *products; /* of the form at hand */
  Baseline baseline;
  float result; /* of a kernel that returns one number */
} Bench;

/* What a repeat of a row is. */
typedef struct {
  char shape[48];
  int64_t units; /* of the row's unit */
  int64_t macs;  /* multiply-accumulates of the products in it, as on paper */
  int64_t bytes; /* of weights that it reads: each product its matrix once */
  int64_t share; /* thousandths of repeats in a training step, about; 0: it is no part of one */
} BenchSize;

/* One side of a row: how this model, or the baseline, does it. */
typedef struct {
  void (*layout)(Bench *b); /* takes or plans memory from b->arena */
  void (*setup)(Bench *b);
  void (*reset)(Bench *b); /* before each repeat, not measured; may be null */
  void (*run)(Bench *b);
  uint32_t (*crc)(const Bench *b); /* of what the first repeat made */
} BenchSide;

typedef enum { GROUP_PHASE, GROUP_KERNEL, BENCH_GROUPS } BenchGroup;

typedef struct {
  BenchGroup group;
  const char *name, *unit, *about;
  void (*size)(const Bench *b, bool baseline, BenchSize *size);
  BenchSide ours, baseline; /* baseline.run null: it has nothing like it */
  bool products;            /* the forms of the baseline differ */
  bool threads;             /* threads share its work */
} BenchRow;

/* The rows: the phases, then the kernels. */
enum { BENCH_PHASES = 7, BENCH_KERNELS = 18, BENCH_ROWS = BENCH_PHASES + BENCH_KERNELS };
extern const BenchRow bench_phases[BENCH_PHASES], bench_kernels[BENCH_KERNELS];

/* What was measured of a row in a form; times in nanoseconds. */
typedef struct {
  bool measured;
  int repeats;
  int64_t median, least, most;
  uint32_t crc;
} BenchResult;

/* ---- what phases and kernels share (bench_inputs.c) ---- */

/* Memory of the text, of one sequence's forward and backward, and of the baseline. */
void bench_text_layout(Bench *b);
void bench_sequence_layout(Bench *b, const ModelConfig *config, WeightStore store);
void bench_backward_layout(Bench *b, const ModelConfig *config);
void bench_baseline_layout(Bench *b, const ModelConfig *config, bool training);

/* Passes over the text's first positions: forward, and forward and backward. */
Pass bench_pass(Bench *b, int start, int n);
Pass bench_training_pass(Bench *b);

/* Random tokens, rare ones rarer; random floats of a deviation; random gradient sums. */
void bench_fill_text(Bench *b);
void bench_fill(float *x, int n, float deviation, uint32_t key);
void bench_fill_sums(int32_t *x, int n, uint32_t key);

/* The key of some random numbers of a bench. */
uint32_t bench_key(const Bench *b, uint32_t purpose);

/* Multiply-accumulates: forward of n positions through the matrices; attention of a whole sequence
 * (scores and outputs) in one layer; Newton-Schulz on so many neurons of `width` weights each, as
 * muon.c does it but for the halves of tiles on the diagonal. */
int64_t bench_matrix_macs(const ModelConfig *c, int64_t n);
int64_t bench_attention_macs(const ModelConfig *c);
int64_t bench_muon_macs(int64_t neurons, int64_t width, int64_t block);

/* Neurons of a block of Newton-Schulz in the steps that are measured. */
int bench_muon_block(const Bench *b);

/* ---- output (bench_report.c) ---- */

void bench_print_start(const Bench *b, bool json);

/* One row in the forms that were measured; step: the first row, for the share, or null. */
void bench_print_row(const Bench *b, const BenchRow *row, const BenchResult result[BENCH_FORMS],
                     const BenchResult *step, bool json);

void bench_print_end(const Bench *b, bool json);

const char *bench_form_name(BenchForm form);
const char *bench_group_name(BenchGroup group);

#endif
