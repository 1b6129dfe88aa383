# Fisherfield. `make demo` and `make check` install what is missing and need nothing before them.
#
#   make            build/fisherfield                    make deps       the Debian packages (apt)
#   make demo       first figure, a minute or two        make check      the tests (minutes)
#   make figures    every figure, in full                make check-slow statistics and long runs
#   make bench      speed and memory, ten minutes        make lint       format and static analysis
#   make fuzz       hostile input; FUZZ_RUNS=1000000     make install    PREFIX=/usr/local, DESTDIR=
#   make clean      removes build/
#
# CC=clang builds with clang; SANITIZE=1 with AddressSanitizer and UBSan; BUILD=dir builds elsewhere; BENCH=quick takes
# a minute.

VERSION  := 0.4.0
PREFIX   ?= /usr/local
BUILD    ?= build
SANITIZE ?=

# The program's packages, what its tests need, and what lets more of them run.
DEPS       := gcc libc6-dev make pkg-config libgsl-dev libhdf5-dev libopenblas-dev liblapacke-dev \
              libyaml-dev libmatheval-dev librandom123-dev zlib1g-dev gnuplot-nox fonts-dejavu-core
DEPS_CHECK := libcmocka-dev netcdf-bin python3-xarray python3-netcdf4 python3-h5py
DEPS_BENCH := python3
DEPS_LINT  := clang-format cppcheck
DEPS_FUZZ  := clang libclang-rt-dev

PKGS := gsl hdf5-serial openblas lapacke yaml-0.1 libmatheval zlib

# Goals that compile need the libraries: say which are missing instead of letting the compiler fail.
ifneq ($(filter-out deps deps-check deps-bench deps-lint demo check check-slow bench figures fuzz lint clean,$(or $(MAKECMDGOALS),all)),)
  MISSING := $(shell for p in $(PKGS); do pkg-config --exists $$p 2>/dev/null || printf '%s ' $$p; done; \
               test -f /usr/include/Random123/philox.h || printf Random123)
  ifneq ($(strip $(MISSING)),)
    $(error Missing libraries: $(MISSING)- `make deps` installs them)
  endif
endif

OPTIMIZE ?= -O3
# gcc alone warns where snprintf may clip; clipping a message is what we want.
WARNINGS_CC := $(if $(findstring clang,$(shell $(CC) --version 2>/dev/null)),,-Wno-format-truncation)
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith -Wvla -Werror $(WARNINGS_CC)
# No fused multiply-adds behind our back: the sampled numbers are the same bits for every compiler and CPU. That no
# errno and no floating-point trap is read lets loops with a square root become vector code; it changes no number.
override CFLAGS += -std=c11 -D_POSIX_C_SOURCE=200809L $(OPTIMIZE) -g -ffp-contract=off -fno-math-errno -fno-trapping-math -pthread $(WARNINGS)
override CPPFLAGS += -Isrc -I$(BUILD) $(shell pkg-config --cflags $(PKGS) 2>/dev/null | sed 's/-I/-isystem /g')
# OpenBLAS first, and GSL without its own slow CBLAS of the same names.
LDLIBS  := $(shell pkg-config --libs openblas lapacke hdf5-serial yaml-0.1 libmatheval zlib 2>/dev/null) \
           -lhdf5_hl $(filter-out -lgslcblas,$(shell pkg-config --libs gsl 2>/dev/null)) -lm
ifneq ($(SANITIZE),)
  override CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
  OPTIMIZE := -O1
endif

