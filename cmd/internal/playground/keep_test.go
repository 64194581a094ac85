package playground_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// TestSnapshotKeepsAll closes a playground in which everything has happened once and opens
// it again: the same messages, the same transcripts, the same files.
func TestSnapshotKeepsAll(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "playground.json")
	tg := telegramtest.NewTest(t)
	first := open(t, tg, path)
	ada := tg.People()[0]
	boris := tg.Person(telegramtest.PersonConfig{FirstName: "Boris", LanguageCode: "ru", Premium: true, Stars: 7})
	boris.Start("")
	g := tg.Group("Foxes", ada, boris)
	boris.In(g).Text("/hello@imagika_test_bot")
	c := &chat{t: t, tg: tg, ada: ada, api: &bot{t: t, base: tg.URL() + "/bot" + tg.Token() + "/"}}
	ada.Start("")
	c.kinds()
	ada.Video("moving")
	ada.Animation("")
	ada.VideoNote()
	ada.Story()
	ada.Poll("Who?", "Me", "You")
	if err := ada.React(1, "👍"); err != nil {
		t.Fatal(err)
	}
	boris.Block()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	again := telegramtest.NewTest(t)
	second := open(t, again, path)
	t.Cleanup(func() {
		if err := second.Close(); err != nil {
			t.Error(err)
		}
	})
	people := again.People()
	if len(people) != 2 || len(again.Groups()) != 1 {
		t.Fatalf("%d people and %d groups", len(people), len(again.Groups()))
	}
	if u := people[1].User(); !u.IsPremium || people[1].Stars() != 7 || !people[1].Blocked() {
		t.Errorf("Boris came back as %+v", u)
	}
	for i, p := range tg.People() {
		if diff := cmp.Diff(p.Messages(), people[i].Messages()); diff != "" {
			t.Errorf("messages of %s (-before +after):\n%s", p.User().FirstName, diff)
		}
		if diff := cmp.Diff(tg.Transcript(p), again.Transcript(people[i])); diff != "" {
			t.Errorf("transcript of %s (-before +after):\n%s", p.User().FirstName, diff)
		}
		for _, m := range people[i].Messages() {
			for _, id := range m.FileIDs() {
				if _, content, ok := again.File(id); !ok || len(content) == 0 {
					t.Errorf("file of message %d is gone", m.MessageID)
				}
			}
		}
	}
	if diff := cmp.Diff(g.Messages(), again.Groups()[0].Messages()); diff != "" {
		t.Errorf("messages of the group (-before +after):\n%s", diff)
	}
}
