# Builds and tests the core with only a C compiler and make. Other targets (Pentium II and III,
# WebAssembly, the emulated laptop) are built by the driver: npm run build:all.

# BSD make stops here and says it; to GNU make this is a target that nobody asks for.
.error : this Makefile is for GNU make, which is often called gmake

CC      ?= cc
# Several processes that train together, by MPI: make MPI=1
RANKS   := $(filter-out 0 no off false,$(MPI))
ifneq ($(and $(RANKS),$(filter default,$(origin CC))),)
  CC    := mpicc
endif
AR      ?= ar
OBJCOPY ?= $(patsubst %gcc,%,$(filter %-gcc,$(CC)))objcopy
OUT     ?= legacy_llm$(if $(findstring mingw,$(CC)),.exe)
LIB     ?= liblegacy_llm.a
CFLAGS  ?= -O3
BUILDDIR ?= $(or $(BUILD),images/make)
PREFIX  ?= /usr/local

# What is asked for, but for what only tells or removes something and needs no compiler.
BUILDS := $(if $(MAKECMDGOALS),$(filter-out clean help list-library uninstall,$(MAKECMDGOALS)),all)

# For WebAssembly: make lib CC=emcc
ifneq ($(findstring emcc,$(CC)),)
  AR      := emar
  OBJCOPY :=
endif

# A flag, if the compiler knows it. Nothing is compiled: emcc and tcc would put a file in the place of
# a device that is their output.
accepts   = $(shell $(CC) -Werror $1 -x c -E /dev/null >/dev/null 2>&1 && echo $1)

# Flags that change the bits. Others are undone by EXACT, which stands last.
INEXACT := -Ofast -ffast-math -funsafe-math-optimizations -fassociative-math -freciprocal-math \
           -ffinite-math-only -fno-signed-zeros -fapprox-func -fno-honor-nans \
           -fno-honor-infinities -ffp-model=fast -ffp-model=aggressive \
           $(filter-out -mfpmath=sse -mfpmath=387,$(filter -mfpmath=%,$(CC) $(CFLAGS)))
INEXACT := $(filter $(INEXACT),$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS))

# What cannot be is said in one line, before anything is done.
$(if $(filter-out 1,$(words $(OUT)) $(words $(LIB)) $(words $(BUILDDIR)) $(words x$(DESTDIR)$(PREFIX))),$(error OUT, LIB, BUILDDIR, DESTDIR and PREFIX must be names without spaces))
ifneq ($(BUILDS),)
  $(if $(INEXACT),$(error $(INEXACT) gives other bits than all other builds; compile with -O3 instead))
  $(if $(findstring ++,$(CC)),$(error $(CC) compiles C++, and this is C; give a compiler of C, as in CC=gcc))
  $(if $(wildcard c/src/base/config.h),,$(error the sources are not here; go to their folder, or write make -C FOLDER))
endif

