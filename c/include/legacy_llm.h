/* legacy_llm.h - trains a ternary language model, and lets it write, in memory that the caller
 * gives.
 *
 * The public header of liblegacy_llm; it needs nothing else of this project. What it computes:
 *
 *   A causal transformer whose matrices hold only -1, 0 and 1 (other codes as an option), trained
 *   by exact integer products and binary32 in one fixed order. The same settings, text and seed
 *   give the same bits on every machine and in every build. docs/model.md has the formulas.
 *
 * Memory: the library allocates nothing. X_plan (or X_size) says how many bytes an object takes,
 *   X_open places it into a block of the caller's, aligned as malloc aligns; forgetting the block
 *   ends the object. What is opened for one use (legacy_llm_use) serves no other. Pointers
 * in settings (a tokenizer, a context of callbacks) stay the caller's and must outlive the object.
 * Errors: what can fail returns false (or null) and describes it in *error, in one line: what,
 * where, what to do next. Nothing is printed, nothing ends the process, no signal is touched.
 * Threads: objects are independent of each other; one object belongs to one thread at a time. The
 * library makes none; a training and an evaluation share their work among those that the caller
 * hands in (legacy_llm_threads). The only global is the table of kernels, which legacy_llm_start
 * fills.
 *
 * A training, in the order of its calls (examples/train_and_write.c is a whole program):
 *
 *   legacy_llm_start                         once in a process
 *   legacy_llm_tokenizer_open                of a kind
 *   legacy_llm_learn_tokenizer               from the text
 *   legacy_llm_count_tokens                  the text's facts
 *   legacy_llm_trainer_plan                  how much memory it takes
 *   legacy_llm_trainer_open                  in a block of that size
 *   legacy_llm_trainer_read_text             the tokens into it
 *   legacy_llm_trainer_step, ... _step       until legacy_llm_trainer_steps_done is training.steps
 *   legacy_llm_trainer_finish                how transformer and counts are mixed
 *   legacy_llm_trainer_save                  through a callback
 *
 * Letters beside pointers: T context, D dim, L layers, H heads, V vocabulary, B batch.
 */
#ifndef LEGACY_LLM_H
#define LEGACY_LLM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEGACY_LLM_VERSION "0.1.0"

/* Marks what the library exports; all else in it is hidden. */
#if defined(__GNUC__)
#define LEGACY_LLM_API __attribute__((visibility("default")))
#else
#define LEGACY_LLM_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- start ---- */

/* Chooses the kernels of this build and sets the arithmetic of the calling thread. Call it once in
 * a process, before everything else. Returns null, or why nothing may be done with this build here:
 * which instructions it needs that the processor does not have; or, as the end of a sentence, what
 * it computes otherwise than all others, since it was compiled with flags that it must not have. */
LEGACY_LLM_API const char *legacy_llm_start(void);

/* Sets the arithmetic of another thread, before its first call: on 32-bit x86 without SSE a thread
 * begins with a precision that gives other bits. Does nothing elsewhere. */
LEGACY_LLM_API void legacy_llm_start_thread(void);

/* LEGACY_LLM_VERSION of the library, and the name of its kernels: "plain C", "SSE1 and MMX", "AVX2"
 * (which a build with SSE on x86-64 takes where the processor has it). */
LEGACY_LLM_API const char *legacy_llm_version(void);
LEGACY_LLM_API const char *legacy_llm_kernels(void);

/* ---- limits ---- */

enum {
  LEGACY_LLM_MAX_LAYERS = 64,
  LEGACY_LLM_MAX_HEADS = 64,
  LEGACY_LLM_MAX_DIM = 1024,
  LEGACY_LLM_MAX_CONTEXT = 1024,
  LEGACY_LLM_MAX_VOCAB = 8192,
  LEGACY_LLM_MAX_BIGRAM_ROWS = 65536,
  LEGACY_LLM_MAX_NGRAM = 5,          /* tokens of an n-gram that has an embedding */
  LEGACY_LLM_MAX_NGRAM_ROWS = 65536, /* for n-grams of three tokens */
  LEGACY_LLM_MAX_BATCH = 4096,
  LEGACY_LLM_MAX_STEPS = 1 << 20,
  LEGACY_LLM_MAX_ORDER = 12,         /* tokens of the longest n-grams that are counted */
  LEGACY_LLM_MAX_COUNTS = 1 << 30,   /* bytes that they may take */
  LEGACY_LLM_MAX_WORD_LIST = 1 << 20 /* bytes of a list of words, each with one for its end */
};

/* ---- threads ---- */

enum { LEGACY_LLM_MAX_THREADS = 64 };

/* Threads of the caller that a training or an evaluation may use: it gives the same bits with any
 * number of them, and with none. Zeroed: none but the calling one. */
typedef struct {
  int32_t count; /* of them all, the calling one counted */
  void *context;
  /* Calls work(argument, i) for each i of 0 .. count-1, each in a thread of its own (one of them
   * may be the calling one), and returns when all have returned. Each thread has called
   * legacy_llm_start_thread once. Null where count is below 2. */
  void (*run)(void *context, void (*work)(void *argument, int i), void *argument);
} legacy_llm_threads;

enum { LEGACY_LLM_MAX_RANKS = 4096 };

/* The processes, on one machine or many, that do one training together: each computes its part of
 * the sequences of every step, and the sums of their gradients make one and the same step on all of
 * them (data parallelism). The bits are the same with any number of them, and with none. All have
 * the same settings and the same text. Zeroed: none but this one. */
