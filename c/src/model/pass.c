/* pass.c - makes passes: finds the documents of a sequence. */
#include "model/pass.h"

/* Where the documents of positions start .. start+n-1 begin; those before start are known. */
static void find_documents(const ModelConfig *c, int32_t *first, const uint16_t *tokens, int start,
                           int n) {
  for (int t = start; t < start + n; t++)
    first[t] = model_starts_document(c, tokens[t]) ? t : t > 0 ? first[t - 1] : 0;
}

Pass pass_make(const Model *model, Activations *a, const uint16_t *tokens, int start, int n,
               const Trace *trace) {
  find_documents(&model->config, a->first, tokens, start, n);
  return (Pass){.model = model,
                .activations = a,
                .tokens = tokens,
                .start = start,
                .n = n,
                .first = a->first,
                .trace = trace};
}

Pass pass_make_training(const Model *model, Activations *a, Gradients *g, BackwardWorkspace *b,
                        const uint16_t *tokens, int n, const RowDropout *dropout,
                        const Trace *trace) {
  Pass pass = pass_make(model, a, tokens, 0, n, trace);
  if (dropout) pass.dropout = *dropout;
  pass.gradients = g;
  pass.backward = b;
  return pass;
}
