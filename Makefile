# Builds and tests the core with only a C compiler and make. Other targets (Pentium II and III,
# WebAssembly, the emulated laptop) are built by the driver: npm run build:all.

CC      ?= cc
AR      ?= ar
OBJCOPY ?= objcopy
OUT     ?= legacy_llm
LIB     ?= liblegacy_llm.a
CFLAGS  ?= -O3
BUILDDIR ?= images/make
PREFIX  ?= /usr/local

# For WebAssembly: make lib CC=emcc
ifneq ($(findstring emcc,$(CC)),)
  AR      := emar
  OBJCOPY :=
endif

# A flag, if the compiler knows it.
accepts   = $(shell $(CC) -Werror $1 -x c -c /dev/null -o /dev/null >/dev/null 2>&1 && echo $1)

# What makes all builds give the same bits; see "The arithmetic contract" in c/src/math/math_ops.h.
EXACT    := -std=c99 -ffp-contract=off -fno-math-errno
EXACT    += $(call accepts,-fexcess-precision=fast)
WARNINGS := -Wall -Wextra -Wpedantic -Wconversion
SOURCES  := $(wildcard c/src/*/*.c c/tests/*.c c/baseline/*.c)
INCLUDES := -Ic/include -Ic/src -Ic

# The sources of the library: the folders up to train/, and those of run/ that need no command line.
IN_LIB   := $(wildcard $(foreach floor,base math text model train,c/src/$(floor)/*.c)) \
            $(foreach name,library presets reader trainer,c/src/run/$(name).c)

# Flags for the sources of one folder, in addition to the flags of all. Never a flag of the
# link: with -ffast-math, gcc would link a start file that flushes denormals in the whole program.
# The baseline's divisions and roots are real ones, not the 12 bits of rcpps and rsqrtps.
FOLDER_FLAGS_c/baseline := -O3 -ffast-math -ffp-contract=fast $(call accepts,-mno-recip)

# 32-bit x86 has SSE only if it is asked for; other machines always have it, or never.
SSE      := $(filter-out 0,$(USE_SSE_BUILD))
IS_I386  := $(filter 1,$(shell echo __i386__ | $(CC) $(CFLAGS) -E -P -x c - 2>/dev/null))
DEFINES  := $(if $(SSE),-DUSE_SSE_BUILD)
ifneq ($(and $(SSE),$(IS_I386)),)
  DEFINES += -march=pentium3 -msse -mno-sse2 -mfpmath=sse
endif

# AVX2 needs no flag: its kernels say so themselves, and run only where the processor has it.
IS_X86_64 := $(filter 1,$(shell echo __x86_64__ | $(CC) $(CFLAGS) -E -P -x c - 2>/dev/null))
ifneq ($(and $(SSE),$(IS_X86_64)),)
  DEFINES += -DUSE_AVX2_BUILD
endif

# Threads where the compiler has those of POSIX; a library without them takes those of its caller.
THREADS := $(if $(findstring emcc,$(CC)),,$(call accepts,-pthread))
DEFINES += $(if $(THREADS),-DUSE_THREADS_BUILD $(THREADS))

# What makes the bits stands last, so that no CFLAGS can undo it; the sources refuse -Ofast.
FLAGS   := $(strip $(CFLAGS) $(WARNINGS) $(DEFINES) -fvisibility=hidden $(EXACT))

# Whether the compiler makes SSE instructions at all: as it stands, or as a 32-bit one is asked to.
HAS_SSE := $(if $(IS_I386),1,$(filter 1,$(shell echo __SSE__ | $(CC) $(CFLAGS) -E -P -x c - 2>/dev/null)))
ifneq ($(and $(SSE),$(if $(HAS_SSE),,1)),)
  $(error $(CC) makes no SSE instructions for this machine; leave out USE_SSE_BUILD=1, the plain C gives the same bits)
endif

# Each kind of build has its own objects. Two small files remember the flags they were made with and
# which kind was linked last, so that a change of either makes anew what it must and nothing else.
BUILD   := $(BUILDDIR)/$(if $(SSE),sse,plain)$(if $(findstring emcc,$(CC)),-wasm)
OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(SOURCES))
FLAGS_FILE  := $(BUILD)/flags
LINKED_FILE := $(BUILDDIR)/linked
in_quotes = '$(subst ','\'',$1)'
remember  = mkdir -p $(dir $1); printf '%s\n' $2 | cmp -s - $1 || printf '%s\n' $2 > $1
FLAGS_NOW  := $(call in_quotes,$(CC) $(FLAGS) baseline: $(FOLDER_FLAGS_c/baseline))
LINKED_NOW := $(call in_quotes,$(BUILD) $(OUT))
ifeq ($(filter clean help,$(MAKECMDGOALS)),)
  $(shell $(call remember,$(FLAGS_FILE),$(FLAGS_NOW)); $(call remember,$(LINKED_FILE),$(LINKED_NOW)))
endif
.DEFAULT_GOAL := all
.PHONY: all lib list-library install uninstall test sanitize valgrind faults fuzzers fuzz clean help

clean:
	rm -rf $(BUILDDIR) $(OUT) $(LIB)

# `make clean all`: what else is asked for begins when all is clean.
OTHERS := $(filter-out clean,$(MAKECMDGOALS))
ifneq ($(and $(filter clean,$(MAKECMDGOALS)),$(OTHERS)),)
$(OTHERS): clean
	+@$(MAKE) --no-print-directory $@
else

all: $(OUT)

$(OUT): $(OBJECTS) $(LINKED_FILE)
	@mkdir -p $(@D)
	$(CC) $(FLAGS) $(OBJECTS) -o $@
	@$(if $(or $(SSE),$(if $(HAS_SSE),,1)),,echo 'This is plain C. "make USE_SSE_BUILD=1" makes a faster program with the same bits.')

$(BUILD)/%.o: %.c $(FLAGS_FILE)
	@mkdir -p $(@D)
	$(CC) $(FLAGS) $(FOLDER_FLAGS_$(<D)) $(INCLUDES) -MMD -MP -c $< -o $@

test: $(OUT)
	$(abspath $(OUT)) selftest

# ---- the library, and what is installed ----

lib: $(LIB)

# Prints the sources of the library, for those who compile them in another way.
list-library:
	@echo $(IN_LIB)

# One object, in which only what legacy_llm.h declares can be seen from outside.
$(LIB): $(BUILD)/liblegacy_llm.o
	rm -f $@
	$(AR) rcs $@ $<

$(BUILD)/liblegacy_llm.o: $(patsubst %.c,$(BUILD)/%.o,$(IN_LIB))
	$(CC) $(CFLAGS) -nostdlib -r $^ -o $@
	$(if $(OBJCOPY),$(OBJCOPY) --localize-hidden $@)

$(BUILD)/legacy_llm.1: $(OUT)
	$(abspath $(OUT)) --man > $@

$(BUILD)/legacy_llm.pc: Makefile
	@mkdir -p $(@D)
	printf '%s\n' 'prefix=$${pcfiledir}/../..' 'Name: legacy_llm' \
	  'Description: trains and runs a ternary language model in memory that the caller gives' \
	  'Version: $(shell sed -n 's/.define LEGACY_LLM_VERSION "\(.*\)"/\1/p' c/include/legacy_llm.h)' \
	  'Cflags: -I$${prefix}/include' 'Libs: -L$${prefix}/lib -llegacy_llm' > $@

# Folder and file of what is installed, under DESTDIR and PREFIX.
TO        = $(DESTDIR)$(PREFIX)
INSTALLED = bin/legacy_llm lib/liblegacy_llm.a lib/pkgconfig/legacy_llm.pc include/legacy_llm.h \
            share/man/man1/legacy_llm.1
install: $(OUT) $(LIB) $(BUILD)/legacy_llm.1 $(BUILD)/legacy_llm.pc
	mkdir -p $(addprefix $(TO)/,$(sort $(dir $(INSTALLED))))
	cp $(OUT) $(TO)/bin/legacy_llm
	cp $(LIB) $(TO)/lib/liblegacy_llm.a
	cp $(BUILD)/legacy_llm.pc $(TO)/lib/pkgconfig/legacy_llm.pc
	cp c/include/legacy_llm.h $(TO)/include/legacy_llm.h
	cp $(BUILD)/legacy_llm.1 $(TO)/share/man/man1/legacy_llm.1

uninstall:
	rm -f $(addprefix $(TO)/,$(INSTALLED))

# ---- builds that look for errors; tests/fuzz/README.md describes the fuzzers ----

LOOKING   := -std=c99 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -U_FORTIFY_SOURCE \
             -ffp-contract=off -fno-math-errno $(WARNINGS) -Werror=implicit-function-declaration
SANITIZED := $(patsubst %.c,$(BUILDDIR)/asan/%.o,$(SOURCES))
SMALL     := sh tests/program/small_runs.sh

$(BUILDDIR)/asan/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(LOOKING) $(INCLUDES) -MMD -MP -c $< -o $@

$(BUILDDIR)/asan/legacy_llm: $(SANITIZED)
	$(CC) $(LOOKING) $^ -o $@

sanitize: $(BUILDDIR)/asan/legacy_llm
	$(BUILDDIR)/asan/legacy_llm selftest
	$(SMALL) $(BUILDDIR)/asan/small $(BUILDDIR)/asan/legacy_llm

VALGRIND := valgrind -q --leak-check=full --error-exitcode=9
valgrind: $(OUT)
	$(VALGRIND) $(abspath $(OUT)) selftest
	$(SMALL) $(BUILDDIR)/valgrind $(VALGRIND) $(abspath $(OUT))

# The program with calls of the C library that fail on demand: see the head of faults.c, which has a
# __wrap_ function for each.
WRAPPED = $(shell grep -o '__wrap_[a-z][a-z]*' tests/faults/faults.c | sort -u | sed s/__wrap_/-Wl,--wrap=/)
faults: $(BUILDDIR)/faults
$(BUILDDIR)/faults: $(SANITIZED) tests/faults/faults.c
	$(CC) $(LOOKING) -std=gnu99 -Wno-pedantic $^ $(WRAPPED) -o $@

# One fuzzer for each file of tests/fuzz, with the sources of the program except its main. RUNS: executions.
CLANG    ?= clang
RUNS     ?= 100000
FUZZERS  := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c))
FUZZED   := $(patsubst %.c,$(BUILDDIR)/fuzz/%.o,$(filter-out c/src/commands/main.c,$(SOURCES)))
FUZZING  := $(LOOKING) -std=gnu99 -O2 -D__SANITIZE_ADDRESS__ -Wno-pedantic -Wno-int-in-bool-context

$(BUILDDIR)/fuzz/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CLANG) $(FUZZING) -fsanitize=fuzzer-no-link $(INCLUDES) -MMD -MP -c $< -o $@

$(BUILDDIR)/fuzz/%: tests/fuzz/%.c $(wildcard tests/fuzz/*.h) $(FUZZED)
	$(CLANG) $(FUZZING) -fsanitize=fuzzer $(INCLUDES) $< $(FUZZED) -o $@

.SECONDARY: $(FUZZED)
fuzzers: $(FUZZERS:%=$(BUILDDIR)/fuzz/%)

# New inputs are kept in $(BUILDDIR)/fuzz, and so is one that finds an error.
fuzz: fuzzers
	@for name in $(FUZZERS); do \
	  folder=$(BUILDDIR)/fuzz; \
	  mkdir -p $$folder/corpus/$$name; \
	  echo "$$name: $(RUNS) runs"; \
	  $$folder/$$name -runs=$(RUNS) -seed=1 -verbosity=0 -print_final_stats=1 -timeout=10 \
	    -artifact_prefix=$$folder/$$name- $$folder/corpus/$$name tests/fuzz/corpus/$$name || exit 1; \
	done

# What each object depends on, as the compiler wrote it into a file next to it.
-include $(OBJECTS:.o=.d) $(SANITIZED:.o=.d) $(FUZZED:.o=.d)

help:
	@echo "make                    build ./$(OUT): plain C, runs anywhere"
	@echo "make USE_SSE_BUILD=1    the same with SSE1 and MMX kernels, on x86-64 AVX2 where the processor"
	@echo "                        has it; the same bits, faster"
	@echo "make lib                build $(LIB), to be used with c/include/legacy_llm.h;"
	@echo "                        for WebAssembly: make lib CC=emcc"
	@echo "make install            program, library, header and man page under PREFIX (and DESTDIR)"
	@echo "make uninstall          remove what make install put there"
	@echo "make test               build and run the program's own tests"
	@echo "make sanitize           the tests and each command under AddressSanitizer and UBSan"
	@echo "make valgrind           the same under valgrind; takes minutes"
	@echo "make faults             $(BUILDDIR)/faults: the program, with calls that fail on demand"
	@echo "make fuzz RUNS=100000   fuzzers of options, checkpoints, tokenizers, texts (clang)"
	@echo "make clean              remove what make built"
	@echo "./$(OUT)            test, then train on the bundled stories"
	@echo "./$(OUT) --help     its commands"
	@echo "variables: CC=$(CC) CFLAGS=$(CFLAGS) OUT=$(OUT) LIB=$(LIB) PREFIX=$(PREFIX) CLANG=$(CLANG)"

endif