# What makes all builds give the same bits; see "The arithmetic contract" in c/src/math/math_ops.h.
EXACT    := -std=c99 -ffp-contract=off -fno-math-errno
EXACT    += $(call accepts,-fexcess-precision=fast)
WARNINGS := -Wall -Wextra -Wpedantic -Wconversion
SOURCES  := $(wildcard c/src/*/*.c c/tests/*.c c/baseline/*.c c/llama2/*.c)
INCLUDES := -Ic/include -Ic/src -Ic

# The sources of the library: the folders up to gguf/, and those of run/ that need no command line.
IN_LIB   := $(wildcard $(foreach floor,base math text counts model train gguf,c/src/$(floor)/*.c)) \
            $(foreach name,library model_source ngrams presets reader trainer,c/src/run/$(name).c)

# Flags for the sources of one folder, in addition to the flags of all. Never a flag of the
# link: with -ffast-math, gcc would link a start file that flushes denormals in the whole program.
# The baseline's divisions and roots are real ones, not the 12 bits of rcpps and rsqrtps.
FOLDER_FLAGS_c/baseline := -O3 -ffast-math -ffp-contract=fast $(call accepts,-mno-recip)

# 32-bit x86 has SSE only if it is asked for; other machines always have it, or never.
SSE      := $(filter-out 0 no off false,$(USE_SSE_BUILD))
MACHINE  := $(shell echo 'is_i386=__i386__ is_x86_64=__x86_64__ is_64=__LP64__ has_sse=__SSE__' | \
              $(CC) $(CPPFLAGS) $(CFLAGS) -E -P -x c - 2>/dev/null)
IS_I386  := $(filter is_i386=1,$(MACHINE))
DEFINES  := $(if $(SSE),-DUSE_SSE_BUILD)
ifneq ($(and $(SSE),$(IS_I386)),)
  DEFINES += -march=pentium3 -msse -mno-sse2 -mfpmath=sse
endif

# AVX2 needs no flag: its kernels say so themselves, and run only where the processor has it.
ifneq ($(and $(SSE),$(filter is_x86_64=1,$(MACHINE))),)
  DEFINES += -DUSE_AVX2_BUILD
endif

# Threads where the compiler has those of POSIX, and the system too; a library without them takes
# those of its caller.
THREADS := $(if $(or $(findstring emcc,$(CC)),$(findstring mingw,$(CC))),,$(call accepts,-pthread))
DEFINES += $(if $(THREADS),-DUSE_THREADS_BUILD $(THREADS))

DEFINES += $(if $(RANKS),-DUSE_MPI_BUILD)

# Files above 2 GB where the C library of a 32-bit machine would not see them; Windows has calls of its own.
DEFINES += $(if $(or $(filter is_64=1,$(MACHINE)),$(findstring mingw,$(CC))),,-D_FILE_OFFSET_BITS=64)

# What makes the bits stands last, so that no CFLAGS can undo it.
FLAGS   := $(strip $(CFLAGS) $(WARNINGS) $(DEFINES) -fvisibility=hidden $(EXACT))

# Whether the compiler makes SSE instructions at all: as it stands, or as a 32-bit one is asked to.
HAS_SSE := $(or $(IS_I386),$(filter has_sse=1,$(MACHINE)))
$(if $(and $(BUILDS),$(SSE),$(if $(HAS_SSE),,1)),$(error $(CC) makes no SSE instructions for this machine; leave out USE_SSE_BUILD=1, the plain C gives the same bits))

.DEFAULT_GOAL := all
.PHONY: all lib list-library install uninstall test sanitize valgrind faults fuzzers fuzz clean help
.PHONY: sanitize-selftest sanitize-commands sanitize-memory valgrind-selftest valgrind-commands

# `make clean all`, `make test clean`: where clean is one of several goals, one after the other.
ifneq ($(and $(filter clean,$(MAKECMDGOALS)),$(BUILDS)),)
.PHONY: $(MAKECMDGOALS) in-order
$(MAKECMDGOALS): in-order ;
in-order:
	+@for goal in $(MAKECMDGOALS); do $(MAKE) --no-print-directory $$goal || exit; done
else

# Each kind of build has its own objects. Two small files remember the flags they were made with and
# how the program was linked last, so that a change makes anew what it must and nothing else.
KIND    := $(BUILDDIR)/$(if $(SSE),sse,plain)$(if $(findstring emcc,$(CC)),-wasm)$(if $(RANKS),-mpi)
OBJECTS := $(patsubst %.c,$(KIND)/%.o,$(SOURCES))
FLAGS_FILE  := $(KIND)/flags
LINKED_FILE := $(BUILDDIR)/linked
in_quotes = '$(subst ','\'',$1)'
FLAGS_NOW  := $(call in_quotes,$(CC) $(CPPFLAGS) $(FLAGS) baseline: $(FOLDER_FLAGS_c/baseline))
LINKED_NOW := $(call in_quotes,$(KIND) $(OUT) $(LDFLAGS) $(LDLIBS))

# $(call remember,FILE,WORDS): writes the words where they are not in the file yet. What comes back is
# the name of a file that should be written and is not: with -n, or where nothing can be.
DRY_RUN   := $(findstring n,$(filter-out --%,$(firstword -$(MAKEFLAGS))))
remember   = $(shell printf '%s\n' $2 | cmp -s - $1 || \
               { $(if $(DRY_RUN),false,mkdir -p $(dir $1) && printf '%s\n' $2 > $1); } 2>/dev/null || echo $1)
CHANGED   := $(if $(BUILDS),$(call remember,$(FLAGS_FILE),$(FLAGS_NOW)) $(call remember,$(LINKED_FILE),$(LINKED_NOW)))
$(CHANGED): ;
.PHONY: $(CHANGED)
$(if $(DRY_RUN),,$(if $(strip $(CHANGED)),$(error cannot write in $(BUILDDIR); name other places, as in make BUILDDIR=/tmp/build OUT=/tmp/legacy_llm)))

# All that is made in BUILDDIR, which may hold other files.
MADE := plain sse plain-wasm sse-wasm plain-mpi sse-mpi asan msan valgrind fuzz faults linked
clean:
	rm -rf $(addprefix $(BUILDDIR)/,$(MADE))
	rm -f $(OUT) $(LIB)
	@rmdir $(BUILDDIR) 2>/dev/null || :

all: $(OUT)

$(OUT): $(OBJECTS) $(LINKED_FILE)
	@mkdir -p $(@D)
	$(CC) $(FLAGS) $(LDFLAGS) $(OBJECTS) $(LDLIBS) -o $@
	@$(if $(or $(SSE),$(if $(HAS_SSE),,1)),,echo 'This is plain C. "make USE_SSE_BUILD=1" makes a faster program with the same bits.')

# A compiler that does not tell what an object depends on has it depend on all headers.
TELLS   := $(call accepts,-MMD -MP -MF /dev/null)
HEADERS := $(if $(TELLS),,$(wildcard c/include/*.h c/src/*/*.h c/tests/*.h c/baseline/*.h c/llama2/*.h))
$(KIND)/%.o: %.c $(FLAGS_FILE) $(HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(FLAGS) $(FOLDER_FLAGS_$(<D)) $(INCLUDES) $(if $(TELLS),-MMD -MP) -c $< -o $@

# The program as a command: with a folder before its name, and not that of the checkout, which may
# have spaces.
RUN_IT = $(dir $(OUT))$(notdir $(OUT))
test: $(OUT)
	$(RUN_IT) selftest

# ---- the library, and what is installed ----

lib: $(LIB)

# Prints the sources of the library, for those who compile them in another way.
list-library:
	@echo $(IN_LIB)

# One object, in which only what legacy_llm.h declares can be seen from outside.
$(LIB): $(KIND)/liblegacy_llm.o
	rm -f $@
	$(AR) rcs $@ $<

$(KIND)/liblegacy_llm.o: $(patsubst %.c,$(KIND)/%.o,$(IN_LIB))
	$(CC) $(CFLAGS) $(if $(findstring -flto,$(CFLAGS)),-flinker-output=nolto-rel) -nostdlib -r $^ -o $@
	$(if $(OBJCOPY),$(OBJCOPY) --localize-hidden $@)

$(KIND)/legacy_llm.1: $(OUT)
	$(RUN_IT) --man > $@

$(KIND)/completion.%: $(OUT)
	$(RUN_IT) --completion $* > $@

$(KIND)/legacy_llm.pc: Makefile
	@mkdir -p $(@D)
	printf '%s\n' 'prefix=$${pcfiledir}/../..' 'Name: legacy_llm' \
	  'Description: trains and runs a ternary language model in memory that the caller gives' \
	  'Version: $(shell sed -n 's/.define LEGACY_LLM_VERSION "\(.*\)"/\1/p' c/include/legacy_llm.h)' \
	  'Cflags: -I$${prefix}/include' 'Libs: -L$${prefix}/lib -llegacy_llm' > $@

# Folder and file of what is installed, under DESTDIR and PREFIX.
TO        = $(DESTDIR)$(PREFIX)
INSTALLED = bin/legacy_llm lib/liblegacy_llm.a lib/pkgconfig/legacy_llm.pc include/legacy_llm.h \
            share/man/man1/legacy_llm.1 $(COMPLETES) $(addprefix share/legacy_llm/,$(BUNDLED))
BUNDLED   = stories.llm tiny_stories_sample.txt
COMPLETES = share/bash-completion/completions/legacy_llm share/zsh/site-functions/_legacy_llm \
            share/fish/vendor_completions.d/legacy_llm.fish
SHELLS    = bash zsh fish
install: $(OUT) $(LIB) $(KIND)/legacy_llm.1 $(KIND)/legacy_llm.pc $(SHELLS:%=$(KIND)/completion.%)
	mkdir -p $(addprefix $(TO)/,$(sort $(dir $(INSTALLED))))
	cp $(OUT) $(TO)/bin/legacy_llm
	cp $(LIB) $(TO)/lib/liblegacy_llm.a
	cp $(KIND)/legacy_llm.pc $(TO)/lib/pkgconfig/legacy_llm.pc
	cp c/include/legacy_llm.h $(TO)/include/legacy_llm.h
	cp $(KIND)/legacy_llm.1 $(TO)/share/man/man1/legacy_llm.1
	cp $(KIND)/completion.bash $(TO)/$(word 1,$(COMPLETES))
	cp $(KIND)/completion.zsh $(TO)/$(word 2,$(COMPLETES))
	cp $(KIND)/completion.fish $(TO)/$(word 3,$(COMPLETES))
	cp $(addprefix data/,$(BUNDLED)) $(TO)/share/legacy_llm

uninstall:
	rm -f $(addprefix $(TO)/,$(INSTALLED))
	test ! -d $(TO)/share/legacy_llm || rmdir $(TO)/share/legacy_llm

# ---- builds that look for errors; tests/fuzz/README.md describes the fuzzers ----

CLANG     ?= clang
CHECKED   := -std=c99 -g -O1 -fno-sanitize-recover=all -U_FORTIFY_SOURCE \
             -ffp-contract=off -fno-math-errno $(WARNINGS) -Werror=implicit-function-declaration \
             $(if $(THREADS),-DUSE_THREADS_BUILD $(THREADS))
LOOKING   := $(CHECKED) -fsanitize=address,undefined
SANITIZED := $(patsubst %.c,$(BUILDDIR)/asan/%.o,$(SOURCES))
SMALL     := sh tests/program/small_runs.sh

$(BUILDDIR)/asan/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(LOOKING) $(INCLUDES) -MMD -MP -c $< -o $@

$(BUILDDIR)/asan/legacy_llm: $(SANITIZED)
	$(CC) $(LOOKING) $^ -o $@

# The tests, and a run of each command: with -j both at once.
sanitize: sanitize-selftest sanitize-commands
sanitize-selftest: $(BUILDDIR)/asan/legacy_llm
	$(BUILDDIR)/asan/legacy_llm selftest
sanitize-commands: $(BUILDDIR)/asan/legacy_llm
	$(SMALL) $(BUILDDIR)/asan/small $(BUILDDIR)/asan/legacy_llm

# A value that is read before anything was written there: clang's MemorySanitizer.
MEMORY := $(CHECKED) -fsanitize=memory -Wno-int-in-bool-context
TRACED := $(patsubst %.c,$(BUILDDIR)/msan/%.o,$(SOURCES))

$(BUILDDIR)/msan/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CLANG) $(MEMORY) $(INCLUDES) -MMD -MP -c $< -o $@

$(BUILDDIR)/msan/legacy_llm: $(TRACED)
	$(CLANG) $(MEMORY) $^ -o $@

sanitize-memory: $(BUILDDIR)/msan/legacy_llm
	$(BUILDDIR)/msan/legacy_llm selftest
	$(SMALL) $(BUILDDIR)/msan/small $(BUILDDIR)/msan/legacy_llm

VALGRIND := valgrind -q --leak-check=full --error-exitcode=9
valgrind: valgrind-selftest valgrind-commands
valgrind-selftest: $(OUT)
	$(VALGRIND) $(RUN_IT) selftest
valgrind-commands: $(OUT)
	$(SMALL) $(BUILDDIR)/valgrind $(VALGRIND) $(RUN_IT)

# The program with calls of the C library that fail on demand: see the head of faults.c, which has a
# __wrap_ function for each.
WRAPPED = $(shell grep -o '__wrap_[a-z_]*' tests/faults/faults.c | sort -u | sed s/__wrap_/-Wl,--wrap=/)
faults: $(BUILDDIR)/faults
$(BUILDDIR)/faults: $(SANITIZED) tests/faults/faults.c
	$(CC) $(LOOKING) -std=gnu99 -Wno-pedantic $^ $(WRAPPED) -o $@

# One fuzzer for each file of tests/fuzz, with the sources of the program except its main. RUNS: executions.
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
-include $(patsubst %.o,%.d,$(OBJECTS) $(SANITIZED) $(TRACED) $(FUZZED))

help:
	@echo "make                    build ./$(OUT): plain C, runs anywhere"
	@echo "make USE_SSE_BUILD=1    the same with SSE1 and MMX kernels, on x86-64 AVX2 where the processor"
	@echo "                        has it; the same bits, faster"
	@echo "                        for Windows: make CC=i686-w64-mingw32-gcc USE_SSE_BUILD=1"
	@echo "make MPI=1              a program that mpirun starts several times, to train together; with"
	@echo "                        mpicc, or the CC that is given"
	@echo "make lib                build $(LIB), to be used with c/include/legacy_llm.h;"
	@echo "                        for WebAssembly: make lib CC=emcc"
	@echo "make install            program, its data, library, header, man page and completions of shells"
	@echo "                        under PREFIX (and DESTDIR)"
	@echo "                        (with the variables that it was built with, such as USE_SSE_BUILD=1)"
	@echo "make uninstall          remove what make install put there"
	@echo "make test               build and run the program's own tests"
	@echo "make sanitize           the tests and each command under AddressSanitizer and UBSan"
	@echo "make sanitize-memory    the same under MemorySanitizer: a value read before it is written (clang)"
	@echo "make valgrind           the same under valgrind; takes minutes"
	@echo "make faults             $(BUILDDIR)/faults: the program, with calls that fail on demand"
	@echo "make fuzz RUNS=100000   random inputs for all that reads one, as tests/fuzz/README.md says (clang)"
	@echo "make clean              remove what make built"
	@echo "./$(OUT)            test, then train on the bundled stories"
	@echo "./$(OUT) --help     its commands"
	@echo variables: $(call in_quotes,CC=$(CC) CFLAGS=$(CFLAGS) CPPFLAGS LDFLAGS OUT=$(OUT) LIB=$(LIB))
	@echo "          " $(call in_quotes,BUILDDIR=$(BUILDDIR) DESTDIR PREFIX=$(PREFIX) CLANG=$(CLANG))

endif