typedef struct {
  int32_t count; /* N of them all, at most the sequences of a batch */
  int32_t rank;  /* which one this is, 0 .. N-1 */
  void *context;
  /* A sum over all ranks, in three functions, so that a training computes while messages go. They
   * are called from one thread at a time, and null where count is below 2 and where a training is
   * only planned. Who has but one function that waits calls it in `begin`, has no
   * `go_on`, and tells in `finish` how it went. Where there are threads, `go_on` may be called from
   * another one than the others.
   *
   * Begins to replace values [n] by their sums over all ranks; nobody else touches them until that
   * is finished, and nothing more is begun. All ranks begin equally often, each time with the same
   * n; the sums fit in int32. */
  void (*begin)(void *context, int32_t *values, size_t n);
  /* Sends and receives what can be without waiting; called often, and also where nothing was begun.
   */
  void (*go_on)(void *context);
  /* Waits for the sums, where some were begun. False: a rank is gone. */
  bool (*finish)(void *context);
} legacy_llm_ranks;

/* ---- what a model and a training are ---- */

/* From latents to the few values a weight can take; legacy_llm_scheme_method tells of each. */
typedef enum {
  LEGACY_LLM_SCHEME_POW2,
  LEGACY_LLM_SCHEME_ABSMEAN,
  LEGACY_LLM_SCHEME_TWN,
  LEGACY_LLM_SCHEME_ROW,
  LEGACY_LLM_SCHEME_CONSTANT,
  LEGACY_LLM_SCHEME_BINARY,
  LEGACY_LLM_SCHEME_2BIT,
  LEGACY_LLM_SCHEMES
} legacy_llm_scheme;

/* How the residual stream and the heads' outputs are normalised. */
typedef enum { LEGACY_LLM_NORM_RMS, LEGACY_LLM_NORM_LAYER, LEGACY_LLM_NORMS } legacy_llm_norm;

/* Whether the queries and keys of each head are brought to a root mean square of 1. */
typedef enum {
  LEGACY_LLM_QK_NORM_RMS,
  LEGACY_LLM_QK_NORM_NONE,
  LEGACY_LLM_QK_NORMS
} legacy_llm_qk_norm;

/* What stands between the two matrices of the MLP. */
typedef enum {
  LEGACY_LLM_ACTIVATION_RELU_SQUARED,
  LEGACY_LLM_ACTIVATION_RELU,
  LEGACY_LLM_ACTIVATION_KINDS
} legacy_llm_activation;

/* The shape of a model. Everything about sizes follows from it. */
typedef struct {
  int32_t layers;      /* L */
  int32_t heads;       /* H, divides D; D / H is even (RoPE turns pairs) */
  int32_t dim;         /* D */
  int32_t context;     /* T */
  int32_t vocab;       /* V */
  int32_t separator;   /* the token that begins a document, 0: documents are not told apart */
  int32_t bigram_rows; /* G, 0: no bigram embedding */
  int32_t scheme;      /* a legacy_llm_scheme */
  int32_t norm;        /* a legacy_llm_norm */
  int32_t activation;  /* a legacy_llm_activation */
  int32_t ngrams;     /* N, tokens of the longest n-gram with an embedding, 3..LEGACY_LLM_MAX_NGRAM;
                         0: there are none */
  int32_t ngram_rows; /* R, rows for n-grams of three tokens, twice as many for each longer one */
  int32_t ngram_width; /* W, values of such a row, at most D */
  int32_t qk_norm;     /* a legacy_llm_qk_norm */
} legacy_llm_shape;

/* How the matrices learn; legacy_llm_optimizer_method tells of each. */
typedef enum {
  LEGACY_LLM_OPTIMIZER_MUON,
  LEGACY_LLM_OPTIMIZER_LION,
  LEGACY_LLM_OPTIMIZER_SPECTRAL,
  LEGACY_LLM_OPTIMIZER_DIRECT,
  LEGACY_LLM_OPTIMIZER_DIRECT_STATELESS,
  LEGACY_LLM_OPTIMIZER_MUON_FLOAT,
  LEGACY_LLM_OPTIMIZER_ADAM,
  LEGACY_LLM_OPTIMIZERS
} legacy_llm_optimizer;

/* How a model is trained. All of it but embedding_init is stored in the checkpoint. */
typedef struct {
  int32_t steps;                 /* length of the learning-rate schedule, in optimizer steps */
  int32_t batch;                 /* sequences a step */
  int32_t warmup;                /* steps of linear warm-up; -1: a tenth of steps, at most 100 */
  uint32_t seed;                 /* the only source of randomness */
  int32_t optimizer;             /* a legacy_llm_optimizer */
  float matrix_learning_rate;    /* of the matrices, -1: the default of the optimizer */
  float embedding_learning_rate; /* of embeddings and gains (Adam) */
  float clip;                    /* largest norm of the mean gradient, shared out among tensors */
  int32_t counts;                /* most bytes for the n-grams of the text; 0: none are counted */
  int32_t order;                 /* tokens of the longest of them, 0: 12 */
  float ngram_dropout;           /* share of the rows of n-grams that a step leaves out, 0..1 */
  float embedding_init; /* standard deviation of the embeddings of tokens, of which only the
                           beginning of a training asks, 0..1; 0: 0.02 */
} legacy_llm_training;

/* Whether two trainings go on alike from a checkpoint of either: embedding_init, which none has,
 * may differ. */
LEGACY_LLM_API bool legacy_llm_training_equal(const legacy_llm_training *a,
                                              const legacy_llm_training *b);

