package config

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestCompose holds the compose file and the image against the settings: each
// variable they name must be one, and each setting must be passed on, a secret
// also by the file that holds it.
func TestCompose(t *testing.T) {
	t.Parallel()
	// The image has its own folder, the playground no business in it, and each worker its pools by its command.
	own := []string{"IMAGIKA_DATA", "IMAGIKA_PLAYGROUND", "IMAGIKA_POOLS"}
	var known, secret []string
	for _, s := range settings() {
		known = append(known, s.name)
		if s.secret {
			secret = append(secret, s.name+fileSuffix)
		}
	}
	passed := map[string]bool{}
	for _, file := range []string{"docker-compose.yml", "cmd/Dockerfile"} {
		text, err := os.ReadFile("../../../" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`IMAGIKA_[A-Z0-9_]*[A-Z0-9]`).FindAllString(string(text), -1) {
			if slices.Contains(secret, name) {
				passed[name] = true
				name = strings.TrimSuffix(name, fileSuffix)
			}
			if group := name == "IMAGIKA_S3"; !group && !slices.Contains(known, name) {
				t.Errorf("%s: %s is not a setting", file, name)
			}
			passed[name] = true
		}
	}
	for _, name := range slices.Concat(known, secret) {
		if !passed[name] && !slices.Contains(own, name) {
			t.Errorf("docker-compose.yml does not pass %s on", name)
		}
	}
}

// TestImage checks what the image promises.
func TestImage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../cmd/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"CGO_ENABLED=0", "\nUSER 65532:65532\n", "\nENTRYPOINT [", "static-debian13:nonroot\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the image lacks %q", want)
		}
	}
	for line := range strings.Lines(string(text)) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case word == "FROM" && !regexp.MustCompile(`:\w*\d|:nonroot`).MatchString(rest), strings.Contains(rest, ":latest"):
			t.Errorf("not pinned: %s", line)
		case word == "ADD", (word == "CMD" || word == "ENTRYPOINT") && !strings.HasPrefix(rest, "["):
			t.Errorf("a shell, or a file from elsewhere: %s", line)
		case (word == "ENV" || word == "ARG") && regexp.MustCompile(`KEY|TOKEN|PASSWORD|SECRET`).MatchString(rest):
			t.Errorf("a secret in the image: %s", line)
		}
	}
}
