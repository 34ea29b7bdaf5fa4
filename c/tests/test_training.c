/* test_training.c - optimizers, whole steps, what memory modes must not change, generation. */
#include <string.h>

#include "base/crc32.h"
#include "run/heap.h"
#include "tests/frame.h"
#include "train/batch.h"
#include "train/direct.h"

/* ---- optimizers ---- */

/* The same iteration, straight from the formula, for S <= N <= 8; x is replaced. */
static void orthogonalise_by_hand(float x[8][8], int S, int N) {
  float norm = 0.0f;
  for (int i = 0; i < S; i++)
    for (int j = 0; j < N; j++) norm += x[i][j] * x[i][j];
  for (int i = 0; i < S; i++)
    for (int j = 0; j < N; j++) x[i][j] /= float_sqrt(norm);
  for (int round = 0; round < 3; round++) {
    float a[8][8] = {{0}}, next[8][8] = {{0}};
    for (int i = 0; i < S; i++)
      for (int j = 0; j < S; j++)
        for (int k = 0; k < N; k++) a[i][j] += x[i][k] * x[j][k];
    for (int i = 0; i < S; i++)
      for (int k = 0; k < S; k++) {
        float square = 0.0f;
        for (int j = 0; j < S; j++) square += a[i][j] * a[j][k];
        for (int j = 0; j < N; j++)
          next[i][j] +=
              ((i == k ? 3.4445f : 0.0f) - 4.7750f * a[i][k] + 2.0315f * square) * x[k][j];
      }
    memcpy(x, next, sizeof next);
  }
}

static void test_muon(void) {
  enum { S = 5, N = 7 };
  Error error;
  Arena arena = {0};
  MuonWorkspace work;
  muon_layout(&work, N, S, &arena);
  if (!check(arena_open(&arena, &error), "no memory")) return;
  muon_layout(&work, N, S, &arena);
  float x[8][8] = {{0}}, direction[S * N], tall[S * N];
  for (int i = 0; i < S; i++)
    for (int j = 0; j < N; j++) direction[i * N + j] = x[i][j] = draw_float(3.0f);
  muon_orthogonalise(&work, direction, N, S, N);
  orthogonalise_by_hand(x, S, N);
  for (int i = 0; i < S; i++)
    for (int j = 0; j < N; j++)
      check(near((float)work.x[i * N + j] / (float)MUON_ONE, x[i][j], 1e-2f),
            "element %d,%d is not the formula's", i, j);
  float squares = 0.0f;
  for (int i = 0; i < S; i++)
    for (int j = 0; j < N; j++) squares += x[i][j] * x[i][j];
  check(squares > 0.5f * S && squares < 1.5f * S, "singular values are not near 1");
  int16_t wide[S * N];
  memcpy(wide, work.x, sizeof wide);
  for (int i = 0; i < S; i++)
    for (int j = 0; j < N; j++) tall[j * S + i] = direction[i * N + j];
  muon_orthogonalise(&work, tall, S, N, S);
  check(memcmp(wide, work.x, sizeof wide) == 0, "a tall matrix is not the wide one transposed");
  memset(direction, 0, sizeof direction);
  muon_orthogonalise(&work, direction, N, S, N);
  for (int i = 0; i < S * N; i++) check(work.x[i] == 0, "a zero matrix became something");
  arena_close(&arena);
}

/* A mistake that is made between backward and the step, to see that tests would notice. */
typedef void Mistake(void);

/* Steps on one sequence with the rig's optimizer at its default rate times `factor`; returns the
 * loss after them as a share of before. */
static float train_rig(int steps, float factor, float embedding_rate, Mistake *mistake) {
  const OptimizerKind kind = rig.optimizer_kind;
  const TrainConfig train = {.steps = steps,
                             .batch = 1,
                             .warmup = 5,
                             .seed = 6,
                             .optimizer = (int32_t)kind,
                             .matrix_learning_rate = factor * optimizer_row(kind)->default_rate,
                             .embedding_learning_rate = embedding_rate,
                             .clip = 1.0f};
  float first = rig_loss();
  for (int step = 0; step < steps; step++) {
    rig_backward();
    if (mistake) mistake();
    const Step one = {.model = &rig.model,
                      .state = &rig.optimizer,
                      .gradients = &rig.gradients,
                      .config = &train,
                      .step = step,
                      .tokens = small_shape.context};
    for (int l = 0; l < small_shape.layers; l++) optimizer_step_layer(&one, l);
    optimizer_step_floats(&one);
  }
  return rig_loss() / first;
}