/* What training keeps in memory and what it computes again. Changes no bit of the result, so it is
 * not stored. */
typedef struct {
  int32_t micro_batch; /* M: sequences that go through the layers together, 1..batch; 0: what takes
                          less memory of batch and 1, or as many as there are threads */
  int32_t segment;     /* layers whose activations are kept at a time; 0: all of them */
} legacy_llm_memory_mode;

/* A row of the tables that `legacy_llm methods` prints. */
typedef struct {
  const char *name, *rule, *source;
  const char *bits;        /* of a scheme: information of one weight, log2 of its values */
  const char *packed_bits; /* of a scheme: bits per weight as it is packed */
  const char *bytes;       /* of an optimizer: bytes per weight in training, beside its gradient */
  float default_rate;      /* of an optimizer */
} legacy_llm_method;

/* The row of a scheme or of an optimizer; its name is null where there is no such. */
LEGACY_LLM_API legacy_llm_method legacy_llm_scheme_method(legacy_llm_scheme kind);
LEGACY_LLM_API legacy_llm_method legacy_llm_optimizer_method(legacy_llm_optimizer kind);

/* Numbers that follow from a shape: weights in matrices, values of int16 in the embeddings of
 * tokens, floats beside them, values of int8 in the rows of pairs and n-grams, and bytes of the
 * model alone as legacy_llm_model_save writes its weights. */
LEGACY_LLM_API int64_t legacy_llm_matrix_weights(const legacy_llm_shape *shape);
LEGACY_LLM_API int64_t legacy_llm_token_values(const legacy_llm_shape *shape);
LEGACY_LLM_API int64_t legacy_llm_float_parameters(const legacy_llm_shape *shape);
LEGACY_LLM_API int64_t legacy_llm_row_values(const legacy_llm_shape *shape);
LEGACY_LLM_API int64_t legacy_llm_packed_bytes(const legacy_llm_shape *shape);

/* ---- what the caller brings ---- */

/* Why something failed. */
typedef struct {
  int exit_code;     /* LEGACY_LLM_FAILED or LEGACY_LLM_REFUSED */
  char message[512]; /* what, where, and what to do next; one line */
} legacy_llm_error;

enum {
  LEGACY_LLM_FAILED = 1, /* something went wrong while running: disk, memory */
  LEGACY_LLM_REFUSED = 2 /* what was asked for cannot be done: settings, files, too little memory */
};

/* Bytes that come from somewhere: a file, memory, a socket. */
typedef struct {
  void *context;
  /* Reads `size` bytes, fewer only where they end; returns how many, or -1 where it failed (errno
   * then says why in messages). */
  ptrdiff_t (*read)(void *context, void *bytes, size_t size);
  const char *name; /* what messages call it */
} legacy_llm_source;

/* Bytes that go somewhere. */
typedef struct {
  void *context;
  /* Writes all `size` bytes, or returns false. */
  bool (*write)(void *context, const void *bytes, size_t size);
} legacy_llm_sink;

/* Bytes in memory as a source, from the beginning on each time that one is made. */
typedef struct {
  const void *bytes; /* [size] */
  size_t size, taken;
} legacy_llm_memory;

LEGACY_LLM_API legacy_llm_source legacy_llm_memory_source(legacy_llm_memory *memory,
                                                          const char *name);

/* Memory as a sink, which appends at `size` and fails where `capacity` is reached. */
typedef struct {
  void *bytes; /* [capacity] */
  size_t capacity, size;
} legacy_llm_buffer;

LEGACY_LLM_API legacy_llm_sink legacy_llm_buffer_sink(legacy_llm_buffer *buffer);

/* A look at every tensor on its way; `show` may be null. `name` is such as "layer0.wq.gradient",
 * step counts from 1; the bytes are those of the tensor in memory, in the machine's own order:
 * values of `width` 1 (int8, packed weights) or 4 (int32, binary32). */
typedef struct {
  void *context;
  void (*show)(void *context, int step, const char *name, const void *bytes, size_t size,
               size_t width);
} legacy_llm_trace;

/* ---- tokenizers ---- */

typedef enum {
  LEGACY_LLM_CHARS, /* a token for each character of the training text; refuses others */
  LEGACY_LLM_BYTES, /* a token for each byte; takes anything */
  LEGACY_LLM_BPE,   /* byte-pair encoding: the bytes, then merges of two tokens; takes anything */
  LEGACY_LLM_TOKENIZER_KINDS
} legacy_llm_tokenizer_kind;

enum {
  LEGACY_LLM_MAX_SEPARATOR = 32, /* bytes */
  LEGACY_LLM_MAX_WORD = 64       /* bytes that one token can stand for, and tokens of one unit */
};

typedef struct legacy_llm_tokenizer legacy_llm_tokenizer;

/* Bytes of a tokenizer, and a new one in such a block: of a kind, with at most so many tokens (bpe
 * only), and with a separator of separator_bytes that begins each document (0: none). It must be
 * learned, or read, before it is used. Refuses what is impossible. */
LEGACY_LLM_API size_t legacy_llm_tokenizer_size(void);
LEGACY_LLM_API legacy_llm_tokenizer *
legacy_llm_tokenizer_open(void *memory, legacy_llm_tokenizer_kind kind, int tokens,
                          const void *separator, int separator_bytes, legacy_llm_error *error);

/* Bytes of scratch that learning from, and counting, a text of so many bytes take. */
LEGACY_LLM_API size_t legacy_llm_scan_size(const legacy_llm_tokenizer *t, int64_t text_bytes);

