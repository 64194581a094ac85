// Package playgroundtest drives the playground's page in a headless Chromium, as a person would.
package playgroundtest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// untilLimit is how long the page may take to come to something, and a step to be carried out, on a busy machine.
const untilLimit = 3 * time.Minute

// browserLimit bounds a whole browser test.
const browserLimit = 15 * time.Minute

// Browser is a headless Chromium. Its tabs may be used by parallel tests.
type Browser struct {
	ctx context.Context
}

// Start runs a Chromium with an empty profile until t ends.
func Start(t *testing.T) *Browser {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser is slow")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("install chromium: the playground's page is tested in it")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("ignore-certificate-errors", true), chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
		chromedp.Flag("lang", "en-US"), chromedp.WindowSize(1200, 800))
	ctx, cancel := context.WithTimeout(t.Context(), browserLimit)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // starts the browser
		t.Fatalf("browser: %v", err)
	}
	return &Browser{ctx: ctx}
}

// Tab is one page in a headless Chromium.
type Tab struct {
	t   *testing.T
	ctx context.Context
}

// Open starts a Chromium of its own with an empty profile and opens the page.
func Open(t *testing.T, address string) *Tab {
	t.Helper()
	return Start(t).Open(t, address)
}

// Open opens the page in a tab that shares neither storage nor focus with the others.
func (br *Browser) Open(t *testing.T, address string) *Tab {
	t.Helper()
	b := br.Tab(t)
	b.Do(chromedp.Navigate(address))
	return b
}

// Tab makes one that shares neither storage nor focus with the others and shows nothing yet.
func (br *Browser) Tab(t *testing.T) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(br.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	b := &Tab{t: t, ctx: ctx}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1200, 800)); err != nil { // makes the tab, which lives as long as ctx
		t.Fatalf("browser: %v", err)
	}
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatalf("browser: %v", err)
	}
	b.watchErrors()
	return b
}

// watchErrors fails the test for an exception in the page, a refusal by its
// Content-Security-Policy included.
func (b *Tab) watchErrors() {
	exceptions := chromedp.Events(b.ctx, runtime.ExceptionThrown)
	go func() {
		for e, err := range exceptions {
			if err != nil {
				return
			}
			text := e.ExceptionDetails.Text
			if x := e.ExceptionDetails.Exception; x != nil {
				text += " " + x.Description
			}
			b.t.Errorf("exception in the page: %s", text)
		}
	}()
}

// Do carries out steps.
func (b *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := b.try(steps...); err != nil {
		b.Shot("failed")
		b.t.Fatalf("browser: %v", err)
	}
}

func (b *Tab) try(steps ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(b.ctx, untilLimit)
	defer cancel()
	return chromedp.Do(ctx, steps...)
}

// JS evaluates an expression in the page.
func JS[T any](b *Tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("browser: %s: %v", expression, err)
	}
	return v
}

// Until waits for an expression to become true. chromedp's own Poll compiles a function in
// the page, which the page's policy rightly refuses.
func (b *Tab) Until(expression string) {
	b.t.Helper()
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(untilLimit)
	for !JS[bool](b, "Boolean("+expression+")") {
		select {
		case <-tick.C:
		case <-deadline:
			b.Shot("failed")
			b.t.Fatalf("the page never came to: %s\n%s", expression, JS[string](b, "document.body.innerText"))
		}
	}
}

// Seen waits for text inside an element that is shown: the text of one that is hidden can be read as well.
func (b *Tab) Seen(selector, text string) {
	b.t.Helper()
	b.Until(fmt.Sprintf("[...document.querySelectorAll(%s)].some((e) => e.checkVisibility() && e.innerText.includes(%s))", Quote(selector), Quote(text)))
}

