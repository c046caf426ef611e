package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/parley-chat/parley/internal/store/table/dynamotable"
)

// secretTime bounds a call of Secrets Manager; a call takes some milliseconds.
const secretTime = 3 * time.Second

// clientSecret returns a function that reads the text of a named secret in AWS Secrets Manager. The function reads at
// each sign-in, so the secret can be changed. The function sends one signed request (GetSecretValue in the API
// reference): the SDK's client would add 1 MB. AWS_ENDPOINT_URL_SECRETS_MANAGER names another server of this API.
func clientSecret(name string) func(context.Context) (string, error) {
	region := os.Getenv("AWS_REGION")
	address := os.Getenv("AWS_ENDPOINT_URL_SECRETS_MANAGER")
	if address == "" {
		address = "https://secretsmanager." + region + ".amazonaws.com/"
		if strings.HasPrefix(region, "cn-") {
			address = "https://secretsmanager." + region + ".amazonaws.com.cn/"
		}
	}
	client := &http.Client{Timeout: secretTime}
	body, _ := json.Marshal(map[string]string{"SecretId": name}) // a string
	return func(ctx context.Context) (string, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
		if err != nil {
			return "", err
		}
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", "secretsmanager.GetSecretValue")
		if err := signed(r, body, region); err != nil {
			return "", err
		}
		answer, err := client.Do(r)
		if err != nil {
			return "", err
		}
		defer answer.Body.Close()
		var got struct {
			Secret string `json:"SecretString"`
			Type   string `json:"__type"`
		}
		err = json.NewDecoder(answer.Body).Decode(&got)
		secret := strings.TrimSpace(got.Secret) // a secret from a file may end with a line break
		if err != nil || secret == "" {
			return "", fmt.Errorf("AWS Secrets Manager answers with %d %s, and no text", answer.StatusCode, got.Type)
		}
		return secret, nil
	}
}

// signed signs a request to Secrets Manager by the role of the function.
func signed(r *http.Request, body []byte, region string) error {
	keys, err := dynamotable.RoleCredentials().Retrieve(r.Context())
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	return v4.NewSigner().SignHTTP(r.Context(), keys, r, hex.EncodeToString(sum[:]), "secretsmanager", region,
		time.Now())
}