/* Learns the tokenizer from a text: the characters that it has, or the merges of its most frequent
 * pairs. scratch [legacy_llm_scan_size]. Refuses an empty text, one with nothing to learn, and for
 * chars one that is not UTF-8. Bytes are known: of these, the text is not read. */
LEGACY_LLM_API bool legacy_llm_learn_tokenizer(legacy_llm_tokenizer *t,
                                               const legacy_llm_source *text, int64_t text_bytes,
                                               void *scratch, legacy_llm_error *error);

/* Writes it as a text that people can read, and reads one. */
LEGACY_LLM_API bool legacy_llm_tokenizer_write(const legacy_llm_tokenizer *t,
                                               const legacy_llm_sink *to);
LEGACY_LLM_API bool legacy_llm_tokenizer_read(legacy_llm_tokenizer *t,
                                              const legacy_llm_source *from,
                                              legacy_llm_error *error);

/* What a tokenizer is. */
typedef struct {
  legacy_llm_tokenizer_kind kind;
  int32_t tokens;                /* V, the separator counted */
  int32_t separator;             /* its token, V - 1; 0: none */
  int32_t separator_bytes;       /* 0: none */
  const uint8_t *separator_text; /* [separator_bytes] */
} legacy_llm_tokenizer_facts;

LEGACY_LLM_API legacy_llm_tokenizer_facts legacy_llm_tokenizer_tell(const legacy_llm_tokenizer *t);

/* CRC-32 of all that it is: equal tokenizers have equal sums. */
LEGACY_LLM_API uint32_t legacy_llm_tokenizer_crc(const legacy_llm_tokenizer *t);

/* "chars", "bytes" or "bpe". */
LEGACY_LLM_API const char *legacy_llm_tokenizer_name(legacy_llm_tokenizer_kind kind);

/* Bytes that a token stands for, to piece; returns how many, 1..LEGACY_LLM_MAX_WORD. token 0..V-1
 */
LEGACY_LLM_API int legacy_llm_decode(const legacy_llm_tokenizer *t, int token,
                                     uint8_t piece[LEGACY_LLM_MAX_WORD]);

/* ---- presets ---- */

/* What came of a preset on tinyshakespeare (1,115,394 bytes; the char-rnn repository of Andrej
 * Karpathy), seed 1. Zero: it was not measured. */
typedef struct {
  float hours;       /* of a Pentium III of 500 MHz: modelled, with its waits for the memory */
  float minutes;     /* on one core of a present-day machine */
  float transformer; /* held-out loss in nats per character, of the transformer alone */
  float both;        /* the same together with the counts */
} legacy_llm_preset_result;

/* A shape, its tokenizer and its settings by name. shape.vocab and shape.separator are 0: they come
 * from the tokenizer. */
typedef struct {
  const char *name, *about;
  legacy_llm_shape shape;
  legacy_llm_training training; /* seed 1 */
  legacy_llm_memory_mode memory;
  legacy_llm_tokenizer_kind tokenizer;
  int32_t vocab; /* most tokens of LEGACY_LLM_BPE, 0 of the other kinds */
  legacy_llm_preset_result result;
} legacy_llm_preset;

/* Preset number `index`, 0, 1, ...; the one of a name. False where there is none. */
LEGACY_LLM_API bool legacy_llm_preset_at(int index, legacy_llm_preset *preset);
LEGACY_LLM_API bool legacy_llm_preset_find(const char *name, legacy_llm_preset *preset);

/* ---- texts ---- */

/* What is known of a text once its tokens are counted. */
typedef struct {
  int64_t bytes;
  uint32_t crc;      /* CRC-32 of its bytes */
  int32_t tokens;    /* the last tenth is held out: never trained on, used to evaluate */
  int32_t documents; /* how often the separator stands in it; not kept in checkpoints */
} legacy_llm_text;

/* Counts the tokens of a text. scratch [legacy_llm_scan_size]. Refuses an empty text and what the
 * tokenizer does not know. */
LEGACY_LLM_API bool legacy_llm_count_tokens(const legacy_llm_tokenizer *t,
                                            const legacy_llm_source *text, legacy_llm_text *facts,
                                            void *scratch, legacy_llm_error *error);

/* How many of its tokens are trained on: the first nine tenths. */
LEGACY_LLM_API int32_t legacy_llm_training_tokens(const legacy_llm_text *text);

/* Whether a text is long enough for sequences of a context, in both of its parts. name is what an
 * error calls it. */
LEGACY_LLM_API bool legacy_llm_check_text(const legacy_llm_text *text, int context,
                                          const char *name, legacy_llm_error *error);

/* Where the tokens of a text are read that are not kept in memory. */
typedef struct {
  void *context;
  /* Reads tokens first .. first+count-1, each below V, to tokens [count]; false with an error. */
  bool (*read)(void *context, int32_t first, int count, uint16_t *tokens, legacy_llm_error *error);
} legacy_llm_token_reader;

/* Takes each unit of a text (a character, a byte, a word or a separator): its bytes [size] and its
 * tokens [count]. Returns false to end the reading. */
typedef struct {
  void *context;
  bool (*take)(void *context, const uint8_t *bytes, int size, const uint16_t *tokens, int count);
} legacy_llm_unit_sink;

typedef struct legacy_llm_encoder legacy_llm_encoder;

/* Bytes of an encoder for a tokenizer, and a new one in such a block. */
LEGACY_LLM_API size_t legacy_llm_encoder_size(const legacy_llm_tokenizer *t);
LEGACY_LLM_API legacy_llm_encoder *legacy_llm_encoder_open(void *memory,
                                                           const legacy_llm_tokenizer *t);

