package sitetest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/imagika/imagika/cmd/internal/playground/playgroundtest"
)

// AxeCore is the source of axe-core.
func AxeCore(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(install(t, "page"), "node_modules/axe-core/axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// violation is a rule of axe that the page breaks, with the places where it does.
type violation struct {
	ID    string
	Help  string
	Nodes []struct {
		HTML           string
		FailureSummary string
	}
}

// Axe fails t for each rule that the page breaks as it stands; when says which state that is.
func (c *Critic) Axe(t *testing.T, tab *playgroundtest.Tab, when string) {
	t.Helper()
	Axe(t, tab, c.axe, when)
}

// Axe is that of a Critic, with the source of [AxeCore] and without some of the rules.
func Axe(t *testing.T, tab *playgroundtest.Tab, source, when string, without ...string) {
	t.Helper()
	rules := map[string]any{}
	for _, id := range without {
		rules[id] = map[string]bool{"enabled": false}
	}
	settings, err := json.Marshal(map[string]any{"resultTypes": []string{"violations"}, "preload": false, "rules": rules})
	if err != nil {
		t.Fatal(err)
	}
	if !playgroundtest.JS[bool](tab, "Boolean(window.axe)") {
		tab.Do(chromedp.Evaluate[chromedp.Void](source + "; undefined"))
	}
	answer, err := chromedp.Run(tab.Context(), chromedp.Evaluate[string](
		"axe.run(document, "+string(settings)+").then((r) => JSON.stringify(r.violations))", chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("axe: %v", err)
	}
	var found []violation
	if err := json.Unmarshal([]byte(answer), &found); err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		for _, n := range v.Nodes[:min(3, len(v.Nodes))] {
			t.Errorf("%s: %s (%s): %.300s\n%s", when, v.ID, v.Help, n.HTML, strings.ReplaceAll(n.FailureSummary, "\n", " "))
		}
	}
	if len(found) > 0 {
		tab.Shot("axe-" + strings.NewReplacer(" ", "-", "/", "-").Replace(when))
	}
}
