package storage

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/imagika/imagika/storage/goldentest"
)

// update adds to the golden files what is new.
var update = flag.Bool("update", false, "add to the golden files what is new")

// sealedForms are the columns that hold sealed JSON, each with an empty value of what is in it.
var sealedForms = map[string]any{
	"albums|body":           new(AlbumWords),
	"api_tokens|body":       new(TokenBody),
	"breaches|body":         new(BreachBody),
	"mails|body":            new(MailBody),
	"rights|farewell":       new(Farewell),
	"rights|body|switch":    new(Switch),
	"album_items|body":      new(Picture),
	"browses|body":          new(Browse),
	"cases|body":            new(CaseBody),
	"chat_reports|evidence": new([]Evidence),
	"generations|request":   new(Request),
	"message_notes|body":    new(About),
	"quotes|body":           new([]Wish),
	"users|profile":         new(profile),
	"users|settings":        new(Settings),
	"writings|request":      new(WritingRequest),
}

// plainColumns hold one sealed string, number or run of bytes, which has no fields to lose.
var plainColumns = []string{
	"attempts|handle", "audit|why", "credit_orders|reason", "dead_letters|body", "files|file_id", "moved_chats|moved_to", "payments|payer",
	"emails|address", "mail_codes|address", "ticket_words|body", "writings|answer",
	"rights|body",     // another form for each kind
	"deliveries|body", // the workers' own, and checked there
}

// TestSealedForms: what any release so far has sealed into a row is read by this one. Each column that is sealed is known here.
func TestSealedForms(t *testing.T) {
	t.Parallel()
	for column, v := range sealedForms {
		goldentest.Form(t, *update, strings.ReplaceAll(column, "|", "-"), v)
	}
	known := slices.Concat(plainColumns, slices.Collect(maps.Keys(sealedForms)))
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\.(?:seal|sealBytes)\(.*?"(\w+\|\w+)"`).FindAllStringSubmatch(string(text), -1) {
			found++
			if !slices.Contains(known, m[1]) {
				t.Errorf("%s seals %s, which has no golden form", name, m[1])
			}
		}
	}
	if found < len(sealedForms) {
		t.Errorf("found only %d places that seal", found)
	}
}