/* Reads a text to its end, unit by unit, in time that grows with its length alone. */
LEGACY_LLM_API bool legacy_llm_encode(legacy_llm_encoder *encoder, const legacy_llm_source *text,
                                      const legacy_llm_unit_sink *to, legacy_llm_error *error);

/* A file of the tokens of a text, for texts larger than memory. */
typedef struct legacy_llm_token_file legacy_llm_token_file;

LEGACY_LLM_API size_t legacy_llm_token_file_size(void);

/* Writes the tokens of a text to path, whole or not at all. */
LEGACY_LLM_API bool legacy_llm_token_file_make(const char *path, legacy_llm_encoder *encoder,
                                               const legacy_llm_source *text,
                                               const legacy_llm_text *facts,
                                               legacy_llm_error *error);

/* Opens the file where it has the tokens of exactly this text, else returns null. path must outlive
 * it. */
LEGACY_LLM_API legacy_llm_token_file *legacy_llm_token_file_open(void *memory, const char *path,
                                                                 const legacy_llm_text *facts,
                                                                 const legacy_llm_tokenizer *t);
LEGACY_LLM_API legacy_llm_token_reader legacy_llm_token_file_reader(legacy_llm_token_file *file);
LEGACY_LLM_API void legacy_llm_token_file_close(legacy_llm_token_file *file);

/* ---- losses ---- */

/* A sum of cross-entropies, exact, so that its order does not matter. */
typedef struct {
  int64_t sum;    /* in units of 2^-15 nat */
  int64_t tokens; /* that it is of */
  int64_t bytes;  /* of text that these stand for */
} legacy_llm_loss;

enum { LEGACY_LLM_NUMBER_TEXT = 24 /* bytes of a formatted number, its end counted */ };

/* Adds all of another sum. */
LEGACY_LLM_API void legacy_llm_loss_join(legacy_llm_loss *loss, const legacy_llm_loss *other);

/* As text, by integers only: nats per token and bits per byte with four decimals, exp of the nats
 * with two, and part / all with four. */
LEGACY_LLM_API void legacy_llm_format_nats(char text[LEGACY_LLM_NUMBER_TEXT],
                                           const legacy_llm_loss *loss);
LEGACY_LLM_API void legacy_llm_format_bits(char text[LEGACY_LLM_NUMBER_TEXT],
                                           const legacy_llm_loss *loss);
LEGACY_LLM_API void legacy_llm_format_perplexity(char text[LEGACY_LLM_NUMBER_TEXT],
                                                 const legacy_llm_loss *loss);
LEGACY_LLM_API void legacy_llm_format_ratio(char text[LEGACY_LLM_NUMBER_TEXT], int64_t part,
                                            int64_t all);

/* How well a model predicts a text. */
typedef struct {
  legacy_llm_loss loss;        /* as it writes: transformer and counts together */
  legacy_llm_loss transformer; /* by that alone */
  legacy_llm_loss counts;      /* by n-grams alone; of no tokens where there are none */
  int64_t top1, top3, top5;    /* tokens that were among the so many likeliest of both together */
} legacy_llm_evaluation;

/* Whether an evaluation of at most `most` tokens (0: all) has one whole window of a context. */
LEGACY_LLM_API bool legacy_llm_check_evaluation(int32_t most, int context, legacy_llm_error *error);

/* ---- checkpoints ---- */

typedef enum { LEGACY_LLM_CONTENTS_TRAINING, LEGACY_LLM_CONTENTS_MODEL } legacy_llm_contents;

/* What the header of a checkpoint says. */
typedef struct {
  legacy_llm_shape shape;
  legacy_llm_training training;
  int32_t contents;     /* a legacy_llm_contents */
  int32_t step;         /* steps done */
  int32_t words_bytes;  /* of the list of words that it may write; 0: it may write any */
  legacy_llm_text text; /* that it was trained on */
} legacy_llm_header;

/* A header and its tokenizer. */
typedef struct legacy_llm_checkpoint legacy_llm_checkpoint;

/* Bytes of one, and one read from the beginning of a checkpoint into such a block; null where it is
 * none. A GGUF file that is a model of this form (docs/gguf.md) stands for a checkpoint of a model
 * alone, here and wherever one is read. */
LEGACY_LLM_API size_t legacy_llm_checkpoint_size(void);
LEGACY_LLM_API legacy_llm_checkpoint *
legacy_llm_checkpoint_read(void *memory, const legacy_llm_source *from, legacy_llm_error *error);
LEGACY_LLM_API legacy_llm_header legacy_llm_checkpoint_header(const legacy_llm_checkpoint *c);
LEGACY_LLM_API const legacy_llm_tokenizer *
legacy_llm_checkpoint_tokenizer(const legacy_llm_checkpoint *c);

/* Leaves out its n-grams: a model that is planned and opened from it is the transformer alone. */
LEGACY_LLM_API void legacy_llm_checkpoint_leave_counts(legacy_llm_checkpoint *c);

/* Leaves out its list of words: a model that is planned and opened from it may write any. */
LEGACY_LLM_API void legacy_llm_checkpoint_leave_words(legacy_llm_checkpoint *c);

enum { LEGACY_LLM_FIELD_TEXT = 65 /* bytes of a formatted field, its end counted */ };

/* Field number `index` of the header, 0, 1, ... in the order of the file: its name and its value as
 * text. False behind the last. */
