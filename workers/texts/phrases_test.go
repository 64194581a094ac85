package texts

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the phrase books in testdata")

// The phrase book of a language is every text as people see it, to be read aloud by somebody who speaks the language. A
// change of a text shows in the review of its commit.
func TestPhraseBooks(t *testing.T) {
	t.Parallel()
	c := newCatalog(t)
	for _, lang := range c.Languages() {
		name := filepath.Join("testdata", "phrases."+lang+".txt")
		got := phrases(c, lang)
		if *update {
			if err := os.WriteFile(name, []byte(got), 0o644); err != nil { //nolint:gosec // a file of the repository
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s: run go test ./workers/texts -update and read what changed (-file +now):\n%s", lang, diff)
		}
	}
}

func TestNoStrayPhraseBook(t *testing.T) {
	t.Parallel()
	books, err := filepath.Glob("testdata/phrases.*.txt")
	if err != nil || len(books) != len(newCatalog(t).Languages()) {
		t.Errorf("phrase books: %v, %v", books, err)
	}
}

func phrases(c *Catalog, lang string) string {
	var b strings.Builder
	p := c.For(lang)
	fmt.Fprintf(&b, "Every text in %s. ⎵ is a space at which no line ends.\n\n", p.Plain(ButtonLanguage, nil))
	for _, key := range Keys() {
		if !key.alone() {
			continue
		}
		fmt.Fprintf(&b, "== %s\n", key)
		numbers := []int{2}
		if slices.Contains(key.Placeholders(), count) {
			numbers = samples(lang)
		}
		for _, n := range numbers {
			if len(numbers) > 1 {
				fmt.Fprintf(&b, "[%d] ", n)
			}
			fmt.Fprintln(&b, phrase(p, key, n))
		}
		fmt.Fprintln(&b)
	}
	return strings.ReplaceAll(b.String(), "\u00a0", "⎵")
}

// phrase prints a text with inserts in its language.
func phrase(p Printer, key Key, n int) string {
	data := map[string]any{
		"Held": 3, "Balance": 1, "Position": 3, "Length": 5120, "Max": 4, count: n,
		"From": 20 * time.Second, "Until": 2 * time.Minute, "When": time.Date(2026, 11, 2, 10, 4, 0, 0, time.UTC),
		"PolicyURL": "https://example.org/privacy", "Bot": "imagika_bot", "Command": "paint", "Typed": "tlhIngan",
		"Commands": "/help – " + p.Plain(CommandHelp, nil), "Languages": p.Plain(ButtonLanguage, nil),
		"Prompt": markup.ReplaceAllString(example.FindString(p.HTML(MessageStartAgain, nil)), ""),
		"Status": p.Plain(StatusDelivered, nil), "Note": p.Plain(NoteBuiltin, nil), "Model": "flux-2",
		"Title": "FLUX.2 Pro", "About": "", "Flag": "--n", "Pick": "--model", "Value": "9", "Format": "HEIC", "Known": "--n, --ar, --seed", "Names": "1:1, 16:9",
		"Favorites": false, "End": p.Plain(AnswerNoCredits, nil), "Negative": "", "Seed": "42", "Size": "1024 × 1024",
		"Provider": "fal.ai", "Took": 7 * time.Second, "First": "FLUX.2 Pro", "Second": "Imagen 4",
		"Made": 3, "Wanted": 3 + n, "Number": 2, "Megabytes": 63, "Life": 24 * time.Hour, "URL": "https://example.org/f/x",
		"Reason": p.Plain(NoteReasonSexual, nil),

		"Meant": "", "Able": "flux-2, seedream", "Unfit": "21:9", "Fixed": "", "Spent": 38, "Cap": 50, "Left": 8, "Private": true,
		"Credits": 2, "Speed": 5 * time.Second, "Can": p.Plain(NoteCanEdit, nil), "Typical": 20 * time.Second, "Words": "a fox",
		"Name": "poster", "Flags": "--ar 2:3 --style oil", "Example": "/preset save poster --ar 2:3 --style oil",
		"Service": "fal.ai", "Painter": "FLUX.2 Pro", "Percent": 40, "Ahead": 2, "More": 3,

		"Stars": 500, "Bonus": 75, "Monthly": false, "Waits": true, "Charge": "…k3Jq81xW0aZ_",

		"Streak": 3, "Next": 4, "Joined": 5, "Earned": 20, "Code": "SUMMER", "Change": "+20", "What": p.Plain(NoteLotPurchase, nil), "Own": true,
		"Source": p.Plain(NoteLotDaily, nil), "Token": "AQn4…",

		"Text": Markup("<b>FLUX.2</b> 🦊"), "ID": "01KB2W8XGTQ4N0V7P6M5R3S1Z9", "Sent": 950, "Blocked": 20, "Failed": 0, "Uncertain": 1, "Deleted": 940, "Kept": 10,

		"Active": 120, "New": 7, "People": 1204, "Refused": 2, "Open": 3, "Back": 50, "Cost": "1.20", "Margin": "3.40", "Term": "72h0m0s",
	}
	data["Number"], data["State"], data["Taken"], data["Covered"], data["Owed"] = 2, "", 30, 20, 50
	data["Why"], data["Person"], data["Ticket"], data["Fresh"] = p.Plain(NoteRefundOld, map[string]any{count: 14}), "4f1c8a90b2d3e657", true, true
	data["Payment"] = p.Markup(RowPayment, map[string]any{count: 220, "Stars": 100, "Left": 120, "Number": 0, "State": "", "When": data["When"]})
	data["Language"], data["Wish"], data["Place"], data["Wide"], data["Talking"], data["Chats"] = "Deutsch", p.Plain(ButtonWishArt, nil), 2, false, false, true
	data["People"], data["Lobby"], data["Live"], data["Ever"], data["Mine"] = 1200, 0, 40, 8100, 3
	data["Frozen"], data["Judges"], data["Maybe"], data["Check"], data["Region"], data["Contact"] = true, "OpenAI", true, true, p.Plain(NoteRegionUS, nil), "privacy@example.org"
	data["Due"] = time.Date(2026, 11, 30, 10, 4, 0, 0, time.UTC)
	data["Hub"], data["Of"], data["Index"], data["Data"], data["Images"] = "/privacy", 3, "index.html", "data.json", "images"
	data["Born"], data["Services"], data["Changed"], data["Summary"], data["Withdrawn"] = "5/1990", "OpenAI, fal.ai", false, "", false
	data["Version"] = "2026-12"
	data["Prefix"], data["Docs"], data["Secret"] = "img_4fKx9T", "https://example.org/developers", "whsec_aGVsbG8="
	data["Created"], data["Used"] = time.Date(2026, 10, 3, 9, 0, 0, 0, time.UTC), data["When"]
	data["Report"], data["Pauses"] = "01KB2W8XGTQ4N0V7P6M5R3S1Z9", 1
	data["Address"] = "ann@example.com"
	data["Impact"], data["Stage"], data["Parts"], data["How"] = p.Plain(ButtonCrewDegraded, nil), p.Plain(ButtonCrewIdentified, nil), "images, delivery", p.Plain(ButtonCrewDegraded, nil)
	if _, about := mails()[key]; about {
		data["Example"], data["Code"], data["Life"] = data["Address"], "123456", 15*time.Minute
		data["Rows"], data["Index"] = []string{"https://example.org/f/x"}, "index.html"
	}
	data["Records"], data["Files"], data["Images"], data["Running"], data["Lost"], data["Payments"], data["Subscription"] = 140, 24, 22, 1, 12, 3, true
	data["Wait"], data["Asked"], data["Receipt"] = 24*time.Hour, time.Date(2026, 11, 1, 10, 4, 0, 0, time.UTC), "AgGi…"
	switch form, _ := key.Form(); {
	case key == MessagePaysupport:
		data["Rows"] = []Markup{p.Markup(RowPayment, data)}
		return p.HTML(key, data)
	case key == MessageAccess:
		data["Rows"] = []Markup{p.Markup(RowHeld, map[string]any{"Title": p.Plain(NoteHeldGenerations, nil), "Number": 42})}
		return p.HTML(key, data)
	case key == MessageDeskReconciled:
		data["Rows"] = []string{"stars differ: …k3Jq81xW0aZ_"}
		return p.HTML(key, data)
	case key == MessageCrewStats, key == MessageCrewStatus, key == MessageCrewAudit:
		data["Rows"] = []string{"generate 3 · 12s"}
		return p.HTML(key, data)
	case key == MessageCrewIncidents:
		data["Rows"], data["Example"] = []Markup{p.Markup(RowCrewIncident, data)}, "/incident Pictures are late\nWe are looking into it."
		return p.HTML(key, data)
	case key == MessageFlagMissing, key == MessageFlagValue:
		data["Accepted"] = p.Plain(NoteCountValues, data)
		return p.HTML(key, data)
	case key == CaptionHistory:
		data["Rows"] = []Markup{p.Markup(RowHistory, data), p.Markup(RowHistory, data)}
		return p.HTML(key, data)
	case key == MessageNotTaken:
		data["Rows"] = []Markup{p.Markup(RowOriginal, data)}
		return p.HTML(key, data)
	case key == MessagePresets:
		data["Rows"], data["Flag"] = []Markup{p.Markup(RowPreset, data)}, "--preset poster"
		return p.HTML(key, data)
	case key == MessageQueue:
		data["Rows"] = []Markup{p.Markup(RowQueue, data)}
		return p.HTML(key, data)
	case key == MessageBuy:
		data["Title"] = "Palette"
		data["Rows"] = []Markup{p.Markup(RowPack, data)}
		return p.HTML(key, data)
	case key == MessageBalance:
		data["Rows"], data["Models"] = []Markup{p.Markup(RowLot, data)}, []Markup{p.Markup(RowSpent, data)}
		return p.HTML(key, data)
	case key == MessageLedger:
		data["Rows"] = []Markup{p.Markup(RowMovement, data)}
		return p.HTML(key, data)
	case key == MessageReceivers:
		data["Rows"] = []Markup{p.Markup(RowReceiver, data), p.Markup(RowReceiver, data)}
		return p.HTML(key, data)
	case key == RowRequest, key == MessageRequests:
		data["What"], data["Of"], data["Status"] = p.Plain(NoteRightObject, nil), p.Plain(ButtonObjectNews, nil), p.Plain(NoteRequestRunning, nil)
		data["Rows"] = []Markup{p.Markup(RowRequest, data)}
		return p.HTML(key, data)
	case key == MessageConsents:
		data["Title"] = p.Plain(NoteConsentPolicy, nil)
		data["Rows"] = []Markup{p.Markup(RowConsent, data)}
		return p.HTML(key, data)
	case key == MessageModelCannot:
		data["Takes"] = p.Plain(NoteCanRefs, data)
		return p.HTML(key, data)
	case key == MessageModels:
		data["Rows"] = []Markup{p.Markup(RowModel, data), p.Markup(RowModel, data)}
		return p.HTML(key, data)
	case form.HTML:
		return p.HTML(key, data)
	}
	return p.Plain(key, data)
}
