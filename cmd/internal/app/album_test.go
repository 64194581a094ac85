package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// said counts the messages of the bot that have these words.
func said(p *telegramtest.Person, words string) (n int) {
	for _, m := range p.Messages() {
		if m.FromBot() && !m.Deleted && strings.Contains(m.Content(), words) {
			n++
		}
	}
	return n
}

// The pictures that words are about reach the painter: all of an album, the stored image behind a result, the picture behind
// a question.
func TestWhatWordsAreAbout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onEmbedded)
	fake := providertest.NewFake("fake")
	w.start(withProvider(fake))
	w.agree(w.person)
	shots := [][]byte{pngOf(t, 64, 48), pngOf(t, 48, 64), pngOf(t, 64, 64)}
	w.person.Album(shots, "one scene")
	made := w.picture(w.person, "one scene")
	if _, err := w.person.Reply(made.MessageID, "at night"); err != nil {
		t.Fatal(err)
	}
	w.picture(w.person, "at night")
	w.person.Album(shots[:2], "")
	question := w.waitFor(w.person, time.Minute, telegramtest.Has("these 2 pictures"))
	w.quiet() // nobody answers before it is noted that it was asked
	if _, err := w.person.Reply(question.MessageID, "a collage"); err != nil {
		t.Fatal(err)
	}
	w.picture(w.person, "a collage")
	alone := w.person.Photo(shots[0], "")
	w.waitFor(w.person, time.Minute, telegramtest.Has("What should I change"))
	w.quiet()
	if _, err := w.person.Reply(alone.MessageID, "in oil"); err != nil {
		t.Fatal(err)
	}
	w.picture(w.person, "in oil")
	s := w.store()
	for _, g := range w.settled(s, w.person, time.Minute) {
		sent, parent := map[string]int{"one scene": 3, "a collage": 2, "in oil": 1}[g.Request.Prompt], g.Request.Prompt == "at night"
		if g.Operation != "edit" || len(g.Request.References) != sent || (g.Parent != "") != parent || (g.ParentN == 0) != parent {
			t.Errorf("%s: %s of %d pictures, parent %q %d", g.Request.Prompt, g.Operation, len(g.Request.References), g.Parent, g.ParentN)
		}
	}
	if n := said(w.person, "these 2 pictures"); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// The program dies between the items of an album and before it is closed, and with it its embedded Redis. The album is
// answered once, as one.
func TestKilledWhileAnAlbumIsCollected(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("kills and restarts processes")
	}
	w := newWorld(t, onEmbedded)
	first := w.spawn("")
	w.agree(w.person)
	w.quiet()
	first.Kill()
	shots := [][]byte{pngOf(t, 64, 48), pngOf(t, 48, 64), pngOf(t, 64, 64)}
	for n, step := range []string{"kill:collected:1", "kill:collected:3", "kill:closing:1"} {
		victim := w.spawn(step)
		w.person.Album(shots, "")
		victim.Died(t)
		next := w.spawn("")
		w.waitFor(w.person, time.Minute, func(telegramtest.Message) bool { return said(w.person, "these 3 pictures") == n+1 })
		w.quiet()
		next.Kill()
	}
	if n := said(w.person, "What should I make of these"); n != 3 {
		t.Errorf("%d answers to 3 albums; the chat:\n%s", n, w.tg.Transcript(w.person))
	}
	if acc := w.books(w.store(), w.person); acc != (storage.Account{Posted: 20}) {
		t.Errorf("account: %+v", acc)
	}
}
