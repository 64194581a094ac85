package playground_test

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

// browserLimit bounds a whole browser test.
const browserLimit = 2 * time.Minute

// tab is one page in a headless Chromium.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// openTab starts a Chromium of its own with an empty profile and opens the page.
func openTab(t *testing.T, address string) *tab {
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
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("lang", "en-US"), chromedp.WindowSize(1200, 800))
	ctx, cancel := context.WithTimeout(t.Context(), browserLimit)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1200, 800)); err != nil { // starts the browser
		t.Fatalf("browser: %v", err)
	}
	b.watchErrors()
	b.do(chromedp.Navigate(address))
	return b
}

// watchErrors fails the test for an exception in the page, a refusal by its
// Content-Security-Policy included.
func (b *tab) watchErrors() {
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

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.shot("failed")
		b.t.Fatalf("browser: %v", err)
	}
}

// js evaluates an expression in the page.
func js[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("browser: %s: %v", expression, err)
	}
	return v
}

// until waits for an expression to become true. chromedp's own Poll compiles a function in
// the page, which the page's policy rightly refuses.
func (b *tab) until(expression string) {
	b.t.Helper()
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(20 * time.Second)
	for !js[bool](b, "Boolean("+expression+")") {
		select {
		case <-tick.C:
		case <-deadline:
			b.shot("failed")
			b.t.Fatalf("the page never came to: %s\n%s", expression, js[string](b, "document.body.innerText"))
		}
	}
}

// seen waits for text inside an element.
func (b *tab) seen(selector, text string) {
	b.t.Helper()
	b.until(fmt.Sprintf("[...document.querySelectorAll(%s)].some((e) => e.innerText.includes(%s))", quote(selector), quote(text)))
}

// press clicks the first element whose text or label contains name.
func (b *tab) press(selector, name string) {
	b.t.Helper()
	find := fmt.Sprintf("[...document.querySelectorAll(%s)].find((e) => e.checkVisibility() && (e.textContent + ' ' + e.ariaLabel + ' ' + e.title).includes(%s))", quote(selector), quote(name))
	b.until(find)
	b.do(chromedp.Click(chromedp.JSPath(find)))
}

// write types into the writing line of the n-th chat on the screen and sends it.
func (b *tab) write(n int, text string) {
	b.t.Helper()
	find := fmt.Sprintf("document.querySelectorAll('.pane textarea')[%d]", n)
	b.until(find)
	b.do(chromedp.SendKeys(chromedp.JSPath(find), text), chromedp.SendKeys(chromedp.JSPath(find), kb.Enter))
}

// still waits until animations are over, so that pictures of the page do not differ.
func (b *tab) still() {
	b.t.Helper()
	b.until(`document.getAnimations().every((a) => a.playState === "finished" || a.effect?.getComputedTiming().iterations === Infinity)
		&& [...document.images].every((i) => i.complete)`)
}

// shot keeps a picture of the page for people to look at.
func (b *tab) shot(name string) {
	b.t.Helper()
	data, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Errorf("screenshot: %v", err)
		return
	}
	if err := os.WriteFile(filepath.Join(b.t.ArtifactDir(), name+".png"), data, 0o600); err != nil {
		b.t.Error(err)
	}
}

func (b *tab) theme(name string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func quote(s string) string {
	data, _ := json.Marshal(s) // a string always has a JSON form
	return string(data)
}

// shots takes the page in four forms, as the README shows it.
func shots(b *tab, name string) {
	b.t.Helper()
	for _, form := range []struct {
		name          string
		width, height int64
	}{{"desktop", 1200, 800}, {"phone", 390, 844}} {
		b.do(chromedp.EmulateViewport(form.width, form.height))
		for _, theme := range []string{"light", "dark"} {
			b.theme(theme)
			b.until(fmt.Sprintf("document.documentElement.dataset.theme === %q", theme))
			b.until(`document.querySelectorAll(".toast").length === 0`)
			b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".log").scrollTo(0, 1e6)`))
			b.still()
			b.shot(strings.Join([]string{name, form.name, theme}, "-"))
		}
		if wide := js[bool](b, "document.documentElement.scrollWidth > innerWidth"); wide {
			b.t.Errorf("the page is wider than a %s", form.name)
		}
	}
}