/* Twenty steps on one sequence must learn it by heart. */
static void test_learning(void) {
  for (int kind = 0; kind < OPTIMIZERS; kind++) {
    if (!rig_open_with(&small_shape, (OptimizerKind)kind, 6)) return;
    check(near(rig_loss() / (float)small_shape.context, float_log((float)small_shape.vocab), 0.5f),
          "an untrained model's loss is not log V");
    float left = train_rig(20, 2.0f, 0.02f, NULL);
    check(left < 0.2f, "%s left %d thousandths of the loss",
          optimizer_row((OptimizerKind)kind)->name, (int)(left * 1000.0f));
    rig_close();
  }
}

enum { STEPS = 30 /* in which matrices learn */ };

/* A training in which only the matrices move: this share of the loss is left. */
static float train_matrices(const ModelConfig *config, OptimizerKind kind, int steps,
                            Mistake *mistake) {
  if (!rig_open_with(config, kind, 7)) return 1.0f;
  for (int i = 0; i < config->vocab * config->dim; i++)
    rig.model.token_embedding[i] = (int16_t)(rig.model.token_embedding[i] * 20);
  return train_rig(steps, 5.0f, 0.0f, mistake);
}

/* It must learn too. */
static void test_learning_of_matrices(void) {
  for (int kind = 0; kind < OPTIMIZERS; kind++) {
    float left = train_matrices(&small_shape, (OptimizerKind)kind, STEPS, NULL);
    check(left < 0.7f, "%s left %d thousandths of the loss",
          optimizer_row((OptimizerKind)kind)->name, (int)(left * 1000.0f));
    rig_close();
  }
  ModelConfig config = small_shape;
  for (config.scheme = 1; config.scheme < SCHEMES; config.scheme++) {
    float left = train_matrices(&config, OPTIMIZER_MUON, STEPS, NULL);
    check(left < 0.7f, "%s left %d thousandths of the loss",
          scheme_row((SchemeKind)config.scheme)->name, (int)(left * 1000.0f));
    rig_close();
  }
}

/* ---- what goes wrong is noticed ---- */

static void flip_signs(void) {
  for (int l = 0; l < small_shape.layers; l++)
    for (int i = 0; i < LAYER_MATRICES; i++) {
      const WeightMatrix *w = &rig.model.layer[l].matrix[i];
      for (int at = 0; at < w->rows * w->cols; at++)
        rig.gradients.matrix[l][i][at] = -rig.gradients.matrix[l][i][at];
    }
}

static void silence_one_matrix(void) {
  const WeightMatrix *w = &rig.model.layer[1].matrix[WUP];
  memset(rig.gradients.matrix[1][WUP], 0, (size_t)(w->rows * w->cols) * sizeof(int32_t));
}

/* As a learning rate that is a thousand times too large would leave them. */
static void saturate_latents(void) {
  for (int i = 0; i < LAYER_MATRICES; i++) {
    WeightMatrix *w = &rig.model.layer[0].matrix[i];
    for (int at = 0; at < w->rows * w->cols; at++) w->latent[at] = w->latent[at] < 0 ? -127 : 127;
  }
}

/* What is wrong with a matrix after training, or null: a gradient that is all zero, latents that
 * have run into their bounds, codes that are nearly all zero or never zero. */
static const char *sickness(int l, int i) {
  const WeightMatrix *w = &rig.model.layer[l].matrix[i];
  const int n = w->rows * w->cols;
  int live = 0, bounded = 0, zeros = 0;
  int8_t codes[64];
  for (int at = 0; at < n; at++) {
    live += rig.gradients.matrix[l][i][at] != 0;
    bounded += w->latent[at] == 127 || w->latent[at] == -127;
  }
  for (int r = 0; r < w->rows; r++) {
    matrix_codes(w, r, 0, w->cols, codes);
    for (int c = 0; c < w->cols; c++) zeros += codes[c] == 0;
  }
  if (live == 0) return "its gradient is dead";
  if (bounded > n / 2) return "its latents are saturated";
  if (zeros < n / 20 || zeros > n * 19 / 20) return "its codes carry no choice";
  return NULL;
}

