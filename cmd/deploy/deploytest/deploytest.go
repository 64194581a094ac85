// Package deploytest reads what a deployment is made of, as the tools do that deploy it: no container engine runs where the
// tests do, so the tests hold the files themselves against what is promised of them.
package deploytest

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// Token is one of a bot that does not exist.
const Token = "7000000001:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawx"

// Root is the top folder of the repository.
func Root(tb testing.TB) string {
	tb.Helper()
	_, self, _, ok := runtime.Caller(0)
	if !ok {
		tb.Fatal("where is this file?")
	}
	return filepath.Join(filepath.Dir(self), "..", "..", "..")
}

// Secrets makes the secrets of a deployment as its operator does, with that token of the bot, and returns their folder.
func Secrets(tb testing.TB, token string) string {
	tb.Helper()
	dir := filepath.Join(tb.TempDir(), "secrets")
	if out, err := MakeSecrets(tb, dir, token+"\n-1001234567890\n"); err != nil {
		tb.Fatalf("%v: %s", err, out)
	}
	return dir
}

// MakeSecrets runs the script with what somebody types, and returns what it says.
func MakeSecrets(tb testing.TB, dir, typed string) (string, error) {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), "sh", filepath.Join(Root(tb), "cmd", "deploy", "secrets.sh"), dir)
	cmd.Stdin = strings.NewReader(typed)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Compose loads the compose file with all its profiles, strictly, as docker compose does with these variables.
func Compose(tb testing.TB, environ ...string) *types.Project {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(Root(tb), "docker-compose.yml"))
	if err != nil {
		tb.Fatal(err)
	}
	p, err := Load(tb, string(text), environ...)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// Load loads a compose file of that text as if it stood at the top of the repository.
func Load(tb testing.TB, text string, environ ...string) (*types.Project, error) {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "docker-compose.yml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	o, err := cli.NewProjectOptions([]string{file}, cli.WithWorkingDirectory(Root(tb)), cli.WithEnv(environ), cli.WithDefaultProfiles("*"))
	if err != nil {
		return nil, err
	}
	return o.LoadProject(tb.Context())
}
