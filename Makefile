# Builds and tests the core with a C compiler and make alone. Other targets (Pentium II and III,
# WebAssembly, the emulated laptop) are built by the driver: npm run build:all.

CC     ?= cc
OUT    ?= legacy_llm
CFLAGS ?= -O3

# What makes all builds give the same bits; see "The arithmetic contract" in c/include/math_ops.h.
EXACT    := -std=c99 -ffp-contract=off -fno-math-errno
EXACT    += $(shell $(CC) -fexcess-precision=fast -E -x c /dev/null >/dev/null 2>&1 && echo -fexcess-precision=fast)
WARNINGS := -Wall -Wextra -Wpedantic -Wconversion
SOURCES  := $(wildcard c/src/*.c c/tests/*.c c/baseline/*.c)
HEADERS  := $(wildcard c/include/*.h c/tests/*.h c/baseline/*.h)

# What the sources of one folder are compiled with on top of the flags of all. Never a flag of the
# link: with -ffast-math, gcc would link a start file that flushes denormals in the whole program.
# The baseline's divisions and roots are real ones, not the 12 bits of rcpps and rsqrtps.
accepts  = $(shell $(CC) $1 -E -x c /dev/null >/dev/null 2>&1 && echo $1)
FOLDER_FLAGS_c/baseline := -O3 -ffast-math -ffp-contract=fast $(call accepts,-mno-recip)

# 32-bit x86 has SSE only where it is asked for; elsewhere it is there, or cannot be had.
SSE      := $(filter-out 0,$(USE_SSE_BUILD))
IS_I386  := $(filter 1,$(shell echo __i386__ | $(CC) $(CFLAGS) -E -P -x c - 2>/dev/null))
DEFINES  := $(if $(SSE),-DUSE_SSE_BUILD)
ifneq ($(and $(SSE),$(IS_I386)),)
  DEFINES += -march=pentium3 -msse -mno-sse2 -mfpmath=sse
endif

# Each kind of build has its own objects. Two small files remember the flags they were made with and
# which kind was linked last, so that a change of either makes anew what it must and nothing else.
FLAGS   := $(strip $(EXACT) $(WARNINGS) $(DEFINES) $(CFLAGS))
BUILD   := images/make/$(if $(SSE),sse,plain)
OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(SOURCES))
remember = $(shell mkdir -p $(dir $1); [ "$$(cat $1 2>/dev/null)" = "$2" ] || echo "$2" > $1)
ifeq ($(filter clean help,$(MAKECMDGOALS)),)
  $(call remember,$(BUILD)/flags,$(CC) $(FLAGS) baseline: $(FOLDER_FLAGS_c/baseline))
  $(call remember,images/make/linked,$(BUILD) $(OUT))
endif

.PHONY: all test sanitize clean help
all: $(OUT)

$(OUT): $(OBJECTS) images/make/linked
	$(CC) $(FLAGS) $(OBJECTS) -o $@

$(BUILD)/%.o: %.c $(HEADERS) $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(FLAGS) $(FOLDER_FLAGS_$(<D)) -Ic/include -c $< -o $@

test: $(OUT)
	./$(OUT) selftest

sanitize:
	@mkdir -p images/make
	$(CC) -std=c99 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
	  -ffp-contract=off -fno-math-errno $(WARNINGS) -Ic/include $(SOURCES) -o images/make/sanitized
	images/make/sanitized selftest
	images/make/sanitized train --steps 3 --layers 1 --heads 3 --dim 30 --context 9 \
	  --text data/tiny_stories_sample.txt --out images/make/sanitized.ckpt

clean:
	rm -rf images/make $(OUT)

help:
	@echo "make                    build ./$(OUT): plain C, runs anywhere"
	@echo "make USE_SSE_BUILD=1    the same with SSE1 and MMX kernels; the same bits, faster"
	@echo "make test               build and run the program's own tests"
	@echo "make sanitize           the tests under AddressSanitizer and UBSan"
	@echo "make clean              remove what make built"
	@echo "./$(OUT)            test, then train on the bundled stories"
	@echo "./$(OUT) --help     its commands"
	@echo "variables: CC=$(CC) CFLAGS=$(CFLAGS) OUT=$(OUT)"
