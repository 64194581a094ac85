package workers

import (
	"html"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// captions renders as the workers do, around notes of a length.
func captions(t testing.TB, notes int) func(prompt string) string {
	t.Helper()
	c, err := texts.New()
	if err != nil {
		t.Fatal(err)
	}
	p := c.For("ru")
	return func(prompt string) string {
		return p.HTML(texts.CaptionResult, map[string]any{"Prompt": prompt, "Note": strings.Repeat("n", notes)})
	}
}

func TestCaptionKeepsTheNotesAndShortensThePrompt(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a <fox> & 👩‍👩‍👧‍👦 ", 300)
	for _, notes := range []int{0, 10, 400, 500, 900, 1020} {
		got := fitCaption(long, captions(t, notes))
		if n := telegram.TextLength(got); n > telegram.MaxCaption {
			t.Errorf("%d units of notes: a caption of %d", notes, n)
		}
		if !strings.HasSuffix(got, strings.Repeat("n", notes)) {
			t.Errorf("%d units of notes are cut", notes)
		}
		if shown := strings.Contains(got, "a &lt;fox&gt;"); shown != (notes < 1000) {
			t.Errorf("%d units of notes: the prompt is shown: %v", notes, shown)
		}
	}
	if got, want := fitCaption("a fox", captions(t, 3)), "<i>a fox</i>\n\nnnn"; got != want {
		t.Errorf("a short one is %q, want %q", got, want)
	}
}

// Whatever people write, a caption is whole markup around whole characters, of a length that Telegram takes.
func FuzzCaption(f *testing.F) {
	f.Add("a red fox", 20)
	f.Add(strings.Repeat("<b>&amp;😀</b>", 200), 700)
	f.Add("\xff\xfe👩‍👧 &#x1F600;", 1020)
	f.Add(strings.Repeat("e\u0301", 700), 1000)
	render := captions(f, 0)
	f.Fuzz(func(t *testing.T, prompt string, notes int) {
		notes = min(max(notes, 0), 1000)
		got := fitCaption(clean(prompt), func(p string) string { return render(p) + strings.Repeat("n", notes) })
		if n := telegram.TextLength(got); n > telegram.MaxCaption {
			t.Errorf("%d units", n)
		}
		inside, ok := strings.CutPrefix(got, "<i>")
		inside, closed := strings.CutSuffix(inside, "</i>"+strings.Repeat("n", notes))
		if !ok || !closed || strings.ContainsAny(inside, "<>") || !utf8.ValidString(got) {
			t.Fatalf("broken markup: %q", got)
		}
		if shown := strings.TrimSuffix(html.UnescapeString(inside), "…"); !strings.HasPrefix(strings.Join(strings.Fields(clean(prompt)), " "), strings.TrimRight(shown, " ")) {
			t.Errorf("shows %q, which was not written", shown)
		}
	})
}

func TestPartsOfAResult(t *testing.T) {
	t.Parallel()
	photo := storage.Image{Width: 64, Height: 64, Bytes: 1000}
	big := storage.Image{Width: 4000, Height: 4000, Bytes: 11 << 20}
	huge := storage.Image{Width: 6000, Height: 6000, Bytes: 60 << 20}
	strip := storage.Image{Width: 2100, Height: 100, Bytes: 1000}
	wall := storage.Image{Width: 20000, Height: 100, Bytes: 60 << 20}
	const p, d = telegram.FormPhoto, telegram.FormDocument
	for name, c := range map[string]struct {
		images []storage.Image
		files  bool
		want   map[telegram.Form]int // images by form
	}{
		"one":                     {[]storage.Image{photo}, false, map[telegram.Form]int{p: 1}},
		"four":                    {[]storage.Image{photo, photo, photo, photo}, false, map[telegram.Form]int{p: 4}},
		"one too big for a photo": {[]storage.Image{photo, big, photo}, false, map[telegram.Form]int{p: 2, d: 1}},
		"too big for anything":    {[]storage.Image{huge, photo}, false, map[telegram.Form]int{p: 2}},
		"too long and too big":    {[]storage.Image{wall, strip}, false, map[telegram.Form]int{d: 2}},
		"the originals":           {[]storage.Image{photo, big, huge}, true, map[telegram.Form]int{d: 3}},
	} {
		got := map[telegram.Form]int{}
		for _, part := range partsOf(c.images, c.files) {
			got[part.form] += len(part.images)
		}
		if len(got) != len(c.want) || got[p] != c.want[p] || got[d] != c.want[d] {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if got := partsOf(make([]storage.Image, 23), true); len(got) != 3 || len(got[2].images) != 3 {
		t.Errorf("23 images in %d parts", len(got))
	}
}