/* The first sickness after so many steps with a mistake in each. */
static const char *first_sickness(int steps, Mistake *mistake) {
  train_matrices(&small_shape, OPTIMIZER_MUON, steps, mistake);
  rig_backward();
  if (mistake) mistake();
  for (int l = 0; l < small_shape.layers; l++)
    for (int i = 0; i < LAYER_MATRICES; i++)
      if (sickness(l, i)) return sickness(l, i);
  return NULL;
}

static void test_mistakes(void) {
  const char *found = first_sickness(STEPS, NULL);
  check(!found, "a sound training: %s", found ? found : "");
  rig_close();
  const float left = train_matrices(&small_shape, OPTIMIZER_MUON, STEPS, flip_signs);
  check(left > 1.0f, "gradients of the wrong sign left %d thousandths of the loss",
        (int)(left * 1000.0f));
  rig_close();
  found = first_sickness(2, silence_one_matrix);
  check(found && strcmp(found, "its gradient is dead") == 0, "a dead gradient is not noticed");
  rig_close();
  found = first_sickness(2, saturate_latents);
  check(found && strcmp(found, "its latents are saturated") == 0, "saturation is not noticed");
  rig_close();
}

/* ---- direct ---- */

/* It descends, returns to 0 on the way to the other sign, stays within -1..1, and moves the share
 * of weights that it is told to. */
static void test_direct(void) {
  enum { N = 2000 };
  static int8_t w[N];
  static float direction[N];
  for (int i = 0; i < N; i++) w[i] = (int8_t)draw_int(1), direction[i] = draw_float(1.0f);
  static int8_t before[N];
  memcpy(before, w, sizeof w);
  apply_ternary_weight_updates(w, direction, N, 0.1f / 0.5f, 99, 0);
  int moved = 0, free_to_move = 0;
  for (int i = 0; i < N; i++) {
    const int step = w[i] - before[i];
    check(step == 0 || (step > 0) == (direction[i] < 0.0f), "weight %d climbed", i);
    check(step >= -1 && step <= 1 && w[i] >= -1 && w[i] <= 1, "weight %d leapt", i);
    moved += step != 0;
    free_to_move += direction[i] > 0.0f ? before[i] > -1 : before[i] < 1;
  }
  check(moved > free_to_move / 20 && moved < free_to_move * 3 / 20, "%d of %d moved, not a tenth",
        moved, free_to_move);
  int8_t one[1] = {1};
  const float down = 1.0f;
  apply_ternary_weight_updates(one, &down, 1, 2.0f, 1, 0);
  check(one[0] == 0, "1 did not return to 0");
  apply_ternary_weight_updates(one, &down, 1, 2.0f, 1, 0);
  apply_ternary_weight_updates(one, &down, 1, 2.0f, 1, 0);
  check(one[0] == -1, "it did not go on to -1, and stay");
  memcpy(before, w, sizeof w);
  apply_ternary_weight_updates(w, direction, N, 0.0f, 99, 0);
  check(memcmp(before, w, sizeof w) == 0, "at rate 0 something moved");
}

/* ---- memory modes ---- */

enum { SEQUENCES = 4 };

static struct {
  Arena arena;
  Model model;
  OptimizerState optimizer;
  Batch batch;
} run;

/* As many workers as are asked for, one after the other and the last first: who waits for whom
 * shows, where somebody needs what another has not done yet. */
static void run_backwards(void *count, void (*work)(void *argument, int worker), void *argument) {
  for (int w = *(const int *)count - 1; w >= 0; w--) work(argument, w);
}

/* A way to compute a batch. */
typedef struct {
  MemoryMode memory;
  int threads, steps; /* steps 0: two */
  Ranks ranks;
} Mode;

static void run_layout(const ModelConfig *config, OptimizerKind kind, Mode *mode) {
  model_layout(&run.model, config, optimizer_row(kind)->store, &run.arena);
  optimizer_layout(&run.optimizer, &run.model, kind, SEQUENCES, &run.arena);
  const BatchSettings settings = {.batch = SEQUENCES,
                                  .mode = mode->memory,
                                  .threads = {mode->threads, &mode->threads, run_backwards},
                                  .ranks = mode->ranks,
                                  .optimizer = kind};
  batch_layout(&run.batch, config, &settings, &run.arena);
}