LEGACY_LLM_API bool legacy_llm_checkpoint_field(const legacy_llm_checkpoint *c, int index,
                                                const char **name,
                                                char text[LEGACY_LLM_FIELD_TEXT]);

/* ---- memory ---- */

/* What memory is for. */
typedef enum {
  LEGACY_LLM_MEMORY_WEIGHTS,         /* latents or packed codes; thresholds, scales */
  LEGACY_LLM_MEMORY_MOMENTUM,        /* what the optimizer remembers of the matrices */
  LEGACY_LLM_MEMORY_EMBEDDINGS,      /* of tokens, pairs and n-grams, and gains */
  LEGACY_LLM_MEMORY_EMBEDDING_STATE, /* the optimizer's moments of those */
  LEGACY_LLM_MEMORY_GRADIENTS,       /* int32 sums, of the model or of one layer at a time */
  LEGACY_LLM_MEMORY_ACTIVATIONS,     /* what forward keeps for backward, or to compute it again */
  LEGACY_LLM_MEMORY_WORKSPACE,       /* scratch that no result outlives */
  LEGACY_LLM_MEMORY_TEXT,            /* tokens; the words that a model may write */
  LEGACY_LLM_MEMORY_COUNTS,          /* n-grams of the text, and scratch of mixing */
  LEGACY_LLM_MEMORY_KINDS
} legacy_llm_memory_kind;

/* Bytes, exactly. 64 bits: a plan may be larger than this machine can address. */
typedef struct {
  uint64_t bytes[LEGACY_LLM_MEMORY_KINDS];
  uint64_t total; /* of all kinds; the same in every build */
  uint64_t block; /* what the caller gives: total, and the object itself, which has pointers */
} legacy_llm_memory_plan;

/* "weights", "momentum", ... */
LEGACY_LLM_API const char *legacy_llm_memory_name(legacy_llm_memory_kind kind);

/* ---- training ---- */

typedef struct {
  legacy_llm_shape shape; /* vocab and separator are set from the tokenizer */
  legacy_llm_training training;
  legacy_llm_memory_mode memory;
  const legacy_llm_tokenizer *tokenizer;
  legacy_llm_text text;
  bool streams; /* tokens are read through `tokens`, not kept in the memory of the training */
  legacy_llm_token_reader tokens;
  bool statistics;            /* legacy_llm_trainer_step is asked for more than the loss */
  legacy_llm_trace trace;     /* show null: nobody looks */
  legacy_llm_threads threads; /* each beyond the first takes memory of its own */
  legacy_llm_ranks ranks;     /* each takes the memory of its own part of the batch */
} legacy_llm_trainer_settings;

/* What one step did. */
typedef struct {
  int32_t step; /* 1, 2, ... */
  legacy_llm_loss loss;
  float matrix_rate, embedding_rate; /* at this step */
  bool counted;                      /* whether what follows was asked for */
  float gradient_norm;               /* of the mean gradient, before it is clipped */
  int64_t weights, flipped, zeros;   /* in matrices: all, those that changed, those that are 0 */
  int64_t activations, clipped;      /* int8 activations: all, those at +-127 */
} legacy_llm_step;

typedef struct legacy_llm_trainer legacy_llm_trainer;

/* Checks and settles settings (fields that are -1 or 0 for a default get its value), and says what
 * memory they take. */
LEGACY_LLM_API bool legacy_llm_trainer_plan(legacy_llm_trainer_settings *settings,
                                            legacy_llm_memory_plan *plan, legacy_llm_error *error);

/* A training in a block of plan.block bytes, wherever it begins, with first weights drawn from the
 * seed. settings as legacy_llm_trainer_plan left them; null where they have no such plan. */
LEGACY_LLM_API legacy_llm_trainer *
legacy_llm_trainer_open(void *block, size_t size, const legacy_llm_trainer_settings *settings,
                        legacy_llm_error *error);

/* Reads the tokens of the text into the training, unless it streams them. */
LEGACY_LLM_API bool legacy_llm_trainer_read_text(legacy_llm_trainer *t,
                                                 const legacy_llm_source *text,
                                                 legacy_llm_error *error);

/* Counts the n-grams of the training part, without the beginning that legacy_llm_trainer_finish
 * needs, where that is asked for and was not done before: by an earlier call, or in the checkpoint
 * that was loaded. The first step and the first evaluation do it where nobody did. */
LEGACY_LLM_API bool legacy_llm_trainer_count(legacy_llm_trainer *t, legacy_llm_error *error);

/* One optimizer step over one batch; counted: with statistics. result may be null. Fails where
 * tokens cannot be read, after the last step of the schedule, where the ranks do not all do this
 * training, and where one of them is gone. */
LEGACY_LLM_API bool legacy_llm_trainer_step(legacy_llm_trainer *t, bool counted,
                                            legacy_llm_step *result, legacy_llm_error *error);
LEGACY_LLM_API int legacy_llm_trainer_steps_done(const legacy_llm_trainer *t);

/* After the last step of the schedule: finds how much transformer and counts are believed. Lets
 * both predict the beginning of the training part, of which no step took a token and no n-gram was
 * counted, fits the gates, and counts all of the training part. Does nothing before the last step,
 * and where nothing is counted. Called twice it gives the same bits. */
LEGACY_LLM_API bool legacy_llm_trainer_finish(legacy_llm_trainer *t, legacy_llm_error *error);

/* Judges the model by the held-out part of the text, at most `most` tokens of it (0: all). */
LEGACY_LLM_API bool legacy_llm_trainer_evaluate(legacy_llm_trainer *t, int32_t most,
                                                legacy_llm_evaluation *result,
                                                legacy_llm_error *error);

