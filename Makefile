# Two commands: `make run` shows the tour, `make test` proves the project. Everything else serves these.
SHELL := /bin/bash
.DEFAULT_GOAL := help

SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
LISTEN ?= 127.0.0.1:9090
SWIFT_BUILD := swift build --explicit-target-dependency-import-check error
# One binary that runs where no Swift toolchain is: the Swift runtime is linked in, symbols are left out.
SWIFT_RELEASE := swift build -c release --product skysail --static-swift-stdlib -Xlinker -s -Xlinker --no-export-dynamic
RELEASE := .build/release/skysail

# Debian packages that the build needs, and those that only the tests need.
BUILD_PACKAGES := liblz4-dev libzstd-dev libsnappy-dev libre2-dev libsqlite3-dev libyaml-dev zlib1g-dev libbz2-dev liblzma-dev libjs-dygraphs
TEST_PACKAGES := chromium fonts-dejavu-core curl iproute2 python3-venv bzip2 xz-utils zstd
# Debian packages that are only unpacked for the tests: installing them would start services or shadow what is there.
UNPACKED := prometheus kubernetes-client
TOOLS := .build/test-tools

.PHONY: help run build release test unit end-to-end smoke packages test-packages clean

help:
	@echo "make run      build the release, start skysail on $(LISTEN) and apply the tour"
	@echo "make test     the whole test suite, from nothing"
	@echo "make release  build $(RELEASE)"
	@echo "make clean    remove what was built"

packages:
	@missing=; for p in $(BUILD_PACKAGES); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then echo "installing missing packages:$$missing"; $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 $$missing >/dev/null; fi

test-packages: packages
	@missing=; for p in $(TEST_PACKAGES); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then echo "installing packages the tests use:$$missing"; $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 $$missing >/dev/null; fi
	@for p in $(UNPACKED); do [ -d $(TOOLS)/$$p ] || { echo "unpacking $$p for the tests"; mkdir -p $(TOOLS)/deb && cd $(TOOLS)/deb && \
	{ apt-get download -qq $$p 2>/dev/null || { $(SUDO) apt-get update -qq && apt-get download -qq $$p; }; } && dpkg -x $${p}_*.deb ../$$p; cd $(CURDIR); \
	[ -d $(TOOLS)/$$p ] || echo "no $$p: its tests will be skipped"; }; done
	@[ -x $(TOOLS)/python/bin/python3 ] || { echo "installing client-python for the tests"; python3 -m venv $(TOOLS)/python && \
	$(TOOLS)/python/bin/pip install -q kubernetes || echo "no client-python: its test will be skipped"; }

release: packages
	$(SWIFT_RELEASE)

build: packages
	$(SWIFT_BUILD) --build-tests

run: release
	@exec $(SUDO) $(RELEASE) up --listen $(LISTEN) --tour examples/tour

# The suite in debug mode, then the finished release binary: the tour, the clients, the browser.
test: unit end-to-end

# The suites of the engines compute for minutes on every core; the others wait for processes, sockets and clocks. Together the
# first starve the second, until a limit of time or the end of a process's sleep makes a test fail: so one after the other.
ENGINES := TimeSeriesStoreTests|LogStoreTests|PromQLTests|LogQLTests|SimulationTests|SchedulerTests

unit: test-packages build
	swift test --skip-build --filter '$(ENGINES)'
	swift test --skip-build --skip 'EndToEndTests|$(ENGINES)'

end-to-end: test-packages build release
	SKYSAIL_BINARY=$(CURDIR)/$(RELEASE) swift test --skip-build --no-parallel --filter EndToEndTests

clean:
	rm -rf .build
