# Two commands: `make run` shows the tour, `make test` proves the project. Everything else serves these.
SHELL := /bin/bash
.DEFAULT_GOAL := help

SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
LISTEN ?= 127.0.0.1:9090
SWIFT_BUILD := swift build --explicit-target-dependency-import-check error
# One binary that runs where no Swift toolchain is: the Swift runtime is linked in, symbols are left out.
SWIFT_RELEASE := swift build -c release --product skysail --static-swift-stdlib -Xlinker -s
RELEASE := .build/release/skysail

# Debian packages that the build needs, and those that only the tests need.
BUILD_PACKAGES := liblz4-dev libzstd-dev libsnappy-dev libre2-dev libsqlite3-dev zlib1g-dev libjs-dygraphs
TEST_PACKAGES := chromium fonts-dejavu-core curl

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

release: packages
	$(SWIFT_RELEASE)

build: packages
	$(SWIFT_BUILD) --build-tests

run: release
	@exec $(RELEASE) up --listen $(LISTEN) --tour examples/tour

# The suite in debug mode, then the finished release binary: the tour, the clients, the browser.
test: unit end-to-end

unit: test-packages build
	swift test --skip-build --skip EndToEndTests

end-to-end: test-packages build release
	SKYSAIL_BINARY=$(CURDIR)/$(RELEASE) swift test --skip-build --no-parallel --filter EndToEndTests

clean:
	rm -rf .build