SOURCES := $(filter-out src/main.c,$(wildcard src/*/*.c))
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
TESTS   := $(patsubst %.c,$(BUILD)/%.o,$(filter-out tests/bench/% tests/cmd/trouble.c tests/fuzz/mutate.c, \
             $(wildcard tests/*/*.c tests/*.c)))
BENCHES := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/bench/*.c))
PROGRAM := $(BUILD)/fisherfield
LIBRARY := $(BUILD)/libfisherfield.a

# One short line a step; V=1 shows the commands.
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

.PHONY: all deps deps-check deps-bench deps-lint demo run-demo check run-check check-slow run-check-slow bench run-bench \
        figures run-figures fuzz run-fuzz install lint clean FORCE
.DELETE_ON_ERROR:
all: $(PROGRAM)

$(PROGRAM): $(BUILD)/src/main.o $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(LIBRARY): $(OBJECTS)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# What `--version` and every result file say of this build; touched only when it changes.
$(BUILD)/version.h: FORCE
	@mkdir -p $(@D)
	@printf '#define BUILD_VERSION "%s"\n#define BUILD_COMMIT "%s"\n' '$(VERSION)' \
	  "$$(git describe --always --dirty 2>/dev/null || echo unknown)" > $@.new
	@printf '#define BUILD_MATHEVAL "%s"\n#define BUILD_RANDOM123 "%s"\n' "$$(pkg-config --modversion libmatheval)" \
	  "$$(dpkg-query -W -f '$${Version}' librandom123-dev 2>/dev/null || echo '?')" >> $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(BUILD)/src/cmd/version.o: $(BUILD)/version.h


# ---- what is installed: nothing is done where nothing is missing
define install_packages
	@missing=$$(for p in $(1); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	test -z "$$missing" && exit 0; \
	command -v apt-get >/dev/null || { echo "Not a Debian system; install by hand what these packages hold:" $$missing; exit 1; }; \
	sudo=$$(test "$$(id -u)" = 0 || echo sudo); echo "Installing" $$missing; \
	$$sudo apt-get update -qq && \
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing >/dev/null
endef
deps:
	$(call install_packages,$(DEPS))
deps-check: deps
	$(call install_packages,$(DEPS_CHECK))
deps-bench: deps
	$(call install_packages,$(DEPS_BENCH))
deps-lint:
	$(call install_packages,$(DEPS_LINT))

# Libraries are looked for when make starts, so what needs them runs in a make of its own after they are there.
build_in_parallel = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))
demo: deps
	+$(Q)$(MAKE) --no-print-directory $(build_in_parallel) run-demo
figures: deps
	+$(Q)$(MAKE) --no-print-directory $(build_in_parallel) all
	+$(Q)$(MAKE) --no-print-directory run-figures
bench: deps-bench
	+$(Q)$(MAKE) --no-print-directory $(build_in_parallel) run-$@
check check-slow: deps-check
	+$(Q)$(MAKE) --no-print-directory $(build_in_parallel) run-$@

# ---- tests: one runner, tests/main.c; FILTER='*pattern*' runs some
$(BUILD)/tests/run: $(TESTS) $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -Wl,--wrap=random_normals -o $@ $^ $(LDLIBS) $(shell pkg-config --libs cmocka 2>/dev/null)
$(TESTS): override CPPFLAGS += -Itests -DTEST_PROGRAM='"$(abspath $(PROGRAM))"' -DTEST_SOURCES='"$(CURDIR)"' \
  -DTEST_TROUBLE='"$(abspath $(BUILD))/tests/trouble.so"' -DTEST_CORPUS='"$(abspath tests/fuzz/corpus)"'
$(BUILD)/tests/trouble.so: tests/cmd/trouble.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -O2 $(WARNINGS) -shared -fPIC -o $@ $<

run-check: $(BUILD)/tests/run $(BUILD)/tests/trouble.so $(PROGRAM)
	$(BUILD)/tests/run $(if $(FILTER),'$(FILTER)')
run-check-slow: $(BUILD)/tests/run $(BUILD)/tests/trouble.so $(PROGRAM)
	$(BUILD)/tests/run --slow $(if $(FILTER),'$(FILTER)')

# ---- benchmark: tests/bench; the program once more with clocks around the functions that clocks.c names
$(BUILD)/tests/bench/clocked: $(BUILD)/src/main.o $(BUILD)/tests/bench/clocks.o $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $$(nm $(BUILD)/tests/bench/clocks.o | sed -n 's/.* T __wrap_/-Wl,--wrap=/p') \
	  -o $@ $^ $(LDLIBS)
$(BUILD)/tests/bench/rates $(BUILD)/tests/bench/steps: %: %.o $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
run-bench: $(PROGRAM) $(addprefix $(BUILD)/tests/bench/,clocked rates steps)
	@/usr/bin/python3 tests/bench/bench.py $(BUILD) $(BENCH)

# ---- libFuzzer on all readers; what it finds next to the corpus, and crashes, are kept in $(BUILD)-fuzz/TARGET/
FUZZ_RUNS ?= 1000000
fuzz: deps
	$(call install_packages,$(DEPS_FUZZ))
	+$(Q)$(MAKE) --no-print-directory $(build_in_parallel) CC=clang SANITIZE=1 CFLAGS=-fsanitize=fuzzer-no-link \
	  BUILD=$(BUILD)-fuzz run-fuzz
run-fuzz: $(addprefix $(BUILD)/fuzz-,experiment data result)
	tests/fuzz/run $(FUZZ_RUNS) $(BUILD) experiment -dict=tests/fuzz/experiment.dict -max_len=4096
	tests/fuzz/run $(FUZZ_RUNS) $(BUILD) data -max_len=16384
	tests/fuzz/run $(FUZZ_RUNS) $(BUILD) result -max_len=65536 -detect_leaks=0
$(BUILD)/fuzz-result: $(BUILD)/fuzz-mutate.o $(BUILD)/fuzz-seal.o
$(BUILD)/fuzz-%.o: tests/fuzz/%.c tests/fuzz/fuzz.h # no part of what is tested: fast
	$(Q)$(CC) $(CPPFLAGS) $(filter-out -fsanitize%,$(CFLAGS)) -O2 -c -o $@ $<
$(BUILD)/fuzz-%: tests/fuzz/%.c tests/fuzz/fuzz.h tests/fuzz/file.c tests/leaks.c $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -Dfuzz_$*=LLVMFuzzerTestOneInput -o $@ \
	  $(filter-out %.h,$^) $(LDLIBS)

# ---- results and figures: experiments/NAME.yaml, results/NAME.h5, plots/NAME.gp, plots/NAME.pdf and .png
# Those on MNIST need its test images, which you put into data/ yourself.
NOT_DRAWN := $(if $(wildcard data/t10k-images-idx3-ubyte.gz),,$(wildcard experiments/mnist-*.yaml))
FIGURES := $(patsubst experiments/%.yaml,plots/%.pdf,$(filter-out $(NOT_DRAWN),$(wildcard experiments/*.yaml)))
draw = gnuplot -c plots/$(1).gp $(2) $(PROGRAM) plots/$(1)

run-figures: $(FIGURES)
	$(if $(NOT_DRAWN),@echo "Not drawn without MNIST in data/ (README: Real data):" $(NOT_DRAWN:experiments/%.yaml=%))
plots/%.pdf: plots/%.gp plots/style.gp results/%.h5
	$(call draw,$*,results/$*.h5)
.PRECIOUS: results/%.h5
results/%.h5: experiments/%.yaml | $(PROGRAM)
	$(PROGRAM) run $<
	@touch $@

run-demo: $(PROGRAM)
	$(PROGRAM) run --quick experiments/universal-width.yaml
	$(PROGRAM) verify results/universal-width-quick.h5
	$(call draw,universal-width,results/universal-width-quick.h5)
	@echo
	@echo "The figure is plots/universal-width.pdf and .png, the numbers are results/universal-width-quick.h5."

install: $(PROGRAM)
	install -D -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/fisherfield
	install -d $(DESTDIR)$(PREFIX)/share/fisherfield/experiments $(DESTDIR)$(PREFIX)/share/fisherfield/plots
	install -m 644 experiments/*.yaml $(DESTDIR)$(PREFIX)/share/fisherfield/experiments
	install -m 644 plots/*.gp $(DESTDIR)$(PREFIX)/share/fisherfield/plots

lint: deps-lint
	clang-format --dry-run -Werror $(wildcard src/*.c src/*/*.[ch] tests/*.[ch] tests/*/*.[ch])
	cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr --enable=warning,performance,portability \
	  --suppress=missingIncludeSystem -Isrc -Itests src

-include $(OBJECTS:.o=.d) $(TESTS:.o=.d) $(BENCHES:.o=.d) $(BUILD)/src/main.d

clean:
	rm -rf $(BUILD)
