/* blocks.c - one function for each type that blocks.h draws, and the table of them. */
#include "gguf/blocks.h"

#include <string.h>

#include "base/bytes.h"
#include "gguf/half.h"

/* Two bits of each of four codes that are `apart` from each other, the first the lowest. */
static uint8_t four_codes(const int8_t *codes, int apart) {
  int byte = 0;
  for (int j = 0; j < 4; j++) byte |= (codes[j * apart] + 1) << 2 * j;
  return (uint8_t)byte;
}

static void pack_q2_0(uint8_t *to, float factor, const int8_t *codes) {
  put_u16(to, half_of_float(factor));
  for (int i = 0; i < 16; i++) to[2 + i] = four_codes(codes + 4 * i, 1);
}

static void pack_tq2_0(uint8_t *to, float factor, const int8_t *codes) {
  for (int part = 0; part < 2; part++)
    for (int i = 0; i < 32; i++) to[32 * part + i] = four_codes(codes + 128 * part + i, 32);
  put_u16(to + 64, half_of_float(factor));
}

/* Codes [count * n] in n bytes. */
static void pack_digits(uint8_t *to, const int8_t *codes, int n, int count) {
  for (int i = 0; i < n; i++) {
    int number = 0;
    for (int j = 0; j < 5; j++) number = number * 3 + (j < count ? codes[j * n + i] + 1 : 0);
    to[i] = (uint8_t)((number * 256 + 242) / 243);
  }
}

static void pack_tq1_0(uint8_t *to, float factor, const int8_t *codes) {
  pack_digits(to, codes, 32, 5);
  pack_digits(to + 32, codes + 160, 16, 5);
  pack_digits(to + 48, codes + 240, 4, 4);
  put_u16(to + 52, half_of_float(factor));
}

static void pack_q4_0(uint8_t *to, float factor, const int8_t *codes) {
  put_u16(to, half_of_float(factor));
  for (int i = 0; i < 16; i++) to[2 + i] = (uint8_t)((codes[i] + 8) | (codes[16 + i] + 8) << 4);
}

static void pack_f32(uint8_t *to, float factor, const int8_t *codes) {
  put_u32(to, float_bits(factor * (float)codes[0]));
}

/* ---- back ---- */

/* Four values that are `apart` from each other, of the two bits of each, the lowest first. */
static void four_values(float *values, int apart, uint8_t byte, float factor) {
  for (int j = 0; j < 4; j++) values[j * apart] = factor * (float)((byte >> 2 * j & 3) - 1);
}

static void unpack_q2_0(float *values, const uint8_t *from) {
  const float factor = float_of_half(get_u16(from));
  for (int i = 0; i < 16; i++) four_values(values + 4 * i, 1, from[2 + i], factor);
}

static void unpack_tq2_0(float *values, const uint8_t *from) {
  const float factor = float_of_half(get_u16(from + 64));
  for (int part = 0; part < 2; part++)
    for (int i = 0; i < 32; i++)
      four_values(values + 128 * part + i, 32, from[32 * part + i], factor);
}

/* Values [count * n] of n bytes: each digit is what stands above a byte that is multiplied by 3. */
static void unpack_digits(float *values, const uint8_t *from, int n, int count, float factor) {
  for (int i = 0; i < n; i++) {
    int rest = from[i];
    for (int j = 0; j < count; j++) {
      values[j * n + i] = factor * (float)((rest * 3 >> 8) - 1);
      rest = rest * 3 & 0xff;
    }
  }
}

static void unpack_tq1_0(float *values, const uint8_t *from) {
  const float factor = float_of_half(get_u16(from + 52));
  unpack_digits(values, from, 32, 5, factor);
  unpack_digits(values + 160, from + 32, 16, 5, factor);
  unpack_digits(values + 240, from + 48, 4, 4, factor);
}

static void unpack_q4_0(float *values, const uint8_t *from) {
  const float factor = float_of_half(get_u16(from));
  for (int i = 0; i < 16; i++) {
    values[i] = factor * (float)((from[2 + i] & 15) - 8);
    values[16 + i] = factor * (float)((from[2 + i] >> 4) - 8);
  }
}

static void unpack_f32(float *values, const uint8_t *from) {
  values[0] = float_from_bits(get_u32(from));
}

static void unpack_f16(float *values, const uint8_t *from) {
  values[0] = float_of_half(get_u16(from));
}

/* ---- the table ---- */

static const GgufType types[LEGACY_LLM_GGUF_TYPES] = {
    [LEGACY_LLM_GGUF_Q2_0] = {"q2_0", 42, 41, 64, 18, -1, 1, pack_q2_0, unpack_q2_0},
    [LEGACY_LLM_GGUF_TQ1_0] = {"tq1_0", 34, 36, 256, 54, -1, 1, pack_tq1_0, unpack_tq1_0},
    [LEGACY_LLM_GGUF_TQ2_0] = {"tq2_0", 35, 37, 256, 66, -1, 1, pack_tq2_0, unpack_tq2_0},
    [LEGACY_LLM_GGUF_Q4_0] = {"q4_0", 2, 2, 32, 18, -8, 7, pack_q4_0, unpack_q4_0},
    [LEGACY_LLM_GGUF_F32] = {"f32", GGUF_F32, 0, 1, 4, -127, 127, pack_f32, unpack_f32},
};

static const GgufType half = {"f16", GGUF_F16, 1, 1, 2, 0, 0, NULL, unpack_f16};

const GgufType *gguf_type(legacy_llm_gguf_type type) { return &types[type]; }

const GgufType *gguf_type_numbered(uint32_t number) {
  for (int i = 0; i < LEGACY_LLM_GGUF_TYPES; i++)
    if (types[i].number == number) return &types[i];
  return number == half.number ? &half : NULL;
}