// Press clicks the first element whose text or label contains name.
func (b *Tab) Press(selector, name string) {
	b.t.Helper()
	find := fmt.Sprintf("[...document.querySelectorAll(%s)].find((e) => e.checkVisibility() && (e.textContent + ' ' + e.ariaLabel + ' ' + e.title).includes(%s))", Quote(selector), Quote(name))
	// What moves while it is pressed is not pressed: it has to be where it was a moment before, and nothing may be about to move it, which
	// a busy machine has not drawn yet.
	b.Until(fmt.Sprintf(`(() => { const r = %s?.getBoundingClientRect(), at = r && r.x + " " + r.y, calm = r && at === window.pressedAt;
		window.pressedAt = at;
		return calm && document.getAnimations().every((a) => a.playState !== "running" || a.effect?.getComputedTiming().iterations === Infinity); })()`, find))
	click := chromedp.Click(chromedp.JSPath(find))
	err := b.try(click)
	for end := time.Now().Add(untilLimit); err != nil && strings.Contains(err.Error(), "(-32000)") && time.Now().Before(end); {
		err = b.try(click) // the page has just drawn it anew
	}
	if err != nil {
		b.Shot("failed")
		b.t.Fatalf("browser: %v", err)
	}
}

// Write types into the writing line of the n-th chat on the screen and sends it.
func (b *Tab) Write(n int, text string) {
	b.t.Helper()
	find := fmt.Sprintf("document.querySelectorAll('.pane textarea')[%d]", n)
	b.Until(find)
	b.Do(chromedp.SendKeys(chromedp.JSPath(find), text), chromedp.SendKeys(chromedp.JSPath(find), kb.Enter))
}

// Still waits until animations are over, so that pictures of the page do not differ. Pictures off the screen may not be
// loaded.
func (b *Tab) Still() {
	b.t.Helper()
	b.Until(`document.getAnimations().every((a) => a.playState === "finished" || a.effect?.getComputedTiming().iterations === Infinity)
		&& [...document.images].every((i) => i.complete || i.getBoundingClientRect().bottom < 0 || i.getBoundingClientRect().top > innerHeight)`)
}

// Shot keeps a picture of what is seen of the page, for people to look at.
func (b *Tab) Shot(name string) {
	b.t.Helper()
	b.shoot(name, chromedp.CaptureScreenshot())
}

// Whole keeps a picture of all of the page, from top to bottom.
func (b *Tab) Whole(name string) {
	b.t.Helper()
	b.shoot(name, chromedp.FullScreenshot(100))
}

func (b *Tab) shoot(name string, shot chromedp.Action[[]byte]) {
	b.t.Helper()
	data, err := chromedp.Run(b.ctx, shot)
	if err != nil {
		b.t.Errorf("screenshot: %v", err)
		return
	}
	if err := os.WriteFile(filepath.Join(b.t.ArtifactDir(), name+".png"), data, 0o600); err != nil {
		b.t.Error(err)
	}
}

// Theme makes the page light or dark, as the system's setting would.
func (b *Tab) Theme(name string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// Quote writes a string as JavaScript does.
func Quote(s string) string {
	data, _ := json.Marshal(s) // a string always has a JSON form
	return string(data)
}

// Shots takes the page in four forms, as the README shows it.
func Shots(b *Tab, name string) {
	b.t.Helper()
	for _, form := range []struct {
		name          string
		width, height int64
	}{{"desktop", 1200, 800}, {"phone", 390, 844}} {
		b.Do(chromedp.EmulateViewport(form.width, form.height))
		for _, theme := range []string{"light", "dark"} {
			b.Theme(theme)
			b.Until(fmt.Sprintf("document.documentElement.dataset.theme === %q", theme))
			b.Until(`document.querySelectorAll(".toast").length === 0`)
			b.Do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll(".log").forEach((log) => log.scrollTo(0, 1e6))`))
			b.Still()
			b.Shot(strings.Join([]string{name, form.name, theme}, "-"))
		}
		if wide := JS[bool](b, "document.documentElement.scrollWidth > innerWidth"); wide {
			b.t.Errorf("the page is wider than a %s", form.name)
		}
	}
}

// Context is that of the tab, for what chromedp can do beyond this package.
func (b *Tab) Context() context.Context { return b.ctx }
