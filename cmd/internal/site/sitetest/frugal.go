package sitetest

import (
	"encoding/json"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/imagika/imagika/cmd/internal/playground/playgroundtest"
)

// pageBytes is how large a page may be before its pictures: itself and what it loads, unpacked.
const pageBytes = 100_000

// barely is a move that nobody sees: Chromium counts fractions of a pixel where a slow machine shows a page while it is read. What
// is called good by those who grade pages ends at a hundred times as much.
const barely = 0.001

// weight is what a page costs those who look at it.
type weight struct {
	Bytes    int64    // before pictures
	Blocking []string // what has to be there before anything is shown
	Shift    float64  // how much moved by itself, from top to bottom
	Wide     float64  // pixels that it is wider than the screen
}

// weigh scrolls through the page, so that late pictures come, and measures. It works under the page's own policy.
const weigh = `(async () => {
	const moved = [];
	new PerformanceObserver((list) => moved.push(...list.getEntries())).observe({ type: "layout-shift", buffered: true });
	const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
	for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
		scrollTo({ top: y, behavior: "instant" });
		await frame();
	}
	await Promise.all([...document.images].map((i) => i.complete || new Promise((done) => { i.onload = i.onerror = done; })));
	await frame();
	await frame();
	scrollTo({ top: 0, behavior: "instant" });
	const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
	const picture = (e) => e.initiatorType === "img" || /\.(jpe?g|png|webp|avif)$/.test(e.name);
	return JSON.stringify({
		Bytes: all.filter((e) => !picture(e)).reduce((sum, e) => sum + e.decodedBodySize, 0),
		Blocking: all.filter((e) => e.renderBlockingStatus === "blocking").map((e) => e.name),
		Shift: moved.filter((e) => !e.hadRecentInput).reduce((sum, e) => sum + e.value, 0),
		Wide: Math.max(0, document.documentElement.scrollWidth - innerWidth),
	});
})()`

// Frugal fails t for a page that is over its budget: 100 kB before pictures, one style sheet and nothing else before it is
// shown, nothing that moves by itself, and nothing wider than the screen.
func Frugal(t *testing.T, tab *playgroundtest.Tab) {
	t.Helper()
	answer, err := chromedp.Run(tab.Context(), chromedp.Evaluate[string](weigh, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("weigh the page: %v", err)
	}
	var w weight
	if err := json.Unmarshal([]byte(answer), &w); err != nil {
		t.Fatal(err)
	}
	if w.Bytes == 0 || w.Bytes > pageBytes {
		t.Errorf("the page has %d bytes before pictures, over %d", w.Bytes, pageBytes)
	}
	if len(w.Blocking) > 1 {
		t.Errorf("the page waits for more than its style sheet: %v", w.Blocking)
	}
	if w.Shift > barely {
		t.Errorf("the page moves by itself: %v", w.Shift)
	}
	if w.Wide != 0 {
		t.Errorf("the page is %v pixels wider than the screen", w.Wide)
	}
}

// Untouched fails t for anything that the page left on the visitor's device.
func Untouched(t *testing.T, tab *playgroundtest.Tab) {
	t.Helper()
	left, err := chromedp.Run(tab.Context(), chromedp.Evaluate[string](`(async () => {
		const kept = [document.cookie, ...Object.keys(localStorage), ...Object.keys(sessionStorage)];
		for (const d of await indexedDB.databases()) kept.push(d.name);
		if (window.caches) kept.push(...await caches.keys());
		if (navigator.serviceWorker) kept.push(...(await navigator.serviceWorker.getRegistrations()).map((r) => r.scope));
		return kept.filter(Boolean).join(", ");
	})()`, chromedp.EvalAwaitPromise))
	if err != nil || left != "" {
		t.Errorf("the page left something on the device: %q, %v", left, err)
	}
	if jar, err := chromedp.Call(tab.Context(), network.GetCookies, network.GetCookiesParams{}); err != nil || len(jar.Cookies) > 0 {
		t.Errorf("the page left cookies: %v, %v", jar.Cookies, err)
	}
}
