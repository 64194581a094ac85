package prometheus_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/imagika/imagika/cmd/internal/ops/opstest"
)

// older writes a copy of this folder's files for the servers Debian has, which do not know every key of today's.
func older(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"prometheus.yml", "rules.yml", "alertmanager.yml", "telegram.tmpl"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text := regexp.MustCompile(`(?m)^.*_(native|classic)_histograms: true\n`).ReplaceAllString(string(data), "")
		text = strings.NewReplacer("bot_token_file: /run/secrets/telegram_token", "bot_token: a", "chat_id_file: /run/secrets/alert_chat", "chat_id: 1").Replace(text)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFiles(t *testing.T) {
	t.Parallel()
	dir := older(t)
	if out, err := opstest.Promtool(t, dir, "check", "config", "prometheus.yml"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := opstest.Amtool(t, dir, "check-config", "alertmanager.yml"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestEveryService says that Prometheus looks for each service of the deployment that has metrics.
func TestEveryService(t *testing.T) {
	t.Parallel()
	var compose struct {
		Services map[string]any `yaml:"services"`
	}
	var config struct {
		Jobs []struct {
			Name string `yaml:"job_name"`
			DNS  []struct {
				Names []string `yaml:"names"`
			} `yaml:"dns_sd_configs"`
		} `yaml:"scrape_configs"`
	}
	for name, v := range map[string]any{"../../../../docker-compose.yml": &compose, "prometheus.yml": &config} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(data, v); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	var want []string
	for name := range compose.Services {
		if regexp.MustCompile(`^(bot|worker-\w+|web)$`).MatchString(name) {
			want = append(want, name)
		}
	}
	var got []string
	for _, j := range config.Jobs {
		if j.Name == "imagika" && len(j.DNS) > 0 {
			got = append(got, j.DNS[0].Names...)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("services (-compose +prometheus):\n%s", diff)
	}
}
