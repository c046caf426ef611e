# Parley on AWS Lambda. The first use installs the SAM CLI and cfn-lint into the
# cache, in the versions of scripts/sam/requirements.txt.

GO          ?= go
# The processor, by its GOARCH.
LAMBDA_ARCH ?= arm64
SAM          = SAM_CLI_TELEMETRY=0 "$$(scripts/sam/install)/sam"

.PHONY: build-ParleyFunction deploy destroy sam-local sam-check bench-cold

# `sam build` calls this target for the function of that name in template.yaml. The
# tag leaves out the RPC mode of the retired runtime go1.x.
build-ParleyFunction:
	CGO_ENABLED=0 GOOS=linux GOARCH=$(LAMBDA_ARCH) $(GO) build -trimpath -tags lambda.norpc -ldflags '-s -w' -o "$(ARTIFACTS_DIR)/bootstrap" ./functions/mcp

deploy: ## build for AWS, and deploy after asking
	$(SAM) build
	$(SAM) deploy --guided

destroy: ## delete the stack on AWS; the table stays
	@scripts/sam/destroy

sam-local: ## run behind sam local on port 3000 (needs Docker, and make dynamodb)
	@scripts/sam/local

sam-check: ## validate, lint and build what deploy deploys
	@scripts/sam/check

bench-cold: ## measure cold starts of the built function
	$(GO) test -count=1 -v -run ColdStart ./internal/lambdatest
