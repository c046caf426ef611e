package web_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/testkit/alone"
)

func TestMain(m *testing.M) { alone.Main(m) }