/* Some steps in a mode; returns a hash of all float parameters and of the loss. */
static uint32_t run_hash(const ModelConfig *config, OptimizerKind kind, Mode mode) {
  static uint16_t tokens[128];
  Error error;
  const uint16_t *const sequences[SEQUENCES] = {tokens + 3, tokens + 40, tokens + 17, tokens + 90};
  uint8_t token_bytes[16];
  const TrainConfig train = {.steps = 10,
                             .batch = SEQUENCES,
                             .seed = 4,
                             .clip = 1.0f,
                             .optimizer = (int32_t)kind,
                             .matrix_learning_rate = optimizer_row(kind)->default_rate,
                             .embedding_learning_rate = 0.01f};
  uint32_t hash = 0;
  memset(&run, 0, sizeof run);
  memset(token_bytes, 2, sizeof token_bytes);
  for (int i = 0; i < 128; i++) tokens[i] = (uint16_t)(random_u32(8, (uint32_t)i) % 11);
  run_layout(config, kind, &mode);
  if (!check(arena_open(&run.arena, &error), "no memory")) return 0;
  run_layout(config, kind, &mode);
  check(run.arena.used == run.arena.plan.total, "the plan is not what is used");
  model_init(&run.model, 5, TOKEN_DEVIATION);
  for (int i = 0; i < (mode.steps ? mode.steps : 2); i++) {
    const Step step = {.model = &run.model,
                       .state = &run.optimizer,
                       .gradients = &run.batch.first.gradients,
                       .config = &train,
                       .step = i,
                       .tokens = SEQUENCES * config->context};
    LossSum loss;
    check(batch_step(&run.batch, &step, sequences, token_bytes, &loss), "the step is not done");
    check(mode.ranks.rank > 0 || loss.tokens == SEQUENCES * config->context, "tokens of a step");
    check(loss.bytes == 2 * loss.tokens, "bytes of a step");
    hash = random_u32(hash, (uint32_t)loss.sum);
  }
  for (int i = 0; i < config->vocab * config->dim; i++)
    hash = random_u32(hash, (uint32_t)run.model.token_embedding[i]);
  arena_close(&run.arena);
  return hash;
}

/* What a trace shows: how many tensors, and a sum over their names and bytes. */
typedef struct {
  int tensors, step;
  uint32_t sum;
} Shown;

static void show(void *context, int step, const char *name, const void *bytes, size_t size,
                 size_t width) {
  Shown *shown = context;
  (void)width;
  shown->tensors++;
  shown->step = step;
  shown->sum = crc32(crc32(shown->sum, name, strlen(name)), bytes, size);
}

/* A pass shows its tensors to its own trace and to no other, with whole names; none where it is
 * off.
 */
static void test_trace(void) {
  Shown one = {0, 0, 0}, other = {0, 0, 0};
  const Trace first = {{&one, show}, 7}, second = {{&other, show}, 8}, off = {{&one, NULL}, 9};
  if (!rig_open(&small_shape, 8)) return;
  const int tensors = 1 + 2 * small_shape.layers; /* embedding; after attention, after the MLP */
  const int T = small_shape.context;
  Pass pass = pass_make(&rig.model, &rig.activations, rig.tokens, 0, T, &first);
  forward(&pass);
  check(one.tensors == tensors && one.step == 7 && other.tensors == 0, "%d tensors", one.tensors);
  pass = pass_make(&rig.model, &rig.activations, rig.tokens, 0, T, &second);
  forward(&pass);
  check(one.tensors == tensors && other.step == 8 && other.sum == one.sum, "the other trace");
  pass = pass_make(&rig.model, &rig.activations, rig.tokens, 0, T, &off);
  forward(&pass);
  check(one.tensors == tensors, "a trace that is off shows something");
  uint32_t sum = crc32(crc32(0, "layer1.x", 8), "ab", 2);
  one.sum = 0;
  trace_values(&first, "x", 1, "ab", 2, 1);
  check(one.sum == sum, "the name of a layer's tensor");
  rig_close();
}

