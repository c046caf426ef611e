# Parley on AWS Lambda: what deploys it, looks at it and takes it down. A release's
# archive for AWS has this file as its Makefile, beside the built function. The first
# use installs the SAM CLI and cfn-lint into the cache, in the versions of
# scripts/sam/requirements.txt.

GO          ?= go
# The processor, by its GOARCH.
LAMBDA_ARCH ?= arm64
# The function as a release's archive brings it.
BUILT        = built/$(LAMBDA_ARCH)/bootstrap
# `sam build` builds in a copy of this folder, without the repository in which the go
# command finds the version. So deploy tells it where the original is.
SOURCE      ?= .

# The label of a key that is made.
LABEL       ?= key

.PHONY: deploy deploy-guided key logs destroy build-ParleyFunction

deploy: ## deploy on AWS, or update what is there
	@scripts/sam/deploy

deploy-guided: ## the same, after asking for each parameter
	@scripts/sam/deploy --guided

key: ## make a key with the label LABEL, and show it once
	@scripts/sam/key "$(LABEL)"

logs: ## show the latest errors and the log on AWS
	@scripts/sam/logs

destroy: ## delete the stack on AWS; the table and the bucket stay
	@scripts/sam/destroy

# `sam build` calls this target for the function of that name in template.yaml. The
# tag leaves out the RPC mode of the retired runtime go1.x.
build-ParleyFunction:
ifneq ($(wildcard $(BUILT)),)
	cp $(BUILT) "$(ARTIFACTS_DIR)/bootstrap"
else
	@command -v $(GO) >/dev/null || { echo "Go is missing. Install it, or take a release's archive for AWS, which brings the built function." >&2; exit 1; }
	CGO_ENABLED=0 GOOS=linux GOARCH=$(LAMBDA_ARCH) GO=$(GO) "$(SOURCE)/scripts/function-go" build -C "$(SOURCE)" -trimpath -tags lambda.norpc -ldflags '-s -w' -o "$(ARTIFACTS_DIR)/bootstrap" ./functions/mcp
endif
