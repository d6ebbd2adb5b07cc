# The project's commands. Each is one line over the CMake presets; set-up is done when it is missing and quick otherwise.
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
BIN := build/release/bin
export PATH := $(PATH):$(CURDIR)/build/tools/kubernetes-client/usr/bin
CTEST := ctest --preset all --parallel $(JOBS)

.PHONY: lab test soak build bench bench-compare format lint tsan fuzz install clean packages kubectl

lab: build kubectl
	@PATH="$(CURDIR)/$(BIN):$$PATH" DRYDOCK_DEBIAN_KUBECTL=$(CURDIR)/build/tools/kubernetes-client/usr/bin/kubectl $(BIN)/drydock run --wire --granularity step scenarios/tutorial

test: packages kubectl build/dev/build.ninja
	cmake --build --preset dev -- -j $(JOBS)
	$(CTEST)

soak: packages kubectl build/dev/build.ninja
	cmake --build --preset dev -- -j $(JOBS)
	DRYDOCK_SOAK=1 $(CTEST)

build: packages build/release/build.ninja
	cmake --build --preset release -- -j $(JOBS)

# About ten minutes; bench/README.md says what is measured. BENCH_PARTS=zapi,kubernetes selects.
BENCH_PARTS ?= instructions,lab,zapi,kubernetes,claims,add_volume,matching
bench: build
	@/usr/bin/python3 bench/suite.py run --bin $(BIN) --out bench/out --only $(BENCH_PARTS); status=$$?; \
	 /usr/bin/python3 bench/page.py table bench/out && /usr/bin/python3 bench/page.py page bench/out && exit $$status

# BASE is a commit, or a JSON file of an earlier `make bench`. A commit is built beside and measured in turns with this tree.
COMPARE_PARTS ?= instructions,add_volume,matching
bench-compare: packages build/release/build.ninja
	@test -n "$(BASE)" || { echo "usage: make bench-compare BASE=<commit or file>"; exit 2; }
	@if [ -f "$(BASE)" ]; then \
	   /usr/bin/python3 bench/page.py compare "$(BASE)" bench/out/$$(basename "$(BASE)"); \
	 else \
	   set -e; targets=$$(/usr/bin/python3 bench/suite.py programs --only $(COMPARE_PARTS)); \
	   cmake --build --preset release --target $$targets -- -j $(JOBS); tree=build/base/$$(git rev-parse --verify "$(BASE)^{commit}"); \
	   [ -e $$tree ] || git worktree add --detach $$tree "$(BASE)"; \
	   (cd $$tree && cmake --preset release && cmake --build --preset release --target $$targets -- -j $(JOBS)); \
	   /usr/bin/python3 bench/suite.py compare --base $$tree/build/release/bin --bin $(BIN) --out bench/out/compare --only $(COMPARE_PARTS); \
	   /usr/bin/python3 bench/page.py compare bench/out/compare/base.json bench/out/compare/new.json; \
	 fi

tsan: packages
	cmake --workflow --preset tsan

lint: packages
	git ls-files '*.h' '*.cpp' | xargs clang-format --dry-run --Werror
	cmake --workflow --preset lint

# Every fuzz target for FUZZ_SECONDS; what it finds stays in build/fuzz/corpus and is tried again next time.
FUZZ_SECONDS ?= 60
fuzz: packages
	cmake --preset fuzz
	cmake --build --preset fuzz --target $$(cd tests/fuzz && ls *_fuzz.cpp | sed 's/\.cpp$$//') -- -j $(JOBS)
	@cd build/fuzz && for target in bin/*_fuzz; do \
	   name=$$(basename $$target); mkdir -p corpus/$$name; echo "$$name"; seeds=$(CURDIR)/tests/fuzz/corpus/$$name; [ -d $$seeds ] || seeds=; \
	   $$target -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -max_len=4096 -verbosity=0 -print_final_stats=1 -artifact_prefix=$$name- corpus/$$name $$seeds || exit 1; \
	 done

format:
	git ls-files '*.h' '*.cpp' | xargs clang-format -i

install: build
	cmake --install build/release --prefix $(PREFIX)

clean:
	rm -rf build

build/%/build.ninja: CMakeLists.txt CMakePresets.json
	cmake --preset $*

# Installs what is missing of packages.txt; asks nobody and does nothing when all is there.
packages:
	@missing=$$(for p in $$(cat packages.txt); do dpkg-query -W -f='$${db:Status-Status}' $$p 2>/dev/null | grep -q '^installed' || echo $$p; done); \
	 if [ -n "$$missing" ]; then \
	   $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; fi

# Debian's kubectl, unpacked and never installed; where no other kubectl is on PATH it is the one.
kubectl: packages build/tools/kubernetes-client/usr/bin/kubectl
build/tools/kubernetes-client/usr/bin/kubectl:
	@mkdir -p build/tools && cd build/tools && rm -f kubernetes-client_*.deb && \
	 { apt-get download -qq kubernetes-client || { $(SUDO) apt-get update -qq && apt-get download -qq kubernetes-client; }; } && \
	 dpkg -x kubernetes-client_*.deb kubernetes-client && rm -f kubernetes-client_*.deb
