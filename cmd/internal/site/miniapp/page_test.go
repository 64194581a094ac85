package miniapp

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pageBudget is how many bytes the page may send before the first picture, as they go over the wire.
const pageBudget = 60_000

func testPages(t *testing.T) pages {
	t.Helper()
	all, err := newPages(pageView{Name: `The "<b>Fox</b>"`, Chat: "https://t.me/imagika_bot", OIDC: true, Mail: true})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// scripts are the modules by their names.
func (all pages) scripts() map[string]string {
	found := make(map[string]string)
	for p, f := range all {
		if strings.HasSuffix(p, ".js") {
			found[p[strings.LastIndex(p, "/")+1:]] = string(f.plain)
		}
	}
	return found
}

func TestPageIsSmall(t *testing.T) {
	t.Parallel()
	total, languages := 0, 0
	for p, f := range testPages(t) {
		if strings.HasSuffix(p, ".json") {
			languages = max(languages, len(f.packed)) // one is loaded
			continue
		}
		total += len(f.packed)
	}
	t.Logf("%d bytes, and %d of a language", total, languages)
	if total+languages > pageBudget {
		t.Errorf("the page sends %d bytes, more than %d", total+languages, pageBudget)
	}
}

func TestPageNamesItsFiles(t *testing.T) {
	t.Parallel()
	all := testPages(t)
	page := string(all[pagePath].plain)
	for _, link := range regexp.MustCompile(`(?:href|src)="(/[^"]*)"`).FindAllStringSubmatch(page, -1) {
		if _, ok := all[link[1]]; !ok {
			t.Errorf("the page loads %s, which there is not", link[1])
		}
	}
	for name, script := range all.scripts() {
		if !strings.Contains(page, name+`">`) {
			t.Errorf("%s is not loaded ahead", name)
		}
		for _, imported := range regexp.MustCompile(`from "\./([a-z]+\.js)"`).FindAllStringSubmatch(script, -1) {
			if all.scripts()[imported[1]] == "" {
				t.Errorf("%s imports %s, which there is not", name, imported[1])
			}
		}
	}
	for _, want := range []string{`data-name="The &#34;&lt;b&gt;Fox&lt;/b&gt;&#34;"`, `bot" data-oidc data-mail>`, `data-chat="https://t.me/imagika_bot"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

// What people wrote is text. So nothing here may turn text into a page or a script, or load anything from elsewhere.
func TestScriptsAreHarmless(t *testing.T) {
	t.Parallel()
	bad := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|localStorage|document\.cookie|(?:src|import|fetch)\W{1,3}https?:`)
	for name, script := range testPages(t).scripts() {
		if found := bad.FindString(script); found != "" {
			t.Errorf("%s has %q", name, found)
		}
	}
}

// words are a language: of each key the text, or the plural forms.
type words map[string]any

func languages(t *testing.T) map[string]words {
	t.Helper()
	all := make(map[string]words)
	for p, f := range testPages(t) {
		if name, ok := strings.CutSuffix(p[strings.LastIndex(p, "/")+1:], ".json"); ok {
			var w words
			if err := json.Unmarshal(f.plain, &w); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			all[name] = w
		}
	}
	return all
}

// plurals are the forms that a language has, as browsers choose them.
var plurals = map[string][]string{
	"en": {"one", "other"}, "de": {"one", "other"}, "tr": {"one", "other"}, "es": {"many", "one", "other"}, "ru": {"few", "many", "one", "other"},
}

func TestLanguagesAreComplete(t *testing.T) {
	t.Parallel()
	all := languages(t)
	holes := regexp.MustCompile(`\{\w+\}`)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(plurals)), slices.Sorted(maps.Keys(all))); diff != "" {
		t.Fatalf("languages (-want +got):\n%s", diff)
	}
	for lang, w := range all {
		if diff := cmp.Diff(slices.Sorted(maps.Keys(all["en"])), slices.Sorted(maps.Keys(w))); diff != "" {
			t.Errorf("%s (-en +%s):\n%s", lang, lang, diff)
		}
		for key, said := range w {
			forms, plural := said.(map[string]any)
			if _, other := all["en"][key].(map[string]any); plural != other {
				t.Errorf("%s %s: a plural in one language and not in another", lang, key)
				continue
			}
			if !plural {
				want, got := holes.FindAllString(all["en"][key].(string), -1), holes.FindAllString(said.(string), -1)
				if slices.Sort(want); said == "" || !slices.Equal(want, slices.Sorted(slices.Values(got))) {
					t.Errorf("%s %s: %q", lang, key, said)
				}
				continue
			}
			if diff := cmp.Diff(plurals[lang], slices.Sorted(maps.Keys(forms))); diff != "" {
				t.Errorf("%s %s: forms (-want +got):\n%s", lang, key, diff)
			}
		}
	}
}

func TestWordsAreUsed(t *testing.T) {
	t.Parallel()
	en, said := languages(t)["en"], strings.Join(slices.Collect(maps.Values(testPages(t).scripts())), "\n")
	for key := range en {
		if !strings.Contains(said, `"`+key+`"`) {
			t.Errorf("%s is never said", key)
		}
	}
	for _, call := range regexp.MustCompile(`\bt\("([^"]+)"`).FindAllStringSubmatch(said, -1) {
		if en[call[1]] == nil {
			t.Errorf("%s has no words", call[1])
		}
	}
}

func TestFilesAreServed(t *testing.T) {
	t.Parallel()
	all := testPages(t)
	ask := func(f file, method string, header http.Header) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, "/", http.NoBody)
		r.Header = header
		w := httptest.NewRecorder()
		f.ServeHTTP(w, r)
		return w
	}
	page := all[pagePath]
	plain := ask(page, "GET", http.Header{})
	packed := ask(page, "GET", http.Header{"Accept-Encoding": {"br, gzip"}})
	if plain.Body.String() != string(page.plain) || packed.Header().Get("Content-Encoding") != "gzip" || packed.Body.Len() >= plain.Body.Len() {
		t.Errorf("plain has %d bytes, packed %d with %v", plain.Body.Len(), packed.Body.Len(), packed.Header())
	}
	for accepted, want := range map[string]string{
		"": "", "br": "", "gzip": "gzip", "br;q=1, GZIP;q=0.5": "gzip", "gzip;q=0": "", "gzip; q=0.000, br": "", "gzip;q=x": "", "notgzip": "", "identity, gzip ;q=0": "",
	} {
		if w := ask(page, "GET", http.Header{"Accept-Encoding": {accepted}}); w.Header().Get("Content-Encoding") != want {
			t.Errorf("who takes %q gets %q, want %q", accepted, w.Header().Get("Content-Encoding"), want)
		}
	}
	if again := ask(page, "GET", http.Header{"Accept-Encoding": {"gzip"}, "If-None-Match": {packed.Header().Get("ETag")}}); again.Code != http.StatusNotModified {
		t.Errorf("asked again it is %d, want 304", again.Code)
	}
	if w := ask(page, "POST", http.Header{}); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") == "" {
		t.Errorf("POST is %d", w.Code)
	}
	if got := plain.Header().Get("Cache-Control"); got != cachePage {
		t.Errorf("the page is kept: %q", got)
	}
}