/* Writes a checkpoint, from which the training goes on with the same bits. False where the sink
 * fails; and nothing is written where a step failed because a rank is gone: the model is then
 * between two steps. */
LEGACY_LLM_API bool legacy_llm_trainer_save(legacy_llm_trainer *t, const legacy_llm_sink *to);

/* Goes on with a checkpoint, read again from its beginning. The training was opened with the shape,
 * settings, tokenizer and text of the checkpoint, but it may have more steps. Where it fails, the
 * training is no longer good.
 */
LEGACY_LLM_API bool legacy_llm_trainer_load(legacy_llm_trainer *t, const legacy_llm_checkpoint *c,
                                            const legacy_llm_source *from, legacy_llm_error *error);

/* CRC-32 over all sections of a checkpoint as it would be written, but for its tokenizer. */
LEGACY_LLM_API uint32_t legacy_llm_trainer_crc(legacy_llm_trainer *t);

/* ---- the words that a model may write ---- */

/* A list of the words of texts: runs of the letters A to Z, of 32 letters at most, whatever their
 * case. A model that was saved with one invents no other words (legacy_llm_next), as small models
 * else do. */
typedef struct legacy_llm_words legacy_llm_words;

/* Bytes that any list takes while it is made, and an empty one in such a block. */
LEGACY_LLM_API size_t legacy_llm_words_size(void);
LEGACY_LLM_API legacy_llm_words *legacy_llm_words_open(void *memory);

/* Adds the words of a text. Fails where there is no room for them, at the latest beyond
 * LEGACY_LLM_MAX_WORD_LIST bytes, or the text cannot be read; the list is then no longer good. */
LEGACY_LLM_API bool legacy_llm_words_read(legacy_llm_words *w, const legacy_llm_source *text,
                                          legacy_llm_error *error);

/* How many there are, and bytes of the list in a file. */
LEGACY_LLM_API int32_t legacy_llm_words_count(const legacy_llm_words *w);
LEGACY_LLM_API int32_t legacy_llm_words_bytes(const legacy_llm_words *w);

/* ---- a model in use ---- */

typedef enum {
  LEGACY_LLM_USE_WRITE,    /* legacy_llm_next: keys and values of all layers are kept */
  LEGACY_LLM_USE_EVALUATE, /* legacy_llm_evaluate: one layer at a time */
  LEGACY_LLM_USE_EXPORT    /* legacy_llm_model_save: the weights and their packed form */
} legacy_llm_use;

typedef struct legacy_llm_model legacy_llm_model;

/* The memory of a model of a checkpoint. threads are for LEGACY_LLM_USE_EVALUATE; null: none. */
LEGACY_LLM_API void legacy_llm_model_plan(const legacy_llm_checkpoint *c, legacy_llm_use use,
                                          const legacy_llm_threads *threads,
                                          legacy_llm_memory_plan *plan);

/* A model in a block of plan.block bytes, wherever it begins, read from the beginning of its
 * checkpoint; null where that fails. The tokenizer and the threads are copied. */
LEGACY_LLM_API legacy_llm_model *
legacy_llm_model_open(void *block, size_t size, const legacy_llm_checkpoint *c, legacy_llm_use use,
                      const legacy_llm_threads *threads, const legacy_llm_source *from,
                      legacy_llm_error *error);

/* Lets the model write only these words, in place of those of its own list; they outlive it. To be
 * called before legacy_llm_restart. legacy_llm_model_save writes them as its list. */
LEGACY_LLM_API void legacy_llm_model_keep_to(legacy_llm_model *m, legacy_llm_words *words);

/* Writes the model alone: packed, for use only. False where the sink fails. For a model that was
 * opened with LEGACY_LLM_USE_EXPORT. */
LEGACY_LLM_API bool legacy_llm_model_save(const legacy_llm_model *m, const legacy_llm_sink *to);

/* How a GGUF file holds the weights of the matrices; legacy_llm_gguf_name has the name of each. */
typedef enum {
  LEGACY_LLM_GGUF_Q2_0,  /* 2.25 bits a weight, in blocks of 64 */
  LEGACY_LLM_GGUF_TQ1_0, /* 1.69 bits, in blocks of 256 */
  LEGACY_LLM_GGUF_TQ2_0, /* 2.06 bits, in blocks of 256 */
  LEGACY_LLM_GGUF_Q4_0,  /* 4.5 bits, in blocks of 32: also 2-bit weights */
  LEGACY_LLM_GGUF_F32,   /* 32 bits: any weights, any dim */
  LEGACY_LLM_GGUF_TYPES
} legacy_llm_gguf_type;

/* "q2_0", ...; null beyond the last. */
LEGACY_LLM_API const char *legacy_llm_gguf_name(legacy_llm_gguf_type type);

/* Whether the model of a checkpoint can be written as GGUF (docs/gguf.md); an error names what that
 * cannot express. */
LEGACY_LLM_API bool legacy_llm_gguf_check(const legacy_llm_checkpoint *c, legacy_llm_gguf_type type,
                                          legacy_llm_error *error);

/* How many tokens of a tokenizer are such as programs that read GGUF do not make of every text in
 * which this one does, and the first of them, to *token. */
LEGACY_LLM_API int legacy_llm_gguf_strange_tokens(const legacy_llm_tokenizer *t, int *token);

/* Writes the model alone as a GGUF file of the architecture "bitnet", which llama.cpp reads, under
 * a name. For a model that was opened with LEGACY_LLM_USE_EXPORT, of a checkpoint that
 * legacy_llm_gguf_check took. False where the sink fails. */