/* Optimizers see of a mode only whether a layer steps at once or in the end: Muon is tried in all
 * of them, the others at their corners. */
static bool is_tried(OptimizerKind kind, int micro, int segment) {
  return kind == OPTIMIZER_MUON || ((micro == 1 || micro == SEQUENCES) && segment <= 1);
}

/* Every split of the batch and every way to recompute gives the same bits. */
static void test_memory_modes(void) {
  ModelConfig config = small_shape;
  config.layers = 3;
  config.separator = 5;
  for (int kind = 0; kind < OPTIMIZERS; kind++) {
    const uint32_t expected = run_hash(&config, (OptimizerKind)kind, (Mode){.memory = {1, 0}});
    for (int micro = 1; micro <= SEQUENCES; micro++)
      for (int segment = 0; segment <= config.layers; segment++)
        if (is_tried((OptimizerKind)kind, micro, segment))
          check(run_hash(&config, (OptimizerKind)kind, (Mode){.memory = {micro, segment}}) ==
                    expected,
                "%s: micro-batch %d, segment %d is another result",
                optimizer_row((OptimizerKind)kind)->name, micro, segment);
  }
}

/* Any number of threads gives the same bits, in every mode; also more than there are sequences, and
 * than matrices of a layer. */
static void test_threads(void) {
  const int threads[] = {2, 3, 8};
  ModelConfig config = small_shape;
  config.layers = 2;
  for (int kind = 0; kind < OPTIMIZERS; kind++) {
    const OptimizerKind optimizer = (OptimizerKind)kind;
    const uint32_t expected = run_hash(&config, optimizer, (Mode){.memory = {1, 0}});
    for (int i = 0; i < 3; i++)
      for (int micro = 1; micro <= SEQUENCES; micro++)
        for (int segment = 0; segment < 2; segment++)
          if (is_tried(optimizer, micro, segment))
            check(run_hash(&config, optimizer,
                           (Mode){.memory = {micro, segment}, .threads = threads[i]}) == expected,
                  "%s: %d threads, micro-batch %d, segment %d is another result",
                  optimizer_row(optimizer)->name, threads[i], micro, segment);
  }
}

enum { MOST_SENT = 1 << 14 };

/* What the ranks have sent that took their turn, in the order of one step; and what is on its way.
 */
static struct {
  int32_t sums[MOST_SENT], as_it_was[MOST_SENT];
  size_t used;
  int32_t *values; /* [n] null: nothing is on its way */
  size_t n;
  int meanwhile; /* calls that something went on */
} wire;

/* The functions of ranks that take their turns one after the other, rank 0 the last: only that one
 * gets the sums of all, and not before it asks for them. What a rank sends in one step does not
 * depend on what it gets. */
static void turn_begins(void *rank, int32_t *values, size_t n) {
  (void)rank;
  check(!wire.values, "something else is on its way");
  if (!check(wire.used + n <= MOST_SENT, "too many sums")) return;
  memcpy(wire.as_it_was, values, n * sizeof *values);
  wire.values = values;
  wire.n = n;
}

static void turn_goes_on(void *rank) {
  (void)rank;
  wire.meanwhile += wire.values != NULL;
}

static bool turn_ends(void *rank) {
  const bool last = *(const int *)rank == 0;
  if (!wire.values) return true;
  check(memcmp(wire.values, wire.as_it_was, wire.n * sizeof *wire.values) == 0,
        "what is on its way was changed");
  for (size_t i = 0; i < wire.n; i++) {
    int32_t *sum = &wire.sums[wire.used + i];
    *sum += wire.values[i];
    if (last) wire.values[i] = *sum;
  }
  wire.used += wire.n;
  wire.values = NULL;
  return true;
}

/* Any number of ranks gives the same bits, each in another memory mode; and all compute while
 * gradients are on their way. */
