# Parley on AWS Lambda: what deploys it, looks at it and takes it down. A release's
# archive for AWS has this file as its Makefile, beside the built functions. The first
# use installs the SAM CLI and cfn-lint into the cache, in the versions of
# scripts/sam/requirements.txt.

GO          ?= go
# The processor, by its GOARCH.
LAMBDA_ARCH ?= arm64
# `sam build` builds in a copy of this folder, without the repository in which the go
# command finds the version. So deploy tells it where the original is.
SOURCE      ?= .

# The label of a key that is made.
LABEL       ?= key

.PHONY: deploy deploy-guided key logs destroy build-ParleyFunction build-OutboxFunction build-StreamFunction

deploy: ## deploy on AWS, or update what is there; PARAMS="NAME=VALUE …" sets parameters
	@scripts/sam/deploy

deploy-guided: ## the same, after asking for each parameter
	@scripts/sam/deploy --guided

key: ## make a key with the label LABEL, and show it once
	@scripts/sam/key "$(LABEL)"

logs: ## show the latest errors and the log on AWS
	@scripts/sam/logs

destroy: ## delete the stack on AWS; the table and the bucket stay
	@scripts/sam/destroy

# `sam build` calls these targets for the functions of those names in template.yaml. A
# release's archive brings them built. The tag leaves out the RPC mode of the retired
# runtime go1.x.
build-ParleyFunction: program = functions/mcp
build-ParleyFunction: built = built/$(LAMBDA_ARCH)/bootstrap
build-OutboxFunction build-StreamFunction: program = functions/outbox
build-OutboxFunction build-StreamFunction: built = built/$(LAMBDA_ARCH)/outbox/bootstrap

build-ParleyFunction build-OutboxFunction build-StreamFunction:
	@if [ -e "$(built)" ]; then cp "$(built)" "$(ARTIFACTS_DIR)/bootstrap"; exit; fi; \
	command -v $(GO) >/dev/null || { echo "Go is missing. Install it, or take a release's archive for AWS, which brings the built functions." >&2; exit 1; }; \
	CGO_ENABLED=0 GOOS=linux GOARCH=$(LAMBDA_ARCH) GO=$(GO) "$(SOURCE)/scripts/function-go" build -C "$(SOURCE)" -trimpath -tags lambda.norpc -ldflags '-s -w' -o "$(ARTIFACTS_DIR)/bootstrap" ./$(program)