LEGACY_LLM_API bool legacy_llm_model_save_gguf(const legacy_llm_model *m, legacy_llm_gguf_type type,
                                               const char *name, const legacy_llm_sink *to);

/* Judges it by tokens from .. to-1 of a text in whole windows of the context, at most `most` tokens
 * (0: all). */
LEGACY_LLM_API bool legacy_llm_evaluate(legacy_llm_model *m, const legacy_llm_token_reader *tokens,
                                        int32_t from, int32_t to, int32_t most,
                                        legacy_llm_evaluation *result, legacy_llm_error *error);

/* How the next token is drawn. */
typedef struct {
  float temperature; /* 0: always the likeliest; 1: as the model says */
  int32_t top_k;     /* among so many of the likeliest; 0: all */
  float top_p;       /* among the likeliest that have this probability together; 0 or 1: all */
} legacy_llm_sampling;

/* Forgets all tokens; the next begins a document. */
LEGACY_LLM_API void legacy_llm_restart(legacy_llm_model *m);

/* Appends a token, 0..V-1. When the context is full its older half is forgotten and the newer half
 * read again. */
LEGACY_LLM_API void legacy_llm_push(legacy_llm_model *m, int token);

/* Draws the token that follows, with 32 random bits; it is not appended. Where nothing was appended
 * yet, a newline is first (token 0, where the tokenizer knows none). Where the model has a list of
 * words, a token that leads to a word which is neither in the list nor came before is drawn only if
 * all do. A word that was appended in part, and begins none of these, goes on as it will. */
LEGACY_LLM_API int legacy_llm_next(legacy_llm_model *m, const legacy_llm_sampling *sampling,
                                   uint32_t random);

/* Whether a token ends the document that is being written: the next one would begin with it. */
LEGACY_LLM_API bool legacy_llm_ends_document(const legacy_llm_model *m, int token);

/* Random bits of number `counter` of text number `text` from a seed, the same in every build. */
LEGACY_LLM_API uint32_t legacy_llm_random(uint32_t seed, uint32_t text, uint32_t counter);

/* ---- counts: n-grams of a text, beside a model or alone ---- */

/* The n-grams of a text as a modified Kneser-Ney model of it. */
typedef struct legacy_llm_counts legacy_llm_counts;

/* Bytes of an empty table for n-grams of at most `order` tokens of a text that a tokenizer made,
 * which take as many of at most `most` bytes as so many tokens can need, and one in such a block.
 * most: from 1024 + 32 V to LEGACY_LLM_MAX_COUNTS. Refuses what is impossible. */
LEGACY_LLM_API size_t legacy_llm_counts_size(const legacy_llm_tokenizer *t, int64_t tokens,
                                             int order, int32_t most);
LEGACY_LLM_API legacy_llm_counts *legacy_llm_counts_open(void *memory,
                                                         const legacy_llm_tokenizer *t,
                                                         int64_t tokens, int order, int32_t most,
                                                         legacy_llm_error *error);

/* Counts tokens 0..count-1 of a text. */
LEGACY_LLM_API bool legacy_llm_counts_build(legacy_llm_counts *c,
                                            const legacy_llm_token_reader *tokens, int32_t count,
                                            legacy_llm_error *error);

/* Bytes of the table of a checkpoint, 0 where it has none; and that table, read from the beginning
 * of the checkpoint into such a block. */
LEGACY_LLM_API size_t legacy_llm_checkpoint_counts_size(const legacy_llm_checkpoint *c);
LEGACY_LLM_API legacy_llm_counts *legacy_llm_checkpoint_counts(void *memory,
                                                               const legacy_llm_checkpoint *c,
                                                               const legacy_llm_source *from,
                                                               legacy_llm_error *error);

/* Those of a model, null where it has none. */
LEGACY_LLM_API legacy_llm_counts *legacy_llm_model_counts(legacy_llm_model *m);

/* Adds the losses of tokens from..to-1 of a text, each after those before it, by n-grams of at most
 * `order` tokens (at least 1, at most those of the table). */
LEGACY_LLM_API bool legacy_llm_counts_judge(legacy_llm_counts *c, int order,
                                            const legacy_llm_token_reader *tokens, int32_t from,
                                            int32_t to, legacy_llm_loss *loss,
                                            legacy_llm_error *error);

enum { LEGACY_LLM_GATES = 12 };

/* What a table holds. */
typedef struct {
  int32_t order;                            /* tokens of the longest n-grams */
  int64_t tokens;                           /* that were counted */
  uint64_t bytes;                           /* of memory that it fills */
  uint64_t packed;                          /* bytes that it takes in a file */
  uint32_t ngrams[LEGACY_LLM_MAX_ORDER];    /* [order] different ones of 1, 2, ... tokens */
  uint32_t threshold[LEGACY_LLM_MAX_ORDER]; /* [order] occurrences of a context from which on it is
                                               followed, to n-grams of 1, 2, ... tokens */
  float
      gate[LEGACY_LLM_GATES]; /* the share of the transformer: gate[4 n + s]; n: after the longest
                                 known context 1, 2 or 3, or more tokens were counted; s: one of
                                 them is less than a third of these, than 0.6, than 0.9, or more */
} legacy_llm_counts_facts;

LEGACY_LLM_API legacy_llm_counts_facts legacy_llm_counts_tell(const legacy_llm_counts *c);

#ifdef __cplusplus
}
#endif

#endif
