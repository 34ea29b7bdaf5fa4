/* row_tables.c - sizes of the tables, and which row a position has. */
#include "model/row_tables.h"

#include "math/random.h"

/* ---- sizes ---- */

static void add_table(RowTables *t, const char *name, int tokens, int rows, int width) {
  RowTable *table = &t->table[t->count++];
  table->name = name;
  table->tokens = tokens;
  table->rows = rows;
  table->width = width;
}

RowTables row_tables_of(const ModelConfig *c) {
  static const char *const names[] = {"ngram3_embedding", "ngram4_embedding", "ngram5_embedding"};
  RowTables t = {.count = 0};
  if (c->bigram_rows > 0) add_table(&t, "bigram_embedding", PAIR, c->bigram_rows, c->dim);
  for (int tokens = PAIR + 1; tokens <= c->ngrams; tokens++) {
    add_table(&t, names[tokens - PAIR - 1], tokens, c->ngram_rows << (tokens - PAIR - 1),
              c->ngram_width);
  }
  return t;
}

void row_tables_layout(RowTables *tables, const ModelConfig *c, Arena *arena) {
  *tables = row_tables_of(c);
  for (RowTable *t = tables->table; t < tables->table + tables->count; t++)
    t->value = arena_take(arena, MEMORY_EMBEDDINGS, (size_t)t->rows * (size_t)t->width, 1);
}

int64_t row_tables_values(const ModelConfig *c) {
  const RowTables t = row_tables_of(c);
  int64_t total = 0;
  for (int i = 0; i < t.count; i++) total += (int64_t)t.table[i].rows * t.table[i].width;
  return total;
}

int64_t row_tables_rows(const ModelConfig *c) {
  const RowTables t = row_tables_of(c);
  int64_t total = 0;
  for (int i = 0; i < t.count; i++) total += t.table[i].rows;
  return total;
}

/* ---- rows ---- */

int row_of_pair(int rows, int vocab, int previous, int token) {
  const uint32_t pair = (uint32_t)(previous * vocab + token);
  return (int)((pair * 2654435761u >> 7) % (uint32_t)rows);
}

/* The tokens, newest first, as the digits of one number, which may wrap; what would be before the
 * beginning of the document has a digit of its own. */
static uint32_t ngram_number(const ModelConfig *c, const uint16_t *tokens, int t, int first,
                             int count) {
  const uint32_t base = (uint32_t)c->vocab + 1, none = (uint32_t)c->vocab;
  uint32_t number = tokens[t];
  for (int i = 1; i < count; i++) number = number * base + (t - i >= first ? tokens[t - i] : none);
  return number;
}

float row_factor(const RowDropout *d, const RowTables *tables, int table, int t) {
  if (d->share <= 0.0f || tables->table[table].tokens == PAIR) return 1.0f;
  const uint32_t key = random_key(d->seed, STREAM_DROPOUT + (uint32_t)table, d->step);
  const float draw = (float)(random_u32(key, d->place + (uint32_t)t) >> 8) * (1.0f / 16777216.0f);
  return draw < d->share ? 0.0f : 1.0f / (1.0f - d->share);
}

int row_of(const RowTable *table, const ModelConfig *c, const uint16_t *tokens, int t, int first) {
  if (table->tokens == PAIR)
    return row_of_pair(table->rows, c->vocab, t > first ? tokens[t - 1] : 0, tokens[t]);
  const uint32_t number = ngram_number(c, tokens, t, first, table->tokens);
  return (int)(random_u32(0, number) % (uint32_t)table->rows);
}