static void test_ranks(void) {
  ModelConfig deep = small_shape;
  const ModelConfig *config = &deep;
  deep.layers = 4;
  for (int kind = 0; kind < OPTIMIZERS; kind++) {
    const OptimizerKind optimizer = (OptimizerKind)kind;
    const uint32_t expected = run_hash(config, optimizer, (Mode){.memory = {1, 0}, .steps = 1});
    for (int count = 2; count <= SEQUENCES; count++) {
      uint32_t hash = 0;
      memset(&wire, 0, sizeof wire);
      for (int r = count - 1; r >= 0; r--) {
        const Ranks ranks = {count, r, &r, turn_begins, turn_goes_on, turn_ends};
        wire.used = 0;
        wire.meanwhile = 0;
        hash = run_hash(
            config, optimizer,
            (Mode){.memory = {1 + r % 3, r % 2}, .threads = r, .steps = 1, .ranks = ranks});
        check(wire.meanwhile >= 2 * deep.layers && !wire.values, "rank %d of %d only waits", r,
              count);
      }
      check(hash == expected, "%s: %d ranks: another result", optimizer_row(optimizer)->name,
            count);
    }
  }
}

/* The shortest sequences: scratch that is sized by the context must still hold a tile of weights.
 */
static void test_short_context(void) {
  ModelConfig config = small_shape;
  for (config.context = 2; config.context < 20; config.context += 3) {
    if (!rig_open(&config, 9)) return;
    float loss = rig_backward();
    check(loss > 0.0f && loss < 10.0f * (float)config.context, "loss at context %ld",
          (long)config.context);
    rig_close();
  }
}

enum { MOST_POSITIONS = 12, MOST_DIM = 16 };

/* norm(x) of each position of the rig's sequence, [T,D] with its scales. */
typedef struct {
  int8_t q[MOST_POSITIONS * MOST_DIM];
  float scale[MOST_POSITIONS];
} Outputs;

/* Runs positions start .. start+n-1 of the rig's sequence on some activations. */
static void run_positions(Activations *a, int start, int n, Outputs *to) {
  const Pass pass = pass_make(&rig.model, a, rig.tokens, start, n, NULL);
  const int D = rig.model.config.dim;
  forward(&pass);
  memcpy(to->q + start * D, a->final.q, (size_t)(n * D));
  memcpy(to->scale + start, a->final.scale, (size_t)n * sizeof *to->scale);
}

static Outputs run_whole(void) {
  Outputs all;
  run_positions(&rig.activations, 0, rig.model.config.context, &all);
  return all;
}

static bool same_outputs(const Outputs *a, const Outputs *b, int from, int to) {
  const int D = rig.model.config.dim;
  return memcmp(a->q + from * D, b->q + from * D, (size_t)((to - from) * D)) == 0 &&
         memcmp(a->scale + from, b->scale + from, (size_t)(to - from) * sizeof *a->scale) == 0;
}

/* In pieces of 1, 2, .. most, 1, 2, .. positions it must be what it is as a whole. */
static void check_pieces(Activations *a, int most, const Outputs *whole) {
  const int T = rig.model.config.context;
  Outputs pieces;
  memset(&pieces, 0, sizeof pieces);
  for (int t = 0, n = 1; t < T; t += n, n = n % most + 1)
    run_positions(a, t, n < T - t ? n : T - t, &pieces);
  check(same_outputs(&pieces, whole, 0, T), "in pieces of %ld it is another result", (long)most);
}

/* ---- documents ---- */

/* Attention and the bigram do not look back beyond a separator: whatever was before it, what
 * follows is the same, and what is before does not know of it. Position by position too. */
static void test_documents(void) {
  enum { T = MOST_POSITIONS, AT = 5, SEPARATOR = 10 };
  ModelConfig config = small_shape;
  config.separator = SEPARATOR;
  if (!rig_open(&config, 8)) return;
  for (int t = 0; t < T; t++) rig.tokens[t] = (uint16_t)(t % SEPARATOR);
  rig.tokens[AT] = SEPARATOR;
  const Outputs before = run_whole();
  for (int t = 0; t < AT; t++) rig.tokens[t] = (uint16_t)((t + 3) % SEPARATOR);
  const Outputs after = run_whole();
  check(same_outputs(&before, &after, AT, T), "a document knows of the one before");
  check(!same_outputs(&before, &after, 0, AT), "a document does not know itself");
  check_pieces(&rig.activations, 4, &after);
  config.separator = rig.model.config.separator = 0;
  const Outputs joined = run_whole();
  check(!same_outputs(&after, &joined, 0, AT + 1) || !same_outputs(&after, &joined, AT, T),
        "without a separator it is the same");
  rig_close();
}

