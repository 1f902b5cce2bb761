# Pinsetter. `make help` lists the targets.
SHELL := /bin/bash
NODES ?= 1
PORT ?= 6443
ARGS ?=
export NODES PORT
# Node's own headers, where they lie beside it, so that the native module builds without a download.
NODE_PREFIX := $(shell dirname $$(dirname $$(readlink -f $$(command -v node 2>/dev/null || echo /usr/bin/node))))
ifneq ($(wildcard $(NODE_PREFIX)/include/node/node.h),)
export npm_config_nodedir := $(NODE_PREFIX)
endif
export npm_config_update_notifier := false

SOURCES := $(shell find shared apiserver kubelet cli deploy e2e -name '*.ts' -o -name '*.mjs' -o -path '*/protobuf/*.json' 2>/dev/null | grep -v /generated/)
INSTALLED := node_modules/.installed
BUILT := dist/.built

TIME := $(shell git log -1 --format=%ct 2>/dev/null || echo 0)

.PHONY: help up down clean install build dist deb test test-unit test-engine e2e-hosts e2e-hosts-load bench-hosts check verify-lint fix-lint verify-format fix-format verify-types bench-store bench-api bench-pod bench-idle bench-recovery bench-controllers bench-scheduler sim

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

up: build ## start a cluster on this machine (NODES=3 for three workers, PORT=6443)
	@./deploy/prerequisites.sh engine
	@node dist/deploy/local-cluster/main.js up

down: ## stop what `make up` started; data stays
	@if [ -f dist/deploy/local-cluster/main.js ]; then node dist/deploy/local-cluster/main.js down; else echo "nothing was built, nothing runs"; fi

clean: down ## remove the local cluster's data and everything built
	@rm -rf .pinsetter dist kubectl-lite apiserver/openapi/generated coverage bench/results

install: build ## put kubectl-lite on the PATH
	@install -d "$(DESTDIR)/usr/local/bin" && ln -sf "$(CURDIR)/kubectl-lite" "$(DESTDIR)/usr/local/bin/kubectl-lite" && echo "kubectl-lite is on the PATH"

build: $(BUILT) ## install packages and compile

$(INSTALLED): package.json package-lock.json
	@./deploy/prerequisites.sh build
	@echo "installing npm packages"
	@# Not npm ci: it wants every platform's optional binaries in the lock file, also those a registry does not have.
	@npm install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

apiserver/openapi/generated/schemas.json: $(INSTALLED) $(wildcard apiserver/openapi/*.mjs)
	@npm run --silent generate

$(BUILT): $(INSTALLED) apiserver/openapi/generated/schemas.json $(SOURCES) tsconfig.json
	@echo "compiling"
	@npm run --silent build
	@printf '#!/bin/sh\nexec node "%s/dist/cli/main.js" "$$@"\n' "$(CURDIR)" > kubectl-lite && chmod +x kubectl-lite
	@touch $@

dist: build ## make a release tarball for machines like this one (SIGN_WITH=key.pem signs its checksum)
	@node dist/deploy/release/main.js --time $(TIME) $(if $(SIGN_WITH),--sign-with $(SIGN_WITH))

deb: build ## make a Debian package of a release too (needs dpkg-deb)
	@node dist/deploy/release/main.js --time $(TIME) --deb $(if $(SIGN_WITH),--sign-with $(SIGN_WITH))

test: build ## set up what is missing and run all tests, those on a real Docker engine too
	@./deploy/prerequisites.sh engine tests
	@node dist/deploy/local-cluster/main.js engine
	@node .ci/jest-lanes.mjs

test-unit: build ## the fast tests, no engine needed
	@npx --no-install jest $(ARGS) --maxWorkers=100% --selectProjects unit

test-engine: build ## the tests on a real engine, without the end-to-end ones
	@npx --no-install jest $(ARGS) --runInBand --selectProjects engine

e2e-hosts: build ## many hosts on this machine: what becomes of them when they are cut off, move, lose their power
	@./deploy/prerequisites.sh engine tests
	@node dist/deploy/local-cluster/main.js engine
	@npx --no-install jest $(if $(ARGS),$(ARGS),e2e/hosts) --runInBand --selectProjects e2e

e2e-hosts-load: build ## no request is lost over ten rolling updates and two drains (ARGS="--answers 100000")
	@./deploy/prerequisites.sh engine tests
	@node dist/deploy/local-cluster/main.js engine
	@node dist/e2e/bench/hosts/load.js $(ARGS)

check: verify-types verify-lint verify-format ## what must hold before tests
verify-types: $(INSTALLED) apiserver/openapi/generated/schemas.json
	@npm run --silent typecheck
verify-lint: $(INSTALLED) apiserver/openapi/generated/schemas.json
	@npm run --silent lint
fix-lint: $(INSTALLED)
	@npm run --silent lint -- --fix
verify-format: $(INSTALLED)
	@npm run --silent format
fix-format: $(INSTALLED)
	@npm run --silent format -- --write

sim: build ## clusters on virtual time under random faults (SEEDS=200 FROM=1, or SEED=123 with its trace)
	@node dist/apiserver/simulation/main.js $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),200) --from $(or $(FROM),1)) $(ARGS)

bench-store: build ## durable commits a second, beside etcd
	@./deploy/prerequisites.sh tests
	@node dist/e2e/bench/store.js $(ARGS)
bench-api: build ## GET, POST, apply, LIST, watch and churn beside node:https (ARGS=--audited)
	@node dist/e2e/bench/api.js $(ARGS)
bench-pod: build ## pod create -> Running against the raw engine
	@./deploy/prerequisites.sh engine
	@node dist/deploy/local-cluster/main.js engine
	@node dist/e2e/bench/pod.js $(ARGS)
bench-recovery: build ## a killed container's replacement against Docker Swarm; 30 replicas against the engine
	@./deploy/prerequisites.sh engine
	@node dist/deploy/local-cluster/main.js engine
	@node dist/e2e/bench/recovery.js $(ARGS)
bench-controllers: build ## a Deployment of 5,000 replicas on 500 simulated agents, until all are bound and Running
	@./deploy/prerequisites.sh engine
	@node dist/deploy/local-cluster/main.js engine
	@node dist/e2e/bench/controllers.js $(ARGS)
bench-idle: build ## memory and CPU of an idle server and agent
	@./deploy/prerequisites.sh engine
	@node dist/deploy/local-cluster/main.js engine
	@node dist/e2e/bench/idle.js $(ARGS)
bench-scheduler: build ## how densely and fast pods are placed (ARGS="--only openb --openb DIR")
	@node dist/e2e/bench/scheduler.js $(ARGS)
bench-hosts: build ## between hosts: each way of the pod network, Services, failover beside Swarm (ARGS="--only ways")
	@./deploy/prerequisites.sh engine tests bench
	@node dist/deploy/local-cluster/main.js engine
	@node dist/e2e/bench/hosts.js $(ARGS)