/* ---- generation against training ---- */

/* Position by position must give the bits of all at once: the keys and values of earlier ones are
 * the cache. So it is in the memory of a training, and in the less that writing takes. */
static void test_cache(void) {
  enum { T = MOST_POSITIONS, ROWS = 3 };
  Activations writing;
  Arena arena = {0};
  Error error;
  if (!rig_open(&small_shape, 8)) return;
  activations_layout_writing(&writing, &rig.model.config, ROWS, &arena);
  if (!check(arena_open(&arena, &error), "no memory to write")) return;
  activations_layout_writing(&writing, &rig.model.config, ROWS, &arena);
  check(arena.used == arena.plan.total, "the plan to write is not what is used");
  check(arena.plan.bytes[MEMORY_ACTIVATIONS] < rig.arena.plan.bytes[MEMORY_ACTIVATIONS],
        "writing takes no less");
  const Outputs whole = run_whole();
  for (int most = 1; most <= ROWS; most++) {
    check_pieces(&rig.activations, most, &whole);
    check_pieces(&writing, most, &whole);
  }
  const uint16_t last = rig.tokens[T - 1];
  rig.tokens[T - 1] = (uint16_t)((last + 1) % small_shape.vocab);
  const Outputs changed = run_whole();
  check(same_outputs(&whole, &changed, 0, T - 1), "a token changed its past");
  check(!same_outputs(&whole, &changed, T - 1, T), "a token did not change its present");
  arena_close(&arena);
  rig_close();
}

/* ---- memory ---- */

typedef struct {
  uint8_t *before, *few, *many, *after;
} Grouped;

static void layout_groups(Grouped *g, Arena *arena) {
  g->before = arena_take(arena, MEMORY_WORKSPACE, 1, 16);
  ArenaGroups groups = arena_groups(arena);
  g->few = arena_take(arena, MEMORY_WORKSPACE, 1, 10);
  arena_next_group(arena, &groups);
  g->many = arena_take(arena, MEMORY_WORKSPACE, 1, 160);
  arena_next_group(arena, &groups);
  (void)arena_take(arena, MEMORY_WORKSPACE, 1, 32);
  arena_end_groups(arena, &groups);
  g->after = arena_take(arena, MEMORY_WORKSPACE, 1, 48);
}

/* Groups share their place, and the longest has room; where each piece is guarded, none share. */
static void test_groups(void) {
  Arena arena;
  Grouped g;
  Error error;
  memset(&arena, 0, sizeof arena);
  layout_groups(&g, &arena);
  const uint64_t total = arena.plan.total;
  if (!check(arena_open(&arena, &error), "no memory")) return;
  layout_groups(&g, &arena);
  check(arena_whole(&arena, &error), "the plan is not what is used");
  check(arena.plan.bytes[MEMORY_WORKSPACE] == total, "the plan's kinds are not its total");
  check(g.after >= g.many + 160, "the longest group has no room");
  if (total == 16 + 160 + 48)
    check(g.few == g.many && g.few == g.before + 16, "groups do not begin in the same place");
  else
    check(g.many >= g.few + 10, "groups that are guarded lie in the same place");
  arena_close(&arena);
}

/* That a group had no room is not forgotten where a shorter one had. */
static void test_broken_group(void) {
  static uint64_t block[4];
  Arena arena;
  Grouped g;
  memset(&arena, 0, sizeof arena);
  arena_use(&arena, block, sizeof block);
  layout_groups(&g, &arena);
  check(arena.broken, "a group without room is not noticed");
  arena_release(&arena);
}

const Test training_tests[] = {
    {"Newton-Schulz of Muon", test_muon},
    {"learning", test_learning},
    {"learning of matrices", test_learning_of_matrices},
    {"mistakes are noticed", test_mistakes},
    {"direct steps of ternary weights", test_direct},
    {"traces", test_trace},
    {"groups of pieces", test_groups},
    {"groups without room", test_broken_group},
    {"memory modes", test_memory_modes},
    {"threads", test_threads},
    {"ranks", test_ranks},
    {"short contexts", test_short_context},
    {"documents", test_documents},
    {"key/value cache", test_cache},
    {NULL, NULL},
};
